// One output unit, connected in three ways: which inputs it reads, through which weights, and who else uses them.

import { unpack } from "../shared/blob.js";
import { element, ground, onNextFrame, saveButton, themeColour } from "../shared/dom.js";
import { count, full, short } from "../shared/format.js";
import { outline, savePng } from "../shared/pixels.js";

const GAP = 0.18; // between inputs and units, as a share of the picture's width
const ENDS = { light: { blue: [33, 102, 172], red: [178, 24, 43] }, dark: { blue: [110, 175, 240], red: [240, 120, 105] } };
const views = new WeakMap();

export default function mount({ data, parentElement }) {
  const view = views.get(parentElement) ?? build(parentElement);
  views.set(parentElement, view);
  view.header = unpack(data);
  const most = view.header.side - 1;
  view.at = view.at && Math.max(view.at.row, view.at.col) <= most ? view.at : { side: "unit", row: Math.floor(most / 2), col: Math.floor(most / 2) };
  draw(view);
  view.root.dataset.cnnvizDrawn = view.header.token;
  return () => { view.resize.disconnect(); views.delete(parentElement); };
}

// `at` is a unit or an input: {side: "unit" | "input", row, col}; the same for all three panels.
function build(parent) {
  const view = { at: null, which: 0 };
  view.grid = element("div", { className: "parts" });
  view.sentence = element("p", { className: "sentence", "aria-live": "polite" });
  view.root = element("div", { className: "view weights-units" }, view.grid, view.sentence);
  parent.append(view.root);
  view.panels = [0, 1, 2].map((which) => buildPanel(view, which));
  view.grid.append(...view.panels.map((panel) => panel.figure));
  view.redraw = onNextFrame(() => draw(view));
  view.resize = new ResizeObserver(view.redraw);
  view.resize.observe(view.root);
  return view;
}

function buildPanel(view, which) {
  const canvas = element("canvas");
  const frame = element("div", { className: "frame", tabIndex: 0, role: "img" }, canvas);
  const panel = { which, canvas, frame, title: element("span"), note: element("p"), real: element("p", { className: "real" }) };
  const save = saveButton("Save as PNG", () => savePng(canvas, `cnnviz ${panel.title.textContent.toLowerCase()}.png`));
  panel.figure = element("figure", {}, element("figcaption", {}, panel.title, save), frame, panel.note, panel.real);
  frame.onpointermove = frame.onpointerdown = (event) => {
    const at = view.header && placeAt(event, canvas, view.header.side);
    if (at) { view.at = at; view.which = which; view.redraw(); }
  };
  frame.onfocus = () => { view.which = which; view.redraw(); };
  frame.onkeydown = (event) => {
    const move = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    const most = view.header.side - 1;
    const clamp = (value) => Math.min(most, Math.max(0, value));
    if (move) view.at = { ...view.at, row: clamp(view.at.row + move[0]), col: clamp(view.at.col + move[1]) };
    else if (event.key === "Enter" || event.key === " ") view.at = { ...view.at, side: view.at.side === "unit" ? "input" : "unit" };
    else return;
    event.preventDefault();
    view.redraw();
  };
  return panel;
}

// The inputs stand on the left, the units on the right, both as wide as `part` of the canvas.
const part = (1 - GAP) / 2;
function placeAt(event, canvas, side) {
  const box = canvas.getBoundingClientRect();
  const x = (event.clientX - box.left) / box.width;
  const y = (event.clientY - box.top) / box.height;
  const onUnits = x >= 1 - part;
  if (!onUnits && x > part) return null;
  const clamp = (value) => Math.min(side - 1, Math.max(0, Math.floor(value * side)));
  return { side: onUnits ? "unit" : "input", row: clamp(y), col: clamp((onUnits ? x - (1 - part) : x) / part) };
}

const mix = (from, to, share) => `rgb(${from.map((v, i) => Math.round(v + (to[i] - v) * share)).join(" ")})`;
const signed = (value, limit, { zero, ends }) => mix(zero, value < 0 ? ends.red : ends.blue, limit ? Math.min(1, Math.abs(value) / limit) : 0);

function draw(view) {
  const { header } = view;
  if (!header) return;
  const zero = ground(view.root);
  const style = { zero, ends: zero[0] < 128 ? ENDS.dark : ENDS.light, line: themeColour(view.root, "border-color"),
    accent: themeColour(view.root, "primary-color"), text: themeColour(view.root, "text-color") };
  for (const panel of view.panels) {
    const wiring = header.wirings[panel.which];
    panel.title.textContent = wiring.title;
    panel.note.textContent = wiring.note;
    panel.real.textContent = wiring.real;
    panel.frame.setAttribute("aria-label", `${wiring.title}: inputs left, units right. Arrow keys move, Enter changes between unit and input.`);
    drawPanel(view, panel, style);
  }
  say(view);
}

// Weights (unit, input) of one wiring; not a number where there is no connection.
function weightOf({ header }, which, unit, input) {
  const n = header.side ** 2;
  return header.arrays.weights[(which * n + unit) * n + input];
}

function drawPanel(view, panel, style) {
  const { side, arrays } = view.header;
  const n = side * side;
  const width = panel.frame.getBoundingClientRect().width;
  if (!width) return;
  const ratio = window.devicePixelRatio || 1;
  const cell = (width * part) / side;
  panel.canvas.width = Math.round(width * ratio);
  panel.canvas.height = Math.round(cell * side * ratio);
  const context = panel.canvas.getContext("2d");
  context.scale(ratio, ratio);
  const outputs = arrays.outputs.subarray(panel.which * n, (panel.which + 1) * n);
  const limit = Math.max(...outputs.map(Math.abs));
  const right = width * (1 - part);
  for (let i = 0; i < n; i += 1) {
    const [x, y] = [(i % side) * cell, Math.floor(i / side) * cell];
    fillCell(context, x, y, cell, mix([0, 0, 0], [255, 255, 255], arrays.inputs[i]), style.line);
    fillCell(context, right + x, y, cell, signed(outputs[i], limit, style), style.line);
  }
  const at = view.at.row * side + view.at.col;
  drawConnections(view, panel, context, { at, cell, right, style });
  const box = { x: (view.at.side === "unit" ? right : 0) + view.at.col * cell, y: view.at.row * cell, width: cell, height: cell };
  outline(context, box, style.accent, 1);
}

function fillCell(context, x, y, cell, colour, line) {
  context.fillStyle = colour;
  context.fillRect(x, y, cell, cell);
  context.strokeStyle = line;
  context.lineWidth = 1;
  context.strokeRect(x + 0.5, y + 0.5, cell - 1, cell - 1);
}

// A line for each weight, blue positive, red negative and dashed; a square of the weight's colour on the cell it leads to.
function drawConnections(view, panel, context, { at, cell, right, style }) {
  const { side } = view.header;
  const n = side * side;
  const onUnit = view.at.side === "unit";
  const found = [];
  for (let other = 0; other < n; other += 1) {
    const weight = onUnit ? weightOf(view, panel.which, at, other) : weightOf(view, panel.which, other, at);
    if (!Number.isNaN(weight)) found.push({ other, weight });
  }
  const limit = Math.max(...found.map(({ weight }) => Math.abs(weight)));
  const centre = (index, offset) => [offset + ((index % side) + 0.5) * cell, (Math.floor(index / side) + 0.5) * cell];
  for (const { other, weight } of found) {
    const [fromX, fromY] = centre(onUnit ? other : at, 0);
    const [toX, toY] = centre(onUnit ? at : other, right);
    context.strokeStyle = `rgb(${(weight < 0 ? style.ends.red : style.ends.blue).join(" ")} / ${0.25 + (0.7 * Math.abs(weight)) / limit})`;
    context.setLineDash(weight < 0 ? [4, 3] : []);
    context.lineWidth = found.length > 20 ? 1 : 2;
    context.beginPath(); context.moveTo(fromX, fromY); context.lineTo(toX, toY); context.stroke();
    context.setLineDash([]);
    const [x, y] = onUnit ? [fromX, fromY] : [toX, toY];
    const half = cell * 0.3;
    context.fillStyle = signed(weight, limit, style);
    context.fillRect(x - half, y - half, 2 * half, 2 * half);
    context.strokeStyle = style.accent;
    context.lineWidth = 1.5;
    context.strokeRect(x - half, y - half, 2 * half, 2 * half);
  }
  panel.found = found.length;
}

function say(view) {
  const { header, at, which } = view;
  const wiring = header.wirings[which];
  const index = at.row * header.side + at.col;
  const number = view.panels[which].found;
  let text;
  if (at.side === "unit") {
    const n = header.side ** 2;
    const value = header.arrays.outputs[which * n + index];
    text = `${wiring.title}: unit [${at.row}, ${at.col}] = ${short(value)} is the sum of ${count(number, "product")}, `
      + `one for each input it reads. ${wiring.sharing}`;
    view.root.dataset.value = full(value);
  } else {
    text = `${wiring.title}: input [${at.row}, ${at.col}] is read by ${count(number, "unit")}.`;
    view.root.dataset.value = String(number);
  }
  Object.assign(view.root.dataset, { reads: view.panels.map((panel) => panel.found).join() });
  view.sentence.textContent = text;
}
