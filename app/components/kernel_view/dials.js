// The sliders of a kernel: each step's matrix came with the scene, so the picture follows in the browser at once, and
// the server hears of it when the hand rests.

import { element } from "../shared/dom.js";

const REST = 250; // ms without a movement before the server is told

// `turned(name, matrix, value)` for every step; `rested(name, value)` once the hand rests.
export function buildDials(box, dials, turned, rested) {
  const timers = new Map();
  box.replaceChildren(...dials.map((dial) => {
    const shown = element("output");
    const input = element("input", {
      type: "range", min: dial.minimum, max: dial.maximum, step: dial.step, "aria-label": dial.title, title: dial.what,
    });
    input.dial = dial;
    input.show = (value) => { input.value = value; shown.textContent = text(dial, value); };
    input.show(dial.value);
    input.oninput = () => {
      const value = Number(input.value);
      shown.textContent = text(dial, value);
      turned(dial, value);
      clearTimeout(timers.get(dial.name));
      timers.set(dial.name, setTimeout(() => { timers.delete(dial.name); rested(dial.name, value); }, REST));
    };
    input.onkeydown = (event) => event.stopPropagation();
    return element("label", { title: dial.what }, element("span", {}, dial.title, shown), input);
  }));
  box.moving = () => timers.size > 0;
}

// The same sliders in a new scene: those at rest show what the server says.
export function showDials(box, dials) {
  [...box.querySelectorAll("input")].forEach((input, i) => {
    input.dial = dials[i];
    if (!box.moving()) input.show(dials[i].value);
  });
}

const text = (dial, value) => Number(value).toFixed(Math.max(0, -Math.floor(Math.log10(dial.step) + 1e-9)));
