// The classes with thumbnails of their pictures. The learner's own can be chosen, moved, deleted; classes renamed.

import { button, element } from "../shared/dom.js";
import { whole } from "../shared/format.js";
import { mounting } from "../shared/mount.js";
import { saveSheet } from "../shared/sheet.js";
import { paint, thumbnails } from "./thumbnails.js";
import { watchUploads } from "./uploads.js";
import { counted, sentence, tileWords } from "./words.js";

const SHOWN = 12; // pictures of a class, until all are asked for

export default mounting(build, (view, header) => {
  if (header.token !== view.token) show(view, header);
  view.token = header.token;
}, (view) => view.controller.abort());

function build(parent) {
  const view = { store: thumbnails(), chosen: new Set(), open: new Set(), controller: new AbortController() };
  watchUploads(() => view.header?.limits, (words) => refuse(view, words), view.controller.signal);
  view.sentence = element("p", { className: "sentence", "aria-live": "polite" });
  view.refused = element("p", { className: "refused", role: "alert", hidden: true });
  view.rows = element("div", { className: "rows" });
  view.into = element("select", { "aria-label": "Class to move to" });
  view.into.onchange = () => { edit(view, "move", { to: view.into.value }); view.into.value = ""; };
  const remove = button("Delete", "Delete the chosen pictures", () => edit(view, "remove", {}));
  const none = button("Choose none", "Let go of the choice", () => { view.chosen.clear(); mark(view); });
  view.ask = button("Ask about it", "Which class is it nearest to, by the other pictures?", () => ask(view, [...view.chosen][0]));
  view.tools = element("span", { className: "push tools" }, view.ask, view.into, remove, none);
  view.title = element("span");
  view.save = button("Save", "Save the pictures shown as PNG", () => savePictures(view));
  view.root = element("section", { className: "view collect-view", "aria-label": "Classes and their pictures" },
    element("figcaption", {}, view.title, view.save, view.tools), view.sentence, view.refused, view.rows);
  parent.append(view.root);
  return view;
}

function refuse(view, words) {
  view.refused.textContent = words;
  view.refused.hidden = words === "";
}

function edit(view, what, more) {
  view.send("edit", { what, ids: [...view.chosen], to: "", name: "", ...more });
  if (what === "remove" || what === "move") view.chosen.clear();
}

function show(view, header) {
  if (view.header?.source !== header.source) view.store = thumbnails(); // ids are those of one set
  view.header = header;
  const there = new Set(header.rows.flatMap((row) => row.tiles.map((tile) => tile.id)));
  for (const id of view.chosen) if (!there.has(id)) view.chosen.delete(id);
  view.title.textContent = header.title;
  view.into.replaceChildren(element("option", { value: "", textContent: "Move to …" }),
    ...header.rows.map((row) => element("option", { value: row.id, textContent: row.name })));
  view.rows.replaceChildren(...header.rows.map((row) => rowOf(view, row)));
  view.save.hidden = there.size === 0;
  mark(view);
  view.root.dataset.counts = header.rows.map((row) => `${row.name}:${row.count}`).join("|");
  view.root.dataset.cnnvizDrawn = header.token;
}

function rowOf(view, row) {
  const tiles = element("div", { className: "tiles", role: "listbox", tabIndex: row.tiles.length ? 0 : -1,
    "aria-multiselectable": String(view.header.editable), "aria-label": `Pictures of ${row.name}` });
  const fill = () => {
    const shown = view.open.has(row.id) ? row.tiles : row.tiles.slice(0, SHOWN);
    tiles.replaceChildren(...shown.map((tile) => tileOf(view, row, tile)), ...more(view, row, fill));
    mark(view);
  };
  tiles.onkeydown = (event) => onKey(view, tiles, event);
  const node = element("div", { className: "class" }, head(view, row), tiles);
  node.dataset.name = row.name;
  fill();
  return node;
}

function head(view, row) {
  const number = element("span", { className: "count", textContent: counted(row) });
  if (!view.header.editable) return element("div", { className: "head" }, element("b", { textContent: row.name }), number);
  const name = element("input", { value: row.name, maxLength: 40, "aria-label": `Name of the class ${row.name}` });
  name.onchange = () => { if (name.value.trim() && name.value !== row.name) edit(view, "rename", { to: row.id, name: name.value }); else name.value = row.name; };
  name.onkeydown = (event) => { event.stopPropagation(); if (event.key === "Enter") name.blur(); };
  const remove = button("Delete class", `Delete ${row.name} with its pictures`, () => {
    if (row.count === 0 || remove.dataset.sure) edit(view, "remove class", { to: row.id });
    else sure(remove, `Delete ${counted(row)}, too?`);
  });
  return element("div", { className: "head" }, name, number, remove);
}

// A second press is asked for, since the pictures cannot be had back; who goes elsewhere has let go of it.
function sure(remove, words) {
  const first = remove.textContent;
  Object.assign(remove, { textContent: words, onblur: () => { remove.textContent = first; delete remove.dataset.sure; } });
  remove.dataset.sure = "yes";
}

function more(view, row, fill) {
  const hidden = row.tiles.length - SHOWN;
  if (hidden <= 0) return row.tiles.length ? [] : [element("span", { className: "empty", textContent: "No picture yet." })];
  const open = view.open.has(row.id);
  return [button(open ? "Show fewer" : `Show ${whole(hidden)} more`, "", () => {
    if (open) view.open.delete(row.id); else view.open.add(row.id);
    fill();
  })];
}

function tileOf(view, row, tile) {
  const canvas = element("canvas", { width: 72, height: 72 });
  const node = element("div", { className: tile.mark ? "tile marked" : "tile", role: "option", title: tileWords(tile, row, false) }, canvas);
  if (tile.mark) node.append(element("span", { className: "mark", textContent: "!" }));
  node.picture = { tile, row };
  node.onpointerenter = () => say(view, tileWords(tile, row, view.chosen.has(tile.id)));
  node.onpointerleave = () => say(view);
  node.onclick = () => (view.header.editable ? toggle : ask)(view, tile.id);
  paint(view.store, view.header.address, tile.id, canvas);
  return node;
}

function toggle(view, id) {
  if (!view.chosen.delete(id)) view.chosen.add(id);
  mark(view);
}

function ask(view, id) {
  view.send("ask", { id });
}

function onKey(view, tiles, event) {
  const nodes = [...tiles.querySelectorAll(".tile")];
  const at = Math.max(0, nodes.findIndex((node) => node.classList.contains("at")));
  const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: nodes.length - 1 }[event.key];
  if (to !== undefined) move(view, nodes, Math.min(nodes.length - 1, Math.max(0, to)));
  else if ((event.key === " " || event.key === "Enter") && event.target === tiles && nodes.length) nodes[at].click();
  else if (event.key === "Delete" && view.header.editable && view.chosen.size) edit(view, "remove", {});
  else return;
  event.preventDefault();
}

function move(view, nodes, to) {
  for (const node of view.rows.querySelectorAll(".at")) node.classList.remove("at");
  nodes[to]?.classList.add("at");
  const { tile, row } = nodes[to].picture;
  say(view, tileWords(tile, row, view.chosen.has(tile.id)));
}

function mark(view) {
  for (const node of view.rows.querySelectorAll(".tile")) {
    const chosen = view.chosen.has(node.picture.tile.id);
    node.setAttribute("aria-selected", String(chosen));
    node.classList.toggle("asked", node.picture.tile.id === view.header.asked);
    node.setAttribute("aria-label", tileWords(node.picture.tile, node.picture.row, chosen));
  }
  view.tools.hidden = !view.header.editable; // where nothing is edited, no room is kept for what edits
  view.tools.style.visibility = view.header.editable && view.chosen.size ? "visible" : "hidden";
  view.ask.disabled = view.chosen.size !== 1;
  view.root.dataset.chosen = view.chosen.size;
  say(view);
}

function say(view, words = sentence(view.header, view.chosen.size)) {
  view.sentence.textContent = words;
}

function savePictures(view) {
  const drawn = [...view.rows.querySelectorAll(".tile")].filter((node) => node.querySelector("canvas").dataset.drawn);
  const pictures = drawn.map((node) => ({ image: node.querySelector("canvas"), words: node.picture.row.name }));
  saveSheet(pictures, SHOWN, 96, `cnnviz ${view.title.textContent}.png`);
}
