// What is said of channels switched off, and of those that matter most. Nothing here draws.

import { count, short } from "../shared/format.js";

export const percent = (share) => `${short(100 * share)} %`;

export function points(before, after) {
  const change = 100 * (after - before);
  return change === 0 ? "no change" : `${change > 0 ? "+" : ""}${short(change)} points`;
}

const listing = (channels) => (channels.length > 6 ? count(channels.length, "channel")
  : `channel${channels.length > 1 ? "s" : ""} ${channels.join(", ").replace(/, (\d+)$/, " and $1")}`);

export function sentence({ layer, listed, keep, moved, count: all }) {
  if (!moved) {
    return "Switch channels off and see the answer move: press O on a map, or switch on “Switch off by click” above the maps.";
  }
  const who = keep ? `With ${listing(listed)} of ${layer} alone` : `Without ${listing(listed)} of ${layer}`;
  const [, was, now] = moved.rows.find(([label]) => label === moved.before);
  const size = percent(now) === percent(was) ? `stays at ${percent(now)}`
    : `${now < was ? "falls" : "rises"} to ${percent(now)} from ${percent(was)}`;
  const first = `${who} (${keep ? all - listed.length : listed.length} of ${all} off), ${moved.before} ${size}`;
  if (moved.after === moved.before) return `${first} and remains the answer.`;
  const [, , answer] = moved.rows.find(([label]) => label === moved.after);
  return `${first}: the answer is now ${moved.after}, ${percent(answer)}.`;
}

export function rankingSentence({ target, probability, count: size, shared, effect, bright }) {
  const [most, brightest] = [effect[0], bright[0]];
  const same = most.channel === brightest.channel;
  const alone = (place) => `without channel ${place.channel}, ${target} is at ${percent(place.probability)}`;
  const lists = `Of the ${size} channels that move the answer most, ${shared === 0 ? "none is" : shared === 1 ? "one is" : `${shared} are`} among the ${size} brightest.`;
  if (same) return `${lists} With all channels ${target} is at ${percent(probability)}; ${alone(most)}. It is the brightest map, too.`;
  return `${lists} With all channels ${target} is at ${percent(probability)}; ${alone(most)}; without the brightest, channel ${brightest.channel}, `
    + `at ${percent(brightest.probability)}.`;
}

export function csv({ moved, ranking }) {
  const quoted = (text) => `"${text.replaceAll('"', '""')}"`;
  const rows = moved ? ["class,before,after", ...moved.rows.map(([label, before, after]) => `${quoted(label)},${before},${after}`)] : [];
  if (ranking) {
    rows.push(...(moved ? [""] : []), `list,channel,probability of ${quoted(ranking.target)} without it,change of log-odds,mean,rank by effect,rank by mean`);
    for (const name of ["effect", "bright"]) {
      rows.push(...ranking[name].map((one) => [name, one.channel, one.probability, one.change, one.mean, one.by_effect, one.by_mean].join(",")));
    }
  }
  return `${rows.join("\n")}\n`;
}
