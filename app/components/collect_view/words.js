// What is said of the classes, of a picture, and of those that are chosen.

import { count } from "../shared/format.js";

export const counted = ({ count: number }) => count(number, "picture");

export const tileWords = (tile, row, chosen) => `${tile.title}, of ${row.name}${tile.mark ? `: ${tile.mark}` : ""}${chosen ? ", chosen" : ""}`;

export function sentence({ rows, editable }, chosen) {
  if (editable && chosen > 0) return `${count(chosen, "picture")} chosen: move or delete ${chosen === 1 ? "it" : "them"}.`;
  const total = rows.reduce((sum, row) => sum + row.count, 0);
  const all = `${count(total, "picture")} in ${count(rows.length, "class", "classes")}.`;
  if (!editable) return `${all} Click one, and the page asks about it, by the other pictures.`;
  return total ? `${all} Click pictures to choose them; arrow keys and the space bar do the same.` : all;
}
