// Receptive fields: the picture with a unit's box, the layer's map with the unit, and the pixels that the unit sees.

import { showBar } from "../shared/bar.js";
import { onNextFrame, element, setText, themeColour } from "../shared/dom.js";
import { mounting } from "../shared/mount.js";
import { decode, sharpen } from "../shared/pixels.js";
import { clear, drawCrop, drawEdge, drawMap, drawPicture, drawRadii, light, mapImage, markBox, markField } from "./drawing.js";
import { boxOf, holders, paddingOf, placeOf, total, unitAt, withSpans } from "./geometry.js";
import { buildPanels } from "./panels.js";
import { aboutHeat, aboutLayer, aboutNudge, aboutPixel, aboutUnit, aboutValue } from "./words.js";

const REST = 250; // milliseconds: a slider or a held key asks the server for the place where it rests

export default mounting(build, update, (view) => clearTimeout(view.later));

function build(parent) {
  const view = { hover: null, unit: null, pixel: null, step: 0, later: 0 };
  view.root = element("div", { className: "view field-view" });
  buildPanels(view);
  parent.append(view.root);
  view.redraw = onNextFrame(() => drawPointed(view));
  view.redrawAll = onNextFrame(() => drawStill(view));
  view.heat.oninput = view.redrawAll;
  view.slider.oninput = () => toStep(view, Number(view.slider.value));
  listen(view, view.map, "unit");
  listen(view, view.picture, "pixel");
  view.resize = new ResizeObserver(() => { if (view.scene) view.redrawAll(); });
  view.resize.observe(view.root);
  return view;
}

const layerOf = (view) => view.layers[view.step];

// Pointing shows for as long as the hand is there; a click or a key chooses, and the server is asked.
function listen(view, panel, kind) {
  const place = (event) => {
    const box = panel.frame.getBoundingClientRect();
    const [height, width, margin] = kind === "unit" ? [layerOf(view).height, layerOf(view).width, 0] : [...extent(view), view.scene.margin];
    return inRange(view, {
      kind, row: Math.floor(((event.clientY - box.top) / box.height) * height) - margin,
      col: Math.floor(((event.clientX - box.left) / box.width) * width) - margin,
    });
  };
  panel.frame.onpointermove = (event) => { if (view.scene) { view.hover = other(view, place(event)); view.redraw(); } };
  panel.frame.onpointerleave = () => { view.hover = null; if (view.scene) view.redraw(); };
  panel.frame.onclick = (event) => { if (view.scene) choose(view, place(event), 0); };
  panel.frame.onkeydown = (event) => {
    const move = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (event.key === "Escape" && view.pixel) choose(view, { kind: "unit", ...view.unit }, 0);
    if (!move || !view.scene) return;
    event.preventDefault();
    view.hover = null;
    const from = kind === "unit" ? view.unit : view.pixel ?? middleOf(view);
    const by = event.shiftKey ? 10 : 1;
    choose(view, inRange(view, { kind, row: from.row + by * move[0], col: from.col + by * move[1] }), REST);
  };
}

// Pointing at what is chosen shows it as it is without the hand.
function other(view, at) {
  const chosen = at.kind === "unit" ? (view.pixel ? null : view.unit) : view.pixel;
  return chosen?.row === at.row && chosen?.col === at.col ? null : at;
}

const extent = (view) => view.scene.size.map((length) => length + 2 * view.scene.margin);

// The pixel from which the arrow keys start: the middle of what the unit sees of the picture.
function middleOf(view) {
  const { inside } = paddingOf(boxOf(layerOf(view), view.unit), view.scene.size);
  if (!inside) return { row: 0, col: 0 };
  return { row: Math.floor(inside.top + inside.height / 2), col: Math.floor(inside.left + inside.width / 2) };
}

function inRange(view, at) {
  const [height, width] = at.kind === "unit" ? [layerOf(view).height, layerOf(view).width] : view.scene.size;
  const clamp = (value, size) => Math.min(size - 1, Math.max(0, value));
  return { ...at, row: clamp(at.row, height), col: clamp(at.col, width) };
}

function choose(view, at, pause) {
  if (at.kind === "unit") {
    view.unit = { row: at.row, col: at.col };
    view.place = placeOf(layerOf(view), at);
    view.pixel = null;
  } else view.pixel = { row: at.row, col: at.col };
  view.hover = null;
  view.redraw();
  ask(view, pause);
}

function ask(view, pause) {
  clearTimeout(view.later);
  const { pixel, unit } = view;
  const wanted = { layer: layerOf(view).path, row: unit.row, col: unit.col, pixel: pixel ? [pixel.row, pixel.col] : null };
  view.asked = true;
  const send = () => { view.asked = false; view.send("act", wanted); };
  if (pause) view.later = setTimeout(send, pause);
  else send();
}

// The unit keeps its place in the picture: at another depth it is the one that stands there.
function toStep(view, step) {
  if (!view.scene || step === view.step || !view.layers[step]) return;
  view.step = step;
  view.unit = unitAt(layerOf(view), view.place);
  view.hover = null;
  setText(view.layerLine, aboutLayer(layerOf(view), step, view.layers.length));
  view.redrawAll();
  ask(view, REST);
}

async function update(view, header) {
  const { arrays } = header;
  const newest = (view.newest = header.token);
  const picture = await decode(arrays.picture, "image/png");
  if (view.newest !== newest) return;
  const small = smallImages(header);
  const layers = header.layers.map((layer, step) => ({ ...withSpans(layer, arrays.spans), image: small[step] }));
  view.scene = header;
  view.photo = picture;
  view.layers = layers;
  // While the hand is still on its way, what the server says of an earlier place changes nothing here.
  if (!view.asked || !layers[view.step]) {
    view.step = header.current;
    const [row, col] = header.unit;
    const before = view.place && unitAt(layerOf(view), view.place);
    if (before?.row !== row || before?.col !== col) view.place = placeOf(layerOf(view), { row, col });
    view.unit = { row, col };
    view.pixel = header.pixel ? { row: header.pixel[0], col: header.pixel[1] } : null;
  }
  view.slider.max = String(layers.length - 1);
  view.slider.value = String(view.step);
  view.mapImage = header.map && mapImage(arrays.map_values, ...sizeOf(arrays.map_values), { ...header.map, palette: arrays.map_palette });
  view.heatImage = header.heat && mapImage(arrays.heat_values, ...sizeOf(arrays.heat_values), { ...header.heat, palette: arrays.heat_palette }, true);
  const [height, width] = extent(view);
  view.picture.frame.style.setProperty("--aspect", width / height);
  view.picture.title.title = `What the network gets of the picture: ${header.size.join(" × ")} pixels`;
  view.heatLabel.hidden = !header.heat;
  setText(view.layerLine, aboutLayer(layerOf(view), view.step, layers.length));
  drawStill(view);
  view.root.dataset.margin = header.margin;
  view.root.dataset.changed = header.nudge ? ones(arrays.nudge_changed) : "";
  view.root.dataset.cnnvizDrawn = header.token;
}

// The maps that stand for the layers of the steps until the server has sent the one in hand.
function smallImages({ layers, arrays }) {
  let from = 0;
  return layers.map(({ small }) => {
    if (!small) return null;
    const [height, width] = small;
    const values = arrays.small.subarray(from, from += height * width);
    return mapImage(values, width, height, { palette: arrays.small_palette, bar: { low: 0, high: 255 } });
  });
}

// The places of a mask's ones, "row,column" each.
const ones = (mask) => [...mask.keys()].filter((i) => mask[i]).map((i) => `${Math.floor(i / mask.shape[1])},${i % mask.shape[1]}`).join(" ");

const sizeOf = ({ shape }) => [shape[1], shape[0]];

const look = (view) => ({
  line: themeColour(view.root, "border-color"), text: themeColour(view.root, "text-color"),
  accent: themeColour(view.root, "primary-color"), ground: themeColour(view.root, "background-color"),
  font: getComputedStyle(view.root).fontFamily,
});

// Everything that pointing does not change.
function drawStill(view) {
  const { scene } = view;
  const layer = layerOf(view);
  const current = view.step === scene.current;
  const [height, width] = extent(view);
  view.look = look(view);
  const scale = sharpen(view.picture.canvas, width, height);
  drawPicture(view.picture.canvas, {
    picture: view.photo, size: scene.size, margin: scene.margin, opacity: Number(view.heat.value) / 100,
    heat: current && isAtHeat(view) ? view.heatImage : null, box: boxOf(layer, view.unit),
  }, scale, view.look);
  view.map.frame.style.setProperty("--aspect", layer.width / layer.height);
  drawMap(view.map.canvas, current ? view.mapImage : layer.image, layer, sharpen(view.map.canvas, layer.width, layer.height), view.look);
  const beforehand = layer.image && { title: "Mean size", meaning: "", bar: { low: 0, high: layer.high, stops: scene.small_stops } };
  const shown = current ? scene.map : beforehand;
  setText(view.map.title, shown?.title ?? "on its way");
  view.map.title.title = shown?.meaning ?? "The map of this layer is being computed.";
  showBar(view.map.bar, shown?.bar);
  showBar(view.picture.bar, current && isAtHeat(view) ? scene.heat.bar : null);
  view.picture.frame.setAttribute("aria-label", "The picture. Arrow keys choose a pixel: the units whose field holds it light up in the map.");
  view.map.frame.setAttribute("aria-label", `The map of ${layer.path}. Arrow keys choose a unit.`);
  view.still = { step: view.step, heat: isAtHeat(view) };
  drawPointed(view);
}

// The heat belongs to the unit that the server was asked about, so it goes while another one or a pixel is pointed at.
const isAtHeat = (view) => view.scene.heat !== null && isAtUnit(view);

function isAtUnit(view) {
  const at = view.hover?.kind === "unit" ? view.hover : view.unit;
  const ofPixel = view.hover ? view.hover.kind === "pixel" : view.pixel !== null;
  return !ofPixel && at.row === view.scene.unit[0] && at.col === view.scene.unit[1];
}

function drawPointed(view) {
  const { scene } = view;
  if (view.still.step !== view.step || view.still.heat !== isAtHeat(view)) { drawStill(view); return; }
  const layer = layerOf(view);
  const pixel = view.hover?.kind === "pixel" ? view.hover : view.hover ? null : view.pixel;
  const unit = view.hover?.kind === "unit" ? view.hover : view.unit;
  const box = boxOf(layer, unit);
  const padding = paddingOf(box, scene.size);
  const nudge = scene.nudge && view.step === scene.current && !view.hover ? scene.nudge : null;
  markPicture(view, box, pixel, nudge);
  const lit = pixel && holders(layer, pixel);
  markMap(view, layer, unit, lit, nudge);
  showCrop(view, box);
  tell(view, { layer, unit, box, padding, pixel, lit, nudge });
}

function markPicture(view, box, pixel, nudge) {
  const { margin } = view.scene;
  const [height, width] = extent(view);
  const scale = sharpen(view.picture.marks, width, height);
  const context = clear(view.picture.marks);
  const shift = (at) => ({ ...at, top: at.top + margin, left: at.left + margin });
  if (nudge) markBox(context, shift({ top: nudge.top, left: nudge.left, height: nudge.bottom - nudge.top, width: nudge.right - nudge.left }), scale, view.look);
  else if (pixel) markBox(context, shift({ top: pixel.row, left: pixel.col, height: 1, width: 1 }), scale, view.look);
  else markField(context, shift(box), { height, width }, scale, view.look);
  if (isAtHeat(view) && Number(view.heat.value) > 0) {
    const { centre, radius_50: half, radius_90: most } = view.scene.heat;
    drawRadii(context, { row: margin + centre[0] + 0.5, col: margin + centre[1] + 0.5 }, [half, most], scale);
  }
}

function markMap(view, layer, unit, lit, nudge) {
  const scale = sharpen(view.map.marks, layer.width, layer.height);
  const context = clear(view.map.marks);
  if (nudge) drawEdge(context, view.scene.arrays.nudge_allowed, layer, scale);
  else if (lit) light(context, view.map.marks, lit, scale, view.look);
  else markBox(context, { top: unit.row, left: unit.col, height: 1, width: 1 }, scale, view.look);
}

function showCrop(view, box) {
  const { ratio } = sharpen(view.crop.canvas, 1, 1);
  drawCrop(view.crop.canvas, view.photo, view.scene.size, box, ratio, view.look);
}

function tell(view, { layer, unit, box, padding, pixel, lit, nudge }) {
  const { scene } = view;
  const parts = [];
  if (nudge) parts.push(aboutNudge(layer, nudge, scene.arrays.nudge_changed, scene.arrays.nudge_allowed));
  else if (pixel) parts.push(aboutPixel(layer, pixel, lit));
  else {
    parts.push(aboutUnit(layer, unit, box, padding));
    if (view.step === scene.current && scene.map) parts.push(aboutValue(scene.map.title, scene.arrays.map_values, unit));
    if (view.step === scene.current && isAtUnit(view)) parts.push(scene.heat ? aboutHeat(scene.heat) : scene.heat_missing);
  }
  if (layer.note) parts.push(layer.note);
  if (!scene.trained) parts.push(`${scene.network}: heat and changes are those of random weights.`);
  setText(view.sentence, parts.filter(Boolean).join(" "));
  Object.assign(view.root.dataset, {
    layer: layer.path, unit: `${unit.row},${unit.col}`, box: [box.top, box.left, box.bottom, box.right].join(","),
    padding: `${padding.rows},${padding.cols}`, lit: lit ? total(lit.rows) * total(lit.cols) : "",
  });
}
