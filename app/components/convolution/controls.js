// The settings of the layer: sliders and menus that are answered in the browser.

import { element, setText } from "../shared/dom.js";
import { FILLS } from "./weights.js";

const OUTSIDE = { zeros: "zeros", reflect: "mirrored", replicate: "edge repeated", circular: "wrapped around" };
const SHAPES = { square: "k × k", row: "1 × k", column: "k × 1" };

// `change(part)` is called with the settings that changed. `controls.show(settings, channels)` sets all of them.
export function buildControls(change) {
  const node = element("div", { className: "controls", role: "group", "aria-label": "Settings of the layer" });
  const parts = [kernelSize(change), range("Stride", 1, 8, "stride", change), range("Padding", 0, 10, "padding", change),
    menu("Outside", "mode", OUTSIDE, change), range("Dilation", 1, 5, "dilation", change),
    single("Kernels", 1, 4, "maps", change), single("Groups", 1, 3, "groups", change),
    menu("Weights", "fill", FILLS, change), bias(change),
    tick("Flip the kernel", "flip", change), tick("Transposed", "transposed", change)];
  node.append(...parts.map((part) => part.node));
  return { node, show: (settings, input) => parts.forEach((part) => part.show(settings, input)) };
}

function kernelSize(change) {
  const size = slider("Kernel size", 1, 11);
  const shape = select("Kernel shape", SHAPES);
  const send = () => {
    const k = Number(size.input.value);
    change({ kernel: { square: [k, k], row: [1, k], column: [k, 1] }[shape.value] });
  };
  size.input.oninput = send;
  shape.onchange = send;
  const show = ({ kernel: [h, w] }) => {
    size.set(Math.max(h, w), `${h} × ${w}`);
    if (h !== w) shape.value = h === 1 ? "row" : "column";
    else if (h > 1) shape.value = "square";
  };
  size.node.append(shape);
  return { node: size.node, show };
}

// One number for both axes.
function range(label, low, high, name, change) {
  const made = slider(label, low, high);
  made.input.oninput = () => change({ [name]: [Number(made.input.value), Number(made.input.value)] });
  const show = (settings) => {
    const [h, w] = settings[name];
    made.set(h, h === w ? String(h) : `${h} × ${w}`);
  };
  return { node: made.node, show };
}

function single(label, low, high, name, change) {
  const made = slider(label, low, high);
  made.input.oninput = () => change({ [name]: Number(made.input.value) });
  const show = (settings, { channels }) => {
    if (name === "groups") { made.input.max = channels; made.node.hidden = channels === 1; }
    const depthwise = name === "groups" && channels > 1 && settings.groups === channels;
    made.set(settings[name], depthwise ? `${settings[name]} (depthwise)` : String(settings[name]));
  };
  return { node: made.node, show };
}

function menu(label, name, options, change) {
  const box = select(label, options);
  box.onchange = () => change({ [name]: box.value });
  return { node: element("label", {}, element("span", { textContent: label }), box), show: (settings) => { box.value = settings[name]; } };
}

// One bias for each map; the field changes the bias of the map that is shown.
function bias(change) {
  const field = element("input", { type: "number", step: 0.1, min: -100, max: 100 });
  let shown = { map: 0, bias: [0] };
  field.onchange = () => {
    const value = Number(field.value);
    if (field.value !== "" && Math.abs(value) <= 100) change({ bias: shown.bias.map((old, map) => (map === shown.map ? value : old)) });
  };
  const show = (settings, input) => {
    shown = { map: Math.min(input.map ?? 0, settings.maps - 1), bias: settings.bias };
    field.value = settings.bias[shown.map];
  };
  return { node: element("label", {}, element("span", { textContent: "Bias" }), field), show };
}

function tick(label, name, change) {
  const box = element("input", { type: "checkbox" });
  box.onchange = () => change({ [name]: box.checked });
  return { node: element("label", { className: "tick" }, box, label), show: (settings) => { box.checked = settings[name]; } };
}

function slider(label, min, max) {
  const input = element("input", { type: "range", min, max, step: 1, "aria-label": label });
  const value = element("output");
  const node = element("label", {}, element("span", {}, `${label} `, value), input);
  const set = (number, text) => {
    if (input.value !== String(number)) input.value = number;
    setText(value, text);
    if (input.getAttribute("aria-valuetext") !== text) input.setAttribute("aria-valuetext", text);
  };
  return { node, input, set };
}

function select(label, options) {
  const box = element("select", { "aria-label": label });
  box.append(...Object.entries(options).map(([value, text]) => element("option", { value, textContent: text })));
  return box;
}
