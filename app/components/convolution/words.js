// What is being seen, in one sentence with the live numbers, and the formula of the output's size.

import { channelsOf, outputLength, weightsOfTaps } from "./arithmetic.js";
import { count, short, whole } from "../shared/format.js";

const OUTSIDE = { zeros: "zeros", reflect: "mirrored", replicate: "edge repeated", circular: "wrapped around" };

// The sentence for an output value that was taken apart.
export function outputSentence({ settings, input }, traced) {
  const { map, row, col, terms } = traced;
  const place = settings.maps > 1 ? `${map}, ${row}, ${col}` : `${row}, ${col}`;
  const hits = settings.transposed ? traced.rows.filter((r) => r >= 0).length * traced.cols.filter((c) => c >= 0).length : null;
  const products = terms.length * (hits ?? traced.padded.length);
  const over = terms.length > 1 ? ` over ${terms.length} channels` : "";
  const bias = traced.bias ? ` + bias ${short(traced.bias)}` : "";
  let text = `out[${place}] = ${short(traced.value)} is the sum of ${count(products, "product")}${over}${bias}.`;
  const padded = settings.transposed ? 0 : traced.padded.filter(Boolean).length;
  if (padded) text += ` ${padded} of the window's ${traced.padded.length} cells lie in the padding (${OUTSIDE[settings.mode]}).`;
  if (settings.groups > 1) {
    text += ` Map ${map} reads ${terms.length === 1 ? `channel ${terms[0].channel} alone` : `channels ${terms.map((t) => t.channel).join(", ")}`} of ${input.channels}.`;
  }
  return text;
}

// The sentence for an input cell and the outputs of map `map` that read it.
export function inputSentence({ settings, input }, cell, map, found) {
  const place = input.channels > 1 ? `${cell.channel}, ${cell.row}, ${cell.col}` : `${cell.row}, ${cell.col}`;
  const value = input.data[(cell.channel * input.height + cell.row) * input.width + cell.col];
  const begin = `in[${place}] = ${short(value)}`;
  const onto = settings.maps > 1 ? ` of map ${map}` : "";
  if (!channelsOf(settings, input.channels, map).includes(cell.channel)) {
    return `${begin} is not read by map ${map}: its group reads other channels.`;
  }
  if (!found.length) {
    return settings.transposed ? `${begin}: all that it stamps is cut off by the padding.`
      : `${begin} is never read: with stride ${settings.stride.join(" × ").replace(/^(\d+) × \1$/, "$1")} no window reaches it.`;
  }
  const weights = found.flatMap(({ taps }) => weightsOfTaps(settings, input.channels, map, cell.channel, taps));
  const through = weights.length > 1 ? `, through ${weights.length} weights` : ` through the weight ${short(weights[0])}`;
  const copies = found.flatMap(({ taps }) => taps).filter((tap) => tap[2]).length;
  const repeated = copies ? ` ${copies} of these reads ${copies === 1 ? "is" : "are"} of its copies in the padding.` : "";
  if (settings.transposed) {
    return `${begin} stamps the kernel, times ${short(value)}, onto ${count(found.length, "output value")}${onto}.`;
  }
  return `${begin} is read by ${count(found.length, "output value")}${onto}${through}.${repeated}`;
}

// The formula with the live numbers, one line for each axis that differs.
export function formulaLines(settings, input) {
  const [height, width] = [[0, input.height], [1, input.width]].map(([axis, size]) => formula(settings, axis, size));
  return height === width ? [`Height and width: ${height}`] : [`Height: ${height}`, `Width: ${width}`];
}

function formula({ kernel, stride, padding, dilation, transposed }, axis, size) {
  const [k, s, p, d] = [kernel[axis], stride[axis], padding[axis], dilation[axis]];
  const result = outputLength(size, k, s, p, d, transposed);
  if (transposed) return `(${size} − 1)·${s} − 2·${p} + ${d}·(${k} − 1) + 1 = ${result}`;
  const room = size + 2 * p - d * (k - 1) - 1;
  const rest = room % s ? `, remainder ${room % s}` : "";
  return `⌊(${size} + 2·${p} − ${d}·(${k} − 1) − 1) / ${s}⌋ + 1 = ⌊${room} / ${s}⌋ + 1 = ${result}${rest}`;
}

// How many rows and columns nothing reads.
export function unreadSentence(rows, cols) {
  const [r, c] = [rows.filter(Boolean).length, cols.filter(Boolean).length];
  if (!r && !c) return "Every input cell is read.";
  const cells = r * cols.length + c * rows.length - r * c;
  const parts = [r ? count(r, "row") : "", c ? count(c, "column") : ""].filter(Boolean).join(" and ");
  return `Never read (hatched): ${parts}, ${whole(cells)} of ${whole(rows.length * cols.length)} cells.`;
}

// How many weights the layer has, and how often one is used.
export function costSentence(settings, output) {
  const weights = settings.weights.length;
  const biases = settings.bias.some(Boolean) ? ` + ${count(settings.maps, "bias", "biases")}` : "";
  return `${count(weights, "weight")}${biases}, used again at each of ${count(output.height * output.width, "place")}.`;
}
