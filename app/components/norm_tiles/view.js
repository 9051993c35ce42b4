// Normalization: feature maps as tiles before and after; pointing lights up the tiles that share statistics.

import { showBar } from "../shared/bar.js";
import { element, onNextFrame, saveButton, themeColour } from "../shared/dom.js";
import { mounting } from "../shared/mount.js";
import { outline, savePng, sharpen } from "../shared/pixels.js";
import { panelsOf } from "./arithmetic.js";
import { sentence } from "./words.js";

const LEVELS = 253; // entries of a palette that are levels; see cnnviz.image.colour
const GAP = 4; // picture pixels between two tiles
export default mounting(build, update);

function build(parent) {
  const view = { at: null, pinned: false, panels: [] };
  view.root = element("div", { className: "view norm-tiles" });
  view.grid = element("div", { className: "panels" });
  view.sentence = element("p", { className: "sentence", "aria-live": "polite" });
  view.root.append(view.grid, view.sentence);
  parent.append(view.root);
  view.redraw = onNextFrame(() => drawPointed(view));
  view.resize = new ResizeObserver(() => { if (view.header) view.redraw(); });
  view.resize.observe(view.root);
  return view;
}

function update(view, header) {
  const made = panelsOf(header);
  const [rows, columns, height, width] = header.arrays.values.shape;
  Object.assign(view, { header, made, layout: { rows, columns, height, width } });
  const shape = header.titles.length;
  if (view.panels.length !== shape) {
    view.panels = header.titles.map((_, i) => buildPanel(view, i));
    view.grid.replaceChildren(...view.panels.map((panel) => panel.figure));
  }
  view.root.dataset.mode = header.mode;
  view.panels.forEach((panel, i) => showPanel(view, panel, i));
  const tiles = rows * columns;
  if (!view.at || view.at.tile >= tiles || view.at.index >= height * width) {
    const [row, col] = [Math.floor(height * 0.4), Math.floor(width * 0.4)];
    view.at = { tile: Math.floor(rows / 2) * columns + Math.floor(columns / 3), index: row * width + col, row, col };
  }
  drawPointed(view);
  view.root.dataset.cnnvizDrawn = header.token;
}

function buildPanel(view, number) {
  const panel = { number, canvas: element("canvas"), marks: element("canvas", { className: "marks" }) };
  panel.frame = element("div", { className: "frame", tabIndex: 0, role: "img" }, panel.canvas, panel.marks);
  panel.title = element("span");
  panel.bar = element("div", { className: "bar" });
  panel.labels = element("div", { className: "labels" });
  panel.rows = element("div", { className: "rows" });
  panel.body = element("div", { className: "body" }, panel.labels, panel.rows, panel.frame);
  const save = saveButton("Save these maps as PNG", () => savePng(panel.canvas, `cnnviz normalization ${number + 1}.png`));
  panel.figure = element("figure", {}, element("figcaption", {}, panel.title, save), panel.body, panel.bar);
  panel.figure.dataset.panel = number;
  listen(view, panel);
  return panel;
}

// Tiles lie in `rows` × `columns`; maps are coloured by their panel's bar, what lies beyond gets the end colour.
function showPanel(view, panel, i) {
  const { header, layout, made } = view;
  const { rows, columns, height, width } = layout;
  const first = i === 0;
  const bar = header.bars[first ? 0 : 1];
  const palette = first ? header.arrays.before : header.arrays.after;
  panel.canvas.width = columns * (width + GAP) - GAP;
  panel.canvas.height = rows * (height + GAP) - GAP;
  const context = panel.canvas.getContext("2d");
  context.clearRect(0, 0, panel.canvas.width, panel.canvas.height);
  made.panels[i].forEach((tile, t) => {
    const image = new ImageData(width, height);
    const scale = (LEVELS - 1) / (bar.high - bar.low || 1);
    for (let p = 0; p < tile.length; p += 1) {
      const at = 3 * Math.min(LEVELS - 1, Math.max(0, Math.round((tile[p] - bar.low) * scale)));
      image.data[4 * p] = palette[at];
      image.data[4 * p + 1] = palette[at + 1];
      image.data[4 * p + 2] = palette[at + 2];
      image.data[4 * p + 3] = 255;
    }
    context.putImageData(image, (t % columns) * (width + GAP), Math.floor(t / columns) * (height + GAP));
  });
  panel.title.textContent = header.titles[i];
  labelAxes(panel, header, i);
  panel.frame.setAttribute("aria-label", `${header.titles[i]}. Arrow keys go from map to map, with Shift through the pixels; Enter pins.`);
  showBar(panel.bar, bar);
}

// The two axes of the batch: channels across, pictures down, numbered as the words above name them.
function labelAxes(panel, header, i) {
  const numbers = (labels) => labels.map((label) => element("span", { textContent: label }));
  const axis = (name) => element("span", { className: "axis", textContent: `${name} →` });
  const channels = header.mode === "neighbours" ? [] : header.columns.map((name) => name.replace("channel ", ""));
  panel.labels.replaceChildren(...(channels.length ? [axis("channels")] : []), ...numbers(channels));
  panel.labels.hidden = !channels.length || (header.mode === "company" && i > 0);
  panel.labels.style.gridTemplateColumns = `repeat(${header.columns.length}, 1fr)`;
  panel.rows.hidden = header.mode !== "sets";
  panel.rows.replaceChildren(axis("pictures"), ...numbers(header.rows.map((_, row) => String(row + 1))));
  panel.rows.style.gridTemplateRows = `repeat(${header.rows.length || 1}, 1fr)`;
}

function listen(view, panel) {
  const point = (event) => {
    const { rows, columns, height, width } = view.layout;
    const box = panel.frame.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * panel.canvas.width;
    const y = ((event.clientY - box.top) / box.height) * panel.canvas.height;
    const within = (value, size) => Math.min(size - 1, Math.max(0, Math.floor(value)));
    const [r, c] = [within(y / (height + GAP), rows), within(x / (width + GAP), columns)];
    const [row, col] = [within(y - r * (height + GAP), height), within(x - c * (width + GAP), width)];
    view.at = { tile: r * columns + c, index: row * width + col, row, col };
    view.redraw();
  };
  panel.frame.onpointermove = (event) => { if (view.header && !view.pinned) point(event); };
  panel.frame.onpointerdown = (event) => {
    if (!view.header) return;
    view.pinned = !view.pinned;
    point(event);
  };
  panel.frame.onkeydown = (event) => {
    const move = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (move) { step(view, move, event.shiftKey); view.pinned = true; }
    else if (event.key === "Escape") view.pinned = false;
    else if (event.key === "Enter" || event.key === " ") view.pinned = !view.pinned;
    else return;
    event.preventDefault();
    view.redraw();
  };
}

function step(view, [down, right], pixels) {
  const { rows, columns, height, width } = view.layout;
  const within = (value, size) => Math.min(size - 1, Math.max(0, value));
  if (pixels) {
    const [row, col] = [within(view.at.row + down, height), within(view.at.col + right, width)];
    Object.assign(view.at, { row, col, index: row * width + col });
    return;
  }
  const [r, c] = [Math.floor(view.at.tile / columns), view.at.tile % columns];
  view.at.tile = within(r + down, rows) * columns + within(c + right, columns);
}

function drawPointed(view) {
  const { header, layout, made, at } = view;
  const tiles = layout.rows * layout.columns;
  const shared = (t) => header.arrays.members[at.tile * tiles + t] === 1;
  for (const panel of view.panels) drawMarks(view, panel, shared);
  view.sentence.textContent = `${sentence(header, made, at)}${view.pinned ? " Pinned: click or press Escape to let go." : ""}`;
  view.root.dataset.shared = String(Array.from({ length: tiles }, (_, t) => t).filter(shared));
  view.root.dataset.values = JSON.stringify(made.panels.map((panel) => panel[at.tile][at.index]));
}

// Sharing tiles are framed, the others veiled; the pixel pointed at carries a small ring.
function drawMarks(view, panel, shared) {
  const { columns, height, width } = view.layout;
  const scale = sharpen(panel.marks, panel.canvas.width, panel.canvas.height);
  const context = panel.marks.getContext("2d");
  context.clearRect(0, 0, panel.marks.width, panel.marks.height);
  const accent = themeColour(view.root, "primary-color");
  const boxOf = (t) => ({
    x: (t % columns) * (width + GAP) * scale.x, y: Math.floor(t / columns) * (height + GAP) * scale.y,
    width: width * scale.x, height: height * scale.y,
  });
  view.made.panels[0].forEach((_, t) => {
    const box = boxOf(t);
    if (shared(t)) {
      context.strokeStyle = accent;
      context.lineWidth = 3 * scale.ratio;
      context.strokeRect(box.x, box.y, box.width, box.height);
    } else if (view.header.mode !== "company") {
      context.globalAlpha = 0.5;
      context.fillStyle = themeColour(view.root, "background-color");
      context.fillRect(box.x, box.y, box.width, box.height);
      context.globalAlpha = 1;
    }
  });
  const box = boxOf(view.at.tile);
  const side = 7 * scale.ratio;
  const centre = { x: box.x + (view.at.col + 0.5) * scale.x, y: box.y + (view.at.row + 0.5) * scale.y };
  outline(context, { x: centre.x - side / 2, y: centre.y - side / 2, width: side, height: side }, accent, scale.ratio);
}
