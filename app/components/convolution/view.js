// The convolution view: state and wiring. Pointing, playing and every setting are answered here, in the browser; the
// server hears of new settings afterwards and owns them for the link.

import { element, onNextFrame } from "../shared/dom.js";
import { mounting } from "../shared/mount.js";
import { forward, makePlan, readers, unread, weightIndex } from "./arithmetic.js";
import { buildControls } from "./controls.js";
import { forgetWidths } from "./draw.js";
import { buildLiveText } from "./live_text.js";
import { buildPlayer, showPosition } from "./player.js";
import { problem } from "./rules.js";
import { arrange, drawMoving, drawStill, measure, readLook } from "./stage.js";
import { reshaped } from "./weights.js";

const SEND_AFTER = 20; // ms of rest before the server hears of settings that change one after another
const BURST = 200; // ms within which changes belong together; the first of them is told at once
export default mounting(build, update, (view) => {
  view.player.pause();
  clearTimeout(view.timer);
  clearTimeout(view.resting);
  document.fonts.removeEventListener("loadingdone", view.fontsCame);
});

function build(parent) {
  const view = { at: { map: 0, row: 0, col: 0 }, cell: null, pinned: false, planes: { inputs: [], outputs: [] }, terms: [], revision: 0, changed: -Infinity };
  view.root = element("div", { className: "view convolution" });
  view.stage = element("div", { className: "stage" });
  view.controls = buildControls((part) => change(view, part));
  view.player = buildPlayer((position) => goTo(view, position));
  view.sentence = buildLiveText(element("p", { className: "sentence", "aria-live": "polite" }));
  view.formula = element("p", { className: "formula" });
  view.root.append(view.controls.node,
    element("div", { className: "main" }, view.sentence.node, view.stage, view.player.node, view.formula));
  parent.append(view.root);
  view.edit = (term, row, col, value) => changeWeight(view, term, row, col, value);
  view.redraw = onNextFrame(() => drawMoving(view));
  view.recompute = onNextFrame(() => recompute(view));
  view.remeasure = onNextFrame(() => remeasure(view));
  view.resize = new ResizeObserver(() => { if (view.settings && view.stage.clientWidth !== view.width) remeasure(view); });
  view.resize.observe(view.stage);
  view.fontsCame = () => { forgetWidths(); if (view.settings) view.remeasure(); };
  document.fonts.addEventListener("loadingdone", view.fontsCame);
  return view;
}

// New data from the server. Settings that are an echo of our own are older than what stands here: they are left, and
// where nothing else is new, so is all that is drawn.
function update(view, header) {
  const raw = header.arrays.input;
  const echoed = view.settings && header.echo !== null && header.echo <= view.revision;
  const stands = echoed && givenOf(header) === view.given && raw.every((value, i) => value === view.raw[i]);
  view.header = header;
  if (stands) {
    view.root.dataset.cnnvizDrawn = header.token;
    return;
  }
  const [channels, height, width] = raw.shape;
  const data = header.divisor === 1 ? Float64Array.from(raw) : Float64Array.from(raw, (v) => Math.fround(v / header.divisor));
  Object.assign(view, { raw, given: givenOf(header) });
  view.input = { data, channels, height, width, names: header.names, low: header.low, high: header.high };
  if (!echoed && JSON.stringify(header.settings) !== JSON.stringify(view.settings)) {
    clearTimeout(view.timer);
    Object.assign(view, { settings: header.settings, pinned: false, cell: null, at: { map: 0, row: -1, col: -1 } });
  }
  finish(view);
}

// All that is drawn by, but for the settings and the values themselves.
const givenOf = ({ arrays, names, divisor, low, high, stops }) => JSON.stringify([arrays.input.shape, names, divisor, low, high, stops]);

function finish(view) {
  view.look = readLook(view.root);
  remeasure(view);
  view.root.dataset.cnnvizDrawn = view.header.token;
}

// A setting changed here: shown with the next frame, told to the server at once, and again when the hand rests.
function change(view, part) {
  view.settings = reshaped(view.settings, part, view.input.channels);
  view.recompute();
  clearTimeout(view.timer);
  const alone = performance.now() - view.changed > BURST;
  view.changed = performance.now();
  view.timer = setTimeout(() => {
    if (problem(view.settings, view.input)) return; // the link keeps the last settings that can be
    view.revision += 1;
    view.send("settings", { revision: view.revision, ...view.settings });
  }, alone ? 0 : SEND_AFTER);
}

function remeasure(view) {
  measure(view);
  recompute(view);
}

// Asks the page for no size: a change of a setting would pay with a layout for each question.
function recompute(view) {
  const { settings, input } = view;
  view.controls.show(settings, { ...input, map: view.at.map });
  view.problem = problem(settings, input);
  if (!view.problem) {
    view.plan = makePlan(settings, input);
    view.output = forward(input, settings, view.plan);
    view.never = { rows: unread(view.plan.rows), cols: unread(view.plan.cols) };
    keepInside(view);
  }
  arrange(view, handlersOf(view));
  drawStill(view);
  drawMoving(view);
}

// The place in hand where it still exists, else the middle.
function keepInside(view) {
  const { at, output, cell, input } = view;
  at.map = Math.min(at.map, output.channels - 1);
  if (at.row < 0 || at.row >= output.height || at.col < 0 || at.col >= output.width) {
    Object.assign(at, { row: Math.floor(output.height / 2), col: Math.floor(output.width / 2) });
  }
  if (cell && (cell.channel >= input.channels || cell.row >= input.height || cell.col >= input.width)) view.cell = null;
  if (view.settings.transposed && !view.cell) pointInput(view, { channel: 0, row: Math.floor(input.height / 2), col: Math.floor(input.width / 2) });
}

function handlersOf(view) {
  return (role, index) => {
    const bounds = () => (role === "input" ? view.input : view.output);
    const point = (row, col) => {
      const { height, width } = bounds();
      const place = { row: Math.max(0, Math.min(height - 1, row)), col: Math.max(0, Math.min(width - 1, col)) };
      if (role === "input") pointInput(view, { channel: index, ...place });
      else pointOutput(view, { map: index, ...place });
      view.redraw();
    };
    return {
      pointed: (row, col) => { if (!view.pinned && !view.problem) { view.player.pause(); point(row, col); } },
      pressed: (row, col) => {
        if (view.problem) return;
        view.player.pause();
        point(row, col);
        view.pinned = !view.pinned;
      },
      moved: (rows, cols) => {
        if (view.problem) return;
        view.player.pause();
        const from = role === "input" ? view.cell ?? { row: 0, col: 0 } : view.at;
        point(from.row + rows, from.col + cols);
        view.pinned = true;
      },
      pin: () => { view.pinned = !view.pinned; view.redraw(); },
      release: () => { view.pinned = false; view.redraw(); },
    };
  };
}

function pointOutput(view, at) {
  if (at.map !== view.at.map) view.controls.show(view.settings, { ...view.input, map: at.map });
  view.at = at;
  view.cell = null;
}

// An input cell: the value taken apart is that of the output whose window has it nearest to its centre.
function pointInput(view, cell) {
  view.cell = cell;
  const { kernel } = view.settings;
  const off = ([a, b]) => Math.abs(a - (kernel[0] - 1) / 2) + Math.abs(b - (kernel[1] - 1) / 2);
  let best = Infinity;
  for (const { row, col, taps } of readers(view.plan, cell)) {
    for (const tap of taps) {
      if (off(tap) < best) { best = off(tap); view.at = { map: view.at.map, row, col }; }
    }
  }
}

// Position in reading order: over the outputs of one map, or, transposed, over the inputs that stamp the kernel.
function goTo(view, position) {
  if (view.problem) return;
  if (view.settings.transposed) {
    const { width } = view.input;
    pointInput(view, { channel: view.cell?.channel ?? 0, row: Math.floor(position / width), col: position % width });
  } else {
    const { width } = view.output;
    pointOutput(view, { map: view.at.map, row: Math.floor(position / width), col: position % width });
  }
  showPosition(view.player, position, view.player.count);
  view.redraw();
}

// A weight of the term in hand was changed: `row`, `col` are where it lies on the patch.
function changeWeight(view, term, row, col, value) {
  const { settings, input, at } = view;
  const weights = [...settings.weights];
  weights[weightIndex(settings, input.channels / settings.groups, at.map, term.index, row, col)] = value;
  change(view, { weights, fill: "own" });
}
