// What is said of the whole space and of one picture in it, and all of it as a table.

import { count, full, short, whole } from "../shared/format.js";

// What a pane says of itself: what its axes hold, where they mean something, and how many neighbours it keeps.
export function paneWords({ shares, kept }, { near }) {
  const axes = shares ? [`${percent(shares[0])} of the spread across, ${percent(shares[1])} up`] : [];
  return [...axes, ...(kept === null ? [] : [`keeps ${percent(kept)} of the ${near} nearest`])].join("; ");
}

export function paneTitle({ kept }, { near, dimensions }) {
  return kept === null ? "" : `Of the ${count(near, "picture")} nearest to each in all ${whole(dimensions)} dimensions, ${percent(kept)} are also among its ${near} nearest here.`;
}

const percent = (share) => `${short(100 * share)} %`;

export function sentence({ panes, asked, testing, dimensions, items, total }) {
  const [before, after] = panes;
  if (before.own === null) return `${count(items.length, "picture")}: give a class a second picture, and its nearest neighbour stands here.`;
  const right = (pane) => `${percent(pane.own)}${after ? ` (${pane.title})` : ""}`;
  const whose = testing ? `Of ${count(asked, "test picture")}, the nearest training picture` : `Of ${count(asked, "picture")}, the nearest other one`;
  const taught = after ? ` and ${right(after)}` : "";
  const shown = total > items.length ? `${whole(items.length)} of ${count(total, "picture")} are shown. ` : "";
  return `${shown}${whose} is of the same class for ${right(before)}${taught}: measured in all ${whole(dimensions)} dimensions, of which a plane shows a part.`;
}

export function itemSentence({ items, classes, panes }, arrays, at) {
  const item = items[at];
  const told = panes.map((pane, number) => {
    const nearest = arrays[`nearest${number}`][at];
    if (nearest < 0) return "no other picture to compare";
    const other = items[nearest];
    const words = `${other.name} (${classes[other.label]}) at ${short(arrays[`distances${number}`][at])}`;
    return panes.length > 1 ? `${number ? "after" : "before"} ${words}` : words;
  });
  const answered = item.said === null ? "" : item.said === item.label ? ", recognised" : `, taken for ${classes[item.said]}`;
  return `${item.name}, ${classes[item.label]}, ${item.test ? "test" : "training"}${answered}. Nearest training picture: ${told.join("; ")}.`;
}

export function csv({ items, classes, panes }, arrays) {
  const quoted = (text) => `"${text.replaceAll('"', '""')}"`;
  const columns = panes.flatMap((pane) => ["across", "up", "nearest training picture", "distance"].map((name) => quoted(`${pane.title}: ${name}`)));
  const head = ["picture", "class", "part", "taken for", ...columns].join(",");
  const rows = items.map((item, at) => [
    quoted(item.name), quoted(classes[item.label]), item.test ? "test" : "training", item.said === null ? "" : quoted(classes[item.said]),
    ...panes.flatMap((_, number) => {
      const nearest = arrays[`nearest${number}`][at];
      return [...arrays[`points${number}`].slice(2 * at, 2 * at + 2), nearest < 0 ? "" : quoted(items[nearest].name),
        nearest < 0 ? "" : full(arrays[`distances${number}`][at])];
    })].join(","));
  return `${[head, ...rows].join("\n")}\n`;
}
