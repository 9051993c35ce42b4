// The surest mistakes with Grad-CAM. Point at a map, or move over it by arrow keys, for what a place spoke for.

import { showBar } from "../shared/bar.js";
import { button, element, onNextFrame, saveButton, themeColour } from "../shared/dom.js";
import { mounting } from "../shared/mount.js";
import { cellAt, decode, outline, saveText } from "../shared/pixels.js";
import { saveSheet } from "../shared/sheet.js";
import { moved } from "../shared/tiles.js";
import { caption, cellSentence, csv, heading } from "./words.js";

const HINT = "Point at a map: how much did a place speak for the answer, in shares of the greatest of both maps?";
export default mounting(build, (view, header) => {
  if (header.token !== view.token) show(view, header);
  view.token = header.token;
});

function build(parent) {
  const view = { at: null, order: 0 };
  view.title = element("span");
  const save = saveButton("Save pictures and maps as PNG", () => savePictures(view));
  const table = button("CSV", "Save the mistakes as CSV", () => saveText(csv(view.header), "cnnviz mistakes.csv", "text/csv"));
  view.list = element("div", { className: "list" });
  view.bar = element("div", { className: "bar" });
  view.sentence = element("p", { className: "sentence", "aria-live": "polite", textContent: HINT });
  view.root = element("div", { className: "view mistakes-view" }, element("figure", {}, element("figcaption", {}, view.title, save, table), view.sentence, view.list, view.bar));
  parent.append(view.root);
  view.redraw = onNextFrame(() => drawPointed(view));
  return view;
}

async function show(view, header) {
  const order = (view.order += 1);
  const sheet = await decode(header.arrays.sheet, "image/jpeg");
  if (order !== view.order) return;
  Object.assign(view, { header, maps: header.arrays.maps, at: null });
  view.title.textContent = heading(header);
  view.sentence.textContent = HINT;
  view.list.replaceChildren(...header.mistakes.map((_, index) => mistake(view, sheet, index)));
  showBar(view.bar, header.bar);
  view.root.dataset.count = header.mistakes.length;
  view.root.dataset.cnnvizDrawn = header.token;
}

function mistake(view, sheet, index) {
  const one = view.header.mistakes[index];
  const labels = ["picture", `for ${one.said}`, `for ${one.is_class}`];
  const panels = labels.map((label, panel) => element("div", {}, element("small", { textContent: label }), frameOf(view, sheet, index, panel, label)));
  return element("div", {}, element("div", { className: "row" }, ...panels), element("p", { textContent: caption(one) }));
}

function frameOf(view, sheet, index, panel, label) {
  const { side, mistakes } = view.header;
  const canvas = element("canvas", { width: side, height: side });
  canvas.getContext("2d").drawImage(sheet, panel * side, index * side, side, side, 0, 0, side, side);
  const node = element("div", { className: "frame", role: "img", "aria-label": `${mistakes[index].name}, ${label}` }, canvas);
  if (panel === 0) return node;
  const marks = element("canvas", { className: "marks", width: side, height: side });
  node.append(marks);
  node.tabIndex = 0;
  const [, , height, width] = view.maps.shape;
  node.onpointermove = node.onpointerdown = (event) => {
    const { row, col } = cellAt(event, canvas, width, height);
    point(view, { index, which: panel - 1, row, column: col, marks });
  };
  node.onfocus = () => point(view, { index, which: panel - 1, row: height >> 1, column: width >> 1, marks });
  node.onkeydown = (event) => {
    const to = moved(event.key, view.at.row * width + view.at.column, width, height * width);
    if (to === null) return;
    event.preventDefault();
    point(view, { ...view.at, row: Math.floor(to / width), column: to % width });
  };
  return node;
}

function point(view, at) {
  if (view.at && view.at.marks !== at.marks) clear(view.at.marks);
  view.at = at;
  view.redraw();
}

function clear(marks) {
  marks.getContext("2d").clearRect(0, 0, marks.width, marks.height);
}

function drawPointed(view) {
  const { at, header, maps } = view;
  if (!at) return;
  const [, , height, width] = maps.shape;
  const { side } = header;
  clear(at.marks);
  outline(at.marks.getContext("2d"), { x: (at.column * side) / width, y: (at.row * side) / height, width: side / width, height: side / height },
    themeColour(view.root, "primary-color"), 1);
  view.sentence.textContent = cellSentence(header.mistakes[at.index], at.which, maps, at.index, at.row, at.column);
}

function savePictures(view) {
  const panels = [...view.list.querySelectorAll(".row > div")];
  const pictures = panels.map((panel, number) => {
    const { is_class: own, name } = view.header.mistakes[Math.floor(number / 3)];
    const words = panel.querySelector("small").textContent;
    return { image: panel.querySelector("canvas"), words: number % 3 ? words : `${name}: ${own}` };
  });
  saveSheet(pictures, 3, view.header.side, `cnnviz ${view.title.textContent}.png`);
}
