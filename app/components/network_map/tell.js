// Below the map: the sentence, the colour bar and the marks for whoever asks, of what is pointed at or pinned.

import { showBar } from "../shared/bar.js";
import { feedsOf } from "./edges.js";
import { channelSentence, feedSentence, lentSentence, scaleNote, stageSentence } from "./words.js";

// `state` = {active, lent, asked, hidden}: the channel, what stands in its place, the class, whether feeders are not drawn.
export function tell(view, state) {
  const { header, root } = view;
  root.dataset.pinned = view.pinned ? `${view.pinned.column}.${view.pinned.channel}` : "";
  if (view.over !== null) view.sentence.textContent = stageSentence(header.stages[view.over]);
  else if (state.active) tellChannel(view, state);
  else tellClass(view, state.asked);
}

function tellClass(view, { place, side }) {
  const { header } = view;
  const fed = feedsOf(view, header.answer, side)?.fed?.[place];
  const said = `${header.labels[place]}. ${fed ? feedSentence(header, null, fed, nameOf(view), side) : "What feeds it is on its way."}`;
  const without = header.boxes.find((box) => box.note);
  view.sentence.textContent = view.classAt !== null ? said : `Point at a channel, or go there with the arrow keys. ${without ? without.note : said}`;
  if (view.classAt === null) showBar(view.bar, header.per === "all" ? header.bar : null, scaleNote(header));
}

function tellChannel(view, { active, lent, hidden }) {
  const { header, root } = view;
  const box = view.plan.byColumn.get(active.column);
  const tile = box.tiles[active.row];
  const all = header.arrays.numbers;
  const numbers = Array.from({ length: header.sides }, (_, side) => {
    const start = 4 * (side * all.shape[1] + box.start + active.row);
    return all.subarray(start, start + 4);
  });
  const fed = feedsOf(view, box.column, active.side)?.fed?.[active.row];
  const made = !box.sources.length ? "" : fed ? ` ${feedSentence(header, box, fed, nameOf(view), active.side, numbers[active.side][0])}` : " What feeds it is on its way.";
  view.sentence.textContent = (lent ? `Pointed at: ${lentSentence(view.plan.byColumn.get(view.pointed.column), lent)} ` : "")
    + channelSentence(header, box, tile, numbers, active.side) + made
    + (hidden ? " Click to see those that are not shown." : "");
  showBar(view.bar, limitsOf(header, box));
  root.dataset.pointed = `${box.name}/${tile.channel}`;
  root.dataset.side = active.side;
  root.dataset.fed = fed ? fed.strongest.map(([column, channel, share]) => `${column}.${channel}=${share}`).join(" ") : "";
}

const nameOf = (view) => (column) => view.plan.byColumn.get(column)?.name ?? "";

function limitsOf(header, box) {
  const place = header.boxes.findIndex((one) => one.column === box.column);
  const [low, high] = header.arrays.limits.subarray(2 * place, 2 * place + 2);
  return { ...header.bar, low, high };
}
