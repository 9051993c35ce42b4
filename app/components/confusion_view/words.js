// What is said of a cell of a confusion matrix, and the matrix as a table.

import { count, short, whole } from "../shared/format.js";

const rowOf = (counts, size, row) => Array.from(counts.slice(row * size, (row + 1) * size));

export const total = (numbers) => numbers.reduce((sum, one) => sum + one, 0);

// The share of the row's pictures that are in a cell, in per cent; 0 for a class without test pictures.
export function share(counts, size, row, column) {
  const all = total(rowOf(counts, size, row));
  return all ? (100 * counts[row * size + column]) / all : 0;
}

export function sentence({ classes }, counts, row, column) {
  const size = classes.length;
  const [own, all] = [counts[row * size + column], total(rowOf(counts, size, row))];
  const what = row === column ? "were recognised" : `were taken for ${classes[column]}`;
  const of = `${whole(own)} of ${count(all, "test picture")} of ${classes[row]} ${what}`;
  return all ? `${of}, ${short(share(counts, size, row, column))} %.` : `${classes[row]} has no test pictures.`;
}

export function csv({ classes }, counts) {
  const quoted = classes.map((name) => `"${name.replaceAll('"', '""')}"`);
  const lines = quoted.map((name, row) => [name, ...rowOf(counts, classes.length, row)].join(","));
  return `is / was taken for,${quoted.join(",")}\n${lines.join("\n")}\n`;
}
