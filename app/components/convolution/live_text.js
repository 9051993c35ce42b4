// How is text shown that changes with every move of the pointer? Painted on a canvas of fixed size: a change of the
// page's own text costs a layout and a paint of the page each time. When the hand rests, `say` lays the same words,
// transparent, over the paint: they are what a screen reader speaks and what can be selected and found.

import { element, setText } from "../shared/dom.js";
import { fit, widthOf } from "./draw.js";

const LINE = 1.35; // line height, in sizes of the type
const BELOW = 0.29; // the share of a line below its base
const SMALLEST = 0.7; // of the usual size

// `node` has a fixed size by the style sheet, and the type in which is painted.
export function buildLiveText(node) {
  const text = { node, words: "", canvas: element("canvas", { "aria-hidden": "true" }), said: element("span") };
  node.classList.add("live");
  node.append(text.canvas, text.said);
  return text;
}

// Read the place once, after the view was laid out. `low`: the last line stands at the foot.
export function placeText(text, look, low = false) {
  const style = getComputedStyle(text.node);
  Object.assign(text, {
    low, look, width: text.node.clientWidth, height: text.node.clientHeight,
    size: parseFloat(style.fontSize), weight: style.fontWeight,
  });
}

// runs: [{text, weight, scale}], words one after another; a line that is full goes on in the next. Where the place is
// too small for all of them they are set smaller.
export function paintText(text, runs) {
  text.words = runs.map((run) => run.text).join(" ");
  if (!text.width) return;
  let size = text.size;
  let lines = broken(text, size, runs);
  while (lines.height > text.height && size > text.size * SMALLEST) {
    size -= 1;
    lines = broken(text, size, runs);
  }
  const context = fit(text.canvas, text.width, text.height);
  context.fillStyle = text.look.text;
  let y = text.low ? text.height - lines.height : 0;
  for (const { pieces, height } of lines) {
    y += height;
    for (const { x, font, words } of pieces) {
      context.font = font;
      context.fillText(words, x, y - BELOW * height);
    }
  }
}

// Lines of pieces {x, font, words}, with their heights.
function broken({ width, weight, look }, size, runs) {
  const lines = [];
  let x = Infinity;
  for (const run of runs) {
    const type = { size: size * (run.scale ?? 1), weight: run.weight ?? weight };
    const font = `${type.weight} ${type.size}px ${look.family}`;
    const space = widthOf(" ", type, look.family);
    let piece = null;
    for (const word of run.text.split(" ")) {
      const wide = widthOf(word, type, look.family);
      if (x + wide > width) { lines.push({ pieces: [], height: 0 }); x = 0; piece = null; }
      const line = lines.at(-1);
      if (piece) piece.words += ` ${word}`;
      else line.pieces.push(piece = { x, font, words: word });
      line.height = Math.max(line.height, type.size * LINE);
      x += wide + space;
    }
    x += space; // runs stand a little further apart than words
  }
  lines.height = lines.reduce((sum, line) => sum + line.height, 0);
  return lines;
}

export const say = (text) => setText(text.said, text.words);
