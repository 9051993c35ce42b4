// One map and the picture on a canvas: the map over it, its strongest part alone or outlined, or that part taken or given.

import { colourise } from "../shared/colours.js";
import { among, borders, mixed, places, smoothed } from "./arithmetic.js";

export const SMOOTH = 4; // pixels to each side: outlines are drawn around areas, not around single pixels
const FAINT = 0.12; // of the picture where a mask hides it

// Pictures as the view needs them: to draw and by their pixels (RGBA).
export function picture(bitmap, side) {
  const canvas = new OffscreenCanvas(side, side);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0, side, side);
  return { canvas, rgba: context.getImageData(0, 0, side, side).data };
}

// A picture of one colour with the other shining through, by its pixels.
export function faded({ rgba }, ground) {
  const pixels = new Uint8ClampedArray(rgba.length);
  for (let i = 0; i < rgba.length; i += 4) {
    for (let channel = 0; channel < 3; channel += 1) pixels[i + channel] = ground[channel] + FAINT * (rgba[i + channel] - ground[channel]);
    pixels[i + 3] = 255;
  }
  return { rgba: pixels };
}

// The picture or map of a tile, as large as its canvas stands on the screen. `look` has look, opacity and share.
export function drawTile(tile, look, pictures, limits) {
  const { canvas } = tile;
  const ratio = window.devicePixelRatio || 1;
  const box = canvas.getBoundingClientRect();
  canvas.width = Math.max(1, Math.round(box.width * ratio));
  canvas.height = Math.max(1, Math.round(box.height * ratio));
  const context = canvas.getContext("2d");
  const fill = (source, smooth) => {
    context.imageSmoothingEnabled = smooth;
    context.imageSmoothingQuality = "high";
    context.drawImage(source, 0, 0, canvas.width, canvas.height);
  };
  const { values, palette } = tile;
  if (!values || look.look === "overlay" || look.look === "contour") fill(pictures.seen.canvas, true);
  if (!values) return;
  const [height, width] = values.shape;
  if (look.look === "overlay") {
    context.globalAlpha = look.opacity / 100;
    fill(sheet(colourise(values, palette, ...limits), width, height), false);
    context.globalAlpha = 1;
    return;
  }
  if (look.look === "contour") {
    tile.areas ??= places(smoothed(values, width, height, SMOOTH));
    outlineMask(context, among(tile.areas, look.share), width, height, ratio);
    return;
  }
  tile.places ??= places(values);
  const mask = among(tile.places, look.share);
  fill(sheet(mixed(mask, ...sides(look.look, pictures)), width, height), false);
}

// What stands where the mask is 1, and where it is 0.
function sides(look, { seen, hidden, base, start }) {
  if (look === "delete") return [base.rgba, seen.rgba];
  return [seen.rgba, look === "insert" ? start.rgba : hidden.rgba];
}

function sheet(rgba, width, height) {
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext("2d").putImageData(new ImageData(rgba, width, height), 0, 0);
  return canvas;
}

function outlineMask(context, mask, width, height, ratio) {
  const [x, y] = [context.canvas.width / width, context.canvas.height / height];
  context.beginPath();
  for (const [x0, y0, x1, y1] of borders(mask, width, height)) {
    context.moveTo(x0 * x, y0 * y);
    context.lineTo(x1 * x, y1 * y);
  }
  context.lineCap = "square";
  for (const [colour, thickness] of [["#000000", 2.6], ["#ffffff", 1.3]]) {
    context.strokeStyle = colour;
    context.lineWidth = thickness * ratio;
    context.stroke();
  }
}
