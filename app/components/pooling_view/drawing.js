// How the maps and the window look on their canvases. Lengths are canvas pixels unless said otherwise.

import { short } from "../shared/format.js";
import { readable } from "../shared/grids.js";

const LEVELS = 253; // entries of a palette that are levels; see cnnviz.image.colour
const DIGITS = 30; // CSS pixels: in smaller cells no digits are drawn
const GRID = 12; // CSS pixels: in smaller cells no grid lines are drawn

const levelOf = (value, { low, high }) =>
  Math.min(LEVELS - 1, Math.max(0, Math.round(((value - low) / (high - low || 1)) * (LEVELS - 1))));

export const colourOf = (value, bar, palette) => {
  const at = 3 * levelOf(value, bar);
  return [palette[at], palette[at + 1], palette[at + 2]];
};

// One pixel a cell; `pad` cells of nothing above and left, the canvas `size` [rows, columns] in all.
export function drawMap(canvas, map, palette, size, pad) {
  canvas.height = size[0];
  canvas.width = size[1];
  const image = new ImageData(map.width, map.height);
  for (let i = 0; i < map.values.length; i += 1) {
    image.data.set([...colourOf(map.values[i], map.bar, palette), 255], 4 * i);
  }
  canvas.getContext("2d").putImageData(image, pad, pad);
}

// Grid lines, digits, hatched padding and shaded cells that nobody reads: everything that pointing does not change.
export function drawInk(canvas, map, palette, { size, pad, scale, line, text, never }) {
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, canvas.width, canvas.height);
  const cell = Math.min(scale.x, scale.y) / scale.ratio;
  const box = { x: pad * scale.x, y: pad * scale.y, width: map.width * scale.x, height: map.height * scale.y };
  hatchOutside(context, canvas, box, text, scale.ratio);
  never?.rows.forEach((unread, i) => { if (unread) shade(context, box.x, box.y + i * scale.y, box.width, scale.y, text); });
  never?.cols.forEach((unread, j) => { if (unread) shade(context, box.x + j * scale.x, box.y, scale.x, box.height, text); });
  if (cell > GRID) {
    context.strokeStyle = line;
    context.lineWidth = scale.ratio;
    context.beginPath();
    for (let i = 0; i <= size[0]; i += 1) { context.moveTo(0, i * scale.y); context.lineTo(canvas.width, i * scale.y); }
    for (let j = 0; j <= size[1]; j += 1) { context.moveTo(j * scale.x, 0); context.lineTo(j * scale.x, canvas.height); }
    context.stroke();
  }
  if (cell < DIGITS) return;
  context.textAlign = "center";
  context.textBaseline = "middle";
  setType(context, [...map.values].map(short), Math.min(scale.x, scale.y), getComputedStyle(canvas).fontFamily);
  map.values.forEach((value, i) => {
    context.fillStyle = readable(colourOf(value, map.bar, palette));
    context.fillText(short(value), box.x + ((i % map.width) + 0.5) * scale.x, box.y + (Math.floor(i / map.width) + 0.5) * scale.y);
  });
}

// The window's values, large. Returns nothing; `look` is {bar, palette, cell (CSS pixels), line, text, accent}.
export function drawWindow(canvas, found, look) {
  const { cell } = look;
  const [rows, cols] = [found.cells.length, found.cells[0].length];
  const ratio = window.devicePixelRatio || 1;
  Object.assign(canvas, { width: cols * cell * ratio, height: rows * cell * ratio });
  Object.assign(canvas.style, { width: `${cols * cell}px`, height: `${rows * cell}px` });
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  context.textAlign = "center";
  context.textBaseline = "middle";
  const said = (one) => (one.state === "map" ? short(one.value) : look.counts(one) ? "0" : "");
  setType(context, found.cells.flat().map(said), cell, getComputedStyle(canvas).fontFamily);
  found.cells.forEach((line, i) => line.forEach((one, j) => {
    const [x, y] = [j * cell, i * cell];
    const rgb = one.state === "map" ? colourOf(one.value, look.bar, look.palette) : null;
    if (rgb) { context.fillStyle = `rgb(${rgb.join(" ")})`; context.fillRect(x, y, cell, cell); } else strokes(context, x, y, cell, look.text);
    context.strokeStyle = look.line;
    context.lineWidth = 1;
    context.strokeRect(x + 0.5, y + 0.5, cell - 1, cell - 1);
    context.fillStyle = rgb ? readable(rgb) : look.text;
    if (cell >= DIGITS) context.fillText(said(one), x + cell / 2, y + cell / 2);
  }));
  for (const { row, col } of found.winners) {
    ring(context, { x: (col - found.cols[0]) * cell, y: (row - found.rows[0]) * cell, width: cell, height: cell }, look.accent, 1);
  }
}

// A dot in the middle of a cell: this one won.
export function dot(context, x, y, width, height, accent, ratio) {
  const radius = Math.max(3 * ratio, Math.min(width, height) * 0.16);
  for (const [colour, more] of [["#000000", 2.5], ["#ffffff", 1.5], [accent, 0]]) {
    context.fillStyle = colour;
    context.beginPath();
    context.arc(x + width / 2, y + height / 2, radius + more * ratio, 0, 7);
    context.fill();
  }
}

function ring(context, box, accent, ratio) {
  for (const [colour, thickness] of [["#000000", 5], ["#ffffff", 3.5], [accent, 2.5]]) {
    context.strokeStyle = colour;
    context.lineWidth = thickness * ratio;
    context.strokeRect(box.x + 3, box.y + 3, box.width - 6, box.height - 6);
  }
}

function setType(context, texts, cell, family) {
  const wanted = cell * 0.32;
  context.font = `${wanted}px ${family}`;
  const widest = Math.max(1, ...texts.map((text) => context.measureText(text).width));
  context.font = `${Math.min(wanted, (wanted * cell * 0.86) / widest)}px ${family}`;
}

function hatchOutside(context, canvas, box, colour, ratio) {
  const outside = new Path2D();
  outside.rect(0, 0, canvas.width, canvas.height);
  outside.rect(box.x, box.y, box.width, box.height);
  context.save();
  context.clip(outside, "evenodd");
  lines(context, 0, 0, canvas.width, canvas.height, colour, 7 * ratio, ratio);
  context.restore();
}

function shade(context, x, y, width, height, colour) {
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.globalAlpha = 0.35;
  context.fillStyle = colour;
  context.fillRect(x, y, width, height);
  context.restore();
}

function strokes(context, x, y, cell, colour) {
  context.save();
  context.beginPath();
  context.rect(x, y, cell, cell);
  context.clip();
  lines(context, x, y, cell, cell, colour, 8, 1);
  context.restore();
}

function lines(context, x, y, width, height, colour, gap, thickness) {
  context.globalAlpha = 0.35;
  context.strokeStyle = colour;
  context.lineWidth = thickness;
  context.beginPath();
  for (let at = -height; at < width; at += gap) { context.moveTo(x + at, y + height); context.lineTo(x + at + height, y); }
  context.stroke();
}
