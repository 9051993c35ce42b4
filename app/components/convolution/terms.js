// One output value taken apart on the screen: for each channel the patch, the kernel, the products and their sum; then
// the total and the bias.

import { element } from "../shared/dom.js";
import { full, short } from "../shared/format.js";
import { drawGrid, resize } from "./draw.js";
import { buildKernelGrid } from "./kernel_grid.js";
import { buildLiveText, paintText, say } from "./live_text.js";

// One row of terms for a channel. `channel` names it where there are several, `name()` its kernel; `changed(term, row, col, value)` hears of a weight that was changed.
export function buildTerm(index, channel, name, changed, redraw) {
  const term = { index };
  const figure = (title, node) => element("figure", {}, element("figcaption", { textContent: title }), node);
  const sign = (text, name = "sign") => element("span", { className: name, textContent: text });
  term.patch = element("canvas", { role: "img" });
  term.products = element("canvas", { role: "img" });
  term.kernel = buildKernelGrid(() => `Kernel of ${name()}`, (row, col, value) => changed(term, row, col, value), redraw);
  term.sum = buildLiveText(element("div", { className: "sum" }));
  term.node = element("div", { className: "term" },
    element("div", {}, figure("Patch", term.patch), sign("×"), figure("Kernel", term.kernel.node)),
    element("div", {}, sign("="), figure("Products", term.products), sign("→", "sign onto"), figure(channel ? `${channel} sum` : "Sum", term.sum.node)));
  return term;
}

// Before it is drawn: the size of its grids.
export function sizeTerm(term, [rows, cols], gridSide) {
  const cell = cellOf(rows, cols, gridSide);
  for (const canvas of [term.patch, term.kernel.canvas, term.products]) {
    if (resize(canvas, cols * cell, rows * cell)) term.kernelKey = null;
  }
}

const cellOf = (rows, cols, gridSide) => Math.max(6, Math.min(54, Math.floor(gridSide / Math.max(rows, cols, 3))));

// rows × cols cells of `gridSide` pixels in all; `limits`: largest size of a weight and of a product; `marked`: tap
// indices that belong to the input cell pointed at.
export function drawTerm(term, shown, { rows, cols, gridSide, scales, look, limits, padded, blank, marked }) {
  const cell = cellOf(rows, cols, gridSide);
  const grid = { rows, cols, cell, look, mark: marked };
  drawGrid(term.patch, shown.patch, { ...grid, scale: scales.input, padded, blank });
  drawKernel(term, shown.weights, { ...grid, scale: limited(limits.weight, scales.signed) });
  drawGrid(term.products, shown.products, { ...grid, scale: limited(limits.product, scales.signed), blank });
  paintText(term.sum, [{ text: short(shown.sum) }]);
}

// The kernel is the same wherever one points, so it is drawn only when it, its size, its marks or the theme changed.
function drawKernel(term, weights, grid) {
  const { rows, cols, cell, look } = grid;
  const selected = term.kernel.selected;
  const mark = selected ? [...(grid.mark ?? []), selected.row * cols + selected.col] : grid.mark;
  const key = [rows, cols, cell, look.ground, window.devicePixelRatio, grid.scale.high, mark ?? "", weights].join();
  if (key === term.kernelKey) return;
  term.kernelKey = key;
  drawGrid(term.kernel.canvas, weights, { ...grid, mark });
  term.kernel.show(rows, cols, cell, weights);
}

// For a screen reader the numbers of the grids, and the full value on pointing: when the pointer has come to rest.
export function describeTerm(term, shown) {
  term.patch.setAttribute("aria-label", `Patch: ${list(shown.patch)}`);
  term.products.setAttribute("aria-label", `Products: ${list(shown.products)}`);
  term.sum.node.title = full(shown.sum);
  say(term.sum);
}

const list = (values) => (values.length <= 25 ? values.map(short).join(", ") : `${values.length} numbers`);

// The scale's colours do not depend on its limit, so only the limit is exchanged.
const limited = (limit, signed) => ({ ...signed, low: -limit, high: limit });

const FIXED = "\u00a0"; // a space at which no line ends

// "0.12 + 0.3 − 0.05 = 0.37  + bias 0.02  = 0.39"
export function paintTotal(total, traced) {
  const sums = traced.terms.map(({ sum }, i) => (i ? `${sum < 0 ? " − " : " + "}${short(Math.abs(sum))}` : short(sum))).join("");
  paintText(total, [
    { text: traced.terms.length > 1 ? `${sums} = ${short(traced.sum)}` : `Sum ${short(traced.sum)}` },
    { text: [traced.bias < 0 ? "−" : "+", "bias", short(Math.abs(traced.bias))].join(FIXED) },
    { text: `=${FIXED}${short(traced.value)}`, weight: 700, scale: 1.3 },
  ]);
}
