// Classic kernels: the picture, the result, and the sum of products behind the value one points at.

import { showBar } from "../shared/bar.js";
import { button, element, ground, onNextFrame, saveButton, themeColour } from "../shared/dom.js";
import { full, short } from "../shared/format.js";
import { drawGrid, matrixFields, showMatrix } from "../shared/grids.js";
import { mounting } from "../shared/mount.js";
import { cellAt, decode, pixelsOf, put, savePng, sharpen } from "../shared/pixels.js";
import { outputOver, planes, sizeAfter, valueAt } from "./arithmetic.js";
import { buildDials, showDials } from "./dials.js";
import { buildHistogram, drawHistogram } from "./histogram.js";
import { drawPreview } from "./preview.js";

const CHANNELS = { 1: ["grey"], 3: ["red", "green", "blue"] };
const BORDER_WORDS = {
  zeros: "zeros", replicate: "the edge repeated", reflect: "mirrored", circular: "wrapped around",
};
const REDUCTIONS = {
  relu: { sign: "max(0, ·)", words: "the positive part of the value" },
  max_pool: { sign: "max", words: "the largest of 4 values" },
  average_pool: { sign: "mean", words: "the mean of 4 values" },
};
let previews = 0;

export default mounting(build, update);

function build(parent) {
  const view = { at: null, pinned: false, channel: 0, order: 0, panels: [], stroke: null };
  view.root = element("div", { className: "view kernel-view" });
  view.grid = element("div", { className: "panels" });
  view.sentence = element("p", { className: "sentence", "aria-live": "polite" });
  view.sum = element("div", { className: "sum" });
  view.dials = element("div", { className: "dials" });
  view.root.append(view.dials, view.grid, view.sentence, view.sum);
  parent.append(view.root);
  view.redraw = onNextFrame(() => drawPointed(view));
  view.redrawPreview = onNextFrame(() => preview(view));
  view.resize = new ResizeObserver(view.redraw);
  view.resize.observe(view.root);
  return view;
}

// New settings from the server: decode everything first, then change all panels at once.
async function update(view, header) {
  const order = (view.order += 1);
  try {
    const pixels = header.picture ? await pixelsOf(new URL(header.picture, location.origin).href) : null;
    const sources = await Promise.all(header.panels.map((panel) => panelSource(panel, header, pixels)));
    // A newer setting overtook this one, or a slider is in motion and the server will hear of it.
    if (order !== view.order || (view.header && view.dials.moving?.())) return;
    view.header = header;
    const channels = header.channels;
    if (view.pixels !== pixels || view.channels !== channels) {
      view.planes = planes(pixels, channels);
      Object.assign(view, { pixels, channels, channel: Math.min(view.channel, channels - 1) });
    }
    view.image = { planes: view.planes, width: pixels.width, height: pixels.height, border: header.border };
    if (header.channel !== null && header.channel !== undefined) view.channel = header.channel;
    view.size = sizeAfter(pixels, header.stages);
    view.at = insideOrCentre(view.at, view.size);
    showPanels(view, sources);
    offerDials(view);
    view.root.dataset.cnnvizDrawn = header.token;
    showSum(view);
    drawPointed(view);
  } catch (error) {
    if (order === view.order) view.sentence.textContent = error.message;
  }
}

function offerDials(view) {
  const dials = view.header.dials.map((dial) => ({ ...dial, matrices: unpackMatrices(view.header, dial) }));
  const key = JSON.stringify(view.header.dials.map(({ name, title, minimum, maximum, step }) => [name, title, minimum, maximum, step]));
  if (key === view.dialKey) { showDials(view.dials, dials); return; }
  view.dialKey = key;
  buildDials(
    view.dials, dials, (dial, value) => { turn(view, dial, value); view.redrawPreview(); },
    (name, value) => view.send("dial", { name, value }),
  );
}

// The matrix of every step of a slider, or null where it leaves the matrix alone (the bias).
function unpackMatrices({ arrays }, { name, shapes }) {
  if (!shapes.length) return null;
  let at = 0;
  return shapes.map(([rows, cols]) => Array.from({ length: rows }, () => {
    at += cols;
    return Array.from(arrays[`dial_${name}`].subarray(at - cols, at));
  }));
}

function turn(view, dial, value) {
  const { stages } = view.header;
  const stage = { ...stages[stages.length - 1] };
  if (dial.matrices) stage.matrix = dial.matrices[Math.round((value - dial.minimum) / dial.step)];
  else stage.bias = value;
  view.header = { ...view.header, stages: [...stages.slice(0, -1), stage] };
}

function preview(view) {
  drawPreview(view, view.header.stages[view.header.stages.length - 1]);
  view.root.dataset.cnnvizDrawn = `preview ${(previews += 1)}`;
  showSum(view);
  drawPointed(view);
}

function insideOrCentre(at, [height, width]) {
  if (at && at.row < height && at.col < width) return at;
  return { row: Math.floor(height / 2), col: Math.floor(width / 2) };
}

async function panelSource(panel, header, pixels) {
  if (panel.source === "picture") return new ImageData(pixels.rgba, pixels.width, pixels.height);
  return decode(header.arrays[panel.source], panel.mime);
}

function showPanels(view, sources) {
  const { panels } = view.header;
  const shape = panels.map((panel) => panel.role).join();
  if (shape !== view.shape) {
    view.panels = panels.map((panel) => buildPanel(view, panel.role));
    view.grid.replaceChildren(...view.panels.map((panel) => panel.figure));
    view.grid.style.setProperty("--panels", panels.length);
    view.shape = shape;
  }
  view.root.style.setProperty("--aspect", view.pixels.width / view.pixels.height);
  panels.forEach((panel, i) => {
    const built = view.panels[i];
    const source = sources[i];
    if (source instanceof ImageData) {
      built.canvas.width = source.width;
      built.canvas.height = source.height;
      built.canvas.getContext("2d").putImageData(source, 0, 0);
    } else put(built.canvas, source);
    built.title.textContent = panel.title;
    built.frame.setAttribute("aria-label", `${panel.title}. Arrow keys move the point, Enter pins it.`);
    built.name = panel.file;
    showBar(built.bar, panel.bar, panel.note);
    drawHistogram(built.histogram, panel.histogram);
  });
}

function buildPanel(view, role) {
  const panel = { role };
  panel.canvas = element("canvas", {});
  panel.marks = element("canvas", { className: "marks" });
  panel.frame = element("div", { className: "frame", tabIndex: 0, role: "img" }, panel.canvas, panel.marks);
  panel.title = element("span");
  const save = saveButton("Save this picture as PNG", () => savePng(panel.canvas, panel.name));
  panel.bar = element("div", { className: "bar" });
  panel.histogram = buildHistogram();
  panel.figure = element(
    "figure", {}, element("figcaption", {}, panel.title, save), panel.frame, panel.bar, panel.histogram);
  panel.figure.dataset.role = role;
  listen(view, panel);
  return panel;
}

function listen(view, panel) {
  // In cells of the result; on the way into a pooling stage several pixels belong to one of them.
  const point = (event) => {
    const cell = cellAt(event, panel.canvas, panel.canvas.width, panel.canvas.height);
    if (panel.role === "paint" || panel.role === "result") return cell;
    return outputOver(view.header.stages.at(-1), view.size, cell.row, cell.col);
  };
  const painting = () => panel.role === "paint";
  panel.frame.onpointermove = (event) => {
    if (!view.pixels) return;
    if (view.stroke) addToStroke(view, point(event));
    else if (!view.pinned) { view.at = point(event); view.pointed = panel.role; }
    view.redraw();
  };
  panel.frame.onpointerdown = (event) => {
    if (!view.pixels) return;
    view.at = point(event);
    view.pointed = panel.role;
    if (painting()) {
      panel.frame.setPointerCapture(event.pointerId);
      view.stroke = [];
      addToStroke(view, view.at);
    } else view.pinned = !view.pinned;
    view.redraw();
  };
  panel.frame.onpointerup = () => finishStroke(view);
  panel.frame.onpointercancel = () => finishStroke(view);
  panel.frame.onkeydown = (event) => {
    const step = event.shiftKey ? 10 : 1;
    const move = { ArrowUp: [-step, 0], ArrowDown: [step, 0], ArrowLeft: [0, -step], ArrowRight: [0, step] }[event.key];
    if (move) {
      const clamp = (value, size) => Math.min(size - 1, Math.max(0, value));
      view.at = { row: clamp(view.at.row + move[0], view.size[0]), col: clamp(view.at.col + move[1], view.size[1]) };
      Object.assign(view, { pinned: true, pointed: panel.role });
    } else if (event.key === "Escape") view.pinned = false;
    else if (event.key === "Enter" || event.key === " ") {
      if (painting()) { view.stroke = []; addToStroke(view, view.at); finishStroke(view); } else view.pinned = !view.pinned;
    } else return;
    event.preventDefault();
    view.redraw();
  };
}

function addToStroke(view, { row, col }) {
  const last = view.stroke[view.stroke.length - 1];
  if (!last || last[0] !== row || last[1] !== col) view.stroke.push([row, col]);
}

function finishStroke(view) {
  if (!view.stroke) return;
  const points = view.stroke;
  view.stroke = null;
  view.send("stroke", { points });
}

// The kernel's fields are made anew only for another shape, so that typing is never interrupted.
function showSum(view) {
  const { stages, editable } = view.header;
  const { kind, matrix } = stages[stages.length - 1];
  const key = [kind, matrix.length, matrix[0].length, editable, view.channels].join();
  if (key !== view.sumKey) {
    view.sumKey = key;
    buildSum(view, kind, matrix, editable);
  }
  if (kind !== "kernel") return;
  const family = getComputedStyle(view.root).fontFamily;
  showMatrix(view.fields, matrix, editable, { ground: ground(view.root), family });
}

function buildSum(view, kind, matrix, editable) {
  view.patch = element("canvas", { role: "img" });
  view.products = element("canvas", { role: "img" });
  view.equals = element("div", { className: "equals" });
  view.fields = matrixFields(matrix.length, matrix[0].length, {
    changed: (edited) => view.send("edit", { matrix: edited }),
    moved: (edited) => { turn(view, { matrices: [edited], minimum: 0, step: 1 }, 0); view.redrawPreview(); },
  });
  const part = (title, node) => element("figure", {}, element("figcaption", { textContent: title }), node);
  // A sign stays with what follows it, wherever the line breaks.
  const after = (sign, node) => element("div", {}, element("span", { className: "sign", textContent: sign }), node);
  const total = element("div", { className: "total" }, channelButtons(view), view.equals);
  const values = element("div", {}, part(kind === "kernel" ? "Values under the kernel" : "Values", view.patch));
  if (kind !== "kernel") {
    view.sum.replaceChildren(values, after(`${REDUCTIONS[kind].sign} →`, total));
    return;
  }
  view.sum.replaceChildren(
    values,
    after("×", part(editable ? "Kernel: type or drag up and down" : "Kernel", view.fields)),
    after("=", part("Products", view.products)),
    after("→", total),
  );
}

function channelButtons(view) {
  const names = CHANNELS[view.channels];
  const box = element("div", { className: "channels", hidden: names.length === 1, role: "group", "aria-label": "Channel" });
  box.append(...names.map((name, i) => button(name, "", () => { view.channel = i; drawPointed(view); })));
  view.channelBox = box;
  return box;
}

function drawPointed(view) {
  if (!view.header) return;
  const { stages } = view.header;
  const { row, col } = view.at;
  const traced = valueAt(view.image, stages, view.channel, row, col);
  const signed = (cells) => cells.map((line) => line.map((value) => (typeof value === "number" ? { value } : value)));
  const look = {
    ground: ground(view.root), line: themeColour(view.root, "border-color"),
    accent: themeColour(view.root, "primary-color"),
  };
  const values = traced.patch.flat().map((cell) => cell.value);
  const tone = values.every((value) => value >= 0 && value <= 1);
  drawGrid(view.patch, traced.patch, { ...look, kind: tone && view.header.clamped ? "tone" : "signed", limit: Math.max(...values.map(Math.abs)) });
  const products = signed(traced.products);
  drawGrid(view.products, products, { ...look, kind: "signed", limit: Math.max(...products.flat().map((c) => Math.abs(c.value))) });
  [...view.channelBox.children].forEach((button, i) => button.setAttribute("aria-pressed", String(i === view.channel)));
  showValue(view, traced);
  for (const panel of view.panels) drawMarks(view, panel, traced, look.accent);
}

function showValue(view, traced) {
  const { row, col } = view.at;
  const { kind } = view.header.stages.at(-1);
  const count = traced.products.length * traced.products[0].length;
  const padded = traced.patch.flat().filter((cell) => cell.padding).length;
  const channel = view.channels === 1 ? "" : `${CHANNELS[view.channels][view.channel]}, `;
  const bias = traced.bias ? ` + bias ${short(traced.bias)}` : "";
  view.equals.replaceChildren(
    `${short(traced.value)}`,
    element("small", { textContent: kind !== "kernel" ? REDUCTIONS[kind].words
      : traced.bias ? `${short(traced.sum)} + ${short(traced.bias)}` : "sum of the products" }),
  );
  view.equals.title = full(traced.value);
  view.root.dataset.value = traced.value;
  const shown = view.header.clamped && (traced.value < 0 || traced.value > 1)
    ? ` It is shown as ${traced.value < 0 ? "black: clamped to 0" : "white: clamped to 1"}.` : "";
  const edge = padded ? ` ${padded} of the cells lie outside the picture (${BORDER_WORDS[view.header.border]}).` : "";
  const reads = view.pointed === "input" && kind === "kernel"
    ? ` The picture's pixel here is read by up to ${count} output values: one for each cell of the kernel.` : "";
  view.sentence.textContent = `out[${channel}${row}, ${col}] = ${short(traced.value)} is `
    + `${kind === "kernel" ? `the sum of ${count} product${count === 1 ? "" : "s"}${bias}` : REDUCTIONS[kind].words}.${shown}${edge}${reads}${view.pinned ? " Pinned: click or press Escape to let go." : ""}`;
}

// The patch on the input, the value on the result; pointing at the input marks the outputs that read the pixel.
function drawMarks(view, panel, traced, accent) {
  const scale = sharpen(panel.marks, panel.canvas.width, panel.canvas.height);
  const context = panel.marks.getContext("2d");
  context.clearRect(0, 0, panel.marks.width, panel.marks.height);
  if (panel.role === "paint") return drawBrush(view, context, scale, accent);
  const { row, col } = view.at;
  const single = [row, col, row, col];
  const patch = [traced.rows[0], traced.cols[0], traced.rows.at(-1), traced.cols.at(-1)];
  const pooled = view.header.stages.at(-1).kind !== "kernel"; // windows do not overlap: one reader
  const readers = pooled ? single : [2 * row - patch[2], 2 * col - patch[3], 2 * row - patch[0], 2 * col - patch[1]];
  const onInput = view.pointed === "input";
  const isResult = panel.role === "result";
  const isSource = panel === view.panels[view.panels.findIndex((other) => other.role === "result") - 1];
  if (!isResult && !isSource) return undefined;
  outline(context, scale, (isResult ? onInput ? readers : single : onInput && !pooled ? single : patch), accent);
  return undefined;
}

function outline(context, scale, [top, left, bottom, right], accent) {
  const least = 7 * scale.ratio; // a single pixel must be seen from the back row
  let [x, y] = [left * scale.x, top * scale.y];
  let [w, h] = [(right - left + 1) * scale.x, (bottom - top + 1) * scale.y];
  if (w < least) { x -= (least - w) / 2; w = least; }
  if (h < least) { y -= (least - h) / 2; h = least; }
  for (const [colour, thickness] of [["#000000", 5], ["#ffffff", 3.5], [accent, 2]]) {
    context.strokeStyle = colour;
    context.lineWidth = thickness * scale.ratio;
    context.strokeRect(x, y, w, h);
  }
}

function drawBrush(view, context, scale, accent) {
  const { radius, colour } = view.header.brush;
  const dab = ([row, col]) => {
    context.beginPath();
    context.ellipse((col + 0.5) * scale.x, (row + 0.5) * scale.y, (radius + 0.5) * scale.x, (radius + 0.5) * scale.y, 0, 0, 7);
  };
  context.fillStyle = colour;
  for (const point of view.stroke ?? []) { dab(point); context.fill(); }
  context.strokeStyle = accent;
  context.lineWidth = 2 * scale.ratio;
  dab([view.at.row, view.at.col]);
  context.stroke();
}
