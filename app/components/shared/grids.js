// Numbers as a grid of coloured cells on a canvas, and a kernel as a grid of number fields.

import { element } from "./dom.js";
import { full, short } from "./format.js";

// How much larger than usual the page's type is set, as on a projector.
export const typeScale = () => parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
const READABLE = 28; // CSS pixels at the usual type: in smaller cells no digits are drawn

// Cell side in CSS pixels: large kernels get small cells, digits only where they can be read.
export const cellSize = (size) =>
  Math.round(typeScale() * (size <= 3 ? 54 : size <= 5 ? 44 : size <= 7 ? 36 : size <= 9 ? READABLE : 22));

const mix = (from, to, share) => from.map((v, i) => Math.round(v + (to[i] - v) * share));
const css = (rgb) => `rgb(${rgb.join(" ")})`;
const BLUE = [33, 102, 172];
const RED = [178, 24, 43];

// A weight's or a product's colour: the page's ground at zero, full red or blue at `limit`.
const signedColour = (value, limit, ground) =>
  mix(ground, value < 0 ? RED : BLUE, limit > 0 ? Math.min(1, Math.abs(value) / limit) : 0);

// The largest digits, in CSS pixels, with which every text fits a cell of `size`; 0 where none could be read.
function digitSize(context, texts, size, family) {
  if (size < Math.floor(READABLE * typeScale())) return 0;
  const wanted = size * 0.31;
  context.font = `${wanted}px ${family}`;
  const widest = Math.max(...texts.map((text) => context.measureText(text).width));
  return Math.min(wanted, Math.floor(wanted * ((size - 5) / widest) * 10) / 10);
}

// Dark or white type on a ground: at a grey of 123 both have the same contrast, 4.2.
export function readable(rgb) {
  return 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2] > 123 ? "#16181d" : "#ffffff";
}

// cells: rows of {value, padding}; kind: "tone" (0 black … 1 white) or "signed" (red − … blue +, `limit` saturates).
export function drawGrid(canvas, cells, { kind, limit, ground, line, accent }) {
  const size = cellSize(Math.max(cells.length, cells[0].length));
  const [height, width] = [cells.length * size, cells[0].length * size];
  const ratio = window.devicePixelRatio || 1;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  context.textAlign = "center";
  context.textBaseline = "middle";
  const { fontFamily: family } = getComputedStyle(canvas.isConnected ? canvas : document.body); // one not yet placed has none
  const digits = digitSize(context, cells.flat().map(({ value }) => short(value)), size, family);
  context.font = `${digits}px ${family}`;
  cells.forEach((row, i) => row.forEach(({ value, padding }, j) => {
    const rgb = kind === "tone"
      ? mix([0, 0, 0], [255, 255, 255], Math.min(1, Math.max(0, value)))
      : signedColour(value, limit, ground);
    context.fillStyle = css(rgb);
    context.fillRect(j * size, i * size, size, size);
    context.strokeStyle = line;
    context.strokeRect(j * size + 0.5, i * size + 0.5, size - 1, size - 1);
    if (padding) hatch(context, j * size, i * size, size, accent);
    if (!digits) return;
    context.fillStyle = readable(rgb);
    context.fillText(short(value), (j + 0.5) * size, (i + 0.5) * size);
  }));
}

// Padding cells carry a diagonal stroke: told apart without colour.
function hatch(context, x, y, size, colour) {
  context.strokeStyle = colour;
  context.beginPath();
  context.moveTo(x + size * 0.72, y + 2);
  context.lineTo(x + size - 2, y + size * 0.28);
  context.moveTo(x + 2, y + size * 0.72);
  context.lineTo(x + size * 0.28, y + size - 2);
  context.stroke();
}

// Number fields for the kernel, coloured by weight: type into one, or drag it up and down. Made once per shape;
// `showMatrix` fills in the numbers. `moved(matrix)` is called while a field is dragged, `changed(matrix)` after an edit.
export function matrixFields(rows, cols, { changed, moved }) {
  const grid = element("div", { className: "matrix", role: "group", "aria-label": "Kernel" });
  grid.style.gridTemplateColumns = `repeat(${cols}, auto)`;
  const weights = () => grid.fields.map((line) => line.map((field) => field.weight));
  grid.fields = Array.from({ length: rows }, (_, i) => Array.from({ length: cols }, (_, j) => {
    const field = element("input", { autocomplete: "off", "aria-label": `row ${i + 1}, column ${j + 1}` });
    field.onfocus = () => { field.value = String(field.weight); field.classList.remove("unread"); field.select(); };
    field.onblur = () => { if (field.getAttribute("aria-invalid") !== "true") rest(field); };
    field.onkeydown = (event) => {
      if (event.key === "Enter") field.blur();
      const to = { ArrowUp: [i - 1, j], ArrowDown: [i + 1, j] }[event.key];
      if (to && grid.fields[to[0]]) { event.preventDefault(); grid.fields[to[0]][to[1]].focus(); }
      event.stopPropagation();
    };
    field.onchange = () => {
      const typed = parse(field.value);
      field.setAttribute("aria-invalid", String(typed === null));
      if (typed === null) { field.title = "Not a number: type for example -1, 0.25 or 1/9."; return; }
      field.weight = typed;
      changed(weights());
    };
    letDrag(field, () => moved(weights()), () => changed(weights()));
    return field;
  }));
  grid.append(...grid.fields.flat());
  return grid;
}

const DRAG_STEP = 6; // CSS pixels of hand movement for a step of the weight

// Dragging up makes a weight larger, down smaller; a press without movement is a click into the field.
function letDrag(field, moved, changed) {
  let from = null;
  field.onpointerdown = (event) => {
    if (!field.disabled) from = { y: event.clientY, weight: field.weight, dragged: false };
  };
  field.onpointermove = (event) => {
    if (!from || (!from.dragged && Math.abs(event.clientY - from.y) < DRAG_STEP)) return;
    if (!from.dragged) { from.dragged = true; field.setPointerCapture(event.pointerId); field.blur(); }
    const step = Math.abs(from.weight) > 0 && Math.abs(from.weight) < 0.5 ? 0.01 : 0.1;
    const weight = from.weight + step * Math.round((from.y - event.clientY) / DRAG_STEP);
    field.weight = Number(weight.toFixed(6));
    rest(field);
    moved();
  };
  field.onpointerup = field.onpointercancel = () => {
    if (from?.dragged) changed();
    from = null;
  };
}

export function showMatrix(grid, matrix, editable, { ground, family }) {
  const size = cellSize(Math.max(matrix.length, matrix[0].length));
  const limit = Math.max(...matrix.flat().map(Math.abs));
  const digits = digitSize(measuring, matrix.flat().map(short), size, family);
  grid.style.setProperty("--cell", `${size}px`);
  grid.style.setProperty("--digit-size", `${digits || 10}px`);
  grid.fields.forEach((line, i) => line.forEach((field, j) => {
    const rgb = signedColour(matrix[i][j], limit, ground);
    Object.assign(field, { weight: matrix[i][j], title: full(matrix[i][j]), disabled: !editable, unread: !digits });
    field.style.background = css(rgb);
    field.style.color = readable(rgb);
    field.setAttribute("aria-invalid", "false");
    if (!field.matches(":focus")) rest(field);
  }));
}

const measuring = new OffscreenCanvas(1, 1).getContext("2d");

function rest(field) {
  field.value = short(field.weight);
  field.classList.toggle("unread", field.unread);
}

// "-1", "0,5", "1/9", "−2" → a number; anything else → null.
export function parse(text) {
  const plain = text.trim().replace(/[−–]/g, "-").replace(",", ".");
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(?:\/(\d+\.?\d*))?$/i.exec(plain);
  if (!match) return null;
  const value = Number(match[1]) / (match[2] === undefined ? 1 : Number(match[2]));
  return Number.isFinite(value) && Math.abs(value) <= 1e6 ? value : null;
}
