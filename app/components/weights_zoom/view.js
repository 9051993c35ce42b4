// The picture as numbers: the whole picture, and a window onto it that zooms until every pixel's digits can be read.

import { button, element, onNextFrame, saveButton, themeColour } from "../shared/dom.js";
import { count, full, short, whole } from "../shared/format.js";
import { readable } from "../shared/grids.js";
import { mounting } from "../shared/mount.js";
import { cellAt, outline, pixelsOf, savePng, sharpen } from "../shared/pixels.js";
import { held, under, visible, zoomed } from "./geometry.js";
import { greyed, lumaAt } from "./grey.js";

const DIGITS_FROM = 40; // CSS pixels a cell, at the usual type: three lines of digits
const GRID_FROM = 12;
const START = 46;
export default mounting(build, update);

function build(parent) {
  const view = { at: null, order: 0, fingers: new Map(), window: null };
  view.overview = element("canvas");
  view.marks = element("canvas", { className: "marks" });
  view.overviewFrame = element("div", { className: "frame overview", tabIndex: 0, role: "img",
    "aria-label": "The whole picture. Arrow keys move the point, with Shift by ten pixels." }, view.overview, view.marks);
  view.detail = element("canvas");
  view.detailFrame = element("div", { className: "frame detail", tabIndex: 0, role: "img",
    "aria-label": "The picture as numbers. Arrow keys move the point, plus and minus zoom." }, view.detail);
  const sign = (text, said, act) => button(text, said, act, { "aria-label": said });
  const save = saveButton("Save these numbers as PNG", () => savePng(view.detail, "cnnviz numbers.png"));
  const caption = element("figcaption", {}, element("span", { textContent: "As numbers" }),
    sign("−", "Zoom out", () => zoomCentre(view, 1 / 1.5)), sign("+", "Zoom in", () => zoomCentre(view, 1.5)), save);
  view.size = element("small");
  view.sentence = element("p", { className: "sentence", "aria-live": "polite" });
  view.root = element("div", { className: "view weights-zoom" },
    element("div", { className: "parts" },
      element("figure", {}, element("figcaption", {}, element("span", { textContent: "Picture" }), view.size), view.overviewFrame),
      element("figure", {}, caption, view.detailFrame)),
    view.sentence);
  parent.append(view.root);
  view.redraw = onNextFrame(() => draw(view));
  view.resize = new ResizeObserver(view.redraw);
  view.resize.observe(view.root);
  listenOverview(view);
  listenDetail(view);
  return view;
}

async function update(view, header) {
  const order = (view.order += 1);
  try {
    const pixels = await pixelsOf(new URL(header.picture, location.origin).href);
    if (order !== view.order) return;
    if (view.pixels !== pixels) {
      view.pixels = pixels;
      view.at = { row: Math.floor(pixels.height / 2), col: Math.floor(pixels.width / 2) };
      view.window = { x: view.at.col + 0.5, y: view.at.row + 0.5, cell: START };
      view.luma = undefined;
      view.root.style.setProperty("--aspect", pixels.width / pixels.height);
    }
    if (view.luma?.join() !== header.luma?.join() || view.luma === undefined) {
      view.luma = header.luma;
      view.overview.width = pixels.width;
      view.overview.height = pixels.height;
      const shown = view.luma ? greyed(pixels, view.luma) : pixels.rgba;
      view.overview.getContext("2d").putImageData(new ImageData(shown, pixels.width, pixels.height), 0, 0);
    }
    const scaled = header.height !== pixels.height || header.width !== pixels.width;
    view.size.textContent = `${pixels.height} × ${pixels.width}${scaled ? `, made smaller from ${header.height} × ${header.width}` : ""}`;
    draw(view);
    view.root.dataset.cnnvizDrawn = header.token;
  } catch (error) {
    if (order === view.order) view.sentence.textContent = error.message;
  }
}

const room = (view) => view.detailFrame.getBoundingClientRect();
const place = (view, event) => { const box = room(view); return { x: event.clientX - box.left, y: event.clientY - box.top }; };
const clamp = (value, size) => Math.min(size - 1, Math.max(0, value));

function pointAt(view, row, col) {
  view.at = { row: clamp(Math.floor(row), view.pixels.height), col: clamp(Math.floor(col), view.pixels.width) };
  view.redraw();
}

// Move the window just far enough that the point is inside it.
function follow(view) {
  const box = room(view);
  const { row, col } = view.at;
  const reach = { x: Math.max(0, box.width / view.window.cell / 2 - 1), y: Math.max(0, box.height / view.window.cell / 2 - 1) };
  view.window.x = Math.min(col + 0.5 + reach.x, Math.max(col + 0.5 - reach.x, view.window.x));
  view.window.y = Math.min(row + 0.5 + reach.y, Math.max(row + 0.5 - reach.y, view.window.y));
}

function zoomCentre(view, factor) {
  if (!view.pixels) return;
  const box = room(view);
  const at = { x: (view.at.col + 0.5 - view.window.x) * view.window.cell + box.width / 2,
    y: (view.at.row + 0.5 - view.window.y) * view.window.cell + box.height / 2 };
  view.window = zoomed(view.window, box, at, factor);
  view.redraw();
}

function keys(view, event) {
  if (!view.pixels) return;
  const step = event.shiftKey ? 10 : 1;
  const move = { ArrowUp: [-step, 0], ArrowDown: [step, 0], ArrowLeft: [0, -step], ArrowRight: [0, step] }[event.key];
  if (move) { pointAt(view, view.at.row + move[0], view.at.col + move[1]); follow(view); }
  else if (event.key === "+" || event.key === "=") zoomCentre(view, 1.25);
  else if (event.key === "-") zoomCentre(view, 0.8);
  else return;
  event.preventDefault();
}

function listenOverview(view) {
  const frame = view.overviewFrame;
  const go = (event) => {
    if (!view.pixels) return;
    const { row, col } = cellAt(event, view.overview, view.pixels.width, view.pixels.height);
    Object.assign(view.window, { x: col + 0.5, y: row + 0.5 });
    pointAt(view, row, col);
  };
  frame.onpointermove = go;
  frame.onpointerdown = go;
  frame.onkeydown = (event) => keys(view, event);
}

// Point with the mouse, drag to move, wheel or two fingers to zoom.
function listenDetail(view) {
  const frame = view.detailFrame;
  frame.onpointerdown = (event) => {
    view.fingers.set(event.pointerId, place(view, event));
    frame.setPointerCapture(event.pointerId);
  };
  frame.onpointermove = (event) => {
    if (!view.pixels) return;
    const now = place(view, event);
    const before = view.fingers.get(event.pointerId);
    if (before && view.fingers.size === 2) pinch(view, event.pointerId, before, now);
    else if (before) {
      view.window.x -= (now.x - before.x) / view.window.cell;
      view.window.y -= (now.y - before.y) / view.window.cell;
    }
    if (before) view.fingers.set(event.pointerId, now);
    const at = under(view.window, room(view), now);
    pointAt(view, at.y, at.x);
  };
  const end = (event) => view.fingers.delete(event.pointerId);
  frame.onpointerup = end;
  frame.onpointercancel = end;
  frame.onwheel = (event) => {
    if (!view.pixels) return;
    event.preventDefault();
    view.window = zoomed(view.window, room(view), place(view, event), Math.exp(-event.deltaY / 400));
    view.redraw();
  };
  frame.onkeydown = (event) => keys(view, event);
}

function pinch(view, id, before, now) {
  const other = [...view.fingers].find(([finger]) => finger !== id)[1];
  const apart = (a, b) => Math.max(8, Math.hypot(a.x - b.x, a.y - b.y));
  const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
  view.window = zoomed(view.window, room(view), middle, apart(now, other) / apart(before, other));
}

function draw(view) {
  if (!view.pixels) return;
  const box = room(view);
  if (!box.width) return;
  view.window = held(view.window, view.pixels, box);
  drawDetail(view, box);
  const scale = sharpen(view.marks, view.pixels.width, view.pixels.height);
  const context = view.marks.getContext("2d");
  context.clearRect(0, 0, view.marks.width, view.marks.height);
  const seen = visible(view.window, view.pixels, box);
  outline(context, { x: seen.left * scale.x, y: seen.top * scale.y, width: (seen.right - seen.left + 1) * scale.x,
    height: (seen.bottom - seen.top + 1) * scale.y }, themeColour(view.root, "primary-color"), scale.ratio);
  say(view, seen);
}

const values = ({ rgba, width }, row, col) => { const i = 4 * (row * width + col); return [rgba[i], rgba[i + 1], rgba[i + 2]]; };
const numbers = ({ pixels, luma }, row, col) => (luma ? [lumaAt(pixels, luma, row, col)] : values(pixels, row, col));

function drawDetail(view, box) {
  const { window, pixels } = view;
  const ratio = globalThis.devicePixelRatio || 1;
  view.detail.width = Math.round(box.width * ratio);
  view.detail.height = Math.round(box.height * ratio);
  const context = view.detail.getContext("2d");
  context.scale(ratio, ratio);
  context.imageSmoothingEnabled = false;
  const left = box.width / 2 - window.x * window.cell;
  const top = box.height / 2 - window.y * window.cell;
  context.drawImage(view.overview, left, top, pixels.width * window.cell, pixels.height * window.cell);
  const seen = visible(window, pixels, box);
  if (window.cell >= GRID_FROM) drawGridLines(context, seen, left, top, window.cell, themeColour(view.root, "border-color"));
  const type = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
  view.root.dataset.digits = String(window.cell >= DIGITS_FROM * type);
  if (window.cell >= DIGITS_FROM * type) {
    context.font = `${Math.min(window.cell * 0.27, 20)}px ${getComputedStyle(view.root).fontFamily}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (let row = seen.top; row <= seen.bottom; row += 1) {
      for (let col = seen.left; col <= seen.right; col += 1) drawDigits(context, numbers(view, row, col), left + col * window.cell, top + row * window.cell, window.cell);
    }
  }
  const { row, col } = view.at;
  outline(context, { x: left + col * window.cell, y: top + row * window.cell, width: window.cell, height: window.cell },
    themeColour(view.root, "primary-color"), 1);
}

// Three numbers one above the other, or one in the middle.
function drawDigits(context, found, x, y, cell) {
  context.fillStyle = readable(found.length === 3 ? found : [found[0], found[0], found[0]]);
  const first = 0.51 - 0.145 * (found.length - 1);
  found.forEach((value, i) => context.fillText(short(value), x + cell / 2, y + cell * (first + 0.29 * i)));
}

function drawGridLines(context, seen, left, top, cell, colour) {
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.beginPath();
  for (let row = seen.top; row <= seen.bottom + 1; row += 1) {
    context.moveTo(left + seen.left * cell, top + row * cell);
    context.lineTo(left + (seen.right + 1) * cell, top + row * cell);
  }
  for (let col = seen.left; col <= seen.right + 1; col += 1) {
    context.moveTo(left + col * cell, top + seen.top * cell);
    context.lineTo(left + col * cell, top + (seen.bottom + 1) * cell);
  }
  context.stroke();
}

function say(view, seen) {
  const { row, col } = view.at;
  const [red, green, blue] = values(view.pixels, row, col);
  const found = numbers(view, row, col);
  const shown = (seen.bottom - seen.top + 1) * (seen.right - seen.left + 1);
  Object.assign(view.root.dataset, { row, col, value: found.join() });
  const is = view.luma
    ? `one number: grey ${short(found[0])} = ${[red, green, blue].map((value, i) => `${view.luma[i]} · ${value}`).join(" + ")}`
    : `three numbers: red ${red}, green ${green}, blue ${blue}`;
  view.sentence.title = view.luma ? full(Number(found[0].toPrecision(7))) : "";
  view.sentence.textContent = `Pixel [${row}, ${col}] is ${is} (0 to 255). `
    + `The window shows ${whole(shown)} of ${count(view.pixels.height * view.pixels.width, "pixel")}.`;
}
