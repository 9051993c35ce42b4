// The list of figures: a toolbar, a row for each figure, and under an open one the line of the notes and the working.

import { button, element, setText } from "../shared/dom.js";
import { mounting } from "../shared/mount.js";
import { figuresOf, matches, sentence, SHOWN, step, summary } from "./filter.js";

const PAUSE = 250; // milliseconds after the last change until the server hears of it
export default mounting(build, update, (view) => clearTimeout(view.later));

function build(parent) {
  const view = { figures: [], rows: new Map(), shown: [], said: new Map(), state: null };
  view.sentence = element("p", { className: "sentence", "aria-live": "polite" });
  view.filters = SHOWN.map(([name, label]) => button(label, "", () => change(view, { show: name }), { "data-show": name }));
  view.note = element("select", { "aria-label": "Which of the notes" });
  view.note.onchange = () => change(view, { note: Number(view.note.value) });
  view.search = element("input", { type: "search", placeholder: "Search: conv4, VGG-16 memory …", maxLength: 60,
    "aria-label": "Search in the figures" });
  view.search.oninput = () => change(view, { search: view.search.value });
  const filters = element("div", { className: "filters", role: "group", "aria-label": "Which figures" }, ...view.filters);
  view.list = element("div", { className: "list", role: "list", "aria-label": "Figures. Arrow keys go along, Enter opens." });
  view.list.onkeydown = (event) => onKey(view, event);
  view.list.onpointerover = (event) => point(view, event.target.closest(".row"));
  view.list.onpointerleave = () => point(view, null);
  view.list.onfocusin = (event) => point(view, event.target.closest(".row"));
  const heads = ["", "Figure", "Notes", "Computed"].map((text) => element("span", { textContent: text }));
  view.root = element("div", { className: "view lecture-list" }, view.sentence,
    element("div", { className: "tools" }, filters, view.note, view.search),
    element("div", { className: "heads", "aria-hidden": "true" }, ...heads), view.list);
  parent.append(view.root);
  return view;
}

function update(view, header) {
  if (header.token !== view.token) {
    view.figures = figuresOf(header.fields, header.figures, header.notes);
    view.notes = header.notes;
    view.note.replaceChildren(...["All five notes", ...header.notes.map((title, i) => `${i + 1}. ${title}`)]
      .map((text, value) => element("option", { textContent: text, value })));
    view.rows = new Map(view.figures.map((figure) => [figure.number, rowOf(view, figure)]));
    view.state = null;
  }
  view.token = header.token;
  const { turn, ...state } = header.state;
  const own = view.said.get(turn) === JSON.stringify(state); // an echo of what was said here
  if (!view.state || !own) {
    view.turn = Math.max(view.turn ?? 0, turn);
    view.state = state;
    view.search.value = state.search;
    draw(view);
    bring(view, state.opened);
  }
  view.root.dataset.cnnvizDrawn = header.token;
}

function rowOf(view, figure) {
  const mark = element("span", { className: "mark", textContent: figure.agrees ? "=" : "≠", title: figure.agrees ? "agrees" : "differs" });
  const name = element("span", { className: "name" }, element("b", { textContent: figure.topic }),
    element("small", { textContent: `${figure.what} · notes ${figure.note}` }));
  const button = element("button", { className: "row", type: "button", tabIndex: -1, "aria-expanded": "false", "aria-label": sentence(figure) },
    mark, name, element("span", { className: "given", textContent: figure.given }), element("span", { className: "computed", textContent: figure.computed }));
  button.dataset.number = figure.number;
  button.onclick = () => change(view, { opened: view.state.opened === figure.number ? 0 : figure.number });
  const item = element("div", { className: figure.agrees ? "item" : "item differs", role: "listitem" }, button);
  return { figure, item, button, details: null };
}

function detailsOf(view, figure) {
  const line = (label, text, className = "") =>
    element("p", { className }, element("i", { textContent: label }), element("span", { textContent: text }));
  const verdict = figure.agrees ? "Agrees, to the digits that the notes give." : `Differs: the notes have ${figure.given}, computed ${figure.computed}.`;
  return element("div", { className: "details" },
    line("In the notes", `“${figure.quote}” (${figure.note}. ${view.notes[figure.note - 1]})`),
    line("Working", figure.working, "working"), line("From", figure.source), line("Verdict", verdict),
    ...(figure.why ? [line(figure.agrees ? "Remark" : "Why", figure.why)] : []),
    ...(figure.reference ? [line("Reference", figure.reference)] : []));
}

function draw(view) {
  const { state } = view;
  view.filters.forEach((one) => one.setAttribute("aria-pressed", String(one.dataset.show === state.show)));
  view.note.value = String(state.note);
  view.shown = view.figures.filter((figure) => matches(figure, state));
  const items = view.shown.map(({ number }) => view.rows.get(number).item);
  if (items.length) view.list.replaceChildren(...items);
  else view.list.replaceChildren(element("p", { className: "none", textContent: "No figure has all these words. Clear the search, or choose All." }));
  for (const row of view.rows.values()) open(view, row, row.figure.number === state.opened);
  const first = view.shown.some(({ number }) => number === state.opened) ? state.opened : view.shown[0]?.number;
  if (first) view.rows.get(first).button.tabIndex = 0;
  tell(view);
  Object.assign(view.root.dataset, { shown: view.shown.length, opened: state.opened, show: state.show });
}

function open(view, row, wanted) {
  row.button.tabIndex = -1;
  row.button.setAttribute("aria-expanded", String(wanted));
  if (wanted && !row.details) row.item.append(row.details = detailsOf(view, row.figure));
  if (!wanted && row.details) { row.details.remove(); row.details = null; }
}

function change(view, part) {
  view.state = { ...view.state, ...part };
  draw(view);
  if (!part.opened) view.list.scrollTop = part.opened === 0 ? view.list.scrollTop : 0;
  clearTimeout(view.later);
  view.later = setTimeout(() => {
    view.turn += 1;
    view.said.set(view.turn, JSON.stringify(view.state));
    view.send("act", { ...view.state, turn: view.turn });
  }, PAUSE);
}

function onKey(view, event) {
  const row = event.target.closest(".row");
  if (!row) return;
  const at = view.shown.findIndex((figure) => figure.number === Number(row.dataset.number));
  const to = step(event.key, at, view.shown.length);
  if (to === null) return;
  event.preventDefault();
  row.tabIndex = -1;
  const next = view.rows.get(view.shown[to].number).button;
  next.tabIndex = 0;
  next.focus();
}

function point(view, row) {
  view.pointed = row ? view.rows.get(Number(row.dataset.number)).figure : null;
  tell(view);
}

function tell(view) {
  setText(view.sentence, view.pointed ? sentence(view.pointed) : summary(view.figures, view.shown, view.state));
}

// The open figure into sight, within the list; the page itself does not move.
function bring(view, number) {
  const item = view.rows.get(number)?.item;
  view.list.scrollTop = item?.isConnected ? Math.max(0, item.offsetTop - view.list.offsetTop - 40) : 0;
}
