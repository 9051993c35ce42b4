// The channel ledger: the sum that made one unit's value, line by line. A click on a term goes to the unit that it reads.

import { unpack } from "../shared/blob.js";
import { answers } from "../shared/channel.js";
import { button, element, onNextFrame } from "../shared/dom.js";
import { full, short } from "../shared/format.js";
import { mounting } from "../shared/mount.js";
import { saveText } from "../shared/pixels.js";
import { buildTerms, drawDetail, settleTerms } from "./terms.js";
import { agreement, csv, formula, sentence } from "./words.js";

export default mounting(build, (view, header) => {
  if (view.overtaken.has(called(header))) return; // the learner has gone on since the server was told
  view.overtaken.clear();
  if (header.token !== view.token) update(view, header);
  if (header.warm && view.warmed !== header.warm) warm(view, header);
}, (view) => view.deaf());

const called = ({ unit, less }) => `${unit ?? ""}~${less ?? ""}`;

function build(parent) {
  const view = { header: null, folded: false, trail: [], order: 0, overtaken: new Set(), parts: [] };
  view.title = element("b");
  view.untrained = element("span", { className: "untrained", textContent: "untrained" });
  view.back = button("Back", "To the unit that you came from (Backspace)", () => back(view));
  view.fold = button("Fold normalisation in", "Batch normalisation as part of kernel and bias: one sum for two lines", () => {
    view.folded = !view.folded;
    draw(view);
  });
  view.less = element("select", { title: "The difference of two classes: which terms make the one stronger than the other?" });
  view.less.onchange = () => open(view, view.header.unit, { less: view.less.value === "" ? null : Number(view.less.value), keep: true });
  view.compare = element("label", {}, "less ", view.less);
  const save = button("Save", "Save this ledger as CSV", () => saveText(csv(lines(view)), `cnnviz ledger ${view.header.title}.csv`, "text/csv"));
  const close = button("Close", "Close the ledger", () => shut(view));
  view.sentence = element("p", { className: "sentence", "aria-live": "polite" });
  view.lines = element("div", { className: "lines" });
  view.anchor = element("div", { className: "anchor" });
  view.root = element("section", { className: "view ledger-view", hidden: true, "aria-label": "Ledger of a unit" }, view.anchor,
    element("figure", {}, element("figcaption", {}, view.title, view.untrained, view.compare,
      element("span", { className: "push buttons" }, view.back, view.fold, save, close)), view.sentence, view.lines));
  view.root.onkeydown = (event) => { if (event.key === "Backspace" && view.trail.length) { back(view); event.preventDefault(); } };
  parent.append(view.root);
  view.redraw = onNextFrame(() => { for (const part of view.parts) drawDetail(part); });
  view.deaf = answers("unit", (name) => (name === null ? shut(view) : open(view, name, { fresh: true })));
  return view;
}

const lines = ({ header, folded }) => (folded && header.folded ? header.folded : header.lines);
const askedOf = ({ header, folded }) => (folded && header.folded ? header.folded_asked : header.asked);

// Somebody is about to ask: the server records its pass now.
function warm(view, header) {
  view.warmed = header.warm;
  fetch(`${header.scenes}ready`).catch(() => {});
}

// The ledger of a unit, without waiting for the page; what can't be had so, the page brings or says why not.
async function open(view, name, { less = null, fresh = false, keep = false } = {}) {
  const from = view.header;
  if (!from) return;
  const order = (view.order += 1);
  let header = null;
  try {
    const answer = await fetch(from.scenes + encodeURIComponent(less === null ? name : `${name}~${less}`));
    header = answer.status === 200 ? unpack(new Uint8Array(await answer.arrayBuffer())) : null;
  } catch {
    header = null;
  }
  if (order !== view.order) return;
  if (header) {
    view.overtaken.add(called(from)).delete(called(header));
    if (fresh) view.trail = [];
    else if (from.unit && !keep) view.trail.push(from.unit);
    const focused = view.root.contains(view.root.getRootNode().activeElement);
    update(view, header);
    if (focused) view.parts[0]?.list.focus({ preventScroll: true });
    reveal(view);
  }
  view.send("unit", { unit: header?.unit ?? name, less: header?.less ?? less });
}

function back(view) {
  const name = view.trail.pop();
  if (name) open(view, name, { keep: true });
}

function shut(view) {
  view.order += 1; // what is on its way comes no more
  if (view.header.unit === null) return;
  view.overtaken.add(called(view.header));
  view.send("unit", { unit: null, less: null });
}

// The first lines come into sight, no more than needed, so that the map stays.
function reveal(view) {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  view.anchor.scrollIntoView({ block: "nearest", behavior: still ? "auto" : "smooth" });
}

function update(view, header) {
  view.token = header.token;
  view.header = header;
  view.root.hidden = header.unit === null;
  if (header.unit === null) {
    view.trail = [];
    view.parts = [];
    view.lines.replaceChildren();
  } else {
    for (const line of [...header.lines, ...(header.folded ?? [])]) if (line.sum) line.sum = withArrays(line.sum, header.arrays);
    draw(view);
  }
  view.root.dataset.unit = header.unit ?? "";
  view.root.dataset.drawn = header.token; // the page's own mark of a drawing is the maps'
}

function withArrays(sum, arrays) {
  const own = Object.fromEntries(["indices", "inputs", "weights", "contributions", "running", "outside", "plane", "spots"]
    .map((name) => [name, arrays[`${sum.prefix}_${name}`] ?? null]));
  const limit = (values) => values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  const taps = own.inputs.shape.length === 3 ? own.inputs.shape.slice(1) : [1, 1];
  const axes = own.indices.shape[1];
  const pooled = axes === 3 && own.indices.every((at, i) => i % axes === 0 || at === 0); // one value a channel
  return { ...sum, ...own, pooled, taps, sent: own.contributions.length, limits: { inputs: limit(own.inputs), weights: limit(own.weights) } };
}

function draw(view) {
  const { header } = view;
  view.title.textContent = `How ${header.title} came about`;
  view.untrained.hidden = header.trained;
  view.back.disabled = !view.trail.length;
  view.fold.hidden = header.folded === null;
  view.fold.setAttribute("aria-pressed", String(view.folded));
  view.compare.hidden = !header.classes.length;
  view.less.replaceChildren(element("option", { value: "", textContent: "no other class" }),
    ...header.classes.map(([index, label]) => element("option", { value: index, textContent: label })));
  view.less.value = header.less ?? "";
  view.sentence.textContent = sentence(header, lines(view), askedOf(view));
  view.parts = [];
  view.lines.replaceChildren(...lines(view).map((line, at) => lineOf(view, line, at)));
  for (const part of view.parts) settleTerms(part, view.root);
}

function lineOf(view, line, at) {
  const own = at === askedOf(view) && lines(view).length > 1;
  const named = line.kind === "activation" && line.module; // torch runs ReLU6 as a hardtanh
  const [title, detail] = named ? [line.module, `torch: ${line.label}`] : [line.label, line.module];
  const head = element("div", { className: "line-head" }, element("b", { textContent: title }),
    element("small", { textContent: [line.path, detail].filter(Boolean).join(" · ") }),
    element("output", { textContent: `= ${short(line.after)}`, title: full(line.after) }));
  if (own) head.append(element("span", { className: "own", textContent: "this unit" }));
  const section = element("div", { className: "line" }, head);
  if (line.text) section.append(element("p", { className: "formula", textContent: formula(line.text) }));
  if (line.sum && line.kind !== "gate") {
    const part = buildTerms(line, { differs: view.header.less !== null, walk: (name) => open(view, name), point: () => view.redraw() });
    view.parts.push(part);
    section.append(part.root);
  } else if (line.sum) section.append(factors(view, line));
  section.append(element("p", { className: "agrees", textContent: agreement(line), title: `${full(line.total)} and ${full(line.after)}` }));
  section.dataset.total = line.total;
  section.dataset.after = line.after;
  return section;
}

// A gate: two computed values, each with a ledger of its own.
function factors(view, line) {
  const part = buildTerms({ ...line, kind: "addition" }, { walk: (name) => open(view, name), point: () => {} });
  for (const row of part.rows) row.querySelectorAll(".number, .running").forEach((cell) => cell.remove());
  part.select = () => {};
  return element("div", { className: "terms gate" }, part.list);
}
