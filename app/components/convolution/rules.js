// Which settings cannot be, and what would make them possible? The sentences of cnnviz.layer.windows, word for word.

import { outputLength, span } from "./arithmetic.js";

const pixels = (count) => `${count} pixel${count === 1 ? "" : "s"}`;

// One sentence, or null where the settings can be.
export function problem(settings, input) {
  return groupProblem(settings, input)
    ?? (settings.transposed ? transposedProblem(settings, input) : modeProblem(settings, input) ?? sizeProblem(settings, input));
}

function groupProblem({ groups, maps }, { channels }) {
  if (channels % groups) {
    return `${groups} groups cannot share ${channels} input channel${channels === 1 ? "" : "s"} evenly: use ${divisors(channels)} groups.`;
  }
  if (maps % groups) {
    return `${groups} groups cannot share ${maps} kernel${maps === 1 ? "" : "s"} evenly: use ${groups} kernels, or a multiple of that.`;
  }
  return null;
}

const divisors = (number) =>
  Array.from({ length: number }, (_, i) => i + 1).filter((d) => number % d === 0).join(" or ");

function modeProblem({ padding, mode }, input) {
  const spare = { reflect: 1, circular: 0 }[mode];
  if (spare === undefined) return null;
  for (const [axis, [length, side]] of [[input.height, "high"], [input.width, "wide"]].entries()) {
    const most = length - spare;
    if (padding[axis] > most) {
      return `Padding mode ${mode} cannot add ${pixels(padding[axis])} at a side of a picture ${pixels(length)} ${side}: `
        + `use padding of at most ${most}, or padding mode zeros or replicate.`;
    }
  }
  return null;
}

function sizeProblem({ kernel, padding, dilation }, input) {
  for (const [axis, [length, side]] of [[input.height, "high"], [input.width, "wide"]].entries()) {
    const [k, p, d] = [kernel[axis], padding[axis], dilation[axis]];
    const [wanted, padded] = [span(k, d), length + 2 * p];
    if (padded >= wanted) continue;
    const ways = [`padding of at least ${Math.ceil((wanted - length) / 2)}`, `a kernel of at most ${Math.floor((padded - 1) / d) + 1}`];
    const largest = Math.floor((padded - 1) / (k - 1));
    if (d > 1 && largest >= 1) ways.push(largest === 1 ? "dilation 1" : `dilation of at most ${largest}`);
    const listed = `${ways.slice(0, -1).join(", ")}${ways.length > 2 ? "," : ""} or ${ways.at(-1)}`;
    return `A ${kernel.join("×")} kernel${d > 1 ? ` with dilation ${d}` : ""} spans ${pixels(wanted)} but the `
      + `${p ? "padded input" : "input"} is only ${padded} ${side}: use ${listed}.`;
  }
  return null;
}

function transposedProblem({ kernel, stride, padding, dilation, mode }, input) {
  if (mode !== "zeros") return `A transposed convolution has no padding mode ${mode}: its padding cuts the output off. Use zeros.`;
  for (const [axis, length] of [input.height, input.width].entries()) {
    const uncut = outputLength(length, kernel[axis], stride[axis], 0, dilation[axis], true);
    if (2 * padding[axis] >= uncut) {
      return `Padding ${padding[axis]} cuts off all of an output of ${pixels(uncut)}: use padding of at most ${Math.floor((uncut - 1) / 2)}.`;
    }
  }
  return null;
}
