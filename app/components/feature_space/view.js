// Pictures in the plane of their features, before and after. Point at one, or go to it by arrow keys: it is lit in both,
// with a line to the training picture that is nearest in all dimensions. A click or Enter holds it.

import { button, element, onNextFrame, themeColour } from "../shared/dom.js";
import { mounting } from "../shared/mount.js";
import { decode, savePng, saveText, sharpen } from "../shared/pixels.js";
import { line, mark, picture, ring } from "./draw.js";
import { between, next, placed, under } from "./geometry.js";
import { csv, itemSentence, paneTitle, paneWords, sentence } from "./words.js";

const REACH = 22; // CSS pixels from a pointer to the picture it means
const RADIUS = 6;
const SMALL = 30; // CSS pixels of a picture in the plane, at most
const LARGE = 60; // of the lit one
const GLIDE = 600; // milliseconds from one layout of the same pictures to another
const FAINT = 0.16; // what another class keeps of its colour while one is looked at

export default mounting(build, (view, header) => {
  if (header.token !== view.token) show(view, header);
  else if (!view.told) {
    hold(view, header);
    if (view.panes.length) drawAll(view);
  }
  view.token = header.token;
});

function build(parent) {
  const view = { order: 0, lit: null, held: null, only: null, panes: [], told: false };
  view.legend = element("div", { className: "legend" });
  view.switch = button("Pictures", "Show the pictures for their marks", () => { view.pictures = !view.pictures; tell(view); drawAll(view); });
  const tools = element("span", { className: "push tools" }, view.switch,
    button("PNG", "Save what is shown as PNG", () => savePng(together(view), "cnnviz feature space.png")),
    button("CSV", "Save all points as CSV", () => saveText(csv(view.header, view.header.arrays), "cnnviz feature space.csv", "text/csv")));
  view.row = element("div", { className: "panes" });
  view.detail = element("div", { className: "detail" });
  view.sentence = element("p", { className: "sentence", "aria-live": "polite" });
  view.root = element("section", { className: "view feature-space", "aria-label": "Feature space" },
    element("figcaption", {}, view.legend, tools), view.row, element("div", { className: "below" }, view.sentence, view.detail));
  view.redraw = onNextFrame(() => drawLit(view));
  view.redrawAll = () => drawAll(view);
  view.resize = new ResizeObserver(onNextFrame(() => { if (view.header) drawAll(view); }));
  view.resize.observe(view.row);
  parent.append(view.root);
  return view;
}

async function show(view, header) {
  const order = (view.order += 1);
  const sheet = await decode(header.arrays.sheet, "image/jpeg");
  if (order !== view.order) return;
  const same = view.header?.items.length === header.items.length && view.header.items[0]?.name === header.items[0]?.name;
  const glides = same && !matchMedia("(prefers-reduced-motion: reduce)").matches;
  const former = glides ? view.panes.map((one) => one.places) : [];
  Object.assign(view, { header, sheet, lit: null, only: null, told: same && view.told });
  if (!view.told) hold(view, header);
  view.panes = header.panes.map((pane, number) => paneOf(view, pane, number, former[number]));
  view.row.replaceChildren(...view.panes.map((one) => one.figure));
  view.row.classList.toggle("single", header.panes.length === 1);
  view.way = former.length ? 0 : 1;
  drawAll(view);
  if (former.length) glide(view, order, performance.now());
  view.root.dataset.panes = header.panes.length;
  view.root.dataset.layout = header.panes[0].shares ? "axes" : "map";
  view.root.dataset.cnnvizDrawn = header.token;
}

// Points move from where they lay to where they lie now, so that the eye can follow a group.
function glide(view, order, begun) {
  requestAnimationFrame((now) => {
    if (order !== view.order || !view.root.isConnected) return;
    view.way = Math.min(1, Math.max(0, (now - begun) / GLIDE));
    drawPoints(view);
    drawMarks(view);
    if (view.way < 1) glide(view, order, begun);
  });
}

// What the link says, until the learner has said something here.
function hold(view, { at, pictures, items }) {
  view.held = at >= 0 && at < items.length ? at : null;
  view.pictures = pictures;
}

function tell(view) {
  view.told = true;
  view.send("state", { at: view.held ?? -1, pictures: view.pictures });
}

function paneOf(view, pane, number, from) {
  const canvas = element("canvas");
  const marks = element("canvas", { className: "marks" });
  const frame = element("div", { className: "frame", tabIndex: 0, role: "application",
    "aria-label": `${pane.title}. Arrow keys go to the next picture, Enter holds it.` }, canvas, marks);
  const one = { canvas, marks, frame, number, from, places: new Float32Array() };
  one.figure = element("figure", {}, element("figcaption", {}, element("span", { textContent: pane.title }),
    element("small", { textContent: paneWords(pane, view.header), title: paneTitle(pane, view.header) })), frame);
  const found = (event) => {
    const box = frame.getBoundingClientRect();
    return under(one.places, event.clientX - box.left, event.clientY - box.top, REACH);
  };
  frame.onpointermove = (event) => light(view, found(event));
  frame.onpointerleave = () => light(view, null);
  frame.onclick = (event) => keep(view, found(event));
  frame.onfocus = () => { if (current(view) === null && frame.matches(":focus-visible")) light(view, 0); };
  frame.onblur = () => light(view, null);
  frame.onkeydown = (event) => onKey(view, one, event);
  return one;
}

function onKey(view, one, event) {
  const at = current(view) ?? 0;
  if (event.key === "Enter" || event.key === " ") keep(view, at);
  else if (event.key === "Escape") keep(view, null);
  else {
    const to = next(event.key, at, one.places);
    if (to === null) return;
    light(view, to);
  }
  event.preventDefault();
}

const current = (view) => view.lit ?? view.held;

function light(view, at) {
  if (view.lit === at) return;
  view.lit = at;
  view.redraw();
}

function keep(view, at) {
  view.held = at === view.held ? null : at;
  view.lit = null;
  tell(view);
  view.redraw();
}

function styles(view) {
  return { ink: themeColour(view.root, "text-color"), ground: themeColour(view.root, "background-color"), accent: themeColour(view.root, "primary-color") };
}

const colourOf = ({ colours }, label) => colours[label % colours.length];

function drawAll(view) {
  view.switch.setAttribute("aria-pressed", String(Boolean(view.pictures)));
  view.root.dataset.pictures = Boolean(view.pictures);
  drawLegend(view);
  drawPoints(view);
  drawLit(view);
}

function drawPoints(view) {
  const theme = styles(view);
  for (const one of view.panes) drawPane(view, one, theme);
}

function drawPane(view, one, theme) {
  const { items, arrays } = view.header;
  const { width, height } = one.frame.getBoundingClientRect();
  if (width < 10) return;
  one.places = between(one.from, placed(arrays[`points${one.number}`], width, height), view.way);
  const { ratio } = sharpen(one.canvas, width, height);
  const context = one.canvas.getContext("2d");
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.fillStyle = theme.ground;
  context.fillRect(0, 0, one.canvas.width, one.canvas.height);
  const size = Math.min(SMALL, width / 16);
  const order = items.map((_, i) => i).sort((a, b) => rank(items[a]) - rank(items[b])); // the test on top, mistakes last
  for (const i of order) {
    const [x, y] = [one.places[2 * i] * ratio, one.places[2 * i + 1] * ratio];
    const item = items[i];
    const look = { colour: colourOf(view.header, item.label), filled: item.test, ground: theme.ground,
      alpha: view.only === null || view.only === item.label ? 1 : FAINT };
    if (view.pictures) picture(context, view.sheet, view.header, i, x, y, size * ratio, look);
    else mark(context, item.label, x, y, RADIUS * ratio, look);
    if (wrong(item) && look.alpha === 1) ring(context, x, y, (view.pictures ? size * 0.78 : RADIUS * 1.9) * ratio, theme, ratio);
  }
}

const wrong = (item) => item.said !== null && item.said !== item.label;
const rank = (item) => Number(item.test) + 2 * Number(wrong(item));

function drawLit(view) {
  if (!view.header) return;
  const at = current(view);
  drawMarks(view);
  drawDetail(view, at);
  view.sentence.textContent = at === null ? sentence(view.header) : itemSentence(view.header, view.header.arrays, at);
  view.root.dataset.lit = at ?? "";
  view.root.dataset.held = view.held ?? "";
}

function drawMarks(view) {
  const theme = styles(view);
  for (const one of view.panes) drawMarksOf(view, one, current(view), theme);
}

function drawMarksOf(view, one, at, theme) {
  const { width, height } = one.frame.getBoundingClientRect();
  const { ratio } = sharpen(one.marks, width, height);
  const context = one.marks.getContext("2d");
  context.clearRect(0, 0, one.marks.width, one.marks.height);
  if (at === null || one.places.length === 0) return;
  const place = (i) => [one.places[2 * i] * ratio, one.places[2 * i + 1] * ratio];
  const nearest = view.header.arrays[`nearest${one.number}`][at];
  if (nearest >= 0) line(context, place(at), place(nearest), theme, ratio);
  const away = nearest >= 0 ? direction(place(at), place(nearest)) : [0, 1];
  for (const i of nearest >= 0 ? [nearest, at] : [at]) {
    const colour = i === at ? theme.accent : colourOf(view.header, view.header.items[i].label);
    const size = (i === at ? LARGE : SMALL) * ratio;
    const side = (i === at ? -1 : 1) * size;
    const [x, y] = place(i).map((value, axis) => value + away[axis] * side);
    ring(context, ...place(i), RADIUS * 1.5 * ratio, { ink: colour, ground: theme.ground }, ratio);
    const [right, bottom] = [one.marks.width, one.marks.height].map((edge) => edge - size / 2 - 2);
    const inside = [Math.min(right, Math.max(size / 2 + 2, x)), Math.min(bottom, Math.max(size / 2 + 2, y))];
    picture(context, view.sheet, view.header, i, ...inside, size, { colour, filled: true });
  }
}

// A step of length 1 from one place to another, so that pictures stand at the far ends of the line between them.
function direction([x, y], [toX, toY]) {
  const length = Math.hypot(toX - x, toY - y);
  return length ? [(toX - x) / length, (toY - y) / length] : [0, 1];
}

function drawDetail(view, at) {
  const { panes, arrays, classes, items } = view.header;
  const shown = at === null ? [] : [["this picture", at], ...panes.map((_, number) =>
    [panes.length > 1 ? (number ? "nearest after" : "nearest before") : "nearest", arrays[`nearest${number}`][at]])];
  view.detail.replaceChildren(...shown.filter(([, i]) => i >= 0).map(([words, i]) => {
    const { side, columns } = view.header;
    const canvas = element("canvas", { width: side, height: side, role: "img", "aria-label": items[i].name });
    canvas.getContext("2d").drawImage(view.sheet, (i % columns) * side, Math.floor(i / columns) * side, side, side, 0, 0, side, side);
    return element("figure", { title: items[i].name }, canvas, element("small", { textContent: words }), element("b", { textContent: classes[items[i].label] }));
  }));
}

function drawLegend(view) {
  const { classes, items } = view.header;
  const theme = styles(view);
  const sample = (draw) => {
    const canvas = element("canvas", { width: 36, height: 36 });
    draw(canvas.getContext("2d"));
    return canvas;
  };
  const entries = classes.map((name, label) => {
    const node = element("button", { className: "entry", type: "button", title: `Look at ${name} alone`, "aria-pressed": String(view.only === label) },
      sample((context) => mark(context, label, 18, 18, 11, { colour: colourOf(view.header, label), filled: true, ground: theme.ground })), name);
    node.onclick = () => { view.only = view.only === label ? null : label; drawAll(view); };
    return node;
  });
  const key = (words, draw) => element("span", { className: "entry" }, sample(draw), words);
  const kinds = [
    ...(items.some((item) => !item.test) && items.some((item) => item.test) ? [
      key("test", (context) => mark(context, 0, 18, 18, 11, { colour: theme.ink, filled: true, ground: theme.ground })),
      key("training", (context) => mark(context, 0, 18, 18, 11, { colour: theme.ink, filled: false, ground: theme.ground }))] : []),
    ...(items.some(wrong) ? [key("mistaken", (context) => {
      mark(context, 0, 18, 18, 7, { colour: theme.ink, filled: true, ground: theme.ground });
      ring(context, 18, 18, 14, theme, 2);
    })] : [])];
  const focused = [...view.legend.children].indexOf(view.root.getRootNode().activeElement);
  view.legend.replaceChildren(...entries, ...kinds);
  if (focused >= 0) view.legend.children[focused]?.focus();
}

// All panes beside each other on one canvas, with what is lit.
function together(view) {
  const gap = 16;
  const canvases = view.panes.map((one) => one.canvas);
  const canvas = element("canvas", { width: canvases.reduce((sum, one) => sum + one.width + gap, -gap), height: canvases[0].height });
  const context = canvas.getContext("2d");
  let left = 0;
  for (const one of view.panes) {
    context.drawImage(one.canvas, left, 0);
    context.drawImage(one.marks, left, 0);
    left += one.canvas.width + gap;
  }
  return canvas;
}
