// A layer's maps on a small canvas: entries of a colour table, each map a tile with its pixels enlarged evenly.

import { lookUp } from "../shared/colours.js";
import { outline } from "../shared/pixels.js";

// The picture that goes in, in its own colours, and the box (top, left, bottom, right) that a unit sees.
export function drawPicture(canvas, pixels, height, box, accent) {
  const [rows, columns] = pixels.shape;
  const image = new ImageData(columns, rows);
  for (let from = 0, to = 0; from < pixels.length; from += 3, to += 4) {
    image.data.set(pixels.subarray(from, from + 3), to);
    image.data[to + 3] = 255;
  }
  const source = new OffscreenCanvas(columns, rows);
  source.getContext("2d").putImageData(image, 0, 0);
  const scale = (height * (window.devicePixelRatio || 1)) / rows;
  Object.assign(canvas, { width: Math.round(columns * scale), height: Math.round(rows * scale) });
  Object.assign(canvas.style, { height: `${height}px`, width: `${(height * columns) / rows}px` });
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  if (!box) return;
  const [top, left, bottom, right] = box.map((edge) => edge * scale);
  const edge = 1.5 * (window.devicePixelRatio || 1); // the line stays inside the picture
  outline(context, { x: left + edge, y: top + edge, width: Math.max(1, right - left - 2 * edge), height: Math.max(1, bottom - top - 2 * edge) },
    accent, window.devicePixelRatio || 1);
}

// Draw the first maps that fit `width` × `height` CSS pixels; returns how many were drawn.
export function drawMaps(canvas, maps, arrays, width, height) {
  const ratio = window.devicePixelRatio || 1;
  const index = arrays[maps.array];
  const table = arrays.palettes.subarray(maps.signed ? 0 : 768, maps.signed ? 768 : 1536);
  const [count, rows, columns] = index.shape;
  canvas.height = Math.round(height * ratio);
  canvas.style.height = `${height}px`;
  const list = rows === 1 && columns > 1; // a list of numbers stands as one strip
  const tile = { height: list ? Math.round(canvas.height * 0.45) : canvas.height };
  tile.width = list ? Math.min(Math.round(width * ratio), Math.max(columns, Math.round(columns * 6 * ratio))) : Math.round((tile.height * columns) / rows);
  const gap = Math.round(3 * ratio);
  const shown = list ? 1 : Math.max(1, Math.min(count, Math.floor((width * ratio + gap) / (tile.width + gap))));
  canvas.width = shown * tile.width + (shown - 1) * gap;
  canvas.style.width = `${canvas.width / ratio}px`;
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  const size = rows * columns;
  for (let place = 0; place < shown; place += 1) {
    const pixels = new ImageData(lookUp(index.subarray(place * size, (place + 1) * size), table), columns, rows);
    const source = new OffscreenCanvas(columns, rows);
    source.getContext("2d").putImageData(pixels, 0, 0);
    context.drawImage(source, place * (tile.width + gap), list ? Math.round((canvas.height - tile.height) / 2) : 0, tile.width, tile.height);
  }
  return list ? columns : shown;
}
