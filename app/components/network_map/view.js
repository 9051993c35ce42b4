// The map of a network: columns of channels from the picture to the answer. Point at one, and what feeds it lights up.

import { showBar } from "../shared/bar.js";
import { unpack } from "../shared/blob.js";
import { button, element, onNextFrame } from "../shared/dom.js";
import { mounting } from "../shared/mount.js";
import { decode, savePng } from "../shared/pixels.js";
import { onZoom } from "../shared/zoom.js";
import { buildAnswer, showAnswer } from "./answer.js";
import { bitmap, colours, drawLit, drawMap, sheetsOf } from "./draw.js";
import { edgesOf, swaps } from "./edges.js";
import { layOut, stepped, under } from "./geometry.js";
import { tell } from "./tell.js";
import { overview, scaleNote } from "./words.js";

const MOST_AHEAD = 24; // columns whose edges are fetched before anybody points
const LARGEST = 5; // zoom
const REST = 400; // milliseconds after which the page hears what is pinned

export default mounting(build, async (view, header) => {
  if (header.token !== view.token && !view.overtaken.has(openedIn(header))) await show(view, header);
  hearPinned(view, header.pinned);
}, (view) => { view.gone = true; clearTimeout(view.telling); });

const plans = new WeakMap();

// Where everything stands in the view with this root; for whoever has to find a channel on the canvas.
export const planOf = (root) => plans.get(root);

const openedIn = (header) => header.stages.filter((stage) => stage.open).map((stage) => stage.stage).join(".");

function build(parent) {
  const view = { zoom: 1, order: 0, fed: new Map(), pointed: null, pinned: null, over: null, classAt: null, classSide: 0, overtaken: new Set(), said: null, asking: null };
  view.title = element("b");
  view.facts = element("small");
  view.all = button("Open all", "Show every column of every stage", () => open(view, everything(view)));
  const tools = element("span", { className: "push buttons" }, view.all,
    button("−", "Smaller (−)", () => zoomTo(view, view.zoom / 1.3)), button("+", "Larger (+)", () => zoomTo(view, view.zoom * 1.3)),
    button("Fit", "All rows in sight (0)", () => zoomTo(view, 1)), button("Save", "Save what is seen as PNG", () => save(view)));
  view.canvas = element("canvas");
  view.lit = element("canvas");
  view.spacer = element("div", { className: "spacer" });
  view.scroll = element("div", { className: "scroll", tabIndex: 0, role: "application" }, view.spacer, element("div", { className: "sheet" }, view.canvas, view.lit));
  view.answer = buildAnswer({
    point: (place, side) => { Object.assign(view, { classAt: place, classSide: side }); need(view, view.header.answer, side); view.redraw(); },
    leave: () => { view.classAt = null; view.redraw(); },
    ask: (index) => view.send("target", { class: index === view.header.target && view.header.chosen_target ? null : index }),
    heat: (temperature) => view.send("heat", { temperature }),
  });
  view.bar = element("div", { className: "bar" });
  view.sentence = element("p", { className: "sentence", "aria-live": "polite" });
  view.large = button("Open this channel", "Its map large, its numbers and its ledger (Enter)", () => enter(view));
  view.root = element("div", { className: "view network-map" },
    element("figure", {}, element("figcaption", {}, view.title, view.facts, tools),
      element("div", { className: "stage" }, view.scroll, view.answer.root)),
    element("div", { className: "under" }, view.bar, view.large), view.sentence);
  parent.append(view.root);
  view.redraw = onNextFrame(() => draw(view));
  view.again = onNextFrame(() => { plan(view); draw(view); });
  view.redrawAll = () => { view.stays = null; view.again(); };
  view.resize = new ResizeObserver(view.again);
  view.resize.observe(view.scroll);
  listen(view);
  return view;
}

async function show(view, header) {
  const order = (view.order += 1);
  try {
    const photos = await Promise.all(Array.from({ length: header.sides }, (_, side) => decode(header.arrays[`seen${side}`], "image/jpeg")));
    if (order !== view.order) return;
    const first = !view.header;
    Object.assign(view, { header, photos, token: header.token, fed: new Map() });
    view.overtaken.clear();
    let start = 0;
    for (const box of header.boxes) { box.start = start; start += box.shown.length; }
    view.sheets = sheetsOf(header);
    view.title.textContent = header.network;
    view.facts.textContent = overview(header);
    view.all.textContent = everything(view).length ? "Open all" : "Close all";
    view.scroll.setAttribute("aria-label", `Map of ${header.network}. Arrow keys go from channel to channel, space pins one, Enter opens it, O opens or closes its stage${header.sides === 2 ? ", S goes to the other picture" : ""}.`);
    showBar(view.bar, header.per === "all" ? header.bar : null, scaleNote(header));
    showAnswer(view.answer, header);
    plan(view);
    for (const name of ["pointed", "pinned"]) view[name] = follow(view, view[name]);
    if (first) view.scroll.scrollLeft = 0;
    draw(view);
    view.root.dataset.cnnvizDrawn = header.token;
    view.root.dataset.open = openedIn(header);
    view.root.dataset.maps = header.boxes.reduce((sum, box) => sum + box.shown.length, 0) * (header.difference ? 1 : header.sides);
    ahead(view, header.token);
  } catch (error) {
    if (order === view.order) view.sentence.textContent = `The map could not be drawn: ${error.message}`;
  }
}

// The same channel in a new scene, if it is drawn there; else the column's first.
function follow(view, at) {
  const box = at && view.plan.byColumn.get(at.column);
  if (!box?.tiles.length) return null;
  const row = box.shown.indexOf(at.channel);
  const side = Math.min(at.side, view.header.sides - 1);
  return row < 0 ? { column: at.column, row: 0, channel: box.shown[0], side } : { column: at.column, row, channel: at.channel, side };
}

// What the link says is pinned; while the page has not heard of the last gesture, that stands.
function hearPinned(view, pinned) {
  const said = String(pinned ?? "");
  if (view.asking !== null && said !== view.asking) return;
  view.asking = null;
  if (said === view.said || !view.plan) return;
  view.said = said;
  if (said === pinText(view)) return;
  const [column, channel, side] = pinned ?? [];
  view.pinned = pinned && follow(view, { column, channel, side });
  if (view.pinned) {
    need(view, column, side);
    bring(view, view.plan.byColumn.get(column));
  }
  view.redraw();
}

const pinnedAt = ({ pinned }) => pinned && [pinned.column, pinned.channel, pinned.side];
const pinText = ({ pinned }) => (pinned ? `${pinned.column},${pinned.channel},${pinned.side}` : "");

function plan(view) {
  if (!view.header) return;
  const room = { width: view.scroll.clientWidth, height: view.scroll.clientHeight };
  if (!room.width) return;
  view.type = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
  view.plan = layOut(view.header, room, view.zoom, view.type);
  plans.set(view.root, view.plan);
  view.spacer.style.width = `${view.plan.width}px`;
  view.spacer.style.height = `${view.plan.height}px`;
}

function draw(view) {
  if (!view.plan || !view.root.isConnected) return; // taken down between a move and its frame
  const { scroll, canvas } = view;
  const ratio = window.devicePixelRatio || 1;
  const at = { left: scroll.scrollLeft, top: scroll.scrollTop, width: scroll.clientWidth, height: scroll.clientHeight };
  const [width, height] = [Math.round(at.width * ratio), Math.round(at.height * ratio)];
  const swapped = view.pinned ? swaps(view, view.pinned) : null;
  const lent = view.pointed && swapped?.get(`${view.pointed.column}.${view.pointed.row}`); // its place shows another channel
  view.lent = lent;
  const active = view.classAt !== null ? null : activeIn(view);
  const asked = askedClass(view);
  const edges = edgesOf(view, active, swapped, asked);
  const stays = [view.token, view.zoom, at.left, at.top, width, height, view.over, swapped ? [...swapped].map(([place, { channel }]) => `${place}:${channel}`) : "", view.plan.type].join();
  if (stays !== view.stays) {
    view.stays = stays;
    view.paint = colours(view.root);
    for (const one of [canvas, view.lit]) {
      Object.assign(one, { width, height });
      Object.assign(one.style, { width: `${at.width}px`, height: `${at.height}px` });
    }
    drawMap(canvas.getContext("2d"), view, { swapped, over: view.over }, at, ratio);
  }
  drawLit(view.lit.getContext("2d"), view, { pointed: view.classAt === null ? view.pointed : null, pinned: view.pinned, edges }, at, ratio);
  const hidden = edges.filter((edge) => edge.from.row === null).length;
  view.large.hidden = !(active && openable(view.plan.byColumn.get(active.column)));
  tell(view, { active, lent, asked, hidden: hidden > 0 });
  Object.assign(view.root.dataset, { edges: edges.length, hidden });
}

function save({ canvas, lit, paint }) {
  const whole = element("canvas", { width: canvas.width, height: canvas.height });
  const context = whole.getContext("2d");
  context.fillStyle = paint.ground;
  context.fillRect(0, 0, whole.width, whole.height);
  for (const one of [canvas, lit]) context.drawImage(one, 0, 0);
  savePng(whole, "cnnviz map of the network.png");
}

// The class pointed at, or that for which the channels speak: its place in the list, and how high it stands.
function askedClass(view) {
  const place = view.classAt ?? Math.max(0, view.header.listed.indexOf(view.header.target));
  const row = view.answer.rows[place].node.getBoundingClientRect();
  const box = view.scroll.getBoundingClientRect();
  return { place, side: view.classAt === null ? 0 : view.classSide, y: Math.min(box.height - 4, Math.max(view.plan.head - 6, row.top + row.height / 2 - box.top)) };
}

// What feeds a column's channels, fetched once for each scene.
async function need(view, column, side = 0) {
  const { token, header } = view;
  const of = header.difference ? 0 : side;
  const key = `${column}.${of}`;
  if (view.fed.has(key)) return;
  view.fed.set(key, {});
  const asked = await fetchScene(header, `feeds~${openedIn(header)}~${column}~${of}`).catch(() => null);
  if (view.token !== token) return;
  if (asked) {
    asked.tiles = new Map(asked.extra.map((name, place) => {
      const tile = asked.arrays[`tile${place}`];
      return [name, bitmap(tile, tile.shape[0], tile.shape[1], header.arrays.palette)];
    }));
    view.fed.set(key, asked);
  }
  view.root.dataset.ready = [...view.fed.values()].filter((one) => one.fed).length;
  view.redraw();
}

async function fetchScene(header, name) {
  const answer = await fetch(header.scenes + encodeURIComponent(name));
  return answer.status === 200 ? unpack(new Uint8Array(await answer.arrayBuffer())) : null;
}

// The edges of a map that is not too wide come before they are asked for, one column after the other.
async function ahead(view, token) {
  await need(view, view.header.answer);
  if (view.header.boxes.length > MOST_AHEAD) return;
  for (const box of [...view.header.boxes].reverse()) {
    if (view.gone || view.token !== token) return;
    if (box.sources.length) await need(view, box.column);
  }
}

const everything = (view) => {
  const closed = view.header.stages.filter((stage) => stage.columns > 1 && !stage.open);
  return closed.length ? view.header.stages.filter((stage) => stage.columns > 1).map((stage) => stage.stage) : [];
};

// Other stages open: the scene comes straight from the server, the page hears of it afterwards.
async function open(view, stages) {
  const from = view.header;
  const name = stages.join(".");
  const header = await fetchScene(from, `map~${name}`).catch(() => null);
  if (view.header !== from) return;
  if (header) {
    view.overtaken.add(openedIn(from));
    await show(view, header);
  }
  view.send("stages", { open: stages });
}

function toggle(view, stage) {
  const { stages } = view.header;
  if (stages[stage].columns < 2) return;
  open(view, stages.filter((one) => one.open !== (one.stage === stage)).map((one) => one.stage));
}

// The channel of which the page speaks. A tile that shows another one for the pinned one's sake stands for that.
const activeIn = ({ lent, pinned, pointed }) => (lent ? pinned : pointed ?? pinned);

const openable = (box) => Boolean(box.layer || box.unit);

function enter(view) {
  const active = activeIn(view);
  const box = active && view.plan.byColumn.get(active.column);
  if (!box || !openable(box)) return;
  const layer = box.layer || box.near;
  const large = layer && box.size && box.size[0] * box.size[1] > 1;
  const middle = (length) => Math.floor(length / 2);
  const unit = box.layer ? "" : `${box.unit}/${active.channel}.${middle(box.size[0])}.${middle(box.size[1])}`;
  clearTimeout(view.telling); // the page hears of it with this
  view.send("layer", { layer, unit, channel: large ? active.channel : null, pin: pinnedAt(view) });
}

function pin(view, at) {
  const same = view.pinned && at && ["column", "channel", "side"].every((name) => view.pinned[name] === at[name]);
  if (!view.pinned && !at) return;
  view.pinned = same ? null : at;
  view.asking = pinText(view);
  clearTimeout(view.telling);
  view.telling = setTimeout(() => view.send("pin", { at: pinnedAt(view) }), REST);
  view.redraw();
}

function zoomTo(view, zoom, x = view.scroll.clientWidth / 2, y = view.scroll.clientHeight / 2) {
  const before = view.zoom;
  view.zoom = Math.min(LARGEST, Math.max(1, zoom));
  if (view.zoom === before) return;
  const [left, top] = [(view.scroll.scrollLeft + x) / view.plan.width, (view.scroll.scrollTop + y) / view.plan.height];
  plan(view);
  view.scroll.scrollLeft = left * view.plan.width - x;
  view.scroll.scrollTop = top * view.plan.height - y;
  draw(view);
}

function listen(view) {
  const { scroll } = view;
  const hit = (event) => {
    const box = scroll.getBoundingClientRect();
    return view.plan ? under(view.plan, event.clientX - box.left + scroll.scrollLeft, event.clientY - box.top + scroll.scrollTop, scroll.scrollTop) : null;
  };
  let drag = null;
  scroll.onscroll = view.redraw;
  scroll.onpointermove = (event) => {
    if (drag) {
      if (Math.hypot(event.clientX - drag.x, event.clientY - drag.y) > 4) drag.moved = true;
      if (drag.moved) { scroll.scrollLeft = drag.left - (event.clientX - drag.x); scroll.scrollTop = drag.top - (event.clientY - drag.y); return; }
    }
    const found = hit(event);
    view.over = found?.stage ? found.stage.stage : null;
    point(view, found?.tile ? placeOf(found) : null);
    scroll.style.cursor = found?.stage && found.stage.columns > 1 ? "pointer" : found?.tile ? "crosshair" : "grab";
  };
  scroll.onpointerdown = (event) => {
    if (event.pointerType === "mouse" && event.button === 0) drag = { x: event.clientX, y: event.clientY, left: scroll.scrollLeft, top: scroll.scrollTop, moved: false };
  };
  scroll.onpointerup = scroll.onpointercancel = () => { const ended = drag; setTimeout(() => { if (drag === ended) drag = null; }); };
  scroll.onpointerleave = () => { drag = null; view.over = null; point(view, null); };
  scroll.onclick = (event) => {
    if (drag?.moved) return;
    const found = hit(event);
    if (found?.stage) toggle(view, found.stage.stage);
    else if (!found) pin(view, null);
    else if (!view.lent) {
      const at = placeOf(found);
      if (found.box.sources.length) need(view, at.column, at.side);
      pin(view, at);
    }
  };
  scroll.ondblclick = () => enter(view);
  onZoom(scroll, (factor, x, y) => zoomTo(view, view.zoom * factor, x, y));
  scroll.onkeydown = (event) => onKey(view, event);
}

const placeOf = ({ box, tile, side }) => ({ column: box.column, row: tile.row, channel: tile.channel, side });

function point(view, at) {
  const same = ["column", "row", "side"].every((name) => view.pointed?.[name] === at?.[name]);
  view.pointed = at;
  if (at && view.plan.byColumn.get(at.column).sources.length) need(view, at.column, at.side);
  if (!same || !at) view.redraw();
}

function onKey(view, event) {
  if (!view.plan) return;
  const { key } = event;
  const at = view.pointed ?? view.pinned;
  if (key === "+" || key === "=") zoomTo(view, view.zoom * 1.3);
  else if (key === "-") zoomTo(view, view.zoom / 1.3);
  else if (key === "0") zoomTo(view, 1);
  else if (key === "Escape") pin(view, null);
  else if (key === "Enter") enter(view);
  else if (key === " ") { if (at && !view.lent) pin(view, at); }
  else if ((key === "s" || key === "S") && at && view.header.sides === 2) point(view, { ...at, side: 1 - at.side });
  else if ((key === "o" || key === "O") && at) toggle(view, view.plan.byColumn.get(at.column).stage);
  else {
    const first = view.plan.boxes.find((box) => box.tiles.length);
    const last = at && view.plan.byColumn.get(at.column).depth === view.plan.depths - 1;
    if (key === "ArrowRight" && last) view.answer.rows[0].node.focus();
    const to = at ? stepped(view.plan, at, key) : key.startsWith("Arrow") && first ? { column: first.column, row: 0 } : null;
    if (!to) return;
    const box = view.plan.byColumn.get(to.column);
    point(view, { ...to, channel: box.tiles[to.row].channel, side: at?.side ?? 0 });
    bring(view, box);
  }
  event.preventDefault();
}

function bring({ scroll, plan: { across } }, box) {
  if (box.x - 40 < scroll.scrollLeft) scroll.scrollLeft = box.x - 60;
  else if (box.x + across + 40 > scroll.scrollLeft + scroll.clientWidth) scroll.scrollLeft = box.x + across + 60 - scroll.clientWidth;
}
