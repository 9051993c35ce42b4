// One plane on the screen (an input channel or an output map): its canvases, and what pointer and keys do on it.

import { element, saveButton } from "../shared/dom.js";
import { cellAt, savePng } from "../shared/pixels.js";

// handlers: pointed(row, col), pressed(row, col), moved(rows, cols), pin(), release(). Rows and columns count from the
// plane's own first cell: they are negative, or too large, in the padding.
export function buildPlane(role, handlers) {
  const plane = { role, cells: { height: 1, width: 1, pad: [0, 0] } }; // set when the plane is drawn
  plane.canvas = element("canvas");
  plane.marks = element("canvas", { className: "marks" });
  plane.frame = element("div", { className: "frame", tabIndex: 0, role: "img" }, plane.canvas, plane.marks);
  plane.title = element("span");
  plane.note = element("small");
  const save = saveButton("Save as PNG", () => savePng(plane.canvas, `cnnviz ${plane.title.textContent.toLowerCase()}.png`));
  plane.caption = element("figcaption", {}, plane.title, plane.note, save);
  plane.bar = element("div", { className: "bar" });
  plane.figure = element("figure", {}, plane.caption, element("div", { className: "box" }, plane.frame), plane.bar);
  plane.figure.dataset.role = role;
  listen(plane, handlers);
  return plane;
}

function listen(plane, handlers) {
  const { frame } = plane;
  const at = (event) => {
    const { height, width, pad } = plane.cells;
    const { row, col } = cellAt(event, plane.canvas, height + 2 * pad[0], width + 2 * pad[1]);
    return [row - pad[0], col - pad[1]];
  };
  frame.onpointermove = (event) => handlers.pointed(...at(event));
  frame.onpointerdown = (event) => handlers.pressed(...at(event));
  frame.onkeydown = (event) => {
    const step = event.shiftKey ? 10 : 1;
    const move = { ArrowUp: [-step, 0], ArrowDown: [step, 0], ArrowLeft: [0, -step], ArrowRight: [0, step],
      Home: [-1e9, -1e9], End: [1e9, 1e9] }[event.key];
    if (move) handlers.moved(...move);
    else if (event.key === "Enter" || event.key === " ") handlers.pin();
    else if (event.key === "Escape") handlers.release();
    else return;
    event.preventDefault();
  };
}
