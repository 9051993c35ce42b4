// What the view says of the value one points at. Nothing here draws.

import { count, short } from "../shared/format.js";

// at: {tile, index, row, col} with the value's place in its map; s: which company.
export function sentence(header, made, at) {
  if (header.mode === "neighbours") return aboutNeighbours(header, made, at);
  return header.mode === "sets" ? aboutSet(header, made, at) : aboutCompany(header, made, at);
}

// In the map's own rows and columns; drawn is every `step`-th of them.
const place = ({ step }, { row, col }) => `[${step * row}, ${step * col}]`;

function formula(header, made, at, s) {
  const tiles = made.panels[0].length;
  const [mean, variance] = [header.arrays.mean[s * tiles + at.tile], header.arrays.variance[s * tiles + at.tile]];
  const minus = mean < 0 ? `+ ${short(-mean)}` : `− ${short(mean)}`;
  return `(${short(made.panels[0][at.tile][at.index])} ${minus}) / √(${short(variance)} + ${header.eps}) `
    + `= ${short(made.panels[s + 1][at.tile][at.index])}`;
}

function aboutSet(header, made, at) {
  const columns = header.columns.length;
  const who = `${header.rows[Math.floor(at.tile / columns)]}, ${header.columns[at.tile % columns]}`;
  return `${who}, ${place(header, at)}: ${formula(header, made, at, 0)}. ${header.sharing} `
    + `${count(header.arrays.counts[at.tile], "value")} share this mean and variance.`;
}

function aboutCompany(header, made, at) {
  const [a, b] = [made.panels[1], made.panels[2]].map((panel) => panel[at.tile][at.index]);
  const verdict = a === b ? "the same in both companies." : `${short(Math.abs(a - b))} apart: the same pixel, the same weights, other company.`;
  return `Your picture, ${header.columns[at.tile]}, ${place(header, at)}. First company: ${formula(header, made, at, 0)}. `
    + `Second: ${formula(header, made, at, 1)}. ${a === b ? "It is " : "They are "}${verdict}`;
}

function aboutNeighbours(header, made, at) {
  const { k, alpha, beta } = header.lrn;
  const found = made.lrn[at.tile];
  const members = header.arrays.counts[at.tile];
  return `Channel ${at.tile}, ${place(header, at)}: the squares of ${count(members, "channel")} `
    + `sum to ${short(found.sums[at.index])}; the divisor is (${short(k)} + ${short(alpha)} · ${short(found.sums[at.index])})^${short(beta)} `
    + `= ${short(found.divisors[at.index])}; ${short(made.panels[0][at.tile][at.index])} becomes ${short(found.values[at.index])}.`;
}
