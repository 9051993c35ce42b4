// Feature maps: all maps of a layer on one canvas; point at one for its numbers, click for the large view.

import { showBar } from "../shared/bar.js";
import { unpack } from "../shared/blob.js";
import { answers, ask, say } from "../shared/channel.js";
import { button, element, onNextFrame, themeColour } from "../shared/dom.js";
import { mounting } from "../shared/mount.js";
import { decode, download, outline, sharpen } from "../shared/pixels.js";
import { layOut, lookUp, moved, positionAt, tileBox } from "./arithmetic.js";
import { buildLarge, drawLarge, pointLarge, saveLarge, showLarge } from "./large.js";
import { mapSentence, note, title } from "./words.js";

const EDGE = 5; // CSS pixels that the mark of the map pointed at may reach outside, as in view.css
export default mounting(build, (view, header) => {
  if (view.overtaken.has(header.layer)) return; // the learner has gone on since the server was told
  view.overtaken.clear();
  if (header.token !== view.token) update(view, header);
}, (view) => view.deaf());

function build(parent) {
  const view = { position: 0, order: 0, header: null, sheet: null, overtaken: new Set(), listed: new Set(), asking: null, switching: false };
  view.root = element("div", { className: "view map-mosaic" });
  view.title = element("b");
  view.facts = element("small");
  view.untrained = element("span", { className: "untrained", textContent: "untrained", hidden: true });
  view.save = button("Save", "", () => save(view));
  view.mode = button("Switch off by click", "A click switches a channel off or on instead of opening it (O does so at any time)", () => {
    view.switching = !view.switching;
    view.mode.setAttribute("aria-pressed", String(view.switching));
    view.redraw();
  }, { "aria-pressed": "false" });
  view.canvas = element("canvas");
  view.marks = element("canvas", { className: "marks" });
  view.frame = element("div", { className: "frame mosaic", tabIndex: 0, role: "group" }, view.canvas, view.marks);
  view.large = buildLarge({
    close: () => close(view),
    step: (by) => open(view, neighbour(view, by)),
    point: () => view.redraw(),
    unit: () => unitOf(view, view.header.opened, view.large.at),
    toggle: () => toggle(view, view.header.opened),
  });
  view.stage = element("div", { className: "stage" }, view.frame, view.large.root);
  view.bar = element("div", { className: "bar" });
  view.note = element("p", { className: "note" });
  view.sentence = element("p", { className: "sentence", "aria-live": "polite" });
  view.root.append(element("figure", {}, element("figcaption", {}, view.title, view.facts, view.untrained, element("span", { className: "push buttons" }, view.mode, view.save)),
    view.stage, view.bar, view.note), view.sentence);
  parent.append(view.root);
  view.redraw = onNextFrame(() => drawPointed(view));
  view.redrawAll = onNextFrame(() => drawAll(view));
  view.resize = new ResizeObserver(view.redrawAll);
  view.resize.observe(view.stage);
  view.deaf = answers("layer", (id) => ahead(view, id));
  listen(view);
  return view;
}

// Another layer's maps, without waiting for the page. What can't be had so, the page brings or says why not.
async function ahead(view, layer) {
  const from = view.header;
  if (!from || from.layer === layer) return;
  const order = (view.order += 1);
  try {
    const answer = await fetch(from.scenes + encodeURIComponent(layer));
    const header = answer.status === 200 ? unpack(new Uint8Array(await answer.arrayBuffer())) : null;
    if (!header || order !== view.order) return;
    view.overtaken.add(from.layer).delete(layer);
    await update(view, header);
    await new Promise(requestAnimationFrame);
  } catch {
    view.overtaken.clear();
  }
}

// A new layer, order, scale or open map: decode first, then change everything at once.
async function update(view, header) {
  const order = (view.order += 1);
  view.token = header.token;
  try {
    const picture = header.opened === null ? null : await decode(header.arrays.picture, "image/jpeg");
    if (order !== view.order) return; // a newer setting overtook this one
    const sheet = sheetOf(header.arrays);
    const channel = view.header?.layer === header.layer ? view.header.arrays.order[view.position] : null;
    const wasOpen = view.header?.opened ?? null;
    if (view.header?.layer !== header.layer) view.asking = null;
    Object.assign(view, { header, sheet });
    list(view);
    view.position = Math.max(0, header.arrays.order.indexOf(header.opened ?? channel ?? header.arrays.order[0]));
    const [layer, facts] = title(header);
    view.title.textContent = layer;
    view.facts.textContent = facts;
    view.untrained.hidden = header.trained;
    view.note.textContent = header.moved || note(header);
    view.frame.setAttribute("aria-label", `All maps of ${layer} of ${header.network}. Arrow keys go from map to map, Enter opens one, O switches its channel off.`);
    view.frame.hidden = header.opened !== null;
    view.large.root.hidden = header.opened === null;
    view.mode.hidden = header.opened !== null;
    view.save.title = header.opened === null ? "Save all maps as one PNG, a pixel a value" : "Save this picture as PNG";
    if (header.opened !== null) showLarge(view.large, header, picture);
    drawAll(view);
    moveFocus(view, wasOpen);
    say("layer", header.layer);
    view.root.dataset.cnnvizDrawn = header.token;
  } catch (error) {
    if (order === view.order) view.sentence.textContent = `The maps could not be drawn: ${error.message}`;
  }
}

function sheetOf({ mosaic, palette }) {
  const [height, width] = mosaic.shape;
  const sheet = new OffscreenCanvas(width, height);
  sheet.getContext("2d").putImageData(new ImageData(lookUp(mosaic, palette), width, height), 0, 0);
  return sheet;
}

// The keyboard follows what the learner opened or closed, and stays where it was when the page did it.
function moveFocus(view, wasOpen) {
  if (!view.asked) return;
  view.asked = false;
  if (view.header.opened !== null) view.large.frame.focus({ preventScroll: true });
  else if (wasOpen !== null) view.frame.focus({ preventScroll: true });
}

const openable = (view) => view.header.shape[1] * view.header.shape[2] > 1;

// The ledger on the same page opens at this cell.
function unitOf(view, channel, { row, col }) {
  ask("unit", `@${view.header.layer}/${channel}.${row}.${col}`);
}

// Which channels the server says are off; while it has not heard of the last gesture, what that gesture made of them.
function list(view) {
  if (view.asking !== null && view.asking !== String(view.header.listed)) return;
  view.asking = null;
  view.listed = new Set(view.header.listed);
}

const isOff = (view, channel) => view.listed.size > 0 && view.listed.has(channel) !== view.header.keep;

function toggle(view, channel) {
  if (!view.listed.delete(channel)) view.listed.add(channel);
  const channels = [...view.listed].sort((a, b) => a - b);
  view.asking = String(channels);
  view.send("off", { channels, keep: view.header.keep, layer: view.header.layer });
  drawAll(view);
}

function open(view, channel) {
  if (channel !== null && !openable(view)) {
    unitOf(view, channel, { row: 0, col: 0 });
    return;
  }
  view.asked = true;
  view.send("open", { channel, layer: view.header.layer });
}

// The ledger closes by itself too: the server may hear of its last gesture after this one.
function close(view) {
  ask("unit", null);
  open(view, null);
}

function neighbour(view, by) {
  const { order } = view.header.arrays;
  return order[(view.position + by + order.length) % order.length];
}

function listen(view) {
  const at = (event) => {
    const box = view.canvas.getBoundingClientRect();
    return positionAt(view.grid, view.header.shape[0], event.clientX - box.left, event.clientY - box.top);
  };
  const go = (position) => { if (position !== null && position !== view.position) { view.position = position; view.redraw(); } };
  view.frame.onpointermove = (event) => { if (view.grid) go(at(event)); };
  view.frame.onclick = (event) => {
    const position = view.grid ? at(event) : null;
    if (position === null) return;
    go(position);
    (view.switching ? toggle : open)(view, view.header.arrays.order[position]);
  };
  view.frame.onkeydown = (event) => {
    if (!view.grid) return;
    const to = moved(event.key, view.position, view.grid.columns, view.header.shape[0]);
    if (to !== null) go(to);
    else if (event.key === "o" || event.key === "O") toggle(view, view.header.arrays.order[view.position]);
    else if (event.key === "Enter" || event.key === " ") open(view, view.header.arrays.order[view.position]);
    else return;
    event.preventDefault();
  };
}

function drawAll(view) {
  if (!view.header) return;
  if (view.header.opened === null) drawMosaic(view);
  else drawLarge(view.large);
  drawPointed(view);
}

// Every tile by itself: enlarged values stay sharp, reduced ones are averaged and do not run into their neighbours.
function drawMosaic(view) {
  const { header, sheet, canvas } = view;
  const [count, height, width] = header.shape;
  const room = view.stage.getBoundingClientRect();
  if (!room.width || !room.height) return;
  const ratio = window.devicePixelRatio || 1;
  view.grid = layOut(count, { height, width }, { width: room.width - 2 * EDGE, height: room.height - 2 * EDGE }, ratio);
  const { grid } = view;
  canvas.width = Math.max(1, Math.round(grid.width * ratio));
  canvas.height = Math.max(1, Math.round(grid.height * ratio));
  canvas.style.width = `${grid.width}px`;
  canvas.style.height = `${grid.height}px`;
  view.root.style.setProperty("--left-over", `${Math.max(0, room.height - grid.height - 2 * EDGE)}px`);
  const context = canvas.getContext("2d");
  const tile = { height: Math.ceil(height / header.stride), width: Math.ceil(width / header.stride) };
  const reduced = (grid.tile.width * ratio) / tile.width < 1;
  context.fillStyle = themeColour(view.root, "border-color");
  context.imageSmoothingEnabled = reduced;
  context.imageSmoothingQuality = "high";
  for (let position = 0; position < count; position += 1) {
    const left = (position % header.columns) * (tile.width + header.gap);
    const top = Math.floor(position / header.columns) * (tile.height + header.gap);
    const box = tileBox(grid, position);
    const x = Math.round(box.x * ratio);
    const y = Math.round(box.y * ratio);
    const across = Math.max(1, Math.round((box.x + box.width) * ratio) - x);
    const down = Math.max(1, Math.round((box.y + box.height) * ratio) - y);
    context.fillRect(x - 1, y - 1, across + 2, down + 2); // a map in the colour of the page still has an edge
    context.drawImage(sheet, left, top, tile.width, tile.height, x, y, across, down);
    if (isOff(view, header.arrays.order[position])) crossOut(context, x, y, across, down, view);
  }
}

// A map that is switched off: paled and crossed, so that it is told apart without colour.
function crossOut(context, x, y, width, height, view) {
  context.save();
  context.globalAlpha = 0.65;
  context.fillStyle = themeColour(view.root, "background-color");
  context.fillRect(x, y, width, height);
  context.globalAlpha = 1;
  context.strokeStyle = themeColour(view.root, "text-color");
  context.lineWidth = Math.max(1, Math.min(width, height) / 24);
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x + width, y + height);
  context.moveTo(x + width, y);
  context.lineTo(x, y + height);
  context.stroke();
  context.restore();
}

function drawPointed(view) {
  const { header } = view;
  if (!header) return;
  const accent = themeColour(view.root, "primary-color");
  const channel = header.arrays.order[view.position];
  const [low, high] = header.arrays.limits.subarray(2 * channel, 2 * channel + 2);
  showBar(view.bar, { ...header.bar, low, high });
  if (header.opened !== null) {
    view.sentence.textContent = pointLarge(view.large, accent);
    view.large.off.textContent = isOff(view, header.opened) ? "Switch on" : "Switch off";
    return;
  }
  if (!view.grid) return;
  view.sentence.textContent = mapSentence(header, view.position, isOff(view, channel), view.switching);
  view.root.dataset.off = [...view.listed].join(" ");
  view.root.dataset.channel = channel;
  const { ratio } = sharpen(view.marks, view.grid.width, view.grid.height);
  const context = view.marks.getContext("2d");
  context.clearRect(0, 0, view.marks.width, view.marks.height);
  const box = tileBox(view.grid, view.position);
  const at = { x: (box.x + EDGE) * ratio, y: (box.y + EDGE) * ratio, width: box.width * ratio, height: box.height * ratio };
  outline(context, at, accent, ratio);
}

async function save(view) {
  if (!view.header) return;
  const name = `cnnviz ${view.header.layer.replace(/[^\w.-]+/g, " ")}`;
  if (view.header.opened === null) download(await view.sheet.convertToBlob({ type: "image/png" }), `${name}.png`);
  else saveLarge(view.large, `${name} map ${view.header.opened}.png`);
}
