// Pooling: a map, the pooled map, and the window behind the value one points at.

import { showBar } from "../shared/bar.js";
import { element, onNextFrame, saveButton, themeColour } from "../shared/dom.js";
import { full } from "../shared/format.js";
import { mounting } from "../shared/mount.js";
import { outline, savePng, sharpen } from "../shared/pixels.js";
import { extent, readersOf, unread, windowAt } from "./arithmetic.js";
import { dot, drawInk, drawMap, drawWindow } from "./drawing.js";
import { aboutInput, aboutOutput, equation } from "./words.js";

const LARGEST = 8; // windows of more cells across are not drawn by themselves
const WIDE = 232; // CSS pixels for the window's values
export default mounting(build, update);

function build(parent) {
  const view = { at: null, pinned: false };
  view.root = element("div", { className: "view pooling-view" });
  view.panels = ["input", "output"].map((role) => buildPanel(view, role));
  view.window = element("canvas", { role: "img", "aria-label": "Values under the window" });
  view.equals = element("div", { className: "equals" });
  view.under = element("div", { className: "under" }, view.window, element("span", { className: "sign", textContent: "→" }), view.equals);
  view.sentence = element("p", { className: "sentence", "aria-live": "polite" });
  view.root.append(
    element("div", { className: "panels" }, ...view.panels.map((panel) => panel.figure)),
    element("div", { className: "below" }, view.under, view.sentence),
  );
  parent.append(view.root);
  view.redraw = onNextFrame(() => drawPointed(view));
  view.resize = new ResizeObserver(() => { if (view.scene) drawStill(view); });
  view.resize.observe(view.root);
  return view;
}

function buildPanel(view, role) {
  const panel = { role, pad: 0, canvas: element("canvas") };
  panel.ink = element("canvas", { className: "marks" });
  panel.marks = element("canvas", { className: "marks" });
  panel.frame = element("div", { className: "frame", tabIndex: 0, role: "img" }, panel.canvas, panel.ink, panel.marks);
  panel.title = element("span");
  panel.bar = element("div", { className: "bar" });
  const save = saveButton("Save this map as PNG", () => savePng(composed(panel), `cnnviz pooling ${role}.png`));
  panel.figure = element("figure", {}, element("figcaption", {}, panel.title, save), panel.frame, panel.bar);
  panel.figure.dataset.role = role;
  listen(view, panel);
  return panel;
}

function listen(view, panel) {
  const place = (event) => {
    const box = panel.frame.getBoundingClientRect();
    const within = (value, size) => Math.min(size - 1, Math.max(0, Math.floor(value)));
    return {
      role: panel.role,
      row: within(((event.clientY - box.top) / box.height) * panel.size[0] - panel.pad, panel.map.height),
      col: within(((event.clientX - box.left) / box.width) * panel.size[1] - panel.pad, panel.map.width),
    };
  };
  panel.frame.onpointermove = (event) => { if (view.scene && !view.pinned) { view.at = place(event); view.redraw(); } };
  panel.frame.onpointerdown = (event) => {
    if (!view.scene) return;
    view.at = place(event);
    view.pinned = !view.pinned;
    view.redraw();
  };
  panel.frame.onkeydown = (event) => {
    const move = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (move) {
      const step = event.shiftKey ? 10 : 1;
      const from = view.at.role === panel.role ? view.at : middle(panel);
      const within = (value, size) => Math.min(size - 1, Math.max(0, value));
      view.at = {
        role: panel.role, row: within(from.row + step * move[0], panel.map.height), col: within(from.col + step * move[1], panel.map.width),
      };
      view.pinned = true;
    } else if (event.key === "Escape") view.pinned = false;
    else if (event.key === "Enter" || event.key === " ") view.pinned = !view.pinned;
    else return;
    event.preventDefault();
    view.redraw();
  };
}

const middle = (panel) => ({ role: panel.role, row: Math.floor(panel.map.height / 2), col: Math.floor(panel.map.width / 2) });

function update(view, header) {
  const { before, after, palette } = header.arrays;
  const [height, width] = before.shape;
  view.scene = { ...header, height, width, values: before, places: after.shape };
  view.palette = palette;
  [before, after].forEach((values, i) => {
    const panel = view.panels[i];
    const { title, bar } = header.panels[i];
    panel.map = { values, height: values.shape[0], width: values.shape[1], bar };
    panel.pad = i === 0 ? header.padding : 0;
    panel.size = i === 0 ? extent(view.scene, after.shape) : [...after.shape];
    panel.title.textContent = title;
    panel.frame.setAttribute("aria-label", `${title}. Arrow keys move the point, Enter pins it.`);
    panel.frame.style.setProperty("--aspect", panel.size[1] / panel.size[0]);
    drawMap(panel.canvas, panel.map, palette, panel.size, panel.pad);
    showBar(panel.bar, bar);
  });
  const there = view.at && view.panels.find((panel) => panel.role === view.at.role);
  if (!there || view.at.row >= there.map.height || view.at.col >= there.map.width) view.at = middle(view.panels[1]);
  drawStill(view);
  view.root.dataset.cnnvizDrawn = header.token;
}

const look = (view) => ({
  line: themeColour(view.root, "border-color"), text: themeColour(view.root, "text-color"), accent: themeColour(view.root, "primary-color"),
});

function drawStill(view) {
  const never = { rows: unread(view.scene, view.scene.places, 0), cols: unread(view.scene, view.scene.places, 1) };
  view.panels.forEach((panel, i) => {
    const scale = sharpen(panel.ink, panel.size[1], panel.size[0]);
    drawInk(panel.ink, panel.map, view.palette, { ...look(view), size: panel.size, pad: panel.pad, scale, never: i === 0 ? never : null });
  });
  drawPointed(view);
}

function drawPointed(view) {
  const { scene, at } = view;
  const onOutput = at.role === "output";
  const readers = onOutput ? [at] : readersOf(scene, at.row, at.col, scene.places);
  const windows = readers.map(({ row, col }) => windowAt(scene, row, col));
  const won = onOutput ? [] : windows.filter((found) => found.winners.some(({ row, col }) => row === at.row && col === at.col));
  // Pointing at an input cell opens the window it won, or else the first that reads it.
  const shown = won[0] ?? windows[0];
  markInput(view, onOutput ? shown : null);
  markOutput(view, readers, won);
  showWindow(view, shown);
  const words = onOutput ? aboutOutput(scene, shown) : aboutInput(scene, at, scene.values[at.row * scene.width + at.col], readers, won);
  view.sentence.textContent = `${words}${view.pinned ? " Pinned: click or press Escape to let go." : ""}`;
  view.root.dataset.value = shown ? shown.value : "";
  view.root.dataset.readers = readers.length;
  view.root.dataset.won = won.length;
}

function cleared(panel) {
  const scale = sharpen(panel.marks, panel.size[1], panel.size[0]);
  const context = panel.marks.getContext("2d");
  context.clearRect(0, 0, panel.marks.width, panel.marks.height);
  const boxOf = (row, col, rows = 1, cols = 1) => ({
    x: (col + panel.pad) * scale.x, y: (row + panel.pad) * scale.y, width: cols * scale.x, height: rows * scale.y,
  });
  return { context, scale, boxOf };
}

// A cell smaller than 7 CSS pixels is outlined as if it had them, so that it is seen from the back row.
function seen(box, ratio) {
  const least = 7 * ratio;
  const [w, h] = [Math.max(least, box.width), Math.max(least, box.height)];
  return { x: box.x - (w - box.width) / 2, y: box.y - (h - box.height) / 2, width: w, height: h };
}

function markInput(view, found) {
  const { context, scale, boxOf } = cleared(view.panels[0]);
  const { accent } = look(view);
  if (!found) {
    outline(context, seen(boxOf(view.at.row, view.at.col), scale.ratio), accent, scale.ratio);
    return;
  }
  outline(context, seen(boxOf(found.rows[0], found.cols[0], found.rows.length, found.cols.length), scale.ratio), accent, scale.ratio);
  if (scale.x < 5 * scale.ratio) return; // a dot would hide the whole window
  for (const { row, col } of found.winners) {
    const box = boxOf(row, col);
    dot(context, box.x, box.y + box.height * 0.36, box.width, box.height * 0.64, accent, scale.ratio * 0.7);
  }
}

function markOutput(view, readers, won) {
  const { context, scale, boxOf } = cleared(view.panels[1]);
  const { accent } = look(view);
  for (const { row, col } of readers) outline(context, seen(boxOf(row, col), scale.ratio), accent, scale.ratio);
  for (const { row, col } of won) {
    const box = boxOf(row, col);
    dot(context, box.x, box.y, box.width, box.height, accent, scale.ratio * 0.7);
  }
}

function showWindow(view, found) {
  const { scene } = view;
  const drawable = found && Math.max(...scene.window) <= LARGEST;
  view.window.hidden = !drawable;
  view.under.hidden = !found;
  if (!found) return;
  if (drawable) {
    const counts = (cell) => cell.state === "padding" && scene.kind !== "max" && (scene.kind !== "average" || scene.countPadding);
    drawWindow(view.window, found, {
      ...look(view), bar: view.panels[0].map.bar, palette: view.palette, counts, cell: Math.min(58, Math.floor(WIDE / Math.max(...scene.window))),
    });
  }
  const [value, how] = equation(scene, found);
  view.equals.replaceChildren(value, element("small", { textContent: how }));
  view.equals.title = full(found.value);
}

// The map as it stands on the screen, for saving: cells enlarged, with grid and digits, without what is pointed at.
function composed(panel) {
  const sheet = element("canvas", { width: panel.ink.width, height: panel.ink.height });
  const context = sheet.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(panel.canvas, 0, 0, sheet.width, sheet.height);
  context.drawImage(panel.ink, 0, 0);
  return sheet;
}
