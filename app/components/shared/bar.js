// The colour bar beside a map (colour_bar.py), or a note in the same reserved place.

import { element } from "./dom.js";
import { full, short } from "./format.js";

export function showBar(node, bar, note = "") {
  if (!bar) {
    node.replaceChildren(element("span", { className: "note", textContent: note }));
    return;
  }
  const ramp = element("div", { className: "ramp" });
  ramp.style.background = `linear-gradient(to right, ${bar.stops.join(", ")})`;
  node.replaceChildren(
    element("span", { textContent: short(bar.low), title: full(bar.low) }), ramp,
    element("span", { textContent: short(bar.high), title: full(bar.high) }),
  );
}
