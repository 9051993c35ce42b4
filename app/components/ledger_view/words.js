// What is said of a unit's ledger, of its lines and of its terms, in plain words. Nothing here draws.

import { count, short, whole } from "../shared/format.js";

const COLOURS = ["red", "green", "blue"];

export const size = (line) => line.sum.taps[0] * line.sum.taps[1];

// The entry of its source that a term reads; an index of fewer axes than the others' has −1 in front.
export function indexOf(sum, term) {
  const axes = sum.indices.shape[1];
  const row = [...sum.indices.subarray(term * axes, (term + 1) * axes)];
  if (sum.sources.length === 1) return row;
  return row.slice(row.findIndex((at) => at >= 0));
}

export const sourceOf = (sum, term) => sum.sources[sum.sources.length > 1 ? term : 0];

// A term's name in links; null for one that has no ledger of its own.
export function nameOf(sum, term) {
  const [source, index] = [sourceOf(sum, term), indexOf(sum, term)];
  return source.id === null || !index.length || index.some((at) => at < 0) ? null : `${source.id}/${index.join(".")}`;
}

export function termWords(sum, term) {
  if (sum.labels.length) return sum.labels[term];
  const [source, index] = [sourceOf(sum, term), indexOf(sum, term)];
  if (index.some((at) => at < 0)) return "padding, 0";
  if (sum.sources.length > 1) return `${source.name} [${index.join(", ")}]`;
  if (sum.channel_axis === null && !sum.pooled) return `[${index.join(", ")}]`;
  const channel = index[sum.channel_axis ?? 0];
  return source.name === "the picture" ? COLOURS[channel] ?? `channel ${channel}` : `channel ${channel}`;
}

// Whose values a sum reads, over its rows.
export function readWords(sum) {
  if (sum.labels.length) return "class";
  return sum.sources.length === 1 ? `from ${sum.sources[0].name}` : "from";
}

// Seven digits: about as many as torch's float32 numbers have.
const precise = (value) => String(Number(value.toPrecision(7))).replace("-", "−");

export function agreement({ agrees, residual, total, after }) {
  const both = `Here ${precise(total)}, torch ${precise(after)}`;
  if (!agrees) return `${both}: not the same, they differ by ${short(Math.abs(residual))}.`;
  return residual === 0 ? `${both}: exactly the same.` : `${both}: they differ by ${short(Math.abs(residual))}, which is rounding.`;
}

// A negative number behind a sign stands in brackets.
export const formula = (text) => text.replace(/([−+×/]) (−[\d.]+(?:e[−+]?\d+)?)/g, "$1 ($2)");

export function restWords(left, total) {
  return `The other ${whole(left)} add up to ${short(total)}`;
}

// The whole ledger in a sentence or three.
export function sentence(header, lines, asked) {
  if (header.less !== null) {
    const other = header.classes.find(([index]) => index === header.less)?.[1] ?? `class ${header.less}`;
    return `${header.label} is ${short(Math.abs(lines[0].after))} ${lines[0].after < 0 ? "behind" : "ahead of"} ${other}: so much their `
      + `logits differ. ${opening(lines[0])} ${trust(lines)}`;
  }
  const own = lines[asked];
  const what = header.label ? `${header.title}, ${header.label},` : header.title;
  const parts = [`${what} = ${short(own.after)}.`, opening(lines[0])];
  for (const line of lines.slice(1)) parts.push(following(line));
  return `${parts.join(" ")} ${trust(lines)}`;
}

function opening(line) {
  const { sum } = line;
  const total = short(line.total);
  if (!sum) return line.kind === "input" ? `It is ${line.label}.` : `${line.label}: ${total}.`;
  if (line.kind === "maximum") return `It is the largest of ${count(sum.count, "value")} under the window.`;
  if (line.kind === "gate") return `${formula(line.text)}: one value lets so much of the other through.`;
  if (line.kind === "addition") return `Two branches meet: ${formula(line.text)}.`;
  if (line.kind === "mean") return `It is the mean of ${count(sum.count, "value")}.`;
  if (line.kind === "attention") return `${count(sum.count, "place")} are weighed by attention and add up to ${total}.`;
  const products = size(line) > 1 ? `${count(sum.count * size(line), "product")} over ${count(sum.count, "channel")}` : count(sum.count, "product");
  const bias = sum.bias === null ? "" : ` and the bias ${short(sum.bias)}`;
  return `${products}${bias} add up to ${total}.`;
}

function following(line) {
  if (line.kind === "norm") return `Normalisation makes it ${short(line.after)}.`;
  if (line.kind === "softmax") return `Softmax makes it ${short(100 * line.after)} %.`;
  if (line.kind === "part") return `It stands in ${line.label}.`;
  const name = line.module || line.label;
  return `${name} ${line.after === line.before ? "leaves it" : `makes it ${short(line.after)}`}.`;
}

function trust(lines) {
  if (!lines.every((line) => line.agrees)) return "torch's own numbers differ: see the lines below.";
  const worst = Math.max(...lines.map((line) => Math.abs(line.residual)));
  return worst === 0 ? "torch has exactly the same numbers." : `torch's own numbers are the same to within ${short(worst)}.`;
}

// The ledger as a table for a spreadsheet; full numbers.
export function csv(lines) {
  const quoted = (text) => `"${String(text).replaceAll('"', '""')}"`;
  const rows = [["line", "term", "source", "input", "weight", "contribution", "running total"].join(",")];
  lines.forEach((line, at) => {
    if (line.sum) {
      const { sum } = line;
      const taps = size(line);
      for (let term = 0; term < sum.sent; term += 1) {
        const cell = (values) => quoted([...values.subarray(term * taps, (term + 1) * taps)].join(" "));
        rows.push([at + 1, term + 1, quoted(sum.labels[term] ?? `${sourceOf(sum, term).name} [${indexOf(sum, term).join(", ")}]`),
          cell(sum.inputs), cell(sum.weights), sum.contributions[term], sum.running[term]].join(","));
      }
      if (sum.count > sum.sent) rows.push([at + 1, "", quoted(`the other ${sum.count - sum.sent}`), "", "", sum.rest, sum.running.at(-1) + sum.rest].join(","));
      if (sum.bias !== null) rows.push([at + 1, "", quoted("bias"), "", "", sum.bias, line.total].join(","));
    }
    rows.push([at + 1, "", quoted(line.label), line.before ?? "", "", "", line.total].join(","));
    rows.push([at + 1, "", quoted("torch"), "", "", "", line.after].join(","));
  });
  return `${rows.join("\n")}\n`;
}
