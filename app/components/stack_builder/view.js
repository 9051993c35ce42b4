// Build a network: a list of layers that is edited here, with what each costs, sees and makes of the picture.
//
// The view has the list in hand. After an edit it fetches the numbers of the whole stack, and then reports the stack to
// the page under a serial number. Answers to earlier edits are passed over; a stack that the page set by itself comes
// with a number of its own.

import { unpack } from "../shared/blob.js";
import { button, element, onNextFrame, setText, themeColour } from "../shared/dom.js";
import { typeScale } from "../shared/grids.js";
import { mounting } from "../shared/mount.js";
import { saveText } from "../shared/pixels.js";
import { letDrag } from "./drag.js";
import { buildForm, showForm } from "./form.js";
import { keep, recalled } from "./kept.js";
import { drawPicture } from "./maps.js";
import { buildRow, showMaps, showRow, showShares } from "./rows.js";
import { added, changed, copied, history, moved, parse, parseLayer, redone, remember, removed, replaced, spell, undone } from "./stack.js";
import { csv, rowSentence } from "./words.js";

const TALL = 88; // CSS pixels of the picture's height at the usual size of type

export default mounting(build, (view, header) => { if (header.token !== view.token) take(view, header); });

function build(parent) {
  const view = { at: 0, order: 0, pointed: -1, rows: [], history: history(), serial: null, header: null, stack: null };
  view.undo = button("Undo", "Take the last edit back (Ctrl + Z)", () => goBack(view, undone));
  view.redo = button("Redo", "Do it again (Ctrl + Y)", () => goBack(view, redone));
  view.add = button("Add a layer", "Choose a layer to put after the picked one (A)", () => openPalette(view, view.palette.hidden));
  view.add.setAttribute("aria-expanded", "false");
  view.save = button("Save table", "Save all numbers as CSV", () => saveText(csv(view.header), "cnnviz stack.csv", "text/csv"));
  view.home = button("Take home", "Save the network as a program in plain PyTorch; Paste or open reads it again",
    () => saveText(view.header.program, "network.py", "text/x-python"));
  view.palette = element("div", { className: "palette", hidden: true });
  view.sentence = element("p", { className: "sentence", "aria-live": "polite" });
  view.inputMaps = element("canvas");
  view.inputShape = element("span", { className: "output" });
  view.unrun = element("span", { className: "problem" });
  view.sees = element("small", { className: "sees" });
  const head = ["", "", "Layer", "Maps", "Output", "Parameters", "Multiply-adds", "Memory", "Sees"];
  view.list = element("ol", { className: "rows", role: "listbox", "aria-label": "Layers, from the picture on" });
  view.form = buildForm({
    set: (letter, text) => edit(view, changed(view.stack.layers, view.at, letter, text)),
    up: () => edit(view, moved(view.stack.layers, view.at, view.at - 1)),
    down: () => edit(view, moved(view.stack.layers, view.at, view.at + 1)),
    copy: () => full(view) || edit(view, copied(view.stack.layers, view.at)),
    remove: () => edit(view, removed(view.stack.layers, view.at)),
    fix: (text) => edit(view, replaced(view.stack.layers, view.at, text.split(" ").filter(Boolean).map(parseLayer))),
  });
  view.holder = element("li", { className: "holder", role: "presentation" }, view.form.root);
  view.root = element("section", { className: "view stack-builder", "aria-label": "Stack of layers" },
    element("div", { className: "tools buttons" }, view.add, view.undo, view.redo, element("span", { className: "untrained", textContent: "untrained", title: "Its weights are random: nothing here has been learned" }),
      element("span", { className: "push buttons" }, view.home, view.save)),
    view.palette, view.sentence,
    element("div", { className: "row head", "aria-hidden": "true" }, ...head.map((text, at) => element("span", { className: ["handle", "number", "name", "maps", "output", "parameters", "madds", "memory", "field"][at], textContent: text }))),
    element("div", { className: "row input" }, element("span", { className: "handle" }), element("span", { className: "number" }),
      element("span", { className: "name" }, element("b", { textContent: "Input" })), element("span", { className: "maps" }, view.inputMaps, view.sees, view.unrun), view.inputShape),
    view.list);
  parent.append(view.root);
  view.redrawPointed = onNextFrame(() => drawPointed(view));
  listen(view);
  view.redrawAll = () => view.header && drawAllMaps(view);
  view.resize = new ResizeObserver(view.redrawAll);
  view.resize.observe(view.root);
  return view;
}

function listen(view) {
  letDrag(view.list, { rows: () => shownRows(view).map((row) => row.root), drop: (from, to) => edit(view, moved(view.stack.layers, from, to)) });
  view.list.addEventListener("click", (event) => {
    const at = shownRows(view).findIndex((row) => row.root.contains(event.target));
    if (at >= 0) pick(view, at, true);
  });
  view.list.addEventListener("pointerover", (event) => point(view, shownRows(view).findIndex((row) => row.root.contains(event.target))));
  view.list.addEventListener("pointerleave", () => point(view, -1));
  view.root.addEventListener("keydown", (event) => {
    if (key(view, event)) event.preventDefault();
  });
}

const shownRows = (view) => view.rows.slice(0, view.stack.layers.length);

// True for a key that was answered.
function key(view, event) {
  const { stack: { layers }, at } = view;
  const control = event.ctrlKey || event.metaKey;
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (control && name === "z") return goBack(view, event.shiftKey ? redone : undone);
  if (control && name === "y") return goBack(view, redone);
  if (name === "Escape" && !view.palette.hidden) return openPalette(view, false);
  if (name === "a" && !control && !event.altKey) return openPalette(view, true);
  if (!layers.length || !event.target.closest(".rows")) return false;
  if (event.altKey && name === "ArrowUp") return edit(view, moved(layers, at, at - 1), true);
  if (event.altKey && name === "ArrowDown") return edit(view, moved(layers, at, at + 1), true);
  if (control && name === "d") return full(view) || edit(view, copied(layers, at), true);
  if (name === "Delete" || name === "Backspace") return edit(view, removed(layers, at), true);
  const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: layers.length - 1 }[name];
  if (to === undefined || control || event.altKey) return false;
  pick(view, Math.max(0, Math.min(layers.length - 1, to)), true);
  return true;
}

// A scene of the server: an answer to the last report, or a stack that the page set by itself.
function take(view, header) {
  if (view.header && header.scenes !== view.header.scenes) view.serial = null; // another session counts anew
  if (view.serial !== null && header.serial < view.serial) return; // a newer answer is on its way
  view.serial = Math.max(view.serial ?? 0, header.serial);
  view.kinds ??= new Map(header.kinds.map((kind) => [kind.code, kind]));
  const before = view.stack && spell(view.stack, view.kinds);
  const stack = parse(header.text);
  const text = spell(stack, view.kinds);
  if (before !== text) {
    view.order += 1; // what was asked for meanwhile comes too late
    view.history = before === null ? recalled(text, view.kinds) : remember(view.history, before);
    keep(view.history, text);
    const wrong = header.rows.findIndex((row) => row.state === "impossible");
    if (wrong >= 0) view.at = wrong;
    else view.at = view.header ? Math.min(view.at, Math.max(0, stack.layers.length - 1)) : 0;
  }
  Object.assign(view, { header, stack, token: header.token });
  if (!view.palette.childElementCount) fillPalette(view);
  draw(view);
  view.root.dataset.cnnvizDrawn = header.token;
  view.root.dataset.stack = header.text;
}

// An edit by hand: shown at once in words, reported, and answered with numbers.
function edit(view, { layers, at }, focus = false) {
  const before = spell(view.stack, view.kinds);
  const stack = { ...view.stack, layers };
  if (spell(stack, view.kinds) === before) return true;
  view.history = remember(view.history, before);
  put(view, stack, at, focus);
  return true;
}

function put(view, stack, at, focus) {
  Object.assign(view, { stack, at });
  view.serial += 1;
  const text = spell(stack, view.kinds);
  ask(view, text); // first, so that the numbers are on their way while this draws
  keep(view.history, text);
  draw(view);
  if (focus) view.rows[at]?.root.focus();
}

// The numbers first, then the page is told; only the last of quick edits is.
async function ask(view, text) {
  const order = (view.order += 1);
  const { serial } = view;
  try {
    const answer = await fetch(view.header.scenes + encodeURIComponent(`${serial} ${text}`));
    const header = answer.status === 200 ? unpack(new Uint8Array(await answer.arrayBuffer())) : null;
    if (order !== view.order) return;
    if (header) take(view, header);
    await new Promise(requestAnimationFrame);
  } catch { /* the page brings the numbers, or says why not */ }
  if (order === view.order) view.send("stack", { text, serial });
}

function goBack(view, step) {
  const found = step(view.history, spell(view.stack, view.kinds));
  if (!found) return true;
  view.history = found.history;
  const stack = parse(found.text);
  put(view, stack, Math.min(view.at, Math.max(0, stack.layers.length - 1)), false);
  return true;
}

function full(view) {
  return view.stack.layers.length >= view.header.most;
}

function openPalette(view, open) {
  view.palette.hidden = !open;
  view.add.setAttribute("aria-expanded", String(open));
  if (open) view.palette.querySelector("button").focus();
  else view.add.focus();
  return true;
}

function fillPalette(view) {
  const groups = Map.groupBy(view.kinds.values(), (kind) => kind.group);
  view.palette.append(...[...groups].map(([name, kinds]) => element("div", { className: "buttons" }, element("small", { textContent: name }),
    ...kinds.map((kind) => button(kind.title, "", () => full(view)
      || edit(view, added(view.stack.layers, view.stack.layers.length ? view.at : -1, { code: kind.code, values: { ...kind.fresh } })))))));
}

function pick(view, at, focus) {
  view.at = at;
  draw(view);
  if (focus) view.rows[at].root.focus({ preventScroll: false });
}

function draw(view) {
  const { header, stack: { layers } } = view;
  while (view.rows.length < layers.length) view.rows.push(buildRow());
  // Until the server answers an edit, a row has its numbers if it is the same layer at the same place.
  const known = parse(header.text).layers;
  const answered = spell(view.stack, view.kinds) === spell(parse(header.text), view.kinds);
  const rows = shownRows(view);
  rows.forEach((row, at) => {
    const data = answered || known[at]?.code === layers[at].code ? header.rows[at] : null;
    showRow(row, data, at + 1, data ? null : { title: view.kinds.get(layers[at].code).title });
    row.root.tabIndex = at === view.at ? 0 : -1;
    row.root.setAttribute("aria-selected", String(at === view.at));
    row.data = data;
  });
  arrange(view, rows);
  showShares(rows, rows.map((row) => row.data?.state === "fine" ? row.data : { weights: 0, biases: 0, multiply_adds: 0, activation_bytes: 0 }));
  view.holder.hidden = !layers.length;
  drawAllMaps(view);
  view.undo.disabled = !view.history.past.length;
  view.redo.disabled = !view.history.future.length;
  view.add.disabled = full(view);
  view.home.disabled = !answered || header.program === null;
  setText(view.inputShape, header.input);
  setText(view.unrun, header.unrun);
  view.root.dataset.layers = layers.length;
  view.root.dataset.picked = view.at;
  view.root.dataset.answered = answered;
}

// Rows in order, the form below the picked one; nothing moves that stands right, so that the focus stays.
function arrange(view, rows) {
  const wanted = rows.flatMap((row, at) => (at === view.at ? [row.root, view.holder] : [row.root]));
  wanted.forEach((node, at) => { if (view.list.children[at] !== node) view.list.insertBefore(node, view.list.children[at] ?? null); });
  while (view.list.children.length > wanted.length) view.list.lastChild.remove();
}

// Pointing at a layer says its numbers, and shows what its units see of the picture.
function point(view, at) {
  view.pointed = at;
  view.redrawPointed();
}

function drawPointed(view) {
  if (!view.header) return;
  const at = view.pointed >= 0 ? view.pointed : view.at;
  const row = shownRows(view)[at];
  const { header } = view;
  drawPicture(view.inputMaps, header.arrays.pixels, TALL * typeScale(), row?.data?.box, themeColour(view.root, "primary-color"));
  setText(view.sentence, view.pointed >= 0 && row?.data ? rowSentence(row.data, at + 1, view.stack.layers.length) : header.sentence);
  view.root.dataset.pointed = view.pointed >= 0 ? at + 1 : "";
  setText(view.sees, row?.data?.box ? `In the picture: what the unit in the middle of layer ${at + 1} sees` : "");
}

function drawAllMaps(view) {
  const { header, stack: { layers } } = view;
  const width = view.inputMaps.parentElement.clientWidth;
  for (const row of shownRows(view)) showMaps(row, row.data, header.arrays, width);
  drawPointed(view);
  const picked = layers[view.at];
  if (picked) {
    const row = view.rows[view.at].data;
    showForm(view.form, picked, view.kinds.get(picked.code), row, view.at, layers.length, header.arrays);
    view.rows[view.at].root.setAttribute("aria-label", row ? rowSentence(row, view.at + 1, layers.length) : view.kinds.get(picked.code).title);
  }
}
