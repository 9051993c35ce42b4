// Many small arrays of one size on one canvas, enlarged pixel by pixel, with the cell or tile that is pointed at.

import { element, themeColour } from "../shared/dom.js";
import { short } from "../shared/format.js";
import { readable } from "../shared/grids.js";
import { outline, sharpen } from "../shared/pixels.js";
import { layOut, positionAt, tileBox } from "../shared/tiles.js";

const GRID_FROM = 12; // CSS pixels a cell
const DIGITS_FROM = 44;
const LARGEST = 72; // CSS pixels of a cell
const GAP = 6; // CSS pixels between tiles of many cells, whose own pattern would hide a narrower one
const EDGE = 5; // that the mark may reach outside, as in view.css

// `point(at)` hears where the pointer is: {position, row, col}; `key(event)` and `click()` what is done there.
export function buildSheet(label, { point, key, click }) {
  const sheet = { count: 0, grid: null };
  sheet.canvas = element("canvas");
  sheet.marks = element("canvas", { className: "marks" });
  sheet.frame = element("div", { className: "frame sheet", tabIndex: 0, role: "group", "aria-label": label }, sheet.canvas, sheet.marks);
  sheet.title = element("small");
  sheet.names = element("div", { className: "names" });
  sheet.root = element("div", { className: "part" }, sheet.title, sheet.frame, sheet.names);
  const at = (event) => {
    if (!sheet.grid) return;
    const box = sheet.canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const position = positionAt(sheet.grid, sheet.count, x, y);
    if (position === null) return;
    const tile = tileBox(sheet.grid, position);
    const cell = (from, length, cells) => Math.min(cells - 1, Math.max(0, Math.floor((from / length) * cells)));
    point({ position, row: cell(y - tile.y, tile.height, sheet.height), col: cell(x - tile.x, tile.width, sheet.width) });
  };
  sheet.frame.onpointermove = at;
  sheet.frame.onpointerdown = at;
  sheet.frame.onclick = click;
  sheet.frame.onkeydown = key;
  return sheet;
}

// `pixels` RGBA are tiles one below the other; `places[position]` is the tile that stands there. `values`: for digits.
// `names` of the tiles in that order stand below them where all tiles stand side by side.
export function fillSheet(sheet, { pixels, count, height, width, places = null, values = null, names = [] }) {
  Object.assign(sheet, { count, height, width, places, values, rgba: pixels, named: names.length > 0 });
  sheet.names.replaceChildren(...names.map((textContent) => element("small", { textContent })));
  sheet.pixels = new OffscreenCanvas(width, height * count);
  sheet.pixels.getContext("2d").putImageData(new ImageData(pixels, width, height * count), 0, 0);
}

// As large as there is room, `room` {width, height} in CSS pixels.
export function drawSheet(sheet, room) {
  const { canvas, count, height, width } = sheet;
  const ratio = window.devicePixelRatio || 1;
  const most = { width: Math.min(room.width, count * (width * LARGEST + GAP)), height: Math.min(room.height, count * (height * LARGEST + GAP)) };
  // Tiles with names stand side by side: no higher than one row of them is.
  if (sheet.named) most.height = Math.min(most.height, ((most.width - 2 * EDGE - (count - 1) * GAP) / (count * width)) * height + 2 * EDGE);
  const grid = (sheet.grid = layOut(count, { height, width }, { width: most.width - 2 * EDGE, height: most.height - 2 * EDGE }, ratio,
    height * width > 1 && count <= 400 ? GAP : undefined));
  sheet.names.hidden = grid.rows > 1;
  Object.assign(sheet.names.style, { gap: `${grid.gap}px`, gridTemplateColumns: `repeat(${grid.columns}, ${grid.tile.width}px)` });
  canvas.width = Math.max(1, Math.round(grid.width * ratio));
  canvas.height = Math.max(1, Math.round(grid.height * ratio));
  canvas.style.width = `${grid.width}px`;
  canvas.style.height = `${grid.height}px`;
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = grid.scale * ratio < 1;
  context.fillStyle = themeColour(canvas, "border-color");
  if (grid.scale >= DIGITS_FROM && sheet.values) context.font = digitFont(context, sheet.values, grid.scale * ratio);
  for (let position = 0; position < count; position += 1) drawTile(context, sheet, position, ratio);
}

// The largest digits with which every number fits its cell.
function digitFont(context, values, size) {
  const family = getComputedStyle(context.canvas).fontFamily;
  context.font = `600 ${size}px ${family}`;
  const widest = Math.max(...Array.from(values, (value) => context.measureText(short(value)).width));
  return `600 ${Math.min(size * 0.3, (size * size * 0.86) / widest)}px ${family}`;
}

function drawTile(context, { grid, pixels, places, values, rgba, height, width }, position, ratio) {
  const box = tileBox(grid, position);
  const tile = places ? places[position] : position;
  const [x, y] = [Math.round(box.x * ratio), Math.round(box.y * ratio)];
  const across = Math.max(1, Math.round((box.x + box.width) * ratio) - x);
  const down = Math.max(1, Math.round((box.y + box.height) * ratio) - y);
  context.fillRect(x - 1, y - 1, across + 2, down + 2); // a tile in the colour of the page still has an edge
  context.drawImage(pixels, 0, tile * height, width, height, x, y, across, down);
  if (grid.scale >= GRID_FROM) lines(context, { x, y, across, down }, height, width);
  if (grid.scale >= DIGITS_FROM && values) digits(context, { values, rgba, first: tile * height * width, count: height * width }, { x, y }, width, grid.scale * ratio);
}

function lines(context, { x, y, across, down }, height, width) {
  context.save();
  context.strokeStyle = themeColour(context.canvas, "border-color");
  context.lineWidth = 1;
  context.beginPath();
  for (let col = 1; col < width; col += 1) {
    context.moveTo(Math.round(x + (col * across) / width) + 0.5, y);
    context.lineTo(Math.round(x + (col * across) / width) + 0.5, y + down);
  }
  for (let row = 1; row < height; row += 1) {
    context.moveTo(x, Math.round(y + (row * down) / height) + 0.5);
    context.lineTo(x + across, Math.round(y + (row * down) / height) + 0.5);
  }
  context.stroke();
  context.restore();
}

function digits(context, { values, rgba, first, count }, { x, y }, width, size) {
  context.save();
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (let i = 0; i < count; i += 1) {
    const at = first + i;
    context.fillStyle = readable([rgba[4 * at], rgba[4 * at + 1], rgba[4 * at + 2]]);
    context.fillText(short(values[at]), x + ((i % width) + 0.5) * size, y + (Math.floor(i / width) + 0.5) * size);
  }
  context.restore();
}

// Marks {position, row, col} in the accent colour, the whole tile where there is no row; `opened` is marked quietly.
export function markSheet(sheet, at, accent, opened = null) {
  if (!sheet.grid) return;
  const { ratio } = sharpen(sheet.marks, sheet.grid.width, sheet.grid.height);
  const context = sheet.marks.getContext("2d");
  context.clearRect(0, 0, sheet.marks.width, sheet.marks.height);
  const mark = ({ position, row, col }, colour) => {
    const box = tileBox(sheet.grid, position);
    const size = sheet.grid.scale;
    const cell = row === undefined ? box : { x: box.x + col * size, y: box.y + row * size, width: size, height: size };
    outline(context, { x: (cell.x + EDGE) * ratio, y: (cell.y + EDGE) * ratio, width: cell.width * ratio, height: cell.height * ratio }, colour, ratio);
  };
  if (opened !== null) mark({ position: opened }, "#16181d");
  if (at && at.position < sheet.count) mark(at, accent);
}
