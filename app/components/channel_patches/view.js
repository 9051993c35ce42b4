// Patches that excite a channel most and least. Point at one to see where it lies in its picture.

import { element, onNextFrame, saveButton, themeColour } from "../shared/dom.js";
import { full, short } from "../shared/format.js";
import { mounting } from "../shared/mount.js";
import { decode, outline, saveText, sharpen } from "../shared/pixels.js";
import { comparison, csv, progress, sentence } from "./words.js";

const TITLES = ["Excite it most", "Excite it least"];
export default mounting(build, (view, header) => {
  if (header.token !== view.token) show(view, header);
  view.token = header.token;
});

function build(parent) {
  const view = { at: { row: 0, index: 0 }, order: 0, shown: "" };
  view.progress = element("small");
  const save = saveButton("Save this table as CSV", () => saveText(csv(view.header.rows), `${view.header.channel}.csv`, "text/csv"));
  view.rows = TITLES.map((title, row) => {
    const tiles = element("div", { className: "tiles", tabIndex: 0, role: "listbox", "aria-orientation": "horizontal",
      "aria-label": `${title}. Arrow keys go from patch to patch.` });
    tiles.onkeydown = (event) => onKey(view, row, event);
    tiles.onfocus = () => { if (view.header && view.at.row !== row) point(view, row, 0); };
    const extra = row === 0 ? [view.progress, save] : [];
    return { tiles, figure: element("figure", {}, element("figcaption", {}, element("span", { textContent: title }), ...extra), tiles) };
  });
  view.whole = element("canvas");
  view.marks = element("canvas", { className: "marks" });
  view.where = element("div", { className: "frame", role: "img" }, view.whole, view.marks);
  view.sentence = element("p", { className: "sentence", "aria-live": "polite" });
  view.comparison = element("p", { className: "comparison" });
  view.root = element("div", { className: "view channel-patches" }, ...view.rows.map((row) => row.figure),
    element("div", { className: "pointed" }, view.where, view.sentence), view.comparison);
  parent.append(view.root);
  view.redraw = onNextFrame(() => drawPointed(view));
  view.resize = new ResizeObserver(() => { if (view.images) view.redraw(); });
  view.resize.observe(view.root);
  return view;
}

async function show(view, header) {
  const order = (view.order += 1);
  const count = Object.keys(header.arrays).length;
  const images = await Promise.all(Array.from({ length: count }, (_, i) => decode(header.arrays[`picture${i}`], "image/jpeg")));
  if (order !== view.order) return;
  Object.assign(view, { header, images });
  view.progress.textContent = `${header.trained ? "" : "untrained, "}${progress(header)}`;
  header.rows.forEach((tiles, row) => view.rows[row].tiles.replaceChildren(...tiles.map((tile, index) => tileOf(view, tile, row, index))));
  if (view.shown !== header.channel || !header.rows[view.at.row]?.[view.at.index]) view.at = { row: 0, index: 0 };
  view.shown = header.channel;
  view.comparison.textContent = comparison(header);
  drawPointed(view);
  view.root.dataset.looked = header.looked_through;
  view.root.dataset.cnnvizDrawn = header.token;
}

function tileOf(view, tile, row, index) {
  const [width, height] = [tile.right - tile.left, tile.bottom - tile.top];
  const canvas = element("canvas", { width: Math.max(1, width), height: Math.max(1, height) });
  if (width > 0 && height > 0) canvas.getContext("2d").drawImage(view.images[tile.number], tile.left, tile.top, width, height, 0, 0, width, height);
  canvas.classList.toggle("small", Math.max(width, height) < 60);
  const node = element("div", { className: "tile", role: "option", id: `patch-${row}-${index}`, "aria-selected": "false",
    "aria-label": sentence(view.header, tile, row === 0) }, element("div", { className: "patch" }, canvas), element("b", { textContent: short(tile.value), title: full(tile.value) }));
  node.onpointerenter = node.onpointerdown = () => point(view, row, index);
  return node;
}

function point(view, row, index) {
  view.at = { row, index };
  view.redraw();
}

function onKey(view, row, event) {
  const last = view.header.rows[row].length - 1;
  const from = view.at.row === row ? view.at.index : 0;
  const to = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: 0, End: last }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  point(view, row, Math.min(last, Math.max(0, to)));
}

function drawPointed(view) {
  const { header, at, images } = view;
  const tile = header.rows[at.row][at.index];
  view.rows.forEach(({ tiles }, row) => [...tiles.children].forEach((node, index) => {
    const here = row === at.row && index === at.index;
    node.setAttribute("aria-selected", String(here));
    if (here) tiles.setAttribute("aria-activedescendant", node.id);
  }));
  view.whole.width = view.whole.height = header.side;
  view.whole.getContext("2d").drawImage(images[tile.number], 0, 0);
  const scale = sharpen(view.marks, header.side, header.side);
  const context = view.marks.getContext("2d");
  context.clearRect(0, 0, view.marks.width, view.marks.height);
  outline(context, { x: tile.left * scale.x, y: tile.top * scale.y, width: (tile.right - tile.left) * scale.x, height: (tile.bottom - tile.top) * scale.y },
    themeColour(view.root, "primary-color"), scale.ratio);
  const said = sentence(header, tile, at.row === 0);
  view.where.setAttribute("aria-label", said);
  view.sentence.textContent = said;
  view.root.dataset.pointed = `${tile.picture}|${tile.value}|${tile.top},${tile.left},${tile.bottom},${tile.right}`;
}
