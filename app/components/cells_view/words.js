// What is said of an arm, and the whole table as CSV.

import { full, short, whole } from "../shared/format.js";

export const percent = ({ accuracy, error }) => `${(100 * accuracy).toFixed(1)} ± ${(100 * error).toFixed(1)} %`;

export const barSentence = (bar, where) =>
  `${where}, ${bar.title}: ${percent(bar)} of the test pictures right${bar.splits > 1 ? ` on average over ${bar.splits} splits` : " on one split"}, ${
    short(bar.seconds)} seconds, ${whole(bar.trainable)} numbers learned.${bar.advised ? " The notes advise it." : ""}${bar.leads ? " It leads." : ""}`;

export function csv({ cells, own }) {
  const quoted = (text) => `"${text.replaceAll('"', '""')}"`;
  const rows = cells.flatMap((cell) => cell.sets.flatMap((set) => set.bars.map((bar) => line(cell.title, set, bar))));
  const here = cells.find((cell) => cell.here)?.title ?? "";
  if (own) rows.push(...own.bars.map((bar) => line(here, own, bar)));
  function line(cell, set, bar) {
    return [quoted(cell), quoted(set.title), quoted(bar.title), full(bar.accuracy), full(bar.error), bar.splits, full(bar.seconds),
      bar.trainable, bar.advised ? "yes" : "no"].join(",");
  }
  return `cell,pictures,arm,accuracy,standard error,splits,seconds,trainable parameters,advised by the notes\n${rows.join("\n")}\n`;
}
