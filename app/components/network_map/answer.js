// The answer at the end of the map: classes with their probabilities at a temperature, for one picture or two.

import { element, setText } from "../shared/dom.js";
import { full, short } from "../shared/format.js";
import { softmax } from "./softmax.js";

const HEATS = [0.25, 0.5, 1, 2, 4];

export function buildAnswer({ point, leave, ask, heat }) {
  const answer = { rows: [], temperature: 1 };
  answer.list = element("ol", { role: "group", "aria-label": "The most probable answers" });
  answer.title = element("b", { textContent: "Answer" });
  answer.slider = element("input", { type: "range", min: 0, max: HEATS.length - 1, step: 1, "aria-label": "Temperature of the softmax" });
  answer.degrees = element("output");
  answer.slider.oninput = () => { answer.temperature = HEATS[answer.slider.value]; fill(answer); };
  answer.slider.onchange = () => heat(answer.temperature);
  answer.note = element("p", { className: "note" });
  answer.root = element("div", { className: "answer" }, answer.title, answer.list,
    element("label", { title: "All logits are divided by it before the softmax" }, "Temperature ", answer.degrees, answer.slider,
      element("small", { textContent: "divides all logits before the softmax" })), answer.note);
  Object.assign(answer, { point, leave, ask });
  return answer;
}

export function showAnswer(answer, header) {
  answer.header = header;
  answer.temperature = header.temperature;
  answer.slider.value = HEATS.indexOf(header.temperature);
  answer.rows = header.listed.map((index, place) => rowOf(answer, header, index, place));
  answer.list.replaceChildren(...answer.rows.map((row) => row.node));
  const alike = header.arrays.logits.every((logit) => logit === header.arrays.logits[0]);
  answer.note.textContent = header.trained ? "" : alike
    ? "Untrained: all logits are alike, so no channel speaks for a class." : "Untrained: the answers mean nothing.";
  fill(answer);
}

function rowOf(answer, header, index, place) {
  const bars = Array.from({ length: header.sides }, () => element("i"));
  const values = bars.map(() => element("b"));
  const node = element("li", { tabIndex: 0, role: "button", title: `${header.labels[place]}: click to ask which channels speak for it` },
    element("span", { textContent: header.labels[place] }), element("div", { className: "numbers" }, ...values),
    ...bars.map((bar, side) => element("div", { className: `track side${side}` }, bar)));
  node.setAttribute("aria-current", String(index === header.target));
  node.onpointerenter = () => answer.point(place, 0);
  for (const part of [...values, ...bars.map((bar) => bar.parentElement)]) {
    const side = Math.max(values.indexOf(part), bars.indexOf(part.firstElementChild));
    part.onpointerenter = () => answer.point(place, side);
  }
  node.onpointerleave = () => answer.leave();
  node.onfocus = () => answer.point(place, 0);
  node.onblur = () => answer.leave();
  node.onclick = () => answer.ask(index);
  node.onkeydown = (event) => {
    if (event.key === "Enter" || event.key === " ") answer.ask(index);
    else if (event.key === "ArrowDown") node.nextSibling?.focus();
    else if (event.key === "ArrowUp") node.previousSibling?.focus();
    else return;
    event.preventDefault();
  };
  return { node, bars, values, index };
}

function fill(answer) {
  const { header, temperature } = answer;
  const count = header.arrays.logits.shape[1];
  for (let side = 0; side < header.sides; side += 1) {
    const shares = softmax(header.arrays.logits.subarray(side * count, (side + 1) * count), temperature);
    for (const row of answer.rows) {
      row.bars[side].style.width = `${100 * shares[row.index]}%`;
      setText(row.values[side], `${short(100 * shares[row.index])} %`);
      row.values[side].title = full(shares[row.index]);
    }
  }
  setText(answer.degrees, String(temperature));
  answer.root.dataset.temperature = temperature;
}
