// A picture as it forms. The curve below is the scrubber: point at a step, or use the arrow keys.

import { button, element, onNextFrame, themeColour } from "../shared/dom.js";
import { full, short } from "../shared/format.js";
import { mounting } from "../shared/mount.js";
import { decode, savePng } from "../shared/pixels.js";
import { nearest, scales } from "./scale.js";
import { sentence, SOURCES } from "./words.js";

const PACE = 450; // milliseconds a frame when played
export default mounting(build, (view, header) => {
  if (header.token !== view.token) show(view, header);
  view.token = header.token;
}, (view) => stop(view));

function build(parent) {
  const view = { index: 0, order: 0, timer: null };
  view.title = element("span");
  view.source = element("small");
  view.canvas = element("canvas", { role: "img" });
  view.chart = element("canvas", { className: "curve" });
  view.scrub = element("div", { className: "scrub", tabIndex: 0, role: "slider", "aria-label": "Step" }, view.chart);
  view.quantity = element("small");
  view.play = button("Watch it form", "Show the steps one after another, from the noise on", () => play(view));
  const save = button("Save", "Save this picture as PNG", () => savePng(view.canvas, `${view.header.title}, step ${view.header.frames[view.index]}.png`));
  view.sentence = element("p", { className: "sentence", "aria-live": "polite" });
  view.root = element("div", { className: "view channel-film" },
    element("figure", {}, element("figcaption", {}, view.title, view.source), element("div", { className: "frame" }, view.canvas),
      element("div", { className: "under" }, view.quantity, view.play, save), view.scrub), view.sentence);
  parent.append(view.root);
  view.redraw = onNextFrame(() => draw(view));
  view.resize = new ResizeObserver(() => { if (view.sheet) view.redraw(); });
  view.resize.observe(view.root);
  view.scrub.onpointermove = view.scrub.onpointerdown = (event) => {
    if (!view.sheet) return;
    stop(view);
    const x = event.clientX - view.scrub.getBoundingClientRect().left;
    go(view, nearest(view.header.frames, scalesOf(view).stepAt(x)));
  };
  view.scrub.onkeydown = (event) => {
    const last = view.header.frames.length - 1;
    const to = { ArrowLeft: view.index - 1, ArrowDown: view.index - 1, ArrowRight: view.index + 1, ArrowUp: view.index + 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    stop(view);
    go(view, Math.min(last, Math.max(0, to)));
  };
  return view;
}

// A new scene shows its last frame.
async function show(view, header) {
  const order = (view.order += 1);
  const sheet = await decode(header.arrays.strip, header.mime);
  if (order !== view.order) return;
  stop(view);
  Object.assign(view, { header: { ...header, curve: header.arrays.curve }, sheet, index: header.frames.length - 1 });
  view.title.textContent = header.title;
  view.source.textContent = `${header.trained ? "" : "untrained, "}${SOURCES[header.state]}`;
  view.quantity.textContent = `${header.quantity}, by step`;
  view.play.disabled = header.state === "forming";
  view.root.dataset.state = header.state;
  draw(view);
  view.root.dataset.cnnvizDrawn = header.token;
}

function go(view, index) {
  view.index = index;
  view.redraw();
}

// From the noise on, one frame after another; where motion is not wanted, each press shows one more.
function play(view) {
  const last = view.header.frames.length - 1;
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return go(view, view.index === last ? 0 : view.index + 1);
  stop(view);
  go(view, 0);
  view.timer = setInterval(() => {
    if (view.index === last) stop(view);
    else go(view, view.index + 1);
  }, PACE);
}

function stop(view) {
  clearInterval(view.timer);
  view.timer = null;
}

const scalesOf = (view) => scales(view.chart.getBoundingClientRect(), view.header.steps, view.header.curve);

function draw(view) {
  const { header, sheet, index, canvas } = view;
  const [height, width] = header.side;
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d").drawImage(sheet, 0, index * height, width, height, 0, 0, width, height);
  const said = sentence(header, index);
  canvas.setAttribute("aria-label", said);
  view.sentence.textContent = said;
  view.scrub.setAttribute("aria-valuemin", 0);
  view.scrub.setAttribute("aria-valuemax", header.steps);
  view.scrub.setAttribute("aria-valuenow", header.frames[index]);
  view.root.dataset.step = header.frames[index];
  drawCurve(view);
}

function drawCurve(view) {
  const { header, chart } = view;
  const box = chart.getBoundingClientRect();
  const ratio = window.devicePixelRatio || 1;
  chart.width = Math.round(box.width * ratio);
  chart.height = Math.round(box.height * ratio);
  const context = chart.getContext("2d");
  context.scale(ratio, ratio);
  const scale = scalesOf(view);
  const [ink, line, accent] = ["text-color", "border-color", "primary-color"].map((name) => themeColour(view.root, name));
  const size = parseFloat(getComputedStyle(chart).fontSize);
  context.font = `${0.8 * size}px ${getComputedStyle(chart).fontFamily}`;
  drawAxes(context, scale, header, { ink, line });
  context.strokeStyle = ink;
  context.lineWidth = 2;
  context.beginPath();
  header.curve.forEach((value, step) => context.lineTo(scale.x(step), scale.y(value)));
  context.stroke();
  const step = header.frames[view.index];
  const [x, y] = [scale.x(step), scale.y(header.curve[step])];
  context.strokeStyle = context.fillStyle = accent;
  context.lineWidth = 3;
  context.beginPath();
  context.moveTo(x, 0);
  context.lineTo(x, scale.bottom);
  context.stroke();
  context.beginPath();
  context.arc(x, y, 5, 0, 2 * Math.PI);
  context.fill();
  chart.title = `Step ${step}: ${full(header.curve[step])}`;
}

// Each frame has its step below the axis; the greatest value and zero (or the least) stand at the right.
function drawAxes(context, scale, header, { ink, line }) {
  context.fillStyle = ink;
  context.strokeStyle = line;
  context.lineWidth = 1;
  context.textBaseline = "alphabetic";
  context.textAlign = "center";
  let free = -Infinity;
  for (const step of header.frames) {
    const [x, text] = [scale.x(step), String(step)];
    const half = context.measureText(text).width / 2 + 3;
    context.beginPath();
    context.moveTo(x, scale.bottom);
    context.lineTo(x, scale.bottom + 4);
    context.stroke();
    if (x - half < free) continue;
    context.fillText(text, Math.max(half, x), scale.bottom + 17);
    free = x + half;
  }
  context.textAlign = "left";
  context.textBaseline = "middle";
  for (const value of new Set([scale.high, 0, scale.low])) {
    const y = scale.y(value);
    if (value !== 0 && Math.abs(y - scale.y(0)) < 14) continue; // it would stand on the zero
    context.beginPath();
    context.moveTo(0, y);
    context.lineTo(scale.right + 4, y);
    context.stroke();
    context.fillText(short(value), scale.right + 8, Math.max(7, y));
  }
}
