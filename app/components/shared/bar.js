// The colour bar beside a map (colour_bar.py), or a note in the same reserved place.

import { element, setText } from "./dom.js";
import { full, short } from "./format.js";

export function showBar(node, bar, note = "") {
  if (!bar) {
    node.replaceChildren(element("span", { className: "note", textContent: note }));
    return;
  }
  if (node.childElementCount !== 3) node.replaceChildren(element("span"), element("div", { className: "ramp" }), element("span"));
  const [low, ramp, high] = node.children;
  const stops = bar.stops.join(", ");
  if (ramp.dataset.stops !== stops) ramp.style.background = `linear-gradient(to right, ${stops})`;
  ramp.dataset.stops = stops;
  for (const [end, value] of [[low, bar.low], [high, bar.high]]) {
    setText(end, short(value));
    end.title = full(value);
  }
}
