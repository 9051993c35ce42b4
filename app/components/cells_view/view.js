// The notes' table with what was measured: in each cell some of the pictures, the arms as bars, the advice and the outcome.

import { element, saveButton } from "../shared/dom.js";
import { short, whole } from "../shared/format.js";
import { mounting } from "../shared/mount.js";
import { decode, put, saveText } from "../shared/pixels.js";
import { barSentence, csv, percent } from "./words.js";

const HINT = "Point at an arm, or go there with Tab, for its numbers.";

export default mounting(build, (view, header) => {
  if (header.token !== view.token) show(view, header);
  view.token = header.token;
});

function build(parent) {
  const view = { order: 0 };
  const save = saveButton("Save the table as CSV", () => saveText(csv(view.header), "cnnviz similar or different.csv", "text/csv"));
  view.grid = element("div", { className: "grid" });
  view.own = element("div", { className: "own" });
  view.note = element("p", { className: "note" });
  view.sentence = element("p", { className: "sentence", "aria-live": "polite" });
  view.root = element("section", { className: "view cells-view", "aria-label": "Which arm for which pictures" },
    element("figure", {}, element("figcaption", {}, "Right answers of each arm", element("small", {}, "bar: mean; whisker: standard error"), save),
      view.grid, view.sentence, view.own), view.note);
  view.root.onpointerleave = () => point(view, null, HINT);
  parent.append(view.root);
  return view;
}

async function show(view, header) {
  const order = (view.order += 1);
  const names = Object.keys(header.arrays);
  const decoded = await Promise.all(names.map((name) => (header.arrays[name].length ? decode(header.arrays[name], "image/jpeg") : null)));
  if (order !== view.order) return;
  const sheets = Object.fromEntries(names.map((name, place) => [name, decoded[place]]));
  view.header = header;
  view.grid.replaceChildren(...header.cells.map((cell) => cellOf(view, cell, sheets)));
  view.own.replaceChildren(...(header.own ? [setOf(view, header.own, sheets, "")] : []));
  view.note.textContent = header.note;
  point(view, null, HINT);
  Object.assign(view.root.dataset, { own: header.own?.bars.length ?? 0, cnnvizDrawn: header.token });
}

function cellOf(view, cell, sheets) {
  const node = element("article", { className: cell.here ? "cell here" : "cell", "aria-label": cell.title },
    element("h4", {}, cell.title, ...(cell.here ? [element("small", { textContent: "the pictures on this page belong here" })] : [])),
    element("p", { className: "advice" }, element("b", { textContent: "The notes: " }), cell.advice),
    ...cell.sets.map((set) => setOf(view, set, sheets, cell.title)));
  return node;
}

function setOf(view, set, sheets, where) {
  const canvas = element("canvas", { role: "img", "aria-label": `${set.pictures} of the pictures` });
  if (sheets[set.sheet]) put(canvas, sheets[set.sheet]);
  const rows = element("div", { role: "list", "aria-label": `${set.title}: arms` }, ...set.bars.map((bar) => rowOf(view, bar, where || set.title)));
  return element("div", { className: "set" }, element("h5", { textContent: set.title }), canvas, rows, element("p", { className: "said", textContent: set.said }));
}

function rowOf(view, bar, where) {
  const fill = element("i", { className: "fill" });
  fill.style.width = `${100 * bar.accuracy}%`;
  const whisker = element("i", { className: "whisker" });
  const [low, high] = [Math.max(0, bar.accuracy - bar.error), Math.min(1, bar.accuracy + bar.error)];
  whisker.style.left = `${100 * low}%`;
  whisker.style.width = `${100 * (high - low)}%`;
  const node = element("div", { className: bar.leads ? "row leads" : "row", role: "listitem", tabIndex: 0, "aria-label": barSentence(bar, where) },
    element("span", { className: "name" }, bar.title, ...(bar.advised ? [element("em", { textContent: "advised" })] : [])),
    element("span", { className: "track" }, fill, whisker),
    element("b", { textContent: percent(bar) }),
    element("span", { className: "cost", textContent: `${short(bar.seconds)} s`, title: `${whole(bar.trainable)} numbers learned` }));
  node.onpointerenter = node.onfocus = () => point(view, node, barSentence(bar, where));
  return node;
}

function point(view, node, said) {
  for (const other of view.root.querySelectorAll(".pointed")) other.classList.remove("pointed");
  node?.classList.add("pointed");
  view.sentence.textContent = said;
}
