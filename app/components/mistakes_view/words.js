// What is said of a mistake, and of a cell of one of its maps.

import { count, short, whole } from "../shared/format.js";

export const caption = ({ name, is_class: own, said, probability, probability_of_own: share }) =>
  `${name}: ${own}, taken for ${said} with ${short(100 * probability)} %; ${own} got ${short(100 * share)} %.`;

export const heading = ({ title, mistakes, total }) =>
  `${title}: ${mistakes.length < total ? `the surest ${mistakes.length} of ${whole(total)} mistakes` : count(total, "mistake")}`;

// The mistakes as a table.
export const csv = ({ mistakes }) => {
  const rows = mistakes.map((one) => [quoted(one.name), quoted(one.is_class), quoted(one.said), one.probability, one.probability_of_own]);
  return [["picture", "class", "taken for", "probability", "probability of its class"], ...rows].map((row) => `${row.join(",")}\n`).join("");
};

const quoted = (text) => `"${text.replaceAll('"', '""')}"`;

export function cellSentence(mistake, which, maps, index, row, column) {
  const [, , height, width] = maps.shape;
  const value = maps[((index * 2 + which) * height + row) * width + column];
  const asked = which ? mistake.is_class : mistake.said;
  return `${mistake.name}, row ${row + 1} of ${height}, column ${column + 1} of ${width}: this place spoke for ${asked} with ${short(value)} of the greatest.`;
}
