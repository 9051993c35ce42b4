// The terms of one sum as rows, each with what it adds and the running total; one of them large, with its numbers.

import { button, element, ground, themeColour } from "../shared/dom.js";
import { full, short } from "../shared/format.js";
import { drawGrid } from "../shared/grids.js";
import { outline } from "../shared/pixels.js";
import { indexOf, nameOf, readWords, restWords, size, termWords } from "./words.js";

const FIRST = 8; // rows at once
const MORE = 24;
const SMALL = 42; // CSS pixels of a patch in a row
const LARGEST = 11; // taps a side that are drawn large

// `walk(name)` goes to the unit that a term reads, `point(term)` hears which term is pointed at.
export function buildTerms(line, { walk, point, differs = false }) {
  const part = { line, sum: line.sum, differs, shown: 0, at: 0, rows: [], span: spanOf(line) };
  part.list = element("div", { className: "rows", role: "listbox", tabIndex: 0,
    "aria-label": "Terms, largest first. Up and down go from term to term, Enter goes to the unit that a term reads." });
  part.more = element("div", { className: "row rest" });
  part.end = element("div", { className: "rows end" }, ...endRows(part));
  part.detail = element("div", { className: "detail" });
  part.root = element("div", { className: "terms" }, part.detail, headRow(part), part.list, part.more, part.end);
  part.select = (term) => {
    part.rows[part.at]?.setAttribute("aria-selected", "false");
    part.at = term;
    part.rows[term].setAttribute("aria-selected", "true");
    part.list.setAttribute("aria-activedescendant", part.rows[term].id);
    point();
  };
  part.list.onpointerover = (event) => {
    const row = event.target.closest?.(".row");
    if (row && Number(row.dataset.term) !== part.at) part.select(Number(row.dataset.term));
  };
  part.list.onclick = (event) => {
    const row = event.target.closest?.(".row");
    if (!row) return;
    part.select(Number(row.dataset.term));
    const name = event.target.closest(".to") ? nameOf(part.sum, part.at) : null;
    if (name) walk(name);
  };
  part.list.onkeydown = (event) => onKey(part, event, walk);
  show(part, FIRST);
  return part;
}

function onKey(part, event, walk) {
  const to = { ArrowDown: part.at + 1, ArrowUp: part.at - 1, Home: 0, End: part.shown - 1 }[event.key];
  if (to !== undefined) {
    if (to >= 0 && to < part.shown) {
      part.select(to);
      part.rows[to].scrollIntoView({ block: "nearest" });
    }
  } else if (event.key === "Enter") {
    const name = nameOf(part.sum, part.at);
    if (name) walk(name);
  } else return;
  event.preventDefault();
}

// From the least to the greatest running total, zero always among them.
function spanOf({ sum, total }) {
  const all = [0, total, ...sum.running];
  return { low: Math.min(...all), high: Math.max(...all) };
}

function headRow({ sum, line, differs }) {
  const cells = [readWords(sum), what(line, differs), adds(line), "running total"];
  return element("div", { className: "row head" }, ...cells.map((textContent) => element("span", { textContent })));
}

const what = (line, differs) => (differs ? "value × weights' difference" : kindOf(line));
const kindOf = (line) => (line.kind === "softmax" ? "" : line.kind === "maximum" ? "value" : line.kind === "mean" ? "value × share"
  : line.kind === "attention" ? "value × attention" : size(line) > 1 ? "patch × kernel" : line.kind === "addition" ? "" : "value × weight");
const adds = (line) => (line.kind === "softmax" ? "share" : size(line) > 1 ? "products' sum" : line.kind === "maximum" ? "counts" : "adds");

function show(part, by) {
  const { sum } = part;
  const to = Math.min(sum.sent, part.shown + by);
  for (let term = part.shown; term < to; term += 1) {
    const row = termRow(part, term);
    part.rows.push(row);
    part.list.append(row);
  }
  part.shown = to;
  drawPatches(part);
  const left = sum.count - part.shown;
  part.more.hidden = left === 0;
  if (!left) return;
  const rest = part.line.total - (sum.bias ?? 0) - sum.running[part.shown - 1];
  const cells = [element("span", { className: "wide", textContent: restWords(left, rest), title: full(rest) })];
  if (part.shown < sum.sent) {
    const next = Math.min(MORE, sum.sent - part.shown);
    cells[0].append(" ", button(`Show ${next} more`, "", () => show(part, MORE)));
  } else cells[0].append(`; the ${part.shown} largest are shown.`);
  part.more.replaceChildren(...cells, barOf(part, sum.running[part.shown - 1], part.line.total - (sum.bias ?? 0)));
}

function termRow(part, term) {
  const { sum, line } = part;
  const name = nameOf(sum, term);
  const label = element(name ? "button" : "span", { className: name ? "to" : "", textContent: termWords(sum, term) });
  if (name) Object.assign(label, { type: "button", tabIndex: -1, title: `Go to ${sourceWords(sum, term)}: the sum that made it` });
  const row = element("div", { className: "row", role: "option", id: `${sum.prefix}-${term}`, "aria-selected": "false" },
    element("span", { className: "from" }, label), middle(line, term),
    number(sum.contributions[term]), barOf(part, term ? sum.running[term - 1] : 0, sum.running[term]));
  row.dataset.term = term;
  return row;
}

const sourceWords = (sum, term) => `${sum.sources[sum.sources.length > 1 ? term : 0].name} [${indexOf(sum, term).join(", ")}]`;

function number(value) {
  return element("span", { className: "number", textContent: short(value), title: full(value) });
}

function middle(line, term) {
  const { sum } = line;
  if (line.kind === "softmax") return element("span");
  if (line.kind === "maximum") {
    return element("span", { textContent: `${short(sum.inputs[term])}${term ? "" : " · the winner"}`, title: full(sum.inputs[term]) });
  }
  if (size(line) > 1) return element("span", { className: "patches" }, element("canvas"), "×", element("canvas"));
  if (line.kind === "addition" && sum.weights[term] === 1) return element("span");
  return element("span", { textContent: `${short(sum.inputs[term])} × ${short(sum.weights[term])}`,
    title: `${full(sum.inputs[term])} × ${full(sum.weights[term])}` });
}

// From one running total to the next: red leftwards for what is taken away, blue rightwards for what is added.
function barOf({ span, line }, from, to) {
  const width = span.high - span.low || 1;
  const at = (value) => (100 * (value - span.low)) / width;
  const bar = element("i", { className: to < from ? "less" : "more" });
  bar.style.left = `${Math.min(at(from), at(to))}%`;
  bar.hidden = from === to;
  bar.style.width = `max(2px, ${Math.abs(at(to) - at(from))}%)`;
  const zero = element("i", { className: "zero" });
  zero.style.left = `${at(0)}%`;
  const text = line.kind === "maximum" && to === from ? "" : short(to);
  return element("span", { className: "running" }, element("span", { className: "track" }, zero, bar),
    element("span", { className: "number", textContent: text, title: full(to) }));
}

function endRows(part) {
  const { sum, line } = part;
  const rows = [];
  const before = line.total - (sum.bias ?? 0);
  if (sum.bias !== null) {
    rows.push(element("div", { className: "row" }, element("span", { textContent: "bias" }), element("span"), number(sum.bias),
      barOf(part, before, line.total)));
  }
  return rows;
}

// The patches of rows that were not drawn yet.
function drawPatches(part) {
  const { line, sum, rows } = part;
  if (size(line) === 1) return;
  for (let term = 0; term < rows.length; term += 1) {
    const [patch, kernel] = rows[term].querySelectorAll("canvas");
    if (patch.width !== 300) continue; // as every canvas is made
    small(patch, taken(sum, "inputs", term), sum.limits.inputs, part);
    small(kernel, taken(sum, "weights", term), sum.limits.weights, part);
  }
}

const taken = (sum, name, term) => {
  const taps = sum.taps[0] * sum.taps[1];
  return sum[name].subarray(term * taps, (term + 1) * taps);
};

function cellsOf(values, [height, width], outside = null) {
  return Array.from({ length: height }, (_, i) => Array.from({ length: width }, (_, j) => (
    { value: values[i * width + j], padding: outside ? outside[i * width + j] === 1 : false })));
}

function small(canvas, values, limit, { sum, colours }) {
  const [height, width] = sum.taps;
  const pixels = new ImageData(width, height);
  for (let at = 0; at < values.length; at += 1) {
    const share = limit > 0 ? Math.min(1, Math.abs(values[at]) / limit) : 0;
    const end = values[at] < 0 ? [178, 24, 43] : [33, 102, 172];
    const rgb = (colours?.ground ?? [255, 255, 255]).map((v, i) => Math.round(v + (end[i] - v) * share));
    pixels.data.set([...rgb, 255], 4 * at);
  }
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d").putImageData(pixels, 0, 0);
  canvas.style.height = `${SMALL}px`;
  canvas.style.width = `${Math.round((SMALL * width) / height)}px`;
}

// Once the rows stand on the page: colours come from its theme.
export function settleTerms(part, root) {
  part.colours = { ground: ground(root), line: themeColour(root, "border-color"), accent: themeColour(root, "primary-color") };
  for (const canvas of part.list.querySelectorAll("canvas")) canvas.width = 300;
  drawPatches(part);
  part.select(0);
  drawDetail(part);
}

// The term pointed at: patch, kernel and products with their digits, or the window in which it lies.
export function drawDetail(part) {
  const { line, sum, at } = part;
  const drawn = size(line) > 1 && Math.max(...sum.taps) <= LARGEST ? threeGrids(part) : sum.plane ? [planeGrid(part)] : [];
  part.detail.hidden = !drawn.length;
  part.detail.replaceChildren(...drawn);
  part.root.dataset.term = at;
}

function threeGrids({ sum, at, colours }) {
  const [inputs, weights] = [taken(sum, "inputs", at), taken(sum, "weights", at)];
  const products = inputs.map((value, i) => value * weights[i]);
  const largest = (values) => Math.max(...values.map(Math.abs));
  return [
    grid(`values of ${termWords(sum, at)}`, "", cellsOf(inputs, sum.taps, sum.outside), largest(inputs), colours),
    element("b", { className: "sign", textContent: "×" }),
    grid("kernel", "×", cellsOf(weights, sum.taps), largest(weights), colours),
    element("b", { className: "sign", textContent: "=" }),
    grid(`products, sum ${short(sum.contributions[at])}`, "=", cellsOf(products, sum.taps), largest(products), colours),
  ];
}

function planeGrid({ line, sum, at, colours }) {
  const largest = Math.max(...sum.plane.map((value) => (Number.isNaN(value) ? 0 : Math.abs(value))));
  const title = line.kind === "attention" ? "attention to each patch" : "values under the window";
  const cells = cellsOf(sum.plane.map((value) => (Number.isNaN(value) ? 0 : value)), sum.plane.shape);
  const drawn = grid(title, "", cells, largest, colours);
  if (sum.spots[at] >= 0) mark(drawn.querySelector("canvas"), sum.spots[at], sum.plane.shape, colours.accent);
  return drawn;
}

// The cell of the term pointed at.
function mark(canvas, spot, [height, width], accent) {
  const ratio = window.devicePixelRatio || 1;
  const context = canvas.getContext("2d");
  context.setTransform(1, 0, 0, 1, 0, 0);
  const cell = { width: canvas.width / width, height: canvas.height / height };
  outline(context, { x: (spot % width) * cell.width, y: Math.floor(spot / width) * cell.height, ...cell }, accent, ratio);
}

function grid(title, sign, cells, limit, { ground: zero, line, accent }) {
  const canvas = element("canvas", { role: "img", "aria-label": title });
  drawGrid(canvas, cells, { kind: "signed", limit, ground: zero, line, accent });
  return element("figure", {}, element("figcaption", {}, element("span", { className: "narrow", textContent: sign }), title), canvas);
}
