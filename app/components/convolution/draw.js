// How do numbers become cells on a canvas? Planes (static: drawn when numbers change), marks over them (drawn on every
// move of the pointer), and the small grids of patch, kernel and products. No arithmetic here.

import { short } from "../shared/format.js";

const LINES_FROM = 12; // CSS pixels a cell: grid lines
const DIGITS_FROM = 18; // and digits
const LEVELS = 253;

// The colours of a scale with evenly spaced stops (#rrggbb), as a table of levels. With `low` and `high` it is a scale.
export function makeScale(stops) {
  const ends = stops.map((stop) => [1, 3, 5].map((i) => parseInt(stop.slice(i, i + 2), 16)));
  const table = Array.from({ length: LEVELS }, (_, level) => {
    const at = (level / (LEVELS - 1)) * (ends.length - 1);
    const i = Math.min(ends.length - 2, Math.floor(at));
    return ends[i].map((v, c) => Math.round(v + (ends[i + 1][c] - v) * (at - i)));
  });
  const words = table.map((rgb) => `rgb(${rgb.join(" ")})`);
  const ink = table.map(([r, g, b]) => (0.299 * r + 0.587 * g + 0.114 * b > 140 ? "#16181d" : "#ffffff"));
  return { stops, table, words, ink, packed: Uint32Array.from(table, ([r, g, b]) => (255 << 24) | (b << 16) | (g << 8) | r) };
}

const level = (value, { low, high }) =>
  Math.max(0, Math.min(LEVELS - 1, high > low ? Math.round(((value - low) / (high - low)) * (LEVELS - 1)) : LEVELS >> 1));

const contexts = new WeakMap();

// Give a canvas its size in CSS pixels; whether it had another, and so is empty now. Marks are as large as their plane.
export function resize(canvas, width, height) {
  const [w, h] = [pixels(width), pixels(height)];
  if (canvas.width === w && canvas.height === h) return false;
  if (canvas.width !== w) canvas.width = w; // each of the two empties it
  if (canvas.height !== h) canvas.height = h;
  if (!canvas.classList.contains("marks")) Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
  return true;
}

const pixels = (length) => Math.max(1, Math.round(length * (window.devicePixelRatio || 1)));

// Set a canvas up for drawing in CSS pixels, emptied.
export function fit(canvas, width, height) {
  resize(canvas, width, height);
  if (!contexts.has(canvas)) contexts.set(canvas, canvas.getContext("2d"));
  const context = contexts.get(canvas);
  context.setTransform(canvas.width / width, 0, 0, canvas.height / height, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

// plane: {data, height, width, pad: [rows, cols], sourceRows, sourceCols, neverRows, neverCols}; one canvas for all
// its cells. With padding, sourceRows and sourceCols say whose value stands in each row and column (−1: zero).
export function drawPlane(canvas, plane, cell, scale, look) {
  const [height, width] = [plane.height + 2 * plane.pad[0], plane.width + 2 * plane.pad[1]];
  const context = fit(canvas, width * cell, height * cell);
  context.imageSmoothingEnabled = false;
  context.drawImage(rasterOf(plane, height, width, scale), 0, 0, width * cell, height * cell);
  if (cell >= LINES_FROM) gridLines(context, height, width, cell, look.line);
  shadePadding(context, plane, height, width, cell, look);
  shadeUnread(context, plane, cell, look);
  if (cell >= DIGITS_FROM) digits(context, plane, cell, scale, look);
}

const raster = new OffscreenCanvas(1, 1);

// One pixel for each cell, until the next call.
function rasterOf(plane, height, width, scale) {
  if (raster.width !== width || raster.height !== height) Object.assign(raster, { width, height });
  const pixels = new Uint32Array(width * height);
  for (let row = 0; row < height; row += 1) {
    const r = plane.sourceRows ? plane.sourceRows[row] : row;
    for (let col = 0; col < width; col += 1) {
      const c = plane.sourceCols ? plane.sourceCols[col] : col;
      pixels[row * width + col] = scale.packed[level(r < 0 || c < 0 ? 0 : plane.data[r * plane.width + c], scale)];
    }
  }
  raster.getContext("2d", { willReadFrequently: true }).putImageData(new ImageData(new Uint8ClampedArray(pixels.buffer), width, height), 0, 0);
  return raster;
}

function gridLines(context, height, width, cell, line) {
  context.strokeStyle = line;
  context.lineWidth = 1;
  context.beginPath();
  for (let i = 0; i <= height; i += 1) { context.moveTo(0, i * cell); context.lineTo(width * cell, i * cell); }
  for (let i = 0; i <= width; i += 1) { context.moveTo(i * cell, 0); context.lineTo(i * cell, height * cell); }
  context.stroke();
}

// Padding is veiled and set off from the picture by a dashed line.
function shadePadding(context, { pad: [top, left], height: h, width: w }, height, width, cell, look) {
  if (!top && !left) return;
  context.fillStyle = look.veil;
  context.fillRect(0, 0, width * cell, top * cell);
  context.fillRect(0, (height - top) * cell, width * cell, top * cell);
  context.fillRect(0, top * cell, left * cell, h * cell);
  context.fillRect((width - left) * cell, top * cell, left * cell, h * cell);
  context.strokeStyle = look.text;
  context.lineWidth = 1.5;
  context.setLineDash([5, 4]);
  context.strokeRect(left * cell, top * cell, w * cell, h * cell);
  context.setLineDash([]);
}

// What no window reads is hatched: told apart without colour.
function shadeUnread(context, { neverRows, neverCols, pad, height, width }, cell, look) {
  if (!neverRows || !(neverRows.includes(true) || neverCols.includes(true))) return;
  context.save();
  context.translate(pad[1] * cell, pad[0] * cell);
  const area = new Path2D();
  neverRows.forEach((never, r) => { if (never) area.rect(0, r * cell, width * cell, cell); });
  neverCols.forEach((never, c) => { if (never) area.rect(c * cell, 0, cell, height * cell); });
  context.fillStyle = look.veil;
  context.fill(area);
  context.clip(area);
  context.strokeStyle = look.text;
  context.lineWidth = 1;
  context.beginPath();
  const reach = (height + width) * cell;
  for (let x = 0; x < reach; x += 7) { context.moveTo(x, 0); context.lineTo(x - height * cell, height * cell); }
  context.stroke();
  context.restore();
}

function digits(context, plane, cell, scale, look) {
  if (!type(context, Array.from(plane.data, short), cell, look.family)) return;
  const { pad: [top, left], height, width } = plane;
  for (let row = -top; row < height + top; row += 1) {
    for (let col = -left; col < width + left; col += 1) {
      const [r, c] = [plane.sourceRows?.[row + top] ?? row, plane.sourceCols?.[col + left] ?? col];
      const value = r < 0 || c < 0 ? 0 : plane.data[r * width + c];
      const inside = row >= 0 && row < height && col >= 0 && col < width;
      const veiled = !inside || plane.neverRows?.[row] || plane.neverCols?.[col];
      context.fillStyle = veiled ? look.text : scale.ink[level(value, scale)];
      context.fillText(short(value), (left + col + 0.5) * cell, (top + row + 0.5) * cell);
    }
  }
}

// The largest type, in CSS pixels, with which every text fits a cell; 0 where none could be read.
function type(context, texts, cell, family) {
  context.textAlign = "center";
  context.textBaseline = "middle";
  const wanted = Math.min(17, cell * 0.42);
  const widest = texts.reduce((most, text) => Math.max(most, widthOf(text, { size: wanted, weight: 400 }, family)), 1);
  const size = Math.floor(2 * Math.min(wanted, (wanted * (cell - 3)) / widest)) / 2; // few sizes: each costs a font
  context.font = `${size}px ${family}`;
  return size < 7 ? 0 : size;
}

const measuring = new OffscreenCanvas(1, 1).getContext("2d");
const advances = new Map(); // by family and weight: the width of each character at 100 px

// A font that came late has other widths than the one that stood in for it.
export const forgetWidths = () => advances.clear();

// Width of a text in CSS pixels, character by character: measuring whole texts costs more than drawing them.
export function widthOf(text, { size, weight }, family) {
  const key = `${weight} 100px ${family}`;
  if (!advances.has(key)) advances.set(key, new Map());
  const known = advances.get(key);
  let sum = 0;
  for (const character of text) {
    if (!known.has(character)) {
      measuring.font = key;
      known.set(character, measuring.measureText(character).width);
    }
    sum += known.get(character);
  }
  return (sum * size) / 100;
}

// A small grid of rows × cols cells: numbers on their colours, padding marked, `mark` (a set of indices) outlined.
export function drawGrid(canvas, values, { rows, cols, cell, scale, look, padded, blank, mark }) {
  const context = fit(canvas, cols * cell, rows * cell);
  const texts = values.map((value, i) => (blank?.[i] ? "" : short(value)));
  const size = cell >= 20 ? type(context, texts, cell, look.family) : 0;
  for (let i = 0; i < values.length; i += 1) {
    const [x, y] = [(i % cols) * cell, Math.floor(i / cols) * cell];
    const at = level(values[i], scale);
    context.fillStyle = blank?.[i] ? look.veil : scale.words[at];
    context.fillRect(x, y, cell, cell);
    if (padded?.[i] && !blank?.[i]) corners(context, x, y, cell, look.accent);
    if (size && texts[i]) {
      context.fillStyle = scale.ink[at];
      context.fillText(texts[i], x + cell / 2, y + cell / 2);
    }
  }
  if (cell >= LINES_FROM) gridLines(context, rows, cols, cell, look.line);
  else frame(context, cols * cell, rows * cell, look.line);
  for (const i of mark ?? []) box(context, (i % cols) * cell, Math.floor(i / cols) * cell, cell, cell, look.accent, 1);
}

// Zeros have the page's own colour: the line says how far the grid reaches.
function frame(context, width, height, line) {
  context.strokeStyle = line;
  context.lineWidth = 1;
  context.strokeRect(0.5, 0.5, width - 1, height - 1);
}

function corners(context, x, y, cell, colour) {
  context.strokeStyle = colour;
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(x + cell * 0.7, y + 2); context.lineTo(x + cell - 2, y + cell * 0.3);
  context.moveTo(x + 2, y + cell * 0.7); context.lineTo(x + cell * 0.3, y + cell - 2);
  context.stroke();
}

// A box in the accent colour that stands out on any ground.
export function box(context, x, y, width, height, accent, strength = 1.2) {
  for (const [colour, thickness] of [["#000000", 3.6], ["#ffffff", 2.8], [accent, 2]]) {
    context.strokeStyle = colour;
    context.lineWidth = thickness * strength;
    context.strokeRect(x + 1, y + 1, Math.max(2, width - 2), Math.max(2, height - 2));
  }
}

// The window on an input plane: its outline and, where cells are large, each tap with its weight in the corner.
export function markWindow(context, traced, weights, cell, pad, look) {
  const [top, left] = [Math.min(...traced.rows), Math.min(...traced.cols)];
  const [bottom, right] = [Math.max(...traced.rows), Math.max(...traced.cols)];
  const x = (col) => (col + pad[1]) * cell;
  const y = (row) => (row + pad[0]) * cell;
  const spread = (bottom - top + 1) * (right - left + 1) > traced.rows.length * traced.cols.length;
  if (spread && cell >= 3) {
    context.strokeStyle = look.accent;
    context.lineWidth = Math.min(2.5, cell * 0.3);
    for (const row of traced.rows) for (const col of traced.cols) context.strokeRect(x(col) + 1, y(row) + 1, cell - 2, cell - 2);
  }
  if (weights && cell >= 30) cornerWeights(context, traced, weights, cell, x, y, look);
  box(context, x(left), y(top), (right - left + 1) * cell, (bottom - top + 1) * cell, look.accent);
}

function cornerWeights(context, { rows, cols }, weights, cell, x, y, look) {
  const size = Math.min(12, cell * 0.26);
  context.font = `600 ${size}px ${look.family}`;
  const longest = Math.max(...weights.map((weight) => short(weight).length)) + 1;
  if (longest * size * 0.55 > cell * 0.66) return; // it would cover the digits; the kernel beside has them
  context.textAlign = "right";
  context.textBaseline = "bottom";
  rows.forEach((row, a) => cols.forEach((col, b) => {
    const text = `×${short(weights[a * cols.length + b])}`;
    const wide = context.measureText(text).width;
    const [right, bottom] = [x(col) + cell - 2, y(row) + cell - 2];
    context.fillStyle = look.ground;
    context.fillRect(right - wide - 2, bottom - size, wide + 3, size + 1);
    context.fillStyle = look.accentText;
    context.fillText(text, right, bottom);
  }));
}

// Cells of a plane lit by signed weights: what reads an input cell, and through which weight.
export function markCells(context, cells, cell, scale, look) {
  const size = cell >= DIGITS_FROM ? type(context, cells.map(({ value }) => `×${short(value)}`), cell, look.family) : 0;
  for (const { row, col, value } of cells) {
    const at = level(value, scale);
    context.fillStyle = scale.words[at];
    context.fillRect(col * cell, row * cell, cell, cell);
    context.strokeStyle = look.accent;
    context.lineWidth = Math.min(2, cell * 0.25);
    context.strokeRect(col * cell + 1, row * cell + 1, Math.max(1, cell - 2), Math.max(1, cell - 2));
    if (!size) continue;
    context.fillStyle = scale.ink[at];
    context.fillText(`×${short(value)}`, (col + 0.5) * cell, (row + 0.5) * cell);
  }
}
