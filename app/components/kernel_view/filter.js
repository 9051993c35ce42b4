// What does a kernel make of a whole map, fast enough for a slider? For the picture only, in float32; the numbers that one
// points at come from arithmetic.js.

import { border } from "../shared/border.js";

// The matrix as a sum of columns times rows: elimination with full pivoting. Blurs have one term, sharpening by a blur two.
export function terms(matrix) {
  const rest = matrix.map((row) => Float64Array.from(row));
  const largest = Math.max(...rest.map((row) => Math.max(...row.map(Math.abs))));
  const found = [];
  while (found.length < rest.length) {
    let [best, at] = [largest * 1e-12, null];
    rest.forEach((row, i) => row.forEach((value, j) => { if (Math.abs(value) > best) [best, at] = [Math.abs(value), [i, j]]; }));
    if (!at) break;
    const pivot = rest[at[0]][at[1]];
    const column = rest.map((row) => row[at[1]]);
    const row = rest[at[0]].map((value) => value / pivot);
    rest.forEach((line, i) => line.forEach((_, j) => { line[j] -= column[i] * row[j]; }));
    found.push({ column, row: [...row] });
  }
  return found;
}

// The map (width × height, "same" padding) under the kernel, plus the bias.
export function filter(map, width, height, { matrix, bias }, mode) {
  const [kh, kw] = [matrix.length, matrix[0].length];
  const out = new Float32Array(width * height).fill(bias);
  const lines = padded(map, width, height, kw, mode);
  const thin = terms(matrix);
  const taps = matrix.flat().filter((weight) => weight !== 0).length;
  if (thin.length * (kh + kw) >= taps) {
    acrossAndDown(out, lines, width, height, matrix, mode);
    return out;
  }
  for (const { column, row } of thin) {
    const across = new Float32Array(width * height);
    acrossAndDown(across, lines, width, height, [row], mode);
    acrossAndDown(out, across, width, height, column.map((weight) => [weight]), mode);
  }
  return out;
}

// The map after any stage, with its size: {map, width, height}.
export function afterStage({ map, width, height }, stage, mode) {
  if (stage.kind === "kernel") return { map: filter(map, width, height, stage, mode), width, height };
  if (stage.kind === "relu") return { map: map.map((value) => Math.max(0, value)), width, height };
  const [w, h] = [width >> 1, height >> 1];
  const out = new Float32Array(w * h);
  for (let y = 0; y < h; y += 1) {
    for (let x = 0; x < w; x += 1) {
      const at = 2 * y * width + 2 * x;
      const four = [map[at], map[at + 1], map[at + width], map[at + width + 1]];
      out[y * w + x] = stage.kind === "max_pool" ? Math.max(...four) : (four[0] + four[1] + four[2] + four[3]) / 4;
    }
  }
  return { map: out, width: w, height: h };
}

// Every row of the map with what a kernel of `kw` columns reads left and right of it.
function padded(map, width, height, kw, mode) {
  const step = width + kw - 1;
  const left = Math.floor((kw - 1) / 2);
  const lines = new Float32Array(step * height);
  const outside = [];
  for (let x = 0; x < step; x += 1) if (x < left || x >= left + width) outside.push([x, border(x - left, width, mode)]);
  for (let y = 0; y < height; y += 1) {
    lines.set(map.subarray(y * width, (y + 1) * width), y * step + left);
    for (const [x, from] of outside) if (from >= 0) lines[y * step + x] = map[y * width + from];
  }
  return lines;
}

// Adds up the taps, a row of the output at a time; `lines` are as `padded` makes them for this matrix.
function acrossAndDown(out, lines, width, height, matrix, mode) {
  const step = width + matrix[0].length - 1;
  const top = Math.floor((matrix.length - 1) / 2);
  for (let y = 0; y < height; y += 1) {
    const line = out.subarray(y * width, (y + 1) * width);
    matrix.forEach((weights, i) => {
      const from = border(y - top + i, height, mode);
      if (from < 0) return;
      weights.forEach((weight, j) => {
        if (weight !== 0) addScaled(line, lines.subarray(from * step + j, from * step + j + width), weight);
      });
    });
  }
}

function addScaled(line, other, weight) {
  for (let x = 0; x < line.length; x += 1) line[x] += weight * other[x];
}

// Maps of 0..1 (one or three) as a picture; what lies outside is clamped.
export function clampedPicture(maps, width, height) {
  const picture = new ImageData(width, height);
  const bytes = picture.data; // a clamped array: it rounds and clamps by itself
  const [red, green, blue] = maps.length === 3 ? maps : [maps[0], maps[0], maps[0]];
  for (let i = 0, at = 0; i < red.length; i += 1, at += 4) {
    bytes[at] = red[i] * 255;
    bytes[at + 1] = green[i] * 255;
    bytes[at + 2] = blue[i] * 255;
    bytes[at + 3] = 255;
  }
  return picture;
}

// One map in signed colours; `palette` holds 2·centre + 1 colours (cnnviz.image.palette). Returns the limit too.
export function signedPicture(map, width, height, palette, centre) {
  let limit = 0;
  for (const value of map) if (Math.abs(value) > limit) limit = Math.abs(value);
  const picture = new ImageData(width, height);
  const bytes = picture.data;
  const scale = limit > 0 ? centre / limit : 0;
  for (let i = 0, at = 0; i < map.length; i += 1, at += 4) {
    const entry = 3 * (centre + Math.round(map[i] * scale));
    bytes[at] = palette[entry];
    bytes[at + 1] = palette[entry + 1];
    bytes[at + 2] = palette[entry + 2];
    bytes[at + 3] = 255;
  }
  return { picture, limit };
}
