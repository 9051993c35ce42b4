// What does a chain of stages give at one place? Exact, in float64, from the picture's own 8-bit values.
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

// A stage's window: where it starts for output 0, how far it moves. Kernels pad, pooling steps by its own size.
const before = (size) => Math.floor((size - 1) / 2);
const POOLS = ["max_pool", "average_pool"];
const isPool = ({ kind }) => POOLS.includes(kind);
const stepOf = (stage) => (isPool(stage) ? stage.matrix.length : 1);
const inside = (index, size) => index >= 0 && index < size;

// The rows (or columns) that output `at` of a stage reads; some may lie outside the map.
function windowOf(stage, at, size) {
  const start = isPool(stage) ? at * stepOf(stage) : at - before(size);
  return Array.from({ length: size }, (_, i) => start + i);
}

// (height, width) of the map after the stages; pooling drops an odd last row or column.
export function sizeAfter({ height, width }, stages) {
  return stages.reduce(
    (size, stage) => (isPool(stage) ? size.map((length) => Math.floor(length / stepOf(stage))) : size), [height, width]);
}

// The output cell whose window holds (row, col) of the stage's input, as near its middle as there is one.
export function outputOver(stage, [height, width], row, col) {
  const at = (index, size) => Math.min(size - 1, Math.floor(index / stepOf(stage)));
  return { row: at(row, height), col: at(col, width) };
}

// One output value of the last stage: its patch, weights, products, sum; or for pooling the winners.
// image: {planes, width, height, border}; stages: [{kind, matrix, bias}].
export function valueAt(image, stages, channel, row, col) {
  const stage = stages[stages.length - 1];
  const { matrix, bias } = stage;
  const rows = windowOf(stage, row, matrix.length);
  const cols = windowOf(stage, col, matrix[0].length);
  const patch = gather(image, stages.slice(0, -1), channel, rows, cols);
  const values = patch.map((line) => line.map((cell) => cell.value));
  const products = values.map((line, i) => line.map((value, j) => value * matrix[i][j]));
  const sum = products.flat().reduce((total, product) => total + product, 0);
  return { patch, matrix, products, bias, sum, value: reduced(stage, values), rows, cols };
}

// What a stage makes of the values under its window.
function reduced({ kind, matrix, bias }, values) {
  if (kind === "relu") return Math.max(0, values[0][0]);
  if (kind === "max_pool") return Math.max(...values.flat());
  let sum = 0;
  values.forEach((line, i) => line.forEach((value, j) => { sum += value * matrix[i][j]; }));
  return kind === "average_pool" ? sum / values.flat().length : sum + bias;
}

// The cells at rows × cols of a chain's output, padding told apart.
function gather(image, stages, channel, rows, cols) {
  const [height, width] = sizeAfter(image, stages);
  const inRows = rows.map((r) => border(r, height, image.border));
  const inCols = cols.map((c) => border(c, width, image.border));
  const rowsUsed = [...new Set(inRows.filter((r) => r >= 0))];
  const colsUsed = [...new Set(inCols.filter((c) => c >= 0))];
  const values = outputs(image, stages, channel, rowsUsed, colsUsed);
  const rowOf = new Map(rowsUsed.map((r, i) => [r, i]));
  const colOf = new Map(colsUsed.map((c, i) => [c, i]));
  return inRows.map((r, i) => inCols.map((c, j) => ({
    value: r < 0 || c < 0 ? 0 : values[rowOf.get(r)][colOf.get(c)],
    padding: !inside(rows[i], height) || !inside(cols[j], width),
  })));
}

// Outputs of a chain at the given rows × cols, computing only what they need.
function outputs(image, stages, channel, rows, cols) {
  if (stages.length === 0) {
    const plane = image.planes[channel];
    return rows.map((r) => cols.map((c) => plane[r * image.width + c]));
  }
  const stage = stages[stages.length - 1];
  const rowAt = rows.map((r) => windowOf(stage, r, stage.matrix.length));
  const colAt = cols.map((c) => windowOf(stage, c, stage.matrix[0].length));
  const needRows = [...new Set(rowAt.flat())].sort((a, b) => a - b);
  const needCols = [...new Set(colAt.flat())].sort((a, b) => a - b);
  const input = gather(image, stages.slice(0, -1), channel, needRows, needCols);
  const rowIndex = new Map(needRows.map((r, i) => [r, i]));
  const colIndex = new Map(needCols.map((c, i) => [c, i]));
  return rowAt.map((windowRows) => colAt.map((windowCols) =>
    reduced(stage, windowRows.map((r) => windowCols.map((c) => input[rowIndex.get(r)][colIndex.get(c)].value)))));
}
