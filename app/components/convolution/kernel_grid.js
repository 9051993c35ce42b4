// A kernel one can change: click a cell and type, drag it up or down, or reach it with the arrow keys.

import { element } from "../shared/dom.js";
import { parse } from "../shared/grids.js";

const DRAG_FROM = 4; // CSS pixels before a press becomes a drag

// `changed(row, col, value)` is called with every new weight. The drawing is done by others on `grid.canvas`;
// `grid.show(rows, cols, cell, weights)` says what stands there, `grid.selected` is the cell the keys are on.
export function buildKernelGrid(name, changed, redraw) {
  const grid = { rows: 1, cols: 1, cell: 1, weights: [0], selected: null };
  grid.canvas = element("canvas");
  grid.field = element("input", { className: "weight", hidden: true, autocomplete: "off" });
  grid.node = element("div", { className: "kernel", tabIndex: 0, role: "group" }, grid.canvas, grid.field);
  grid.show = (rows, cols, cell, weights) => {
    Object.assign(grid, { rows, cols, cell, weights });
    if (grid.selected && (grid.selected.row >= rows || grid.selected.col >= cols)) grid.selected = null;
    const label = `${name()}. Arrow keys choose a weight, Enter changes it, Page Up and Page Down nudge it.`;
    if (grid.node.getAttribute("aria-label") !== label) grid.node.setAttribute("aria-label", label);
  };
  const set = (value) => changed(grid.selected.row, grid.selected.col, value);
  listenPointer(grid, set, redraw);
  listenKeys(grid, set, redraw);
  listenField(grid, set);
  return grid;
}

const weightAt = ({ weights, cols, selected }) => weights[selected.row * cols + selected.col];
const rounded = (value) => Math.round(value * 100) / 100;

function listenPointer(grid, set, redraw) {
  const { canvas } = grid;
  let drag = null;
  canvas.onpointerdown = (event) => {
    const box = canvas.getBoundingClientRect();
    const index = (offset, cells) => Math.min(cells - 1, Math.max(0, Math.floor(offset / grid.cell)));
    grid.selected = { row: index(event.clientY - box.top, grid.rows), col: index(event.clientX - box.left, grid.cols) };
    drag = { y: event.clientY, from: weightAt(grid), moved: false };
    canvas.setPointerCapture(event.pointerId);
    redraw();
  };
  canvas.onpointermove = (event) => {
    if (!drag) return;
    const up = drag.y - event.clientY;
    if (Math.abs(up) < DRAG_FROM && !drag.moved) return;
    drag.moved = true;
    set(rounded(drag.from + up * 0.02 * Math.max(1, Math.abs(drag.from))));
  };
  canvas.onpointerup = () => {
    if (drag && !drag.moved) openField(grid);
    drag = null;
  };
  canvas.onpointercancel = () => { drag = null; };
}

function listenKeys(grid, set, redraw) {
  grid.node.onkeydown = (event) => {
    if (event.target === grid.field) return;
    const move = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!grid.selected) grid.selected = { row: 0, col: 0 };
    else if (move) {
      const clamp = (value, size) => Math.max(0, Math.min(size - 1, value));
      grid.selected = { row: clamp(grid.selected.row + move[0], grid.rows), col: clamp(grid.selected.col + move[1], grid.cols) };
    }
    if (event.key === "Enter" || /^[\d.,−-]$/.test(event.key)) openField(grid, event.key === "Enter" ? null : event.key);
    else if (event.key === "PageUp") set(rounded(weightAt(grid) + 0.1));
    else if (event.key === "PageDown") set(rounded(weightAt(grid) - 0.1));
    else if (!move) return;
    event.preventDefault();
    redraw();
  };
  grid.node.onblur = () => { if (grid.field.hidden) { grid.selected = null; redraw(); } };
}

function listenField(grid, set) {
  const { field } = grid;
  const close = (commit) => {
    if (field.hidden) return;
    const typed = parse(field.value);
    if (commit && typed === null) {
      field.setAttribute("aria-invalid", "true");
      field.title = "Not a number: type for example -1, 0.25 or 1/9.";
      return;
    }
    field.hidden = true;
    if (commit) set(typed);
    grid.node.focus();
  };
  field.onkeydown = (event) => {
    if (event.key === "Enter") close(true);
    else if (event.key === "Escape") close(false);
    event.stopPropagation();
  };
  field.onblur = () => { if (parse(field.value) === null) field.hidden = true; else close(true); };
}

function openField(grid, text = null) {
  const { field, selected, cell } = grid;
  const wide = Math.max(cell, 52);
  Object.assign(field.style, {
    left: `${selected.col * cell + cell / 2 - wide / 2}px`, top: `${selected.row * cell + cell / 2 - 16}px`, width: `${wide}px`,
  });
  field.hidden = false;
  field.removeAttribute("aria-invalid");
  field.setAttribute("aria-label", `weight in row ${selected.row}, column ${selected.col}`);
  field.value = text === null ? String(weightAt(grid)) : text.replace("−", "-");
  field.focus();
  if (text === null) field.select();
}
