// The graph of a network: boxes that open, wires with the shapes that go through them, bars for what each box costs.

import { button, element, onNextFrame, setText } from "../shared/dom.js";
import { mounting } from "../shared/mount.js";
import { savePng } from "../shared/pixels.js";
import { onZoom } from "../shared/zoom.js";
import { barAt, drawPanel, panelWidth, slotsOf } from "./bars.js";
import { colours, drawGraph } from "./draw.js";
import { layOut, NONE, prepare, stepped, under } from "./layout.js";
import { itemSentence, NAMES, overview } from "./words.js";

const ZOOM = { least: 0.2, most: 3 };
const SMALLEST = 0.6; // zoom of a graph that is new here: with less, nothing can be read
const LARGEST = 16384; // pixels of a saved picture's side
const DRAGGED = 4; // CSS pixels from which on a press is no click

export default mounting(build, show);

const plans = new WeakMap();

// Where everything stands in the view with this root; for whoever has to find a box on the canvas.
export const planOf = (root) => plans.get(root);

function build(parent) {
  const view = { zoom: 1, pointed: null, chosen: null, open: new Set(), token: null };
  view.title = element("b");
  view.facts = element("small");
  view.all = button("Open all", "Open every block", () => openAll(view));
  const tools = element("span", { className: "push buttons" }, view.all,
    button("−", "Smaller (−)", () => zoomTo(view, view.zoom / 1.3)), button("+", "Larger (+)", () => zoomTo(view, view.zoom * 1.3)),
    button("Fit", "All in sight (0)", () => fit(view)), button("Save", "Save the whole graph as PNG", () => save(view)));
  view.costs = element("div", { className: "costs", role: "radiogroup", "aria-label": "What the bars stand for" });
  view.canvas = element("canvas");
  view.spacer = element("div", { className: "spacer" });
  view.scroll = element("div", { className: "scroll", tabIndex: 0, role: "application" }, view.spacer, element("div", { className: "sheet" }, view.canvas));
  view.sentence = element("p", { className: "sentence", "aria-live": "polite" });
  view.root = element("div", { className: "view network-graph" },
    element("figure", {}, element("figcaption", {}, view.title, view.facts, tools), view.costs, view.scroll), view.sentence);
  parent.append(view.root);
  view.redraw = onNextFrame(() => draw(view));
  view.resize = new ResizeObserver(onNextFrame(() => { if (view.header) { plan(view); draw(view); } }));
  view.resize.observe(view.scroll);
  listen(view);
  return view;
}

function show(view, header) {
  if (header.token === view.token) return;
  const fresh = view.header?.name !== header.name || JSON.stringify(view.header.edges) !== JSON.stringify(header.edges);
  Object.assign(view, { header, token: header.token });
  if (fresh) Object.assign(view, { graph: prepare(header), pointed: null, said: {}, sent: { opened: [], cost: [], chosen: [] } });
  view.graph.items = header.items;
  view.numbers = new Map(header.items.map((item) => [item.key, item.item]));
  view.totals = header.costs.map((_, at) => header.items.reduce((sum, item) => (item.parent === NONE ? sum + item.costs[at] : sum), 0));
  if (isNew(view, "opened", header.opened.join(" "))) {
    view.open = new Set(header.opened.map((key) => view.numbers.get(key)).filter((item) => item !== undefined));
  }
  if (isNew(view, "cost", header.cost)) view.cost = header.cost;
  const chosen = isNew(view, "chosen", header.chosen);
  if (chosen) view.chosen = view.numbers.get(header.chosen) ?? null;
  view.scroll.style.height = `${header.height}px`;
  view.title.textContent = header.name;
  view.scroll.setAttribute("aria-label", `Graph of ${header.name}. Arrow keys go from box to box, Enter opens or closes one, plus and minus zoom.`);
  showCosts(view);
  plan(view);
  if (fresh) start(view);
  else if (chosen && view.plan?.byItem.has(view.chosen)) reveal(view, view.plan.byItem.get(view.chosen));
  draw(view);
  view.root.dataset.cnnvizDrawn = header.token;
}

// From the top, as large as it fits from side to side.
function start(view) {
  view.zoom = view.plan ? Math.max(SMALLEST, Math.min(1, roomOf(view) / view.plan.width)) : 1;
  if (view.plan) size(view);
  Object.assign(view.scroll, { scrollTop: 0, scrollLeft: view.plan ? (view.plan.width * view.zoom - roomOf(view)) / 2 : 0 });
  const chosen = view.plan?.byItem.get(view.chosen);
  if (chosen) reveal(view, chosen);
}

// Whether the page says something new of a setting: not what it said last, and not what the learner set here since.
function isNew(view, name, value) {
  const echo = view.sent[name].lastIndexOf(value);
  const same = view.said[name] === value;
  view.said[name] = value;
  if (echo >= 0) view.sent[name].splice(0, echo + 1);
  return !same && echo < 0;
}

function showCosts(view) {
  view.costs.replaceChildren("Bars: ", ...view.header.costs.map((cost) => button(NAMES[cost], "", () => {
    view.cost = cost;
    showCosts(view);
    tellPage(view);
    view.redraw();
  }, { role: "radio", "aria-checked": String(cost === view.cost) })));
}

function plan(view) {
  const room = view.scroll.clientWidth;
  if (!room) return;
  view.type = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
  view.panel = panelWidth(room, view.type);
  view.costs.hidden = view.panel > 0;
  view.plan = layOut(view.graph, view.open, room - view.panel, view.type);
  view.slots = slotsOf(view.plan);
  plans.set(view.root, { ...view.plan, keyOf: (item) => view.header.items[item].key });
  size(view);
  const open = view.header.items.filter((item) => view.open.has(item.item)).map((item) => item.key);
  Object.assign(view.root.dataset, { open: open.join(" "), chosen: view.header.items[view.chosen]?.key ?? "", boxes: view.plan.boxes.length });
  view.facts.textContent = overview(view.header);
  view.all.textContent = blocks(view).every((item) => view.open.has(item)) ? "Close all" : "Open all";
}

function size(view) {
  view.spacer.style.width = `${view.plan.width * view.zoom + view.panel}px`;
  view.spacer.style.height = `${view.plan.height * view.zoom}px`;
  view.root.dataset.zoom = view.zoom.toFixed(3);
}

function draw(view) {
  if (!view.plan) return;
  const { scroll, canvas } = view;
  const ratio = window.devicePixelRatio || 1;
  const at = { left: scroll.scrollLeft, top: scroll.scrollTop, width: scroll.clientWidth, height: scroll.clientHeight };
  const [width, height] = [Math.round(at.width * ratio), Math.round(at.height * ratio)];
  if (canvas.width !== width || canvas.height !== height) {
    Object.assign(canvas, { width, height });
    Object.assign(canvas.style, { width: `${at.width}px`, height: `${at.height}px` });
  }
  view.paint = colours(view.root);
  drawAll(canvas.getContext("2d"), view, at, ratio);
  const item = view.header.items[view.pointed ?? view.chosen];
  setText(view.sentence, item ? itemSentence(view.header, view.totals, view.plan, item) : "Point at a box to hear what it does and costs; click one to look inside.");
  view.root.dataset.pointed = view.pointed === null ? "" : view.header.items[view.pointed].key;
}

function drawAll(context, view, at, ratio) {
  drawGraph(context, view, { ...at, width: at.width - view.panel }, ratio);
  if (view.panel) drawPanel(context, view, at, ratio);
}

// The groups that "Open all" opens: all but layers, whose parts say little.
const blocks = ({ header }) => header.items.filter((item) => item.parts.length && item.kind !== "layer").map((item) => item.item);

function openAll(view) {
  const all = blocks(view);
  view.open = new Set(all.every((item) => view.open.has(item)) ? [] : all);
  changed(view);
}

// Opens or closes a group; what is clicked stays under the pointer. Of a layer's node nothing opens: it is chosen.
function act(view, box) {
  const item = view.header.items[box.item];
  view.chosen = item.item;
  if (!item.parts.length) { tellPage(view); view.redraw(); return; }
  const before = box.y * view.zoom - view.scroll.scrollTop;
  if (!view.open.delete(item.item)) view.open.add(item.item);
  changed(view);
  const after = view.plan.byItem.get(item.item);
  view.scroll.scrollTop = after.y * view.zoom - before;
  view.scroll.scrollLeft = (after.x + after.width / 2) * view.zoom - roomOf(view) / 2;
  view.redraw();
}

function changed(view) {
  plan(view);
  if (!view.plan.byItem.has(view.pointed)) view.pointed = null;
  tellPage(view);
  view.redraw();
}

function tellPage(view) {
  const open = view.header.items.filter((item) => view.open.has(item.item)).map((item) => item.key);
  const chosen = view.header.items[view.chosen]?.key ?? "";
  for (const [name, value] of [["opened", open.join(" ")], ["cost", view.cost], ["chosen", chosen]]) if (view.said[name] !== value) view.sent[name].push(value);
  view.send("act", { open, cost: view.cost, chosen });
}

function zoomTo(view, wanted, x = roomOf(view) / 2, y = view.scroll.clientHeight / 2) {
  const zoom = Math.max(ZOOM.least, Math.min(ZOOM.most, wanted));
  const [across, down] = [(view.scroll.scrollLeft + x) / view.zoom, (view.scroll.scrollTop + y) / view.zoom];
  view.zoom = zoom;
  size(view);
  view.scroll.scrollLeft = across * zoom - x;
  view.scroll.scrollTop = down * zoom - y;
  view.redraw();
}

// CSS pixels from side to side that the graph has for itself.
const roomOf = ({ scroll, panel }) => scroll.clientWidth - panel;

function fit(view) {
  zoomTo(view, Math.min(1, view.scroll.clientHeight / view.plan.height, roomOf(view) / view.plan.width));
}

function save(view) {
  const width = view.plan.width + view.panel;
  const ratio = Math.min(2, LARGEST / width, LARGEST / view.plan.height);
  const whole = element("canvas", { width: Math.round(width * ratio), height: Math.round(view.plan.height * ratio) });
  drawAll(whole.getContext("2d"), { ...view, zoom: 1, pointed: null }, { left: 0, top: 0, width, height: view.plan.height }, ratio);
  savePng(whole, `cnnviz graph of ${view.header.name}.png`);
}

function listen(view) {
  const { scroll } = view;
  let press = null;
  const boxAt = (event) => {
    const edge = scroll.getBoundingClientRect();
    return view.plan && under(view.plan, (event.clientX - edge.left + scroll.scrollLeft) / view.zoom, (event.clientY - edge.top + scroll.scrollTop) / view.zoom);
  };
  const point = (item) => { if (item !== view.pointed) { view.pointed = item; view.redraw(); } };
  scroll.onscroll = () => view.redraw();
  scroll.onpointerdown = (event) => {
    if (event.pointerType === "mouse" && event.button === 0) press = { x: event.clientX, y: event.clientY, left: scroll.scrollLeft, top: scroll.scrollTop, moved: false };
  };
  scroll.onpointermove = (event) => {
    if (press) {
      const [x, y] = [event.clientX - press.x, event.clientY - press.y];
      if (!press.moved && Math.hypot(x, y) > DRAGGED) { press.moved = true; scroll.setPointerCapture(event.pointerId); }
      if (press.moved) { scroll.scrollLeft = press.left - x; scroll.scrollTop = press.top - y; return; }
    }
    const beside = event.clientX - scroll.getBoundingClientRect().left > roomOf(view);
    const box = beside ? view.plan?.byItem.get(barAt(view, event.clientY - scroll.getBoundingClientRect().top)) : boxAt(event);
    scroll.style.cursor = !beside && box && view.header.items[box.item].parts.length ? "pointer" : "default";
    point(box?.item ?? null);
  };
  scroll.onpointerleave = () => point(null);
  scroll.onpointercancel = () => { press = null; };
  scroll.onclick = (event) => {
    const moved = press?.moved;
    press = null;
    if (moved || event.clientX - scroll.getBoundingClientRect().left > roomOf(view)) return;
    const box = boxAt(event);
    if (box) { view.pointed = box.item; act(view, box); }
  };
  onZoom(scroll, (factor, x, y) => zoomTo(view, view.zoom * factor, x, y));
  scroll.onkeydown = (event) => pressed(view, event);
}

function pressed(view, event) {
  if (!view.plan || event.altKey || event.metaKey || (event.ctrlKey && event.key !== "0")) return;
  const here = view.plan.byItem.get(view.pointed ?? view.chosen) ?? null;
  const zooms = { "+": view.zoom * 1.3, "=": view.zoom * 1.3, "-": view.zoom / 1.3 };
  if (event.key.startsWith("Arrow")) {
    const next = here ? stepped(view.plan, here, event.key) : view.plan.boxes[0];
    if (next) { view.pointed = next.item; reveal(view, next); }
  } else if (event.key === "Enter" || event.key === " ") {
    if (here) act(view, here);
  } else if (event.key === "Escape") {
    const group = here?.open ? here : view.plan.byItem.get(here?.parent);
    if (!group) return;
    view.pointed = group.item;
    act(view, group);
  } else if (zooms[event.key]) zoomTo(view, zooms[event.key]);
  else if (event.key === "0") fit(view);
  else return;
  event.preventDefault();
  view.redraw();
}

function reveal({ scroll, zoom }, box) {
  const top = box.y * zoom, bottom = top + (box.open ? box.head : box.height) * zoom;
  if (top < scroll.scrollTop + 8) scroll.scrollTop = top - 30;
  else if (bottom > scroll.scrollTop + scroll.clientHeight - 8) scroll.scrollTop = bottom - scroll.clientHeight + 40;
  const left = box.x * zoom, right = left + box.width * zoom;
  if (left < scroll.scrollLeft) scroll.scrollLeft = left - 20;
  else if (right > scroll.scrollLeft + scroll.clientWidth) scroll.scrollLeft = Math.min(left - 20, right - scroll.clientWidth + 20);
}
