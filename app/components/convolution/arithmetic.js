// What does a convolution compute? Exact, in float64: the plan of its windows, all outputs, one output taken apart, and
// which outputs read an input cell. No drawing here.
//
// input: {data, channels, height, width}. settings: {kernel, stride, padding, dilation: each [height, width]; mode, flip,
// groups, maps, transposed, weights (maps × channels / groups × kernel height × kernel width, flat), bias (one a map)}.
// Weights stand as (to map, from channel) for a transposed convolution too.

import { border } from "../shared/border.js";

// A tap of a transposed convolution that meets no input value.
export const NOWHERE = -(2 ** 30);

export const span = (kernel, dilation) => dilation * (kernel - 1) + 1;

// Output length along one axis; 0 or less where no window fits. The formulas of torch.nn.Conv2d and ConvTranspose2d.
export function outputLength(size, kernel, stride, padding, dilation, transposed) {
  if (transposed) return (size - 1) * stride - 2 * padding + span(kernel, dilation);
  return Math.floor((size + 2 * padding - span(kernel, dilation)) / stride) + 1;
}

// Where every window's taps lie, along each axis by itself.
export function makePlan(settings, { height, width }) {
  return { rows: axisPlan(settings, 0, height), cols: axisPlan(settings, 1, width) };
}

// `at`: the cell on which tap `tap` of the window at `place` lies, padding counted on (index place * taps + tap);
// `source`: the input cell whose value stands there, −1 for a padded zero or for nothing.
function axisPlan({ kernel, stride, padding, dilation, mode, transposed }, axis, size) {
  const [k, s, p, d] = [kernel[axis], stride[axis], padding[axis], dilation[axis]];
  const places = Math.max(0, outputLength(size, k, s, p, d, transposed));
  const plan = { size, places, taps: k, at: new Int32Array(places * k), source: new Int32Array(places * k) };
  for (let place = 0; place < places; place += 1) {
    for (let tap = 0; tap < k; tap += 1) {
      const i = place * k + tap;
      if (transposed) {
        const ahead = place + p - tap * d;
        const hit = ahead >= 0 && ahead % s === 0 && ahead / s < size;
        plan.at[i] = hit ? ahead / s : NOWHERE;
        plan.source[i] = hit ? ahead / s : -1;
      } else {
        plan.at[i] = place * s - p + tap * d;
        plan.source[i] = border(plan.at[i], size, mode);
      }
    }
  }
  return plan;
}

// Index of a weight in the flat array, turned by 180° where the kernel is flipped.
export function weightIndex({ kernel: [kh, kw], flip }, perMap, map, channel, row, col) {
  const [a, b] = flip ? [kh - 1 - row, kw - 1 - col] : [row, col];
  return ((map * perMap + channel) * kh + a) * kw + b;
}

// The input channels that go into output map `map`.
export function channelsOf({ groups, maps }, channels, map) {
  const perMap = channels / groups;
  const first = Math.floor(map / (maps / groups)) * perMap;
  return Array.from({ length: perMap }, (_, i) => first + i);
}

// All outputs: {data, channels, height, width}.
export function forward(input, settings, plan) {
  const { rows, cols } = plan;
  const area = rows.places * cols.places;
  const out = new Float64Array(settings.maps * area);
  const colSources = Array.from({ length: cols.taps }, (_, tap) =>
    Int32Array.from({ length: cols.places }, (_, place) => cols.source[place * cols.taps + tap]));
  for (let map = 0; map < settings.maps; map += 1) {
    const result = out.subarray(map * area, (map + 1) * area);
    const read = channelsOf(settings, input.channels, map);
    read.forEach((channel, local) => {
      const plane = planeOf(input, channel);
      for (let a = 0; a < rows.taps; a += 1) {
        for (let b = 0; b < cols.taps; b += 1) {
          const weight = settings.weights[weightIndex(settings, read.length, map, local, a, b)];
          if (weight !== 0) accumulate(result, plane, weight, rows, a, colSources[b]);
        }
      }
    });
    const bias = settings.bias[map] ?? 0;
    if (bias) for (let i = 0; i < area; i += 1) result[i] += bias;
  }
  return { data: out, channels: settings.maps, height: rows.places, width: cols.places };
}

// A run of taps that meet the picture, each as far from the last as the stride, needs no look-up for each output.
function accumulate(result, plane, weight, rows, tap, colSource) {
  const width = colSource.length;
  const { data } = plane;
  let first = 0;
  let end = width;
  while (first < end && colSource[first] < 0) first += 1;
  while (end > first && colSource[end - 1] < 0) end -= 1;
  let inLine = true;
  for (let col = first + 1; col < end; col += 1) inLine &&= colSource[col] === colSource[col - 1] + 1;
  for (let row = 0; row < rows.places; row += 1) {
    const source = rows.source[row * rows.taps + tap];
    if (source < 0) continue;
    const [from, to] = [source * plane.width, row * width];
    if (inLine) {
      let at = from + colSource[first];
      for (let i = to + first; i < to + end; i += 1, at += 1) result[i] += weight * data[at];
      continue;
    }
    for (let col = first; col < end; col += 1) {
      const at = colSource[col];
      if (at >= 0) result[to + col] += weight * data[from + at];
    }
  }
}

export function planeOf({ data, height, width }, channel) {
  return { data: data.subarray(channel * height * width, (channel + 1) * height * width), height, width };
}

// One output value taken apart. For each channel it reads: the patch, the weights as they lie on it, the products
// (kernel height × kernel width, flat) and their sum. `rows` and `cols` are the taps' cells; `padded` marks padding.
export function explain(input, settings, plan, { map, row, col }) {
  const rows = tapsAt(plan.rows, row);
  const cols = tapsAt(plan.cols, col);
  const read = channelsOf(settings, input.channels, map);
  const terms = read.map((channel, local) => {
    const { data, width } = planeOf(input, channel);
    const term = { channel, patch: [], weights: [], products: [], sum: 0 };
    rows.source.forEach((r, a) => cols.source.forEach((c, b) => {
      const value = r < 0 || c < 0 ? 0 : data[r * width + c];
      const weight = settings.weights[weightIndex(settings, read.length, map, local, a, b)];
      term.patch.push(value);
      term.weights.push(weight);
      term.products.push(value * weight);
      term.sum += value * weight;
    }));
    return term;
  });
  const bias = settings.bias[map] ?? 0;
  const sum = terms.reduce((total, term) => total + term.sum, 0);
  const padded = rows.outside.flatMap((r) => cols.outside.map((c) => r || c));
  return { map, row, col, rows: rows.at, cols: cols.at, padded, terms, bias, sum, value: sum + bias };
}

function tapsAt(axis, place) {
  const at = Array.from(axis.at.subarray(place * axis.taps, (place + 1) * axis.taps));
  const source = Array.from(axis.source.subarray(place * axis.taps, (place + 1) * axis.taps));
  return { at, source, outside: at.map((cell) => cell < 0 || cell >= axis.size) };
}

// The outputs of one map that read input cell (row, col): [{row, col, taps: [[tap row, tap col, by padding]]}]. An input
// cell can be read several times by one output where the padding repeats it.
export function readers(plan, { row, col }) {
  const found = [];
  const byCol = placesReading(plan.cols, col);
  for (const [outRow, rowTaps] of placesReading(plan.rows, row)) {
    for (const [outCol, colTaps] of byCol) {
      const taps = rowTaps.flatMap(([a, far]) => colTaps.map(([b, off]) => [a, b, far || off]));
      found.push({ row: outRow, col: outCol, taps });
    }
  }
  return found;
}

function placesReading({ source, at, places, taps, size }, cell) {
  const found = [];
  for (let place = 0; place < places; place += 1) {
    const reading = [];
    for (let tap = 0; tap < taps; tap += 1) {
      const i = place * taps + tap;
      if (source[i] === cell) reading.push([tap, at[i] < 0 || at[i] >= size]);
    }
    if (reading.length) found.push([place, reading]);
  }
  return found;
}

// Weights through which an output of `map` reads a cell of `channel`, one for each of the reader's taps.
export function weightsOfTaps(settings, channels, map, channel, taps) {
  const read = channelsOf(settings, channels, map);
  const local = read.indexOf(channel);
  if (local < 0) return [];
  return taps.map(([a, b]) => settings.weights[weightIndex(settings, read.length, map, local, a, b)]);
}

// Which cells along an axis no window reads; padding that copies the picture does not count as reading it.
export function unread({ size, at }) {
  const never = new Array(size).fill(true);
  for (const cell of at) if (cell >= 0 && cell < size) never[cell] = false;
  return never;
}
