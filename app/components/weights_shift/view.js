// Before and after a move of the picture: pointing at something marks the same thing in every panel.

import { showBar } from "../shared/bar.js";
import { element, onNextFrame, saveButton, themeColour } from "../shared/dom.js";
import { short } from "../shared/format.js";
import { mounting } from "../shared/mount.js";
import { cellAt, decode, outline, put, savePng, sharpen } from "../shared/pixels.js";

export default mounting(build, update);

// `at` is a place in the picture before the move.
function build(parent) {
  const view = { at: null, order: 0, panels: [] };
  view.grid = element("div", { className: "parts" });
  view.sentence = element("p", { className: "sentence", "aria-live": "polite" });
  view.root = element("div", { className: "view weights-shift" }, view.sentence, view.grid);
  parent.append(view.root);
  view.redraw = onNextFrame(() => drawMarks(view));
  view.resize = new ResizeObserver(view.redraw);
  view.resize.observe(view.root);
  return view;
}

async function update(view, header) {
  const order = (view.order += 1);
  const images = await Promise.all(header.panels.map((_, i) => decode(header.arrays[`png${i}`], "image/png")));
  if (order !== view.order) return; // a newer setting overtook this one
  view.header = header;
  if (view.panels.length !== header.panels.length) {
    view.panels = header.panels.map((_, i) => buildPanel(view, i));
    view.grid.replaceChildren(...view.panels.map((panel) => panel.figure));
  }
  if (!view.at || view.at.row >= header.height || view.at.col >= header.width) {
    view.at = { row: Math.floor(header.height / 2), col: Math.floor(header.width / 2) };
  }
  header.panels.forEach(({ title, note, bar, role }, i) => {
    const panel = view.panels[i];
    put(panel.canvas, images[i]);
    panel.title.textContent = title;
    panel.figure.dataset.role = role;
    panel.frame.setAttribute("aria-label", `${title}. Arrow keys move the point.`);
    showBar(panel.bar, bar, note);
  });
  drawMarks(view);
  view.root.dataset.cnnvizDrawn = header.token;
}

function buildPanel(view, number) {
  const panel = { canvas: element("canvas"), marks: element("canvas", { className: "marks" }), title: element("span"),
    bar: element("div", { className: "bar" }) };
  panel.frame = element("div", { className: "frame", tabIndex: 0, role: "img" }, panel.canvas, panel.marks);
  const save = saveButton("Save as PNG", () => savePng(panel.canvas, `cnnviz ${panel.title.textContent.toLowerCase()}.png`));
  panel.figure = element("figure", {}, element("figcaption", {}, panel.title, save), panel.frame, panel.bar);
  panel.frame.onpointermove = panel.frame.onpointerdown = (event) => {
    const { row, col } = cellAt(event, panel.canvas, view.header.width, view.header.height);
    const [dy, dx] = offset(view, number);
    view.at = { row: row - dy, col: col - dx };
    view.redraw();
  };
  panel.frame.onkeydown = (event) => {
    const step = event.shiftKey ? 10 : 1;
    const move = { ArrowUp: [-step, 0], ArrowDown: [step, 0], ArrowLeft: [0, -step], ArrowRight: [0, step] }[event.key];
    if (!move) return;
    event.preventDefault();
    const clamp = (value, size) => Math.min(size - 1, Math.max(0, value));
    view.at = { row: clamp(view.at.row + move[0], view.header.height), col: clamp(view.at.col + move[1], view.header.width) };
    view.redraw();
  };
  return panel;
}

const offset = ({ header }, number) => (header.panels[number].along ? header.move : [0, 0]);

function valueAt(view, number) {
  const [dy, dx] = offset(view, number);
  const { height, width, arrays } = view.header;
  const [row, col] = [view.at.row + dy, view.at.col + dx];
  return row < 0 || col < 0 || row >= height || col >= width ? null : arrays[`values${number}`][row * width + col];
}

// Rows and columns where something new came in: there is nothing to compare with.
function hatch(context, { height, width, move: [dy, dx] }, scale, colour) {
  const region = new Path2D();
  const rows = Math.min(height, Math.abs(dy));
  const cols = Math.min(width, Math.abs(dx));
  region.rect(0, (dy > 0 ? 0 : height - rows) * scale.y, width * scale.x, rows * scale.y);
  region.rect((dx > 0 ? 0 : width - cols) * scale.x, 0, cols * scale.x, height * scale.y);
  context.save();
  context.clip(region);
  context.globalAlpha = 0.5;
  context.strokeStyle = colour;
  context.lineWidth = scale.ratio;
  context.beginPath();
  const [w, h] = [width * scale.x, height * scale.y];
  for (let at = -h; at < w; at += 6 * scale.ratio) { context.moveTo(at, h); context.lineTo(at + h, 0); }
  context.stroke();
  context.restore();
}

function drawMarks(view) {
  if (!view.header) return;
  const { height, width, panels } = view.header;
  const accent = themeColour(view.root, "primary-color");
  view.panels.forEach((panel, number) => {
    const scale = sharpen(panel.marks, width, height);
    const context = panel.marks.getContext("2d");
    context.clearRect(0, 0, panel.marks.width, panel.marks.height);
    if (panels[number].role === "difference") hatch(context, { height, width, move: view.header.move }, scale, themeColour(view.root, "text-color"));
    const [dy, dx] = offset(view, number);
    const [w, h] = [Math.max(scale.x, 9 * scale.ratio), Math.max(scale.y, 9 * scale.ratio)];
    outline(context, { x: (view.at.col + dx + 0.5) * scale.x - w / 2, y: (view.at.row + dy + 0.5) * scale.y - h / 2, width: w, height: h },
      accent, scale.ratio);
  });
  const find = (role) => panels.findIndex((panel) => panel.role === role);
  const [before, after] = [valueAt(view, find("before")), valueAt(view, find("after"))];
  const [dy, dx] = view.header.move;
  const { row, col } = view.at;
  Object.assign(view.root.dataset, { row, col, before, after });
  const words = (value) => (value === null ? "lies outside the frame" : `is ${short(value)}`);
  view.sentence.textContent = `The convolution at [${row}, ${col}] ${words(before)}. After the move the same thing stands at `
    + `[${row + dy}, ${col + dx}], and the convolution there ${words(after)}.`;
}
