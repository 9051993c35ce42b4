// How picture, map, crop and boxes look on their canvases. Lengths are canvas pixels unless said otherwise.

import { colourise } from "../shared/colours.js";
import { outline } from "../shared/pixels.js";
import { paddingOf } from "./geometry.js";

const GRID = 12; // CSS pixels: in smaller cells no grid lines are drawn
const LEAST = 7; // CSS pixels: what is smaller is outlined as if it had them, so that it is seen from the back row

// Values (height × width) as a picture of their own, a pixel each; `clear`: the lowest colour lets the ground through.
export function mapImage(values, width, height, { palette, bar }, clear = false) {
  const image = new OffscreenCanvas(width, height);
  const rgba = colourise(values, palette, bar.low, bar.high);
  if (clear) for (let i = 0; i < values.length; i += 1) rgba[4 * i + 3] = 255 * Math.min(1, 4 * (values[i] / (bar.high || 1)));
  image.getContext("2d").putImageData(new ImageData(rgba, width, height), 0, 0);
  return image;
}

// The picture with its margin of padding, and over it the heat of the unit that sees `box`.
export function drawPicture(canvas, { picture, size, margin, heat, box, opacity }, scale, look) {
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, canvas.width, canvas.height);
  hatch(context, 0, 0, canvas.width, canvas.height, look.text, scale.ratio);
  nameMargin(context, margin * scale.y, scale.ratio, look);
  const frame = [margin * scale.x, margin * scale.y, size[1] * scale.x, size[0] * scale.y];
  context.imageSmoothingEnabled = false;
  context.drawImage(picture, ...frame);
  if (!heat) return;
  const { inside } = paddingOf(box, size);
  context.save();
  context.fillStyle = look.ground; // within the box the picture steps back, so that the heat's colours are those of its bar
  context.globalAlpha = opacity * 0.6;
  if (inside) context.fillRect((margin + inside.left) * scale.x, (margin + inside.top) * scale.y, inside.width * scale.x, inside.height * scale.y);
  context.globalAlpha = opacity;
  context.drawImage(heat, ...frame);
  context.restore();
}

// The word for what is hatched, where the margin has room for it.
function nameMargin(context, height, ratio, look) {
  const [size, gap] = [13 * ratio, 6 * ratio];
  if (height < size + 2 * gap) return;
  context.save();
  context.font = `${size}px ${look.font}`;
  context.textBaseline = "top";
  context.fillStyle = look.ground;
  context.fillRect(0, 0, context.measureText("padding").width + 2 * gap, size + 2 * gap);
  context.fillStyle = look.text;
  context.fillText("padding", gap, gap);
  context.restore();
}

// A layer's map filling its canvas, with grid lines where cells are large; without `image` an empty grid.
export function drawMap(canvas, image, { height, width }, scale, look) {
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.clearRect(0, 0, canvas.width, canvas.height);
  if (image) context.drawImage(image, 0, 0, canvas.width, canvas.height);
  if (Math.min(scale.x, scale.y) < GRID * scale.ratio) return;
  context.strokeStyle = look.line;
  context.lineWidth = scale.ratio;
  context.beginPath();
  for (let i = 1; i < height; i += 1) { context.moveTo(0, i * scale.y); context.lineTo(canvas.width, i * scale.y); }
  for (let j = 1; j < width; j += 1) { context.moveTo(j * scale.x, 0); context.lineTo(j * scale.x, canvas.height); }
  context.stroke();
}

// What lies under the box, as large as fits; what is padding is hatched.
export function drawCrop(canvas, picture, size, box, ratio, look) {
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.clearRect(0, 0, canvas.width, canvas.height);
  const scale = Math.min(canvas.width / box.width, canvas.height / box.height);
  const [width, height] = [box.width * scale, box.height * scale];
  const [x, y] = [(canvas.width - width) / 2, (canvas.height - height) / 2];
  hatch(context, x, y, width, height, look.text, ratio);
  const { inside } = paddingOf(box, size);
  if (inside) {
    context.drawImage(picture, inside.left, inside.top, inside.width, inside.height,
      x + (inside.left - box.left) * scale, y + (inside.top - box.top) * scale, inside.width * scale, inside.height * scale);
  }
  context.strokeStyle = look.accent;
  context.lineWidth = 2.5 * ratio;
  context.strokeRect(x + ratio, y + ratio, width - 2 * ratio, height - 2 * ratio);
}

export function clear(canvas) {
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, canvas.width, canvas.height);
  return context;
}

// A box of cells in the accent colour; `at` {top, left, height, width} in cells from the canvas' corner.
export function markBox(context, at, scale, look) {
  const least = LEAST * scale.ratio;
  const [w, h] = [Math.max(least, at.width * scale.x), Math.max(least, at.height * scale.y)];
  const [x, y] = [(at.left + at.width / 2) * scale.x - w / 2, (at.top + at.height / 2) * scale.y - h / 2];
  outline(context, { x, y, width: w, height: h }, look.accent, scale.ratio);
}

// A unit's box (cells from the canvas' corner); where it goes on beyond the canvas, its edge is dashed along the border.
export function markField(context, { top, left, height, width }, frame, scale, look) {
  const ends = (first, length, most) => [[first, Math.max(0, first)], [first + length, Math.min(most, first + length)]];
  const [[x0, x1], [y0, y1]] = [ends(left, width, frame.width), ends(top, height, frame.height)];
  if ([x0, x1, y0, y1].every(([wanted, drawn]) => wanted === drawn)) { markBox(context, { top, left, height, width }, scale, look); return; }
  const pull = 2 * scale.ratio; // an edge on the border would be cut in half
  const [px, py] = [[x0, x1], [y0, y1]].map((pair, axis) => pair.map(([, drawn]) => {
    const most = axis ? frame.height * scale.y : frame.width * scale.x;
    return Math.min(most - pull, Math.max(pull, drawn * (axis ? scale.y : scale.x)));
  }));
  const sides = [[x0, px[0], py[0], px[0], py[1]], [x1, px[1], py[0], px[1], py[1]], [y0, px[0], py[0], px[1], py[0]], [y1, px[0], py[1], px[1], py[1]]];
  context.save();
  for (const [colour, thickness] of [["#000000", 4], [look.accent, 2.5]]) {
    context.strokeStyle = colour;
    context.lineWidth = thickness * scale.ratio;
    for (const [[wanted, drawn], ...line] of sides) {
      context.setLineDash(wanted === drawn ? [] : [9 * scale.ratio, 7 * scale.ratio]);
      context.beginPath();
      context.moveTo(line[0], line[1]);
      context.lineTo(line[2], line[3]);
      context.stroke();
    }
  }
  context.restore();
}

// Runs of rows × runs of columns stand out: the rest steps back, each block is outlined.
export function light(context, canvas, { rows, cols }, scale, look) {
  const blocks = rows.flatMap((r) => cols.map((c) => ({ top: r.first, height: r.end - r.first, left: c.first, width: c.end - c.first })));
  const rest = new Path2D();
  rest.rect(0, 0, canvas.width, canvas.height);
  for (const { top, left, height, width } of blocks) rest.rect(left * scale.x, top * scale.y, width * scale.x, height * scale.y);
  context.save();
  context.fillStyle = look.ground;
  context.globalAlpha = 0.6;
  context.fill(rest, "evenodd");
  context.restore();
  for (const block of blocks) markBox(context, block, scale, look);
}

// The outline of a mask's ones, cell edge by cell edge, dark on light so that it is seen on every map.
export function drawEdge(context, mask, { height, width }, scale) {
  const on = (i, j) => i >= 0 && j >= 0 && i < height && j < width && mask[i * width + j] > 0;
  const edge = new Path2D();
  const pull = 1.5 * scale.ratio; // an edge on the map's border would be cut in half
  const px = (j) => Math.min(width * scale.x - pull, Math.max(pull, j * scale.x));
  const py = (i) => Math.min(height * scale.y - pull, Math.max(pull, i * scale.y));
  for (let i = 0; i < height; i += 1) {
    for (let j = 0; j < width; j += 1) {
      if (!on(i, j)) continue;
      if (!on(i - 1, j)) { edge.moveTo(px(j), py(i)); edge.lineTo(px(j + 1), py(i)); }
      if (!on(i + 1, j)) { edge.moveTo(px(j), py(i + 1)); edge.lineTo(px(j + 1), py(i + 1)); }
      if (!on(i, j - 1)) { edge.moveTo(px(j), py(i)); edge.lineTo(px(j), py(i + 1)); }
      if (!on(i, j + 1)) { edge.moveTo(px(j + 1), py(i)); edge.lineTo(px(j + 1), py(i + 1)); }
    }
  }
  for (const [colour, thickness] of [["#000000", 4], ["#ffffff", 2]]) {
    context.strokeStyle = colour;
    context.lineWidth = thickness * scale.ratio;
    context.stroke(edge);
  }
}

// Circles round the middle of the box: half of the gradient, and nine tenths.
export function drawRadii(context, centre, radii, scale) {
  radii.forEach((radius, i) => {
    for (const [colour, thickness] of [["#000000", 3], ["#ffffff", 1.5]]) {
      context.save();
      context.setLineDash(i ? [6 * scale.ratio, 5 * scale.ratio] : []);
      context.strokeStyle = colour;
      context.lineWidth = thickness * scale.ratio;
      context.beginPath();
      context.ellipse(centre.col * scale.x, centre.row * scale.y, radius * scale.x, radius * scale.y, 0, 0, 2 * Math.PI);
      context.stroke();
      context.restore();
    }
  });
}

function hatch(context, x, y, width, height, colour, ratio) {
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.globalAlpha = 0.28;
  context.strokeStyle = colour;
  context.lineWidth = ratio;
  context.beginPath();
  const gap = 7 * ratio;
  for (let at = -height; at < width; at += gap) { context.moveTo(x + at, y + height); context.lineTo(x + at + height, y); }
  context.stroke();
  context.restore();
}
