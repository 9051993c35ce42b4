// What does a chain of kernels give at one place? Exact, in float64, from the picture's own 8-bit values.
// The borders are torch's: "same" padding puts the extra cell of an even kernel on the right and below.

import { border } from "../shared/border.js";

export const LUMA = [0.299, 0.587, 0.114]; // Rec. 601, as cnnviz.image.to_tensor(mode="grey")

// The picture as values in 0..1: one plane a channel.
export function planes(pixels, channels) {
  const count = pixels.width * pixels.height;
  const out = Array.from({ length: channels }, () => new Float64Array(count));
  for (let i = 0; i < count; i += 1) {
    const [r, g, b] = [pixels.rgba[4 * i], pixels.rgba[4 * i + 1], pixels.rgba[4 * i + 2]];
    if (channels === 1) out[0][i] = (LUMA[0] * r + LUMA[1] * g + LUMA[2] * b) / 255;
    else { out[0][i] = r / 255; out[1][i] = g / 255; out[2][i] = b / 255; }
  }
  return out;
}

const inside = (index, size) => index >= 0 && index < size;
const before = (size) => Math.floor((size - 1) / 2);

// One output value of the last stage: its patch, weights, products, sum.
// image: {planes, width, height, border}; stages: [{matrix, bias}].
export function valueAt(image, stages, channel, row, col) {
  const { matrix, bias } = stages[stages.length - 1];
  const rows = window1d(row, matrix.length);
  const cols = window1d(col, matrix[0].length);
  const patch = gather(image, stages.slice(0, -1), channel, rows, cols);
  let sum = 0;
  const products = patch.map((line, i) => line.map((cell, j) => {
    const product = cell.value * matrix[i][j];
    sum += product;
    return product;
  }));
  return { patch, matrix, products, bias, sum, value: sum + bias, rows, cols };
}

const window1d = (at, size) => Array.from({ length: size }, (_, i) => at - before(size) + i);

// The cells at rows × cols of a stage's output, padding told apart.
function gather(image, stages, channel, rows, cols) {
  const inRows = rows.map((r) => border(r, image.height, image.border));
  const inCols = cols.map((c) => border(c, image.width, image.border));
  const rowsUsed = [...new Set(inRows.filter((r) => r >= 0))];
  const colsUsed = [...new Set(inCols.filter((c) => c >= 0))];
  const values = outputs(image, stages, channel, rowsUsed, colsUsed);
  const rowOf = new Map(rowsUsed.map((r, i) => [r, i]));
  const colOf = new Map(colsUsed.map((c, i) => [c, i]));
  return inRows.map((r, i) => inCols.map((c, j) => ({
    value: r < 0 || c < 0 ? 0 : values[rowOf.get(r) * colsUsed.length + colOf.get(c)],
    padding: !inside(rows[i], image.height) || !inside(cols[j], image.width),
  })));
}

// Outputs of a chain at the given rows × cols, computing only what they need.
function outputs(image, stages, channel, rows, cols) {
  const out = new Float64Array(rows.length * cols.length);
  if (stages.length === 0) {
    const plane = image.planes[channel];
    rows.forEach((r, i) => cols.forEach((c, j) => { out[i * cols.length + j] = plane[r * image.width + c]; }));
    return out;
  }
  const { matrix, bias } = stages[stages.length - 1];
  const [kh, kw] = [matrix.length, matrix[0].length];
  const rowAt = rows.map((r) => window1d(r, kh));
  const colAt = cols.map((c) => window1d(c, kw));
  const needRows = [...new Set(rowAt.flat())].sort((a, b) => a - b);
  const needCols = [...new Set(colAt.flat())].sort((a, b) => a - b);
  const input = gather(image, stages.slice(0, -1), channel, needRows, needCols);
  const rowIndex = new Map(needRows.map((r, i) => [r, i]));
  const colIndex = new Map(needCols.map((c, i) => [c, i]));
  rowAt.forEach((windowRows, i) => colAt.forEach((windowCols, j) => {
    let sum = 0;
    for (let a = 0; a < kh; a += 1) {
      const line = input[rowIndex.get(windowRows[a])];
      for (let b = 0; b < kw; b += 1) sum += line[colIndex.get(windowCols[b])].value * matrix[a][b];
    }
    out[i * cols.length + j] = sum + bias;
  }));
  return out;
}
