// A confusion matrix. Point at a cell for its sentence; click it, or press Enter, to see its pictures.

import { showBar } from "../shared/bar.js";
import { element, onNextFrame, saveButton } from "../shared/dom.js";
import { short, whole } from "../shared/format.js";
import { mounting } from "../shared/mount.js";
import { decode, saveText } from "../shared/pixels.js";
import { saveSheet } from "../shared/sheet.js";
import { moved } from "../shared/tiles.js";
import { csv, sentence, share } from "./words.js";

const MANY = 7; // classes from which on the cells are small
export default mounting(build, (view, header) => {
  if (header.token !== view.token) show(view, header);
  view.token = header.token;
});

function build(parent) {
  const view = { at: 0, order: 0 };
  view.title = element("span");
  const save = saveButton("Save this table as CSV", () => saveText(csv(view.header, view.counts), "confusion.csv", "text/csv"));
  view.table = element("table", { role: "grid", tabIndex: 0, "aria-label": "Confusion matrix. Arrow keys go from cell to cell, Enter opens one." });
  view.table.onkeydown = (event) => onKey(view, event);
  view.axis = element("p", { className: "axis", textContent: "Rows: what a picture is. Columns: what it was taken for. Double rim: recognised. Colour: per cent of the row." });
  view.bar = element("div", { className: "bar" });
  view.sentence = element("p", { className: "sentence", "aria-live": "polite" });
  view.heading = element("span");
  view.savePictures = saveButton("Save these pictures as PNG", () => savePictures(view));
  view.tiles = element("ul", { className: "tiles" });
  view.root = element("div", { className: "view confusion-view" },
    element("figure", {}, element("figcaption", {}, view.title, save), element("div", { className: "scroll" }, view.table)),
    view.axis, view.bar, view.sentence,
    element("figure", { className: "opened" }, element("figcaption", {}, view.heading, view.savePictures), view.tiles));
  parent.append(view.root);
  view.redraw = onNextFrame(() => drawPointed(view));
  return view;
}

async function show(view, header) {
  const order = (view.order += 1);
  const sheet = header.pictures.length ? await decode(header.arrays.sheet, "image/jpeg") : null;
  if (order !== view.order) return;
  const size = header.classes.length;
  const known = view.header?.classes.join("|") === header.classes.join("|") && view.header.title === header.title;
  Object.assign(view, { header, counts: header.arrays.counts });
  if (!known || !view.answered) view.at = header.cell[0] * size + header.cell[1];
  view.title.textContent = `Confusion: ${header.title}`;
  view.root.classList.toggle("many", size >= MANY);
  view.table.replaceChildren(head(header.classes), body(view));
  showBar(view.bar, header.bar);
  showTiles(view, sheet);
  drawPointed(view);
  view.root.dataset.open = header.cell.join(",");
  view.root.dataset.cnnvizDrawn = header.token;
}

function head(classes) {
  const names = classes.map((name) => element("th", { scope: "col", title: name, textContent: name }));
  return element("thead", {}, element("tr", {}, element("td", { ariaHidden: "true", style: "cursor: default" }), ...names));
}

function body(view) {
  const { classes, bar } = view.header;
  return element("tbody", {}, ...classes.map((name, row) =>
    element("tr", {}, element("th", { scope: "row", title: name, textContent: name }),
      ...classes.map((_, column) => cell(view, row, column, bar)))));
}

function cell(view, row, column, bar) {
  const size = view.header.classes.length;
  const part = share(view.counts, size, row, column) / 100;
  const colour = bar.stops[Math.round(part * (bar.stops.length - 1))];
  const node = element("td", { textContent: whole(view.counts[row * size + column]), role: "gridcell",
    id: `cell-${row}-${column}`, "aria-label": sentence(view.header, view.counts, row, column) });
  node.style.background = colour;
  node.style.color = light(colour) ? "#000000" : "#ffffff";
  node.classList.toggle("right", row === column);
  node.onpointerenter = () => point(view, row * size + column);
  node.onclick = () => open(view, row * size + column);
  return node;
}

function light(colour) {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  return 0.299 * red + 0.587 * green + 0.114 * blue > 140;
}

function point(view, at) {
  view.at = at;
  view.redraw();
}

function open(view, at) {
  point(view, at);
  view.answered = true;
  const size = view.header.classes.length;
  view.send("cell", { row: Math.floor(at / size), column: at % size });
}

function onKey(view, event) {
  const size = view.header.classes.length;
  if (event.key === "Enter" || event.key === " ") open(view, view.at);
  else {
    const to = moved(event.key, view.at, size, size * size);
    if (to === null) return;
    point(view, to);
  }
  event.preventDefault();
}

function drawPointed(view) {
  const { header, counts, at } = view;
  const size = header.classes.length;
  const [row, column] = [Math.floor(at / size), at % size];
  view.table.querySelectorAll("tbody td").forEach((node, place) => {
    node.classList.toggle("is-pointed", place === at);
    node.setAttribute("aria-selected", String(place === at));
    node.classList.toggle("is-open", place === header.cell[0] * size + header.cell[1]);
  });
  view.table.querySelectorAll("th[scope=row]").forEach((node, place) => node.classList.toggle("is-pointed", place === row));
  view.table.querySelectorAll("th[scope=col]").forEach((node, place) => node.classList.toggle("is-pointed", place === column));
  view.table.setAttribute("aria-activedescendant", `cell-${row}-${column}`);
  view.sentence.textContent = sentence(header, counts, row, column);
}

function showTiles(view, sheet) {
  const { header, counts } = view;
  const [row, column] = header.cell;
  const size = header.classes.length;
  const own = counts[row * size + column];
  const shown = header.pictures.length < own && header.pictures.length ? `, the surest ${header.pictures.length}` : "";
  view.heading.textContent = row === column ? `${header.classes[row]}, recognised${shown}` : `${header.classes[row]}, taken for ${header.classes[column]}${shown}`;
  view.savePictures.hidden = !header.pictures.length;
  if (!header.pictures.length) {
    view.tiles.replaceChildren(element("li", { textContent: own ? header.why_none : "No picture is in this cell.", style: "grid-column: 1 / -1" }));
    return;
  }
  view.tiles.replaceChildren(...header.pictures.map((one, index) => {
    const canvas = element("canvas", { width: header.side, height: header.side, role: "img", "aria-label": one.name });
    canvas.getContext("2d").drawImage(sheet, index * header.side, 0, header.side, header.side, 0, 0, header.side, header.side);
    canvas.classList.toggle("small", header.side < 60);
    return element("li", {}, canvas, `${one.name}: ${one.said} ${short(100 * one.probability)} %`);
  }));
}

function savePictures(view) {
  const tiles = [...view.tiles.querySelectorAll("li")];
  const pictures = tiles.map((tile) => ({ image: tile.querySelector("canvas"), words: tile.textContent }));
  saveSheet(pictures, 6, 200, `cnnviz ${view.heading.textContent}.png`);
}
