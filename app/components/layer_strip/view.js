// All layers of a network in the order in which they run. A block's height tells the maps' size, its width the channels.

import { ask, hear, say } from "../shared/channel.js";
import { element } from "../shared/dom.js";
import { mounting } from "../shared/mount.js";
import { blockSize, groups, mapsOf, sentence } from "./sizes.js";

const PAUSE = 180; // milliseconds: a held arrow key runs along the strip, the server hears where it stops
export default mounting(build, (view, header) => {
  if (header.token !== view.token) show(view, header);
  view.token = header.token;
}, (view) => { view.deaf(); clearTimeout(view.later); });

function build(parent) {
  const view = { chosen: null, options: new Map(), order: [] };
  view.root = element("div", { className: "view layer-strip" });
  view.title = element("span");
  view.told = element("small", { "aria-live": "polite" });
  view.scroll = element("div", { className: "scroll", role: "listbox", tabIndex: 0, "aria-orientation": "horizontal",
    "aria-label": "Layers. Arrow keys go along, Home and End to the first and the last." });
  view.root.append(element("figure", {}, element("figcaption", {}, view.title, view.told), view.scroll));
  parent.append(view.root);
  view.scroll.onkeydown = (event) => onKey(view, event);
  view.scroll.onclick = (event) => pick(view, blockUnder(event), 0);
  view.scroll.onpointerover = (event) => tell(view, blockUnder(event));
  view.scroll.onpointerleave = () => tell(view, null);
  view.deaf = hear("layer", (id) => mark(view, id));
  return view;
}

const blockUnder = (event) => event.target.closest?.(".block")?.dataset.id;

function show(view, header) {
  const layers = header.layers.map(([id, word, kind, layout, shape]) => ({ id, word, kind, layout, shape, ...mapsOf(layout, shape) }));
  view.layers = new Map(layers.map((layer) => [layer.id, layer]));
  view.order = layers.map((layer) => layer.id);
  view.title.textContent = header.network;
  view.overview = `${layers.length} layers, first to last`
    + (header.left_out ? `; ${header.left_out} that pass their input on unchanged are left out` : "");
  view.options.clear();
  const largest = Math.max(...layers.map((layer) => layer.height));
  view.scroll.replaceChildren(...groups(layers).map((group) => groupOf(view, group, largest)));
  view.root.dataset.layers = layers.length;
  if (header.marked === null) mark(view, view.chosen);
  else say("layer", header.marked);
  tell(view, null);
}

function groupOf(view, { title, layers }, largest) {
  const blocks = layers.map((layer) => {
    const box = element("div", { className: "box" });
    const { width, height } = blockSize(layer, largest);
    box.style.setProperty("--w", width);
    box.style.setProperty("--h", height);
    const option = element("div", { className: "block", role: "option", id: `layer-${view.order.indexOf(layer.id)}`,
      "aria-selected": "false", "aria-label": sentence(layer) },
    box, element("b", { textContent: layer.word }), element("i", { textContent: layer.channels.toLocaleString("en-US") }));
    option.dataset.id = layer.id;
    option.dataset.word = layer.word;
    view.options.set(layer.id, option);
    return option;
  });
  return element("div", { className: "group", role: "presentation" }, element("span", { textContent: title, "aria-hidden": "true" }),
    element("div", { className: "blocks", role: "presentation" }, ...blocks));
}

function onKey(view, event) {
  const at = view.order.indexOf(view.chosen);
  const last = view.order.length - 1;
  const to = { ArrowLeft: at - 1, ArrowUp: at - 1, ArrowRight: at + 1, ArrowDown: at + 1, PageUp: at - 10, PageDown: at + 10,
    Home: 0, End: last }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  pick(view, view.order[Math.min(last, Math.max(0, to))], PAUSE);
}

// The mark and the maps change at once; the server hears of it when the learner has arrived.
async function pick(view, id, pause) {
  if (!id || id === view.chosen) return;
  mark(view, id);
  tell(view, id);
  clearTimeout(view.later);
  await ask("layer", id);
  if (view.chosen === id) view.later = setTimeout(() => view.send("choose", id), pause);
}

function mark(view, id) {
  view.options.get(view.chosen)?.setAttribute("aria-selected", "false");
  view.chosen = id;
  const option = view.options.get(id);
  if (!option) return;
  option.setAttribute("aria-selected", "true");
  view.scroll.setAttribute("aria-activedescendant", option.id);
  view.root.dataset.chosen = id;
  bring(view.scroll, option);
}

// Into the middle, if it is not in sight; the page itself does not move.
function bring(scroll, option) {
  const left = option.getBoundingClientRect().left - scroll.getBoundingClientRect().left + scroll.scrollLeft;
  const inSight = left >= scroll.scrollLeft && left + option.offsetWidth <= scroll.scrollLeft + scroll.clientWidth;
  if (!inSight) scroll.scrollLeft = left - (scroll.clientWidth - option.offsetWidth) / 2;
}

// What is said of the layer pointed at; of the whole strip where there is none.
function tell(view, id) {
  const layer = view.layers?.get(id);
  view.told.textContent = layer ? sentence(layer) : view.overview;
}
