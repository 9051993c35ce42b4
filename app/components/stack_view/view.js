// Two stacks beside each other: the tree of what the top unit reads, and the share of each pixel.

import { showBar } from "../shared/bar.js";
import { element, onNextFrame, saveButton, setText, themeColour } from "../shared/dom.js";
import { count, full, short } from "../shared/format.js";
import { mounting } from "../shared/mount.js";
import { savePng, sharpen } from "../shared/pixels.js";
import { firstPixel, jumpOf, middle, readAbove, readBelow, sizeOf, taps } from "./tree.js";

const LEVELS = 253; // entries of a palette that are levels; see cnnviz.image.colour
const STEPS = [30, 54]; // CSS pixels from level to level, least and most
const HEIGHT = 330; // CSS pixels of a tree, unless that leaves less than the least from level to level
const LARGEST = 26; // CSS pixels of a cell
const LEAST = 1.5; // below, a level is drawn as one bar
export default mounting(build, update);

function build(parent) {
  const view = { figures: [] };
  view.parts = element("div", { className: "parts" });
  view.bar = element("div", { className: "bar" });
  const unit = element("p", { className: "unit", textContent: "Share of a pixel in percent, both stacks on one scale:" });
  view.sentence = element("p", { className: "sentence", "aria-live": "polite" });
  view.root = element("div", { className: "view stack-view" }, view.sentence, view.parts, unit, view.bar);
  parent.append(view.root);
  view.redraw = onNextFrame(() => draw(view));
  view.resize = new ResizeObserver(() => { if (view.header) view.redraw(); });
  view.resize.observe(view.root);
  return view;
}

function update(view, header) {
  view.header = header;
  if (view.figures.length !== header.stacks.length) {
    view.figures = header.stacks.map((_, i) => buildFigure(view, i));
    view.parts.replaceChildren(...view.figures.map((figure) => figure.node));
  }
  header.stacks.forEach((stack, i) => Object.assign(view.figures[i], { stack, levels: readBelow(stack.layers) }));
  view.at = { figure: 0, level: header.stacks[0].layers.length, index: 0 };
  const levels = Math.max(...header.stacks.map((stack) => stack.layers.length + 1));
  view.step = Math.max(STEPS[0], Math.min(STEPS[1], Math.floor(HEIGHT / levels)));
  view.height = levels * view.step;
  view.widest = Math.max(...header.stacks.map((stack) => sizeOf(stack.layers, stack.layers.length)));
  showBar(view.bar, header.bar);
  view.figures.forEach((figure) => {
    // Both on one scale: a field of half the size is drawn half as large.
    figure.sharesFrame.style.setProperty("--part", sizeOf(figure.stack.layers, figure.stack.layers.length) / view.widest);
  });
  view.figures.forEach((figure, i) => drawShares(figure, header.arrays[`shares_${i}`], header));
  draw(view);
  view.root.dataset.cnnvizDrawn = header.token;
}

function buildFigure(view, number) {
  const figure = { number, tree: element("canvas"), shares: element("canvas") };
  figure.title = element("span");
  figure.frame = element("div", { className: "frame tree", tabIndex: 0, role: "img" }, figure.tree);
  const save = saveButton("Save this tree as PNG", () => savePng(figure.tree, `cnnviz stack ${number + 1}.png`));
  const saveShares = saveButton("Save these shares as PNG", () => savePng(figure.shares, `cnnviz shares ${number + 1}.png`));
  figure.sharesTitle = element("span", { textContent: "Share of each pixel, all weights alike" });
  figure.sharesFrame = element("div", { className: "frame shares", role: "img" }, figure.shares);
  figure.node = element("figure", {}, element("figcaption", {}, figure.title, save), figure.frame,
    element("figcaption", {}, figure.sharesTitle, saveShares),
    element("div", { className: "place" }, figure.sharesFrame));
  listen(view, figure);
  return figure;
}

function listen(view, figure) {
  const point = (event) => {
    if (!view.header) return;
    const box = figure.frame.getBoundingClientRect();
    const place = placing(view, figure, box.width);
    const level = Math.max(0, Math.min(figure.levels.length - 1, Math.round((place.bottom - (event.clientY - box.top)) / place.step)));
    const wanted = (event.clientX - box.left - place.left) / place.pixel;
    const distance = (unit) => Math.abs(middle(figure.stack.layers, level, unit) - wanted);
    const index = figure.levels[level].reduce((best, unit, i, all) => (distance(unit) < distance(all[best]) ? i : best), 0);
    view.at = { figure: figure.number, level, index };
    view.redraw();
  };
  figure.frame.onpointermove = point;
  figure.frame.onpointerdown = point;
  figure.frame.onfocus = () => {
    if (view.header && view.at.figure !== figure.number) view.at = { figure: figure.number, level: figure.levels.length - 1, index: 0 };
    if (view.header) view.redraw();
  };
  figure.frame.onkeydown = (event) => {
    const move = { ArrowUp: [1, 0], ArrowDown: [-1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!move || !view.header) return;
    event.preventDefault();
    const level = Math.max(0, Math.min(figure.levels.length - 1, view.at.level + move[0]));
    const last = figure.levels[level].length - 1;
    view.at = { figure: figure.number, level, index: Math.max(0, Math.min(last, view.at.index + move[1])) };
    view.redraw();
  };
}

// Where the tree lies on its canvas, in CSS pixels: both stacks have one scale, so that their fields compare.
function placing(view, figure, width) {
  const pixel = Math.min(LARGEST, (width - 16) / view.widest);
  const size = sizeOf(figure.stack.layers, figure.levels.length - 1);
  return { pixel, left: (width - size * pixel) / 2, bottom: view.height - view.step / 2, step: view.step };
}

function draw(view) {
  const { at } = view;
  for (const figure of view.figures) {
    const { layers, name } = figure.stack;
    const top = layers.length;
    figure.frame.style.height = `${view.height + 8}px`;
    setText(figure.title, `${name}: field ${sizeOf(layers, top)} × ${sizeOf(layers, top)}, jump ${jumpOf(layers, top)}`);
    const chosen = at.figure === figure.number ? at : { level: top, index: 0 };
    const lit = readBelow(layers, chosen.level, [figure.levels[chosen.level][chosen.index]]);
    const readers = readAbove(layers, figure.levels, chosen.level, figure.levels[chosen.level][chosen.index]);
    drawTree(view, figure, { lit, readers, from: chosen.level }, at.figure === figure.number);
    figure.frame.setAttribute("aria-label", `What a unit at the top of stack ${name} reads along a row. Arrow keys go from unit to unit and from level to level.`);
  }
  say(view);
}

function drawTree(view, figure, { lit, readers, from }, pointed) {
  const box = figure.frame.getBoundingClientRect();
  if (!box.width) return;
  const { x: scale } = sharpen(figure.tree, box.width, box.height);
  const context = figure.tree.getContext("2d");
  const colours = { accent: themeColour(view.root, "primary-color"), text: themeColour(view.root, "text-color"),
    line: themeColour(view.root, "border-color"), ground: themeColour(view.root, "background-color") };
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.fillStyle = colours.ground;
  context.fillRect(0, 0, box.width, box.height);
  const place = placing(view, figure, box.width);
  const { layers } = figure.stack;
  for (let level = 1; level < figure.levels.length; level += 1) drawLines(context, figure, place, level, null, colours.line);
  for (let level = 1; level < lit.length; level += 1) drawLines(context, figure, place, level, lit[level], colours.accent);
  figure.levels.forEach((_, level) => {
    const marks = { lit: new Set(lit[level] ?? []), readers: new Set(readers[level - from] ?? []) };
    drawLevel(context, figure, place, level, marks, colours, pointed);
  });
  context.fillStyle = colours.text;
  context.font = `13px ${getComputedStyle(view.root).fontFamily}`;
  context.textAlign = "left";
  context.textBaseline = "bottom";
  figure.levels.forEach((_, level) => {
    const title = level ? layers[level - 1].title : "Picture";
    const y = place.bottom - level * place.step - side(place, layers, level) / 2 - 2;
    context.lineWidth = 4; // a rim of the page's ground keeps the words readable across lines
    context.strokeStyle = colours.ground;
    context.strokeText(title, 4, y);
    context.fillText(title, 4, y);
  });
}

const side = (place, layers, level) => Math.min(18, Math.max(5, place.pixel * jumpOf(layers, level) - 2), place.pixel < LEAST ? 8 : 99);

function drawLines(context, figure, place, level, units, colour) {
  const { layers } = figure.stack;
  const all = units ?? figure.levels[level];
  if (all.length * layers[level - 1].kernel > 4000) return; // a solid block of ink would say nothing
  context.strokeStyle = colour;
  context.lineWidth = units ? 1.5 : 1;
  context.beginPath();
  for (const unit of all) {
    for (const tap of taps(layers, level, unit)) {
      context.moveTo(place.left + middle(layers, level, unit) * place.pixel, place.bottom - level * place.step);
      context.lineTo(place.left + middle(layers, level - 1, tap) * place.pixel, place.bottom - (level - 1) * place.step);
    }
  }
  context.stroke();
}

// Units that are read are squares: what the unit pointed at reads is filled with the accent, what reads it has a thick
// rim of it. Pixels that nobody reads are hollow dots.
function drawLevel(context, figure, place, level, { lit, readers }, colours, pointed) {
  const { layers } = figure.stack;
  const edge = side(place, layers, level);
  const y = place.bottom - level * place.step;
  const at = (unit) => place.left + middle(layers, level, unit) * place.pixel;
  const units = figure.levels[level];
  const read = new Set(units);
  if (level === 0 && place.pixel >= 4) {
    context.strokeStyle = colours.text;
    context.lineWidth = 1;
    for (let unit = 0; unit < units.at(-1); unit += 1) {
      if (read.has(unit)) continue;
      context.beginPath();
      context.arc(at(unit), y, 2, 0, 2 * Math.PI);
      context.stroke();
    }
  }
  const width = Math.max(0.75, Math.min(edge, place.pixel * jumpOf(layers, level) - (place.pixel > 4 ? 2 : 0)));
  for (const unit of units) {
    context.fillStyle = lit.has(unit) ? colours.accent : colours.ground;
    const marked = lit.has(unit) || readers.has(unit);
    context.strokeStyle = marked ? colours.accent : colours.text;
    context.lineWidth = marked && pointed ? 3 : 1;
    context.fillRect(at(unit) - width / 2, y - edge / 2, width, edge);
    if (width > 4) context.strokeRect(at(unit) - width / 2, y - edge / 2, width, edge);
    else if (!lit.has(unit)) { context.fillStyle = context.strokeStyle; context.fillRect(at(unit) - width / 2, y - edge / 4, width, edge / 2); }
  }
}

// Rows times columns; on one scale for both stacks.
function drawShares(figure, shares, { bar, arrays }) {
  const size = shares.length;
  const step = Math.max(1, Math.ceil(size / 512)); // a canvas of thousands of pixels would not show more
  const drawn = Math.ceil(size / step);
  const image = new ImageData(drawn, drawn);
  for (let row = 0; row < drawn; row += 1) {
    for (let col = 0; col < drawn; col += 1) {
      const value = 100 * shares[row * step] * shares[col * step];
      const level = Math.min(LEVELS - 1, Math.round(((LEVELS - 1) * value) / (bar.high || 1)));
      const p = 4 * (row * drawn + col);
      image.data.set([...arrays.palette.subarray(3 * level, 3 * level + 3), 255], p);
    }
  }
  figure.shares.width = drawn;
  figure.shares.height = drawn;
  figure.shares.getContext("2d").putImageData(image, 0, 0);
  const largest = 100 * Math.max(...shares) ** 2;
  figure.largest = largest;
  setText(figure.sharesTitle, `Share of each pixel, all weights alike: at most ${short(largest)} %`);
  figure.sharesFrame.setAttribute("aria-label", `Share of each of the ${size} × ${size} pixels, at most ${short(largest)} percent.`);
  figure.sharesFrame.title = `${full(largest)} %`;
}

function say(view) {
  const { figure: number, level, index } = view.at;
  const { stack, levels } = view.figures[number];
  const { layers, name } = stack;
  const unit = levels[level][index];
  const pixels = readBelow(layers, level, [unit])[0];
  const first = firstPixel(layers, level, unit);
  Object.assign(view.root.dataset, { stack: name, level, unit, pixels: pixels.length });
  setText(view.sentence, level === 0
    ? `Stack ${name}, pixel ${unit} of the field's ${sizeOf(layers, layers.length)}, counted from 0: `
      + `${short(100 * view.header.arrays[`shares_${number}`][unit])} % of the row's weight reaches the top through it, over `
      + `${readAbove(layers, levels, 0, unit).slice(1).map((units, l) => `${count(units.length, "unit")} of layer ${l + 1}`).join(", ") || "no layer"}.`
    : `Stack ${name}, layer ${level} (${layers[level - 1].title}): this unit reads ${count(pixels.length, "pixel")} of a row, `
      + `pixel ${first} to ${first + sizeOf(layers, level) - 1} of the field${pixels.length < sizeOf(layers, level) ? ", with holes between them" : ""}.`);
}
