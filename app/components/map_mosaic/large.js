// One map large, over the picture that the network saw; pointing gives the exact value.

import { button, element, onNextFrame, themeColour } from "../shared/dom.js";
import { full, short } from "../shared/format.js";
import { cellAt, outline, savePng, sharpen } from "../shared/pixels.js";
import { colourise } from "./arithmetic.js";
import { cellSentence, mapFacts } from "./words.js";

const GRID_FROM = 12; // CSS pixels a cell
const DIGITS_FROM = 46;

export function buildLarge({ close, step, point, unit, toggle }) {
  const large = { at: null, header: null, opacity: 1 };
  large.canvas = element("canvas");
  large.marks = element("canvas", { className: "marks" });
  large.frame = element("div", { className: "frame", tabIndex: 0, role: "group" }, large.canvas, large.marks);
  large.title = element("b");
  large.value = element("output", { className: "value" });
  large.slider = element("input", { type: "range", min: 0, max: 100, step: 1, value: 100 });
  large.percent = element("output", { textContent: "100 %" });
  large.back = button("All maps", "Close the large view (Escape)", close);
  large.off = button("Switch off", "What is the answer without this channel? (O)", toggle);
  large.facts = element("p");
  const controls = element("div", { className: "controls" }, large.title, large.facts, large.value,
    element("label", {}, "Map over picture ", large.percent, large.slider),
    element("div", { className: "buttons" }, button("Previous", "The map before it in this order (Page up)", () => step(-1)),
      button("Next", "The map after it in this order (Page down)", () => step(1)), large.back),
    element("div", { className: "buttons" }, button("How this value came about", "The sum that made it, below (click on a cell, or Enter)", () => unit()),
      large.off));
  large.root = element("div", { className: "large", hidden: true }, large.frame, controls);
  large.redraw = onNextFrame(() => { drawLarge(large); point(); });
  large.slider.oninput = () => {
    large.opacity = Number(large.slider.value) / 100;
    large.percent.textContent = `${large.slider.value} %`;
    large.redraw();
  };
  large.root.onkeydown = (event) => onKey(large, event, { close, step, point, unit, toggle });
  const [cells, toPoint] = [() => large.header.shape.slice(1), (event) => {
    if (!large.header) return;
    large.at = cellAt(event, large.canvas, cells()[1], cells()[0]);
    point();
  }];
  large.frame.onpointermove = toPoint;
  large.frame.onpointerdown = toPoint;
  large.frame.onclick = (event) => { toPoint(event); unit(); };
  return large;
}

function onKey(large, event, { close, step, point, unit, toggle }) {
  const [, height, width] = large.header.shape;
  if (event.key === "Escape") close();
  else if (event.key === "PageUp") step(-1);
  else if (event.key === "PageDown") step(1);
  else if (event.key === "o" || event.key === "O") toggle();
  else if (event.target === large.frame && (event.key === "Enter" || event.key === " ")) unit();
  else if (event.target === large.frame) {
    const by = event.shiftKey ? 10 : 1;
    const move = { ArrowUp: [-by, 0], ArrowDown: [by, 0], ArrowLeft: [0, -by], ArrowRight: [0, by] }[event.key];
    if (!move) return;
    const clamp = (value, size) => Math.min(size - 1, Math.max(0, value));
    large.at = { row: clamp(large.at.row + move[0], height), col: clamp(large.at.col + move[1], width) };
    point();
  } else return;
  event.preventDefault();
}

// The map opens with its greatest value pointed at.
export function showLarge(large, header, picture) {
  const [, height, width] = header.shape;
  const { values, palette, limits, place } = header.arrays;
  const channel = header.opened;
  if (large.header?.opened !== channel || large.header?.layer !== header.layer || large.at.row >= height || large.at.col >= width) {
    large.at = { row: Math.floor(place[channel] / width), col: place[channel] % width };
  }
  const unit = `${header.layer}/${channel}.${header.cell}`;
  if (header.cell && unit !== large.unit) large.at = { row: header.cell[0], col: header.cell[1] }; // the ledger went there
  Object.assign(large, { cell: header.cell, unit });
  const map = new OffscreenCanvas(width, height);
  const rgba = colourise(values, palette, limits[2 * channel], limits[2 * channel + 1]);
  map.getContext("2d").putImageData(new ImageData(rgba, width, height), 0, 0);
  Object.assign(large, { header, picture, map });
  large.title.textContent = `Channel ${channel} (0 to ${header.shape[0] - 1})`;
  const facts = mapFacts(header, channel);
  large.facts.textContent = facts[0].toUpperCase() + facts.slice(1);
  large.frame.setAttribute("aria-label", `Channel ${channel} over the picture. Arrow keys move the point, Enter shows how its value came about, O switches the channel off, Escape goes back to all maps.`);
}

export function drawLarge(large) {
  if (!large.header || large.root.hidden) return;
  const [, height, width] = large.header.shape;
  const { canvas } = large;
  const box = large.frame.getBoundingClientRect();
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.max(1, Math.round((box.width - 2) * ratio));
  canvas.height = Math.max(1, Math.round((box.height - 2) * ratio));
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = "high";
  context.drawImage(large.picture, 0, 0, canvas.width, canvas.height);
  context.imageSmoothingEnabled = false;
  context.globalAlpha = large.opacity;
  context.drawImage(large.map, 0, 0, canvas.width, canvas.height);
  context.globalAlpha = 1;
  const cell = { width: canvas.width / width, height: canvas.height / height };
  if (Math.min(cell.width, cell.height) >= GRID_FROM * ratio) drawGrid(context, cell, large);
  if (Math.min(cell.width, cell.height) >= DIGITS_FROM * ratio) drawDigits(context, cell, large, ratio);
}

function drawGrid(context, cell, large) {
  context.strokeStyle = themeColour(large.root, "border-color");
  context.lineWidth = 1;
  context.beginPath();
  for (let x = cell.width; x < context.canvas.width - 1; x += cell.width) {
    context.moveTo(Math.round(x) + 0.5, 0);
    context.lineTo(Math.round(x) + 0.5, context.canvas.height);
  }
  for (let y = cell.height; y < context.canvas.height - 1; y += cell.height) {
    context.moveTo(0, Math.round(y) + 0.5);
    context.lineTo(context.canvas.width, Math.round(y) + 0.5);
  }
  context.stroke();
}

function drawDigits(context, cell, large, ratio) {
  const [, height, width] = large.header.shape;
  context.font = `600 ${Math.round(13 * ratio)}px ${getComputedStyle(large.root).fontFamily}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.lineWidth = 3 * ratio;
  for (let row = 0; row < height; row += 1) {
    for (let col = 0; col < width; col += 1) {
      const text = short(large.header.arrays.values[row * width + col]);
      const [x, y] = [(col + 0.5) * cell.width, (row + 0.5) * cell.height];
      context.strokeStyle = "#ffffff";
      context.strokeText(text, x, y);
      context.fillStyle = "#16181d";
      context.fillText(text, x, y);
    }
  }
}

// Mark the cell that is pointed at and return the sentence about it.
export function pointLarge(large, accent) {
  const [, height, width] = large.header.shape;
  const { row, col } = large.at;
  const value = large.header.arrays.values[row * width + col];
  large.root.dataset.value = value;
  large.root.dataset.cell = `${row},${col}`;
  large.value.textContent = `[${row}, ${col}] = ${short(value)}`;
  large.value.title = full(value);
  const scale = sharpen(large.marks, width, height);
  const context = large.marks.getContext("2d");
  context.clearRect(0, 0, large.marks.width, large.marks.height);
  if (large.cell) outline(context, boxOf(large.cell[0], large.cell[1], scale), "#16181d", scale.ratio);
  outline(context, boxOf(row, col, scale), accent, scale.ratio);
  return cellSentence(large.header, row, col, value);
}

// The frame of a cell, in canvas pixels; a single value must be seen from the back row.
function boxOf(row, col, { x, y, ratio }) {
  const [width, height] = [Math.max(x, 9 * ratio), Math.max(y, 9 * ratio)];
  return { x: (col + 0.5) * x - width / 2, y: (row + 0.5) * y - height / 2, width, height };
}

export const saveLarge = (large, name) => savePng(large.canvas, name);
