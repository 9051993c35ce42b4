// The picture: input planes, sums and output maps in their places; what stands still, and what moves with the pointer.

import { showBar } from "../shared/bar.js";
import { button, element, ground, setText, themeColour } from "../shared/dom.js";
import { full } from "../shared/format.js";
import { saveText } from "../shared/pixels.js";
import { channelsOf, explain, planeOf, readers, weightsOfTaps } from "./arithmetic.js";
import { drawPlane, fit, box, makeScale, markCells, markWindow, resize } from "./draw.js";
import { cellOf, layout } from "./layout.js";
import { buildLiveText, paintText, placeText, say } from "./live_text.js";
import { buildPlane } from "./plane.js";
import { showPosition } from "./player.js";
import { buildTerm, describeTerm, drawTerm, paintTotal, sizeTerm } from "./terms.js";
import { costSentence, formulaLines, inputSentence, outputSentence, unreadSentence } from "./words.js";

const REST = 150; // ms without a move
const HEAD = 17; // rem of the page above the view
const BAR = 4; // rem of it that stay where the rest is scrolled away: on a phone
const PHONE = 640; // CSS pixels

// The theme's colours and type, read once for each theme.
export function readLook(root) {
  const [r, g, b] = ground(root);
  return {
    ground: `rgb(${r} ${g} ${b})`, veil: `rgb(${r} ${g} ${b} / 0.62)`, text: themeColour(root, "text-color"),
    line: themeColour(root, "border-color"), accent: themeColour(root, "primary-color"),
    accentText: themeColour(root, "link-color"), family: getComputedStyle(root).fontFamily,
  };
}

// The room there is on the page: `width`, `room` (height seen at once) and `rem`, in CSS pixels.
export function measure(view) {
  const wide = window.innerWidth > PHONE;
  view.rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  view.width = view.stage.clientWidth;
  const head = (wide ? HEAD : BAR) * view.rem;
  view.room = Math.max(400, window.innerHeight - head - (wide ? view.sentence.node.offsetHeight : 0));
}

// Build what is missing, and give everything its size and place.
export function arrange(view, handlersFor) {
  const { input, settings } = view;
  const maps = view.output?.channels ?? settings.maps;
  const shape = `${input.channels},${maps},${input.names}`;
  if (shape !== view.shape) { view.shape = shape; build(view, maps, handlersFor); }
  const read = Math.max(1, Math.floor(input.channels / settings.groups));
  view.sizes = layout(view.width, view.room, { channels: input.channels, maps, read });
  const place = JSON.stringify([shape, view.sizes, view.look, view.rem, view.width]);
  if (place !== view.place) { view.place = place; putInPlace(view); } // else every setting would cost a layout more
}

function putInPlace(view) {
  const { stage, sizes: { mode, across, wrap } } = view;
  stage.dataset.mode = mode;
  stage.classList.toggle("wrap", wrap);
  for (const part of ["input", "output", "term"]) stage.style.setProperty(`--${part}-side`, `${view.sizes[`${part}Side`]}px`);
  stage.style.setProperty("--across", across);
  const overOutput = mode === "rows" || mode === "beside";
  const home = overOutput ? view.result : view.sums;
  if (view.total.node.parentNode !== home) home[overOutput ? "prepend" : "append"](view.total.node);
  placeText(view.sentence, view.look);
  placeText(view.total, view.look, overOutput);
  view.terms.forEach((term) => placeText(term.sum, view.look));
}

function build(view, maps, handlersFor) {
  const { input, stage } = view;
  const inputs = Array.from({ length: input.channels }, (_, i) => buildPlane("input", handlersFor("input", i)));
  const outputs = Array.from({ length: maps }, (_, i) => buildPlane("output", handlersFor("output", i)));
  view.planes = { inputs, outputs };
  const named = (i) => (input.channels > 1 ? input.names[i] : "");
  view.terms = inputs.map((_, i) => buildTerm(i, named(i), () => `map ${view.at.map}, channel ${i}`, view.edit, view.redraw));
  view.total = buildLiveText(element("div", { className: "total" }));
  const csv = button("CSV", "Save the map in hand as a table", () => saveCsv(view));
  outputs[0].caption.append(csv);
  inputs.forEach((plane, i) => plane.figure.style.setProperty("--row", i + 1));
  view.terms.forEach((term, i) => term.node.style.setProperty("--row", i + 1));
  view.sums = element("div", { className: "sums" }, ...view.terms.map((term) => term.node));
  view.result = element("div", { className: "result" }, element("div", { className: "outputs" }, ...outputs.map((plane) => plane.figure)));
  stage.replaceChildren(...inputs.map((plane) => plane.figure), view.sums, view.result);
  stage.style.setProperty("--channels", input.channels);
}

// The cell sides of input and output. Where both have room alike, one cell is as large on either side, so that a
// smaller output looks smaller.
function cells(view) {
  const { sizes, input, output } = view;
  const pad = padOf(view);
  const most = Math.max(input.height + 2 * pad[0], input.width + 2 * pad[1]);
  const mostOut = view.problem ? most : Math.max(output.height, output.width);
  if (sizes.inputSide !== sizes.outputSide) return { input: cellOf(sizes.inputSide, most), output: cellOf(sizes.outputSide, mostOut) };
  const cell = cellOf(sizes.inputSide, Math.max(most, mostOut));
  return { input: cell, output: cell };
}

const padOf = ({ settings }) => (settings.transposed ? [0, 0] : settings.padding);

// Planes with their numbers, and the words on them that do not depend on the pointer. First all that changes the page,
// then all that is painted: text on a canvas has the page laid out whenever something changed since.
export function drawStill(view) {
  const { header } = view;
  view.cells = cells(view);
  if (view.stops !== header.stops) view.scales = { grey: makeScale(header.stops.grey), signed: makeScale(header.stops.signed) };
  view.stops = header.stops;
  setInputs(view);
  view.root.dataset.problem = view.problem ?? "";
  showFormula(view);
  if (!view.problem) {
    setOutputs(view);
    setTerms(view);
  }
  view.planes.inputs.forEach((plane) => drawInput(view, plane));
  if (!view.problem) view.planes.outputs.forEach((plane) => drawPlane(plane.canvas, plane.cells, view.cells.output, view.scales.output, view.look));
}

function setInputs(view) {
  const { input, cells: { input: cell } } = view;
  view.scales.input = between(input.low < 0 ? view.scales.signed : view.scales.grey, input.low, input.high);
  const pad = padOf(view);
  const around = view.problem ? {} : edges(view, pad);
  view.planes.inputs.forEach((plane, i) => {
    setPlane(plane, { ...planeOf(input, i), pad, ...around }, cell, true);
    name(plane, input.names[i], `${input.height} × ${input.width}`);
    bar(plane, i === input.channels - 1 ? view.scales.input : null); // one scale for all channels
  });
}

function setOutputs(view) {
  const { output, settings, at, cells: { output: cell } } = view;
  const limit = output.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
  view.scales.output = between(view.scales.signed, -limit, limit);
  view.planes.outputs.forEach((plane, i) => {
    setPlane(plane, { ...planeOf(output, i), pad: [0, 0] }, cell, view.cell !== null || i === at.map);
    name(plane, settings.maps > 1 ? `Map ${i}` : "Output", `${output.height} × ${output.width}`);
    bar(plane, view.scales.output);
  });
}

function setTerms(view) {
  const { input, settings, sizes } = view;
  const weights = settings.weights.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
  view.limits = { weight: weights, product: weights * Math.max(Math.abs(input.low), Math.abs(input.high)) || 1 };
  view.scales.weights = between(view.scales.signed, -weights, weights);
  view.terms.forEach((term) => sizeTerm(term, settings.kernel, sizes.gridSide));
}

// `marked`: whether something will be marked on it; marks that are empty keep the pixels they have.
function setPlane(plane, shown, cell, marked) {
  const size = [(shown.width + 2 * shown.pad[1]) * cell, (shown.height + 2 * shown.pad[0]) * cell];
  plane.cells = shown;
  resize(plane.canvas, ...size);
  if (marked) resize(plane.marks, ...size);
}

// An input whose cells look as they did is left.
function drawInput({ cells: { input: cell }, scales, look, stops }, plane) {
  const { pad, sourceRows, sourceCols, neverRows, neverCols } = plane.cells;
  const { low, high } = scales.input;
  const lines = [sourceRows, sourceCols, neverRows, neverCols].map((line) => line?.join());
  const key = JSON.stringify([cell, window.devicePixelRatio, low, high, pad, lines, look, stops]);
  const { data } = plane.cells;
  if (key === plane.key && data.buffer === plane.drawn) return;
  Object.assign(plane, { key, drawn: data.buffer });
  drawPlane(plane.canvas, plane.cells, cell, scales.input, look);
}

// A bar is built again only where its ends or colours are others.
function bar(plane, scale) {
  const key = scale ? [scale.low, scale.high, scale.stops].join() : "";
  if (key === plane.barKey) return;
  plane.barKey = key;
  showBar(plane.bar, scale);
}

const between = (scale, low, high) => ({ ...scale, low, high });

// Whose value stands in each row and column, padding counted in, and what is never read.
function edges({ input, plan, settings, never }, pad) {
  if (settings.transposed) return { neverRows: null };
  const line = (axis, size, margin) => {
    const source = new Int32Array(size + 2 * margin).fill(-1);
    for (let i = 0; i < size; i += 1) source[margin + i] = i;
    axis.at.forEach((cell, i) => { if (cell >= -margin && cell < size + margin) source[cell + margin] = axis.source[i]; });
    return source;
  };
  return {
    sourceRows: line(plan.rows, input.height, pad[0]), sourceCols: line(plan.cols, input.width, pad[1]),
    neverRows: never.rows, neverCols: never.cols,
  };
}

function name(plane, title, note) {
  setText(plane.title, title);
  setText(plane.note, note);
  plane.frame.setAttribute("aria-label", `${title}, ${note}. Arrow keys move the point, Enter pins it.`);
}

function showFormula(view) {
  const { settings, input, formula } = view;
  const lines = formulaLines(settings, input);
  if (!view.problem) {
    if (!settings.transposed) lines.push(unreadSentence(view.never.rows, view.never.cols));
    lines.push(costSentence(settings, view.output));
  }
  while (formula.childElementCount > lines.length) formula.lastChild.remove();
  while (formula.childElementCount < lines.length) formula.append(element("span"));
  lines.forEach((line, i) => setText(formula.children[i], line));
}

// Everything that follows the pointer.
export function drawMoving(view) {
  if (!view.settings) return;
  const { sentence } = view;
  const live = view.player.playing ? "off" : "polite";
  if (live !== view.live) { view.live = live; sentence.node.setAttribute("aria-live", live); }
  view.stage.classList.toggle("impossible", Boolean(view.problem));
  if (view.problem) {
    clearTimeout(view.resting);
    paintText(sentence, [{ text: view.problem }]);
    say(sentence);
    for (const plane of [...view.planes.inputs, ...view.planes.outputs]) blankMarks(plane, 1);
    return;
  }
  const traced = explain(view.input, view.settings, view.plan, view.at);
  const found = view.cell ? readers(view.plan, view.cell) : [];
  const here = found.find(({ row, col }) => row === view.at.row && col === view.at.col);
  showTerms(view, traced, here);
  markInputs(view, traced);
  markOutputs(view, found);
  const words = view.cell ? inputSentence(view, view.cell, view.at.map, found) : outputSentence(view, traced);
  paintText(sentence, [{ text: `${words}${view.pinned ? " Pinned: click or press Escape to let go." : ""}` }]);
  if (view.player.playing || !view.player.count) showPosition(view.player, ...position(view));
  const sums = view.terms.filter((term) => term.local >= 0).map((term) => term.sum.words);
  view.root.shown = { traced, readers: found, cell: view.cell, painted: { sentence: sentence.words, total: view.total.words, sums } };
  clearTimeout(view.resting);
  view.resting = setTimeout(() => rest(view, traced), REST);
}

// The hand rests: what was painted is said too.
function rest(view, traced) {
  const read = channelsOf(view.settings, view.input.channels, traced.map);
  read.forEach((channel, local) => describeTerm(view.terms[channel], traced.terms[local]));
  say(view.sentence);
  say(view.total);
  view.total.node.title = full(traced.value);
  if (!view.player.playing) showPosition(view.player, ...position(view));
}

function showTerms(view, traced, here) {
  const { input, settings, scales, sizes, look, limits } = view;
  const [rows, cols] = settings.kernel;
  const blank = settings.transposed ? traced.rows.flatMap((r) => traced.cols.map((c) => r < 0 || c < 0)) : null;
  const marked = here?.taps.map(([a, b]) => a * cols + b);
  const read = channelsOf(settings, input.channels, traced.map);
  view.terms.forEach((term, channel) => {
    const local = read.indexOf(channel);
    if (local !== term.local) {
      term.local = local;
      term.index = Math.max(0, local);
      term.node.classList.toggle("unread", local < 0);
      term.node.classList.toggle("later", local > 0);
    }
    const marks = view.cell?.channel === channel ? marked : null;
    const shown = traced.terms[Math.max(0, local)];
    drawTerm(term, shown, { rows, cols, gridSide: sizes.gridSide, scales, look, limits, blank, padded: traced.padded, marked: marks });
  });
  paintTotal(view.total, traced);
}

function markInputs(view, traced) {
  const { settings, input, cells: { input: cell }, look } = view;
  const pad = padOf(view);
  const read = channelsOf(settings, input.channels, traced.map);
  view.planes.inputs.forEach((plane, channel) => {
    const context = blankMarks(plane, cell);
    const local = read.indexOf(channel);
    if (view.cell) {
      if (view.cell.channel === channel) box(context, (view.cell.col + pad[1]) * cell, (view.cell.row + pad[0]) * cell, cell, cell, look.accent);
    } else if (local >= 0) {
      if (!settings.transposed) markWindow(context, traced, traced.terms[local].weights, cell, pad, look);
      else for (const row of traced.rows) for (const col of traced.cols) if (row >= 0 && col >= 0) box(context, col * cell, row * cell, cell, cell, look.accent);
    }
  });
}

function markOutputs(view, found) {
  const { settings, input, cells: { output: cell }, at, look } = view;
  view.planes.outputs.forEach((plane, map) => {
    const marked = view.cell !== null || map === at.map;
    if (!marked && plane.blank) return;
    plane.blank = !marked;
    const context = blankMarks(plane, cell);
    if (view.cell) {
      const lit = found.flatMap(({ row, col, taps }) => {
        const weights = weightsOfTaps(settings, input.channels, map, view.cell.channel, taps);
        return weights.length ? [{ row, col, value: weights.reduce((sum, weight) => sum + weight, 0) }] : [];
      });
      markCells(context, lit, cell, view.scales.weights, look);
      if (map === at.map && lit.length) box(context, at.col * cell, at.row * cell, cell, cell, look.accent);
    } else if (map === at.map) box(context, at.col * cell, at.row * cell, cell, cell, look.accent);
  });
}

// The canvas over a plane, emptied.
function blankMarks(plane, cell) {
  const { height, width, pad } = plane.cells;
  return fit(plane.marks, (width + 2 * pad[1]) * cell, (height + 2 * pad[0]) * cell);
}

function position({ settings, input, output, cell, at }) {
  if (settings.transposed) return [cell ? cell.row * input.width + cell.col : 0, input.height * input.width];
  return [at.row * output.width + at.col, output.height * output.width];
}

function saveCsv({ output, at }) {
  const { data, width, height } = planeOf(output, at.map);
  const rows = Array.from({ length: height }, (_, r) => Array.from(data.subarray(r * width, (r + 1) * width)).join(","));
  saveText(`${rows.join("\n")}\n`, `cnnviz map ${at.map}.csv`, "text/csv");
}
