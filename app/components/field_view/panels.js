// The view's elements: the depth slider, three panels with their captions, the sentence. Nothing here knows a scene.

import { button, element, saveButton } from "../shared/dom.js";
import { savePng } from "../shared/pixels.js";

export function buildPanels(view) {
  view.slider = element("input", { type: "range", min: 0, max: 0, step: 1, value: 0, "aria-label": "Depth: the layers at which the field grows, first to last" });
  view.layerLine = element("output", { className: "layer-line" });
  const steps = element("div", { className: "depth" }, stepButton(view, "−", "One step back to the input", -1),
    view.slider, stepButton(view, "+", "One step deeper", 1), view.layerLine);
  view.picture = panel("picture", "The input");
  view.map = panel("map", "Map");
  view.crop = panel("crop", "Unit’s view", false);
  view.heat = element("input", { type: "range", min: 0, max: 100, step: 1, value: 75 });
  view.heatLabel = element("label", { className: "heat" }, "Heat ", view.heat);
  view.picture.caption.insertBefore(view.heatLabel, view.picture.save);
  view.sentence = element("p", { className: "sentence", "aria-live": "polite" });
  view.root.append(steps, element("div", { className: "panels" }, view.picture.figure, view.map.figure, view.crop.figure), view.sentence);
}

function panel(role, title, pointable = true) {
  const made = { role, canvas: element("canvas"), marks: element("canvas", { className: "marks" }), title: element("span", { textContent: title }) };
  made.frame = element("div", { className: "frame", role: pointable ? "application" : "img" }, made.canvas, made.marks);
  if (pointable) made.frame.tabIndex = 0;
  made.bar = element("div", { className: "bar" });
  made.save = saveButton("Save as PNG", () => savePng(composed(made), `cnnviz receptive field ${role}.png`));
  made.caption = element("figcaption", {}, made.title, made.save);
  made.figure = element("figure", {}, made.caption, made.frame, made.bar);
  made.figure.dataset.role = role;
  return made;
}

function stepButton(view, text, explained, by) {
  return button(text, explained, () => {
    view.slider.value = String(Number(view.slider.value) + by);
    view.slider.dispatchEvent(new Event("input"));
  }, { "aria-label": explained });
}

// The panel as it stands on the screen, with its marks.
function composed({ canvas, marks }) {
  const sheet = element("canvas", { width: canvas.width, height: canvas.height });
  const context = sheet.getContext("2d");
  context.drawImage(canvas, 0, 0);
  if (marks.width) context.drawImage(marks, 0, 0, sheet.width, sheet.height);
  return sheet;
}
