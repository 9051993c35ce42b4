// What the list says: a layer's numbers, spoken and as a table to save. Nothing here draws.

import { short, whole } from "../shared/format.js";

export function bytes(count) {
  for (const [unit, size] of [["GB", 1e9], ["MB", 1e6], ["kB", 1e3]]) {
    if (count >= size) return `${Number((count / size).toPrecision(3))} ${unit}`;
  }
  return `${count} B`;
}

// 416,520 stays; 26,657,408 becomes 26.7 M. The full number stands beside it on pointing.
export function large(count) {
  for (const [unit, size] of [["G", 1e9], ["M", 1e6]]) {
    if (count >= size) return `${Number((count / size).toPrecision(3))} ${unit}`;
  }
  return whole(count);
}

export const shares = (rows, name) => {
  const all = rows.reduce((sum, row) => sum + row[name], 0);
  return rows.map((row) => (all ? row[name] / all : 0));
};

export function rowSentence(row, number, of) {
  const name = `Layer ${number} of ${of}, ${row.title}${row.settings ? ` ${row.settings}` : ""}`;
  if (row.state === "waiting") return `${name}: waits until the layer before it is possible.`;
  if (row.state === "impossible") return `${name}, is impossible: ${row.problem}`;
  const parameters = row.weights + row.biases;
  const counted = parameters ? `${whole(row.weights)} weights and ${whole(row.biases)} biases` : "no parameters";
  const field = row.field === "all" ? "Its units see the whole picture." : `Its units see ${row.field} pixels${row.jump ? `, ${row.jump} apart` : ""}.`;
  return `${name}: ${row.output} values out, ${counted}, ${whole(row.multiply_adds)} multiply-adds, ${bytes(row.activation_bytes)}. ${row.field ? field : ""} ${row.note}`.trim();
}

export const mapsTitle = (maps, shown) => (maps.of > shown ? `the first ${whole(shown)} of ${whole(maps.of)}` : `all ${whole(maps.of)}`)
  + `, ${short(maps.bar.low)} to ${short(maps.bar.high)}`;

export function csv({ rows }) {
  const quoted = (text) => `"${String(text).replaceAll('"', '""')}"`;
  const lines = rows.map((row, at) => [at + 1, quoted(row.title), quoted(row.settings), quoted(row.output), row.weights, row.biases,
    row.multiply_adds, row.activation_bytes, quoted(row.field), quoted(row.jump), quoted(row.problem)].join(","));
  return `${["layer", "kind", "settings", "output", "weights", "biases", "multiply-adds", "activation bytes", "receptive field", "jump", "problem"].join(",")}\n${lines.join("\n")}\n`;
}
