// Activation functions: curve and derivative, a feature map before and after, and the histogram; one x runs through all.

import { showBar } from "../shared/bar.js";
import { element, onNextFrame, saveButton } from "../shared/dom.js";
import { full, short } from "../shared/format.js";
import { mounting } from "../shared/mount.js";
import { cellAt, decode, outline, put, savePng, sharpen } from "../shared/pixels.js";
import { drawCurves, drawHistogram, look, markCurves, markHistogram, swatch } from "./charts.js";
import { binOf, clampTo, sampleOf, xOf } from "./scales.js";

export default mounting(build, update);

// `at` is {x} (pointed at on a curve or the histogram) or {row, col} (on a map).
function build(parent) {
  const view = { at: null, pinned: false, order: 0 };
  view.curve = chart(view, "curve", "f(x)");
  view.slope = chart(view, "slope", "Derivative f′(x)");
  view.histogram = chart(view, "histogram", "Values");
  view.before = mapPanel(view, "before", "Before");
  view.after = mapPanel(view, "after", "After");
  view.legend = element("table", { className: "legend" });
  view.sentence = element("p", { className: "sentence", "aria-live": "polite" });
  const legend = element("figure", {}, element("figcaption", { textContent: "At the x pointed at" }), view.legend);
  legend.dataset.role = "numbers";
  view.grid = element("div", { className: "parts" }, view.curve.figure, view.slope.figure, legend,
    view.before.figure, view.after.figure, view.histogram.figure);
  view.root = element("div", { className: "view activation-view" }, view.sentence, view.grid);
  parent.append(view.root);
  view.redraw = onNextFrame(() => drawPointed(view));
  view.resize = new ResizeObserver(onNextFrame(() => { drawAll(view); drawPointed(view); }));
  view.resize.observe(view.root);
  return view;
}

function figure(view, role, title, className) {
  const part = { role };
  part.canvas = element("canvas");
  part.marks = element("canvas", { className: "marks" });
  part.frame = element("div", { className: `frame ${className}`, tabIndex: 0, role: "img" }, part.canvas, part.marks);
  part.title = element("span", { textContent: title });
  const save = saveButton("Save as PNG", () => savePng(part.canvas, `cnnviz ${part.title.textContent.toLowerCase()}.png`));
  part.figure = element("figure", {}, element("figcaption", {}, part.title, save), part.frame);
  part.figure.dataset.role = role;
  part.frame.onpointerleave = () => {};
  return part;
}

function chart(view, role, title) {
  const part = figure(view, role, title, "chart");
  const point = (event) => {
    const x = part.scale?.x.value(event.clientX - part.canvas.getBoundingClientRect().left);
    return x === undefined ? null : { x: snapped(view, role === "histogram" ? x : clampTo(x, view.header.reach)) };
  };
  listen(view, part, point, (key, step) => {
    const by = { ArrowLeft: -0.01, ArrowDown: -0.01, ArrowRight: 0.01, ArrowUp: 0.01 }[key];
    return by && { x: snapped(view, clampTo(pointedX(view) + by * step, view.header.reach)) };
  });
  part.frame.setAttribute("aria-label", `${title}. Arrow keys move x by a hundredth, with Shift by a tenth.`);
  return part;
}

function mapPanel(view, role, title) {
  const part = figure(view, role, title, "map");
  part.bar = element("div", { className: "bar" });
  part.figure.append(part.bar);
  const cells = () => [view.header.width, view.header.height];
  listen(view, part, (event) => cellAt(event, part.canvas, ...cells()), (key, step) => {
    const move = { ArrowUp: [-step, 0], ArrowDown: [step, 0], ArrowLeft: [0, -step], ArrowRight: [0, step] }[key];
    if (!move) return null;
    const [width, height] = cells();
    const from = view.at.row === undefined ? view.lastCell : view.at;
    const clamp = (value, size) => Math.min(size - 1, Math.max(0, value));
    return { row: clamp(from.row + move[0], height), col: clamp(from.col + move[1], width) };
  });
  part.frame.setAttribute("aria-label", `Feature map ${title.toLowerCase()} the function. Arrow keys move the point.`);
  return part;
}

// Pointing, clicking (pins) and keys are the same everywhere; `point` and `move` say what place they mean.
function listen(view, part, point, move) {
  const go = (at) => {
    if (!at) return false;
    view.at = at;
    if (at.row !== undefined) view.lastCell = at;
    view.redraw();
    return true;
  };
  part.frame.onpointermove = (event) => { if (view.header && !view.pinned) go(point(event)); };
  part.frame.onpointerdown = (event) => {
    if (!view.header) return;
    view.pinned = !view.pinned;
    go(point(event));
  };
  part.frame.onkeydown = (event) => {
    if (!view.header) return;
    if (event.key === "Escape") view.pinned = false;
    else if (event.key === "Enter" || event.key === " ") view.pinned = !view.pinned;
    else if (!go(move(event.key, event.shiftKey ? 10 : 1))) return;
    event.preventDefault();
    view.redraw();
  };
}

const snapped = (view, x) => Math.round(x * view.header.per_unit) / view.header.per_unit;
const cellIndex = (view) => view.at.row * view.header.width + view.at.col;
const pointedX = (view) => (view.at.row === undefined ? view.at.x : view.header.arrays.before[cellIndex(view)]);

async function update(view, header) {
  const order = (view.order += 1);
  const { arrays } = header;
  const [before, after] = await Promise.all([arrays.before_png, arrays.after_png].map((png) => decode(png, "image/png")));
  if (order !== view.order) return; // a newer setting overtook this one
  const moved = view.header?.where !== header.where;
  view.header = header;
  if (moved || !view.at) {
    view.at = view.lastCell = nearest(header, -1); // a value that the functions treat differently
    view.pinned = false;
  }
  const samples = arrays.values.length / header.curves.length;
  const rows = (all) => header.curves.map((_, i) => all.subarray(i * samples, (i + 1) * samples));
  Object.assign(view, { values: rows(arrays.values), slopes: rows(arrays.slopes) });
  put(view.before.canvas, before);
  put(view.after.canvas, after);
  view.after.title.textContent = `After ${header.curves[0].title}`;
  for (const part of [view.before, view.after]) showBar(part.bar, header.bar);
  drawAll(view);
  drawPointed(view);
  view.root.dataset.cnnvizDrawn = header.token;
}

// The cell in the middle half of the map whose value is nearest to `wanted`.
function nearest({ arrays, height, width }, wanted) {
  let best = { row: Math.floor(height / 2), col: Math.floor(width / 2) };
  const off = ({ row, col }) => Math.abs(arrays.before[row * width + col] - wanted);
  for (let row = Math.floor(height / 4); row < 0.75 * height; row += 1) {
    for (let col = Math.floor(width / 4); col < 0.75 * width; col += 1) {
      if (off({ row, col }) < off(best)) best = { row, col };
    }
  }
  return best;
}

// What does not change with pointing.
function drawAll(view) {
  if (!view.header) return;
  const { arrays, curves } = view.header;
  const style = view.style = look(view.root);
  view.curve.scale = drawCurves(view.curve.canvas, view.values, view.header, [-1.2, 8], style);
  view.slope.scale = drawCurves(view.slope.canvas, view.slopes, view.header, [-0.2, 1.2], style);
  const bars = { edges: arrays.edges, before: arrays.histogram_before, after: arrays.histogram_after };
  view.histogram.scale = drawHistogram(view.histogram.canvas, bars, style);
  view.histogram.title.textContent = "Values: line before, bars after";
  const head = element("tr", {}, ...["", "function", "f(x)", "f′(x)"].map((text) => element("th", { textContent: text, scope: "col" })));
  view.cells = curves.map(() => [element("td"), element("td")]);
  view.legend.replaceChildren(element("thead", {}, head), element("tbody", {}, ...curves.map((curve, row) => element("tr", {},
    element("td", {}, swatch(row, style)), element("th", { textContent: curve.title, title: curve.formula, scope: "row" }),
    ...view.cells[row]))));
}

function drawPointed(view) {
  if (!view.header || !view.style) return;
  const { header, style } = view;
  const exact = pointedX(view);
  const sample = sampleOf(exact, header);
  const x = xOf(sample, header);
  const [values, slopes] = [view.values, view.slopes].map((rows) => rows.map((row) => row[sample]));
  markCurves(view.curve.marks, view.curve.scale, x, values, style);
  markCurves(view.slope.marks, view.slope.scale, x, slopes, style);
  view.cells.forEach(([value, slope], row) => {
    value.textContent = short(values[row]);
    value.title = full(Number(values[row].toPrecision(8)));
    slope.textContent = short(slopes[row]);
    slope.title = full(Number(slopes[row].toPrecision(8)));
  });
  view.legend.parentElement.firstChild.textContent =
    `At x = ${short(x)}${Math.abs(exact) > header.reach ? ", where the curves end" : ""}`;
  const found = markMaps(view, exact);
  const after = view.at.row === undefined ? values[0] : header.arrays.after[cellIndex(view)];
  const edges = header.arrays.edges;
  markHistogram(view.histogram.marks, view.histogram.scale, [binOf(exact, edges), binOf(after, edges)], edges, style);
  say(view, { exact, x, value: values[0], slope: slopes[0], found });
}

// One cell where a map is pointed at; else all cells whose value falls into the bin of x. Returns how many.
function markMaps(view, exact) {
  const { header, style } = view;
  const { before, edges } = header.arrays;
  const cells = [];
  if (view.at.row !== undefined) cells.push(cellIndex(view));
  else {
    const half = (edges[1] - edges[0]) / 2;
    before.forEach((value, i) => { if (Math.abs(value - exact) <= half) cells.push(i); });
  }
  for (const part of [view.before, view.after]) {
    const scale = sharpen(part.marks, header.width, header.height);
    const context = part.marks.getContext("2d");
    context.clearRect(0, 0, part.marks.width, part.marks.height);
    if (view.at.row !== undefined) outlineCell(context, scale, view.at, style.accent);
    else {
      context.fillStyle = style.accent;
      for (const i of cells) {
        const [col, row] = [i % header.width, Math.floor(i / header.width)];
        context.fillRect(col * scale.x, row * scale.y, Math.ceil(scale.x), Math.ceil(scale.y));
      }
    }
  }
  return cells.length;
}

function outlineCell(context, scale, { row, col }, accent) {
  const least = 9 * scale.ratio; // a cell must be seen from the back row
  const [width, height] = [Math.max(scale.x, least), Math.max(scale.y, least)];
  outline(context, { x: (col + 0.5) * scale.x - width / 2, y: (row + 0.5) * scale.y - height / 2, width, height }, accent, scale.ratio);
}

function say(view, { exact, x, value, slope, found }) {
  const { header, at } = view;
  const name = header.curves[0].title;
  let text;
  if (at.row === undefined) {
    const share = found / header.arrays.before.length;
    text = `${name}: f(${short(x)}) = ${short(value)}, and a gradient passes times f′(${short(x)}) = ${short(slope)}. `
      + `${(100 * share).toFixed(1)} % of the map's values lie here (marked).`;
    Object.assign(view.root.dataset, { x, value, slope });
  } else {
    const i = cellIndex(view);
    const [after, passes] = [header.arrays.after[i], header.arrays.slope[i]];
    const how = passes === 0 ? "no gradient passes back through it" : passes === 1 ? "a gradient passes back unchanged"
      : `a gradient passes back times ${short(passes)}`;
    text = `Map value [${at.row}, ${at.col}]: ${short(exact)} becomes ${short(after)}, and ${how}.`;
    Object.assign(view.root.dataset, { x: exact, value: after, slope: passes });
  }
  view.sentence.textContent = `${text}${view.pinned ? " Pinned: click or press Escape to let go." : ""}`;
}
