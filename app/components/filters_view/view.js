// Filters: all of a layer as pictures, one by its slices; point at a weight for its number, click a filter for its map.

import { showBar } from "../shared/bar.js";
import { colourise } from "../shared/colours.js";
import { button, element, onNextFrame, setText, themeColour } from "../shared/dom.js";
import { mounting } from "../shared/mount.js";
import { savePng, saveText } from "../shared/pixels.js";
import { moved } from "../shared/tiles.js";
import { galleryPixels, ordered, stepped } from "./arithmetic.js";
import { buildSheet, drawSheet, fillSheet, markSheet } from "./sheet.js";
import { csv, facts, filterSentence, note, title, weightSentence } from "./words.js";

export default mounting(build, (view, header) => { if (header.token !== view.header?.token) update(view, header); });

function build(parent) {
  const view = { header: null, at: null, filter: null, onGallery: false };
  view.title = element("b");
  view.facts = element("small");
  view.untrained = element("span", { className: "untrained", textContent: "untrained" });
  view.orders = element("span", { className: "orders", role: "group", "aria-label": "Order of the slices" });
  view.csv = button("CSV", "Save the weights of this filter as a table", () => saveText(csv(view.header), `${fileName(view)}.csv`, "text/csv"));
  view.save = button("Save", "Save as PNG", () => savePng((view.header.slices ? view.slices : view.gallery).canvas, `${fileName(view)}.png`));
  view.gallery = buildSheet("All filters. Arrow keys go from one to the next, Enter opens its map.", {
    point: (at) => { view.onGallery = true; view.filter = at.position; view.redraw(); },
    key: (event) => galleryKey(view, event),
    click: () => open(view),
  });
  view.slices = buildSheet("Slices of one filter. Arrow keys go from weight to weight.", {
    point: (at) => { view.onGallery = false; view.at = at; view.redraw(); },
    key: (event) => slicesKey(view, event),
    click: () => {},
  });
  view.sheets = element("div", { className: "sheets" }, view.gallery.root, view.slices.root);
  view.bar = element("div", { className: "bar" });
  view.note = element("p", { className: "note" });
  view.sentence = element("p", { className: "sentence", "aria-live": "polite" });
  view.body = element("div", {}, view.sheets, view.bar, view.note, view.sentence);
  view.message = element("p", { className: "message" });
  view.root = element("section", { className: "view filters-view", "aria-label": "Filters" }, element("figure", {},
    element("figcaption", {}, view.title, view.facts, view.untrained, element("span", { className: "push buttons" }, view.orders, view.csv, view.save)),
    view.message, view.body));
  parent.append(view.root);
  view.redraw = onNextFrame(() => drawPointed(view));
  view.redrawAll = onNextFrame(() => drawAll(view));
  view.resize = new ResizeObserver(view.redrawAll);
  view.resize.observe(view.sheets);
  return view;
}

const fileName = ({ header }) => `cnnviz filters ${header.layer}${header.slices ? ` ${header.slices.channel}` : ""}`;

function update(view, header) {
  const other = view.header?.layer !== header.layer || view.header?.slices?.channel !== header.slices?.channel;
  view.header = header;
  view.order = header.order;
  if (other) Object.assign(view, { at: null, filter: header.slices?.channel ?? 0, onGallery: !header.slices });
  setText(view.title, header.message ? "Filters" : `Filters of ${header.layer}`);
  setText(view.facts, header.message ? "" : facts(header));
  setText(view.message, header.message);
  view.message.hidden = !header.message;
  view.body.hidden = Boolean(header.message) || !(header.slices || header.arrays.gallery);
  view.untrained.hidden = header.trained || Boolean(header.message);
  view.csv.hidden = !header.slices;
  view.save.hidden = view.body.hidden;
  view.orders.hidden = !header.slices || header.shape[0] === 1;
  view.gallery.root.hidden = !header.arrays.gallery;
  view.slices.root.hidden = !header.slices;
  if (!view.body.hidden) fill(view);
  drawAll(view);
  view.root.dataset.cnnvizDrawn = header.token;
}

function fill(view) {
  const { header } = view;
  const { arrays, shape: [inputs, height, width] } = header;
  if (arrays.gallery) {
    const shares = arrays.limits.map((limit) => (header.own ? 1 : limit / (header.limit || 1)));
    const pixels = galleryPixels(arrays.gallery, [header.count, inputs, height, width], shares, arrays.palette);
    fillSheet(view.gallery, { pixels, count: header.count, height, width });
    setText(view.gallery.title, header.colour ? "All filters, in the colours that they weigh" : "All filters");
  }
  if (!header.slices) return;
  view.reach = (header.own ? arrays.weights.reduce((most, value) => Math.max(most, Math.abs(value)), 0) : header.limit) || 1;
  view.places = ordered(arrays, view.order);
  view.at ??= strongest(view);
  fillSheet(view.slices, { pixels: colourise(arrays.weights, arrays.palette, -view.reach, view.reach), count: inputs, height, width, places: view.places, values: arrays.weights,
    names: header.names.length ? view.places.map((place) => header.names[arrays.inputs[place]]) : [] });
  setText(view.slices.title, inputs > 1 ? `Filter ${header.slices.channel}, its slice for each input channel` : `Filter ${header.slices.channel}`);
  showOrders(view);
}

// The slices open with the greatest weight of the first one pointed at.
function strongest({ header: { arrays, shape: [, height, width] }, places }) {
  const first = arrays.weights.subarray(places[0] * height * width, (places[0] + 1) * height * width);
  const at = first.reduce((best, value, i) => (Math.abs(value) > Math.abs(first[best]) ? i : best), 0);
  return { position: 0, row: Math.floor(at / width), col: at % width };
}

function showOrders(view) {
  const { orders } = view.header;
  if (view.orders.childElementCount !== orders.length) {
    view.orders.replaceChildren(...orders.map(([name, text]) => {
      const node = button(text, `Slices: ${text.toLowerCase()}`, () => {
        view.order = name;
        view.at = null;
        fill(view);
        drawAll(view);
        view.send("order", { order: name });
      });
      node.dataset.order = name;
      return node;
    }));
  }
  for (const node of view.orders.children) node.setAttribute("aria-pressed", String(node.dataset.order === view.order));
}

function galleryKey(view, event) {
  if (!view.gallery.grid) return;
  const to = moved(event.key, view.filter, view.gallery.grid.columns, view.header.count);
  if (to !== null) Object.assign(view, { filter: to, onGallery: true });
  else if (event.key === "Enter" || event.key === " ") open(view);
  else return;
  event.preventDefault();
  view.redraw();
}

function slicesKey(view, event) {
  const { slices, header } = view;
  const to = slices.grid && view.at ? stepped(event.key, view.at, slices.grid, slices.count, header.shape[1], header.shape[2]) : null;
  if (!to) return;
  event.preventDefault();
  Object.assign(view, { at: to, onGallery: false });
  view.redraw();
}

function open(view) {
  if (view.filter !== null && view.filter !== view.header.slices?.channel) view.send("open", { channel: view.filter });
}

function drawAll(view) {
  const { header } = view;
  if (!header || view.body.hidden) return;
  const room = view.sheets.getBoundingClientRect();
  if (!room.width) return;
  const both = header.slices && header.arrays.gallery;
  const beside = both && room.width > 640;
  const space = { width: beside ? (room.width - 24) / 2 : room.width, height: parseFloat(getComputedStyle(view.sheets).getPropertyValue("--tall")) * parseFloat(getComputedStyle(document.documentElement).fontSize) };
  if (header.arrays.gallery) drawSheet(view.gallery, space);
  if (header.slices) drawSheet(view.slices, space);
  const bar = header.slices ? { ...header.bar, low: -view.reach, high: view.reach } : header.colour ? null : header.own ? null : header.bar;
  showBar(view.bar, bar);
  setText(view.note, note(header));
  drawPointed(view);
}

function drawPointed(view) {
  const { header } = view;
  if (!header || view.body.hidden) return;
  const accent = themeColour(view.root, "primary-color");
  const opened = header.slices?.channel ?? null;
  if (header.arrays.gallery) markSheet(view.gallery, view.onGallery ? { position: view.filter } : null, accent, opened);
  if (header.slices) markSheet(view.slices, view.onGallery ? null : view.at, accent);
  const { dataset } = view.root;
  Object.assign(dataset, { layer: header.layer, filter: view.filter ?? "", weight: "", cell: "" });
  if (view.onGallery || !header.slices) {
    setText(view.sentence, header.arrays.gallery ? filterSentence(header, view.filter, opened) : "");
    return;
  }
  const place = view.places[view.at.position];
  const { text, value } = weightSentence(header, view.order, place, view.at.position, view.at);
  Object.assign(dataset, { weight: value, cell: `${header.arrays.inputs[place]},${view.at.row},${view.at.col}` });
  setText(view.sentence, text);
  view.sentence.title = title(value);
}
