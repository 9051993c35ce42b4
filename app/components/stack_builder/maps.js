// A layer's maps on a small canvas: entries of a colour table, each map a tile with its pixels enlarged evenly.
//
// Every tile's pixels are written by hand into one picture: a canvas of its own for each of some hundred tiles would
// take longer than everything else together.

import { outline } from "../shared/pixels.js";

const drawn = new WeakMap(); // what stands on a canvas, so that nothing is drawn twice

// The picture that goes in, in its own colours, and the box (top, left, bottom, right) that a unit sees.
export function drawPicture(canvas, pixels, height, box, accent) {
  const ratio = window.devicePixelRatio || 1;
  const [rows, columns] = pixels.shape;
  const scale = (height * ratio) / rows;
  if (stands(canvas, pixels, `${height} ${ratio} ${box} ${accent}`)) return;
  size(canvas, Math.round(columns * scale), Math.round(rows * scale), ratio);
  const colours = new Uint32Array(rows * columns);
  for (let at = 0; at < colours.length; at += 1) colours[at] = packed(pixels[3 * at], pixels[3 * at + 1], pixels[3 * at + 2]);
  const image = new ImageData(canvas.width, canvas.height);
  tile(image, 0, 0, canvas.width, canvas.height, rows, columns, (at) => colours[at]);
  const context = canvas.getContext("2d");
  context.putImageData(image, 0, 0);
  if (!box) return;
  const [top, left, bottom, right] = box.map((edge) => edge * scale);
  const inside = 1.5 * ratio; // the line stays within the picture
  outline(context, { x: left + inside, y: top + inside, width: Math.max(1, right - left - 2 * inside), height: Math.max(1, bottom - top - 2 * inside) },
    accent, ratio);
}

// Draw the first maps that fit `width` × `height` CSS pixels; returns how many were drawn.
export function drawMaps(canvas, maps, arrays, width, height) {
  const ratio = window.devicePixelRatio || 1;
  const index = arrays[maps.array];
  const [count, rows, columns] = index.shape;
  const list = rows === 1 && columns > 1; // a list of numbers stands as one strip
  const tall = Math.round(height * ratio);
  const tileHeight = list ? Math.round(tall * 0.45) : tall;
  const tileWidth = list ? Math.min(Math.round(width * ratio), Math.max(columns, Math.round(columns * 6 * ratio))) : Math.round((tileHeight * columns) / rows);
  const gap = Math.round(3 * ratio);
  const shown = list ? 1 : Math.max(1, Math.min(count, Math.floor((width * ratio + gap) / (tileWidth + gap))));
  if (stands(canvas, index, `${width} ${height} ${ratio}`)) return list ? columns : shown;
  size(canvas, shown * tileWidth + (shown - 1) * gap, tall, ratio);
  const table = colourTable(arrays.palettes.subarray(maps.signed ? 0 : 768, maps.signed ? 768 : 1536));
  const image = new ImageData(canvas.width, canvas.height);
  for (let place = 0; place < shown; place += 1) {
    const start = place * rows * columns;
    tile(image, place * (tileWidth + gap), Math.round((tall - tileHeight) / 2), tileWidth, tileHeight, rows, columns, (at) => table[index[start + at]]);
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
  return list ? columns : shown;
}

function stands(canvas, array, how) {
  const before = drawn.get(canvas);
  drawn.set(canvas, { array, how });
  return before?.array === array && before.how === how;
}

function size(canvas, width, height, ratio) {
  Object.assign(canvas, { width, height });
  Object.assign(canvas.style, { width: `${width / ratio}px`, height: `${height / ratio}px` });
}

// RGBA in memory, as every machine that runs a browser today has it.
const packed = (red, green, blue) => ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;

const colourTable = (palette) => Uint32Array.from({ length: 256 }, (_, entry) => packed(palette[3 * entry], palette[3 * entry + 1], palette[3 * entry + 2]));

// One map, enlarged without blending.
function tile(image, left, top, width, height, rows, columns, colour) {
  const pixels = new Uint32Array(image.data.buffer);
  const across = Uint32Array.from({ length: width }, (_, x) => Math.floor((x * columns) / width));
  for (let y = 0; y < height; y += 1) {
    const from = Math.floor((y * rows) / height) * columns;
    const to = (top + y) * image.width + left;
    for (let x = 0; x < width; x += 1) pixels[to + x] = colour(from + across[x]);
  }
}
