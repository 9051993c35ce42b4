// The rows of the list: one for each layer, with its numbers and a few of its maps.

import { element, setText } from "../shared/dom.js";
import { whole } from "../shared/format.js";
import { typeScale } from "../shared/grids.js";
import { drawMaps } from "./maps.js";
import { bytes, large, shares } from "./words.js";

const TALL = 34; // CSS pixels of a row's maps at the usual size of type

export function buildRow() {
  const row = { cells: {} };
  const cell = (name, tag = "span") => (row.cells[name] = element(tag, { className: name }));
  row.handle = element("span", { className: "handle", "aria-hidden": "true", title: "Drag to another place" }, "⋮⋮");
  row.canvas = element("canvas");
  row.root = element("li", { className: "row", role: "option", tabIndex: -1 }, row.handle, cell("number"),
    element("span", { className: "name" }, cell("title", "b"), " ", cell("settings")),
    element("span", { className: "maps" }, row.canvas, cell("problem")),
    cell("output"), cell("parameters"), cell("madds"), cell("memory"), cell("field"));
  return row;
}

// `words` stand in for the server's until it has answered an edit.
export function showRow(row, data, number, words) {
  const { cells } = row;
  const state = data?.state ?? "asked";
  row.root.dataset.state = state;
  setText(cells.number, String(number));
  setText(cells.title, words?.title ?? data.title);
  setText(cells.settings, words ? "" : data.settings);
  const fine = state === "fine";
  setText(cells.problem, state === "impossible" ? `Impossible: ${data.problem}` : state === "waiting" ? "waits" : "");
  setText(cells.output, fine ? data.output : "");
  for (const [name, value, words] of [["parameters", "parameters", large], ["madds", "multiply_adds", large], ["memory", "activation_bytes", bytes]]) {
    const number = fine ? (value === "parameters" ? data.weights + data.biases : data[value]) : null;
    setText(cells[name], number === null ? "" : words(number));
    cells[name].title = number === null ? "" : whole(number);
  }
  setText(cells.field, fine ? data.field : "");
  cells.field.title = fine ? `${data.field === "all" ? "The whole picture" : `${data.field} pixels, units ${data.jump} apart`}. ${data.note}` : "";
}

export function showMaps(row, data, arrays, width) {
  row.canvas.hidden = !data?.maps || width < 20;
  if (!row.canvas.hidden) drawMaps(row.canvas, data.maps, arrays, width, TALL * typeScale());
}

// Bars behind the numbers: each layer's share of the whole stack.
export function showShares(rows, all) {
  for (const [name, value] of [["parameters", (row) => row.weights + row.biases], ["madds", (row) => row.multiply_adds], ["memory", (row) => row.activation_bytes]]) {
    const parts = shares(all.map((row) => ({ value: value(row) })), "value");
    rows.forEach((row, at) => row.cells[name].style.setProperty("--share", `${(100 * (parts[at] ?? 0)).toFixed(1)}%`));
  }
}
