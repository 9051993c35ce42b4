// Why this answer: heat maps of several methods over the picture. Looks and pointing are answered here.

import { showBar } from "../shared/bar.js";
import { unpack } from "../shared/blob.js";
import { hear, say } from "../shared/channel.js";
import { button, element, ground, onNextFrame, saveButton, setText, themeColour } from "../shared/dom.js";
import { mounting } from "../shared/mount.js";
import { cellAt, decode, outline, savePng, sharpen } from "../shared/pixels.js";
import { equalShare, ownLimits, strongest } from "./arithmetic.js";
import { drawTile, faded, picture } from "./draw.js";
import { cutWords, note, progress, sentence, valueAt } from "./words.js";

const REST = 300; // milliseconds after which the page is told how the maps look now
const POLL = 400; // milliseconds between two questions for maps on their way

export default mounting(build, update, (view) => { clearTimeout(view.later); clearTimeout(view.polling); view.deaf(); });

function build(parent) {
  const view = { at: null, header: null, tiles: [], later: 0, polling: 0 };
  view.root = element("div", { className: "view why-view" });
  view.question = element("b");
  view.looks = element("span", { className: "looks", role: "group", "aria-label": "How maps lie over the picture" });
  view.slider = element("input", { type: "range", min: 0, max: 100, step: 1 });
  view.percent = element("output");
  view.sliderName = element("span");
  view.untrained = element("span", { className: "untrained", textContent: "untrained" });
  view.head = element("div", { className: "head" }, view.question, view.untrained, view.looks,
    element("label", {}, view.sliderName, view.slider, view.percent));
  view.grid = element("div", { className: "grid" });
  view.note = element("p", { className: "note" });
  view.sentence = element("p", { className: "sentence", "aria-live": "polite" });
  view.root.append(view.head, view.grid, view.note, view.sentence);
  parent.append(view.root);
  view.redraw = onNextFrame(() => drawPointed(view));
  view.redrawAll = onNextFrame(() => { drawAll(view); });
  view.resize = new ResizeObserver(view.redrawAll);
  view.resize.observe(view.grid);
  view.deaf = hear("why_pixel", ({ from, row, col }) => {
    if (from === view) return;
    view.at = { row, col };
    view.redraw();
  });
  view.slider.oninput = () => {
    view.look[byOpacity(view) ? "opacity" : "share"] = Number(view.slider.value);
    looked(view);
  };
  return view;
}

const byOpacity = (view) => view.look.look === "overlay";

function looked(view) {
  view.redrawAll();
  showHead(view);
  clearTimeout(view.later);
  view.later = setTimeout(() => { view.later = 0; view.send("look", { ...view.look }); }, REST);
}

async function update(view, header) {
  const newest = (view.newest = header.token);
  const { arrays } = header;
  const [seen, base, start] = await Promise.all([arrays.picture, arrays.base, arrays.start].map(
    (bytes) => (bytes.length ? decode(bytes, "image/jpeg") : null)));
  if (view.newest !== newest) return;
  const kept = new Map(view.tiles.map((tile) => [tile.id, tile]));
  Object.assign(view, { header });
  // While the hand is on the slider, what the page says of an earlier look changes nothing here.
  if (!view.later) view.look = { look: header.look, opacity: header.opacity, share: header.share };
  view.pictures = {
    seen: picture(seen, header.side), base: base && picture(base, header.side), start: start && picture(start, header.side),
  };
  view.pictures.hidden = faded(view.pictures.seen, ground(view.root));
  const original = kept.get("picture") ?? makeTile(view, "picture");
  fillTile(view, original, { id: "picture", title: "Picture", help: "What the network saw of the picture.", facts: header.others, status: "done" }, null, null);
  view.tiles = header.columns ? [] : [original];
  for (const entry of header.tiles) {
    const tile = kept.get(entry.id) ?? makeTile(view, entry.id);
    fillTile(view, tile, entry, arrays[entry.values], arrays[entry.curves]);
    view.tiles.push(tile);
  }
  view.grid.style.setProperty("--columns", header.columns || "");
  view.grid.classList.toggle("table", header.columns > 0);
  if ([...view.grid.children].some((node, place) => node !== view.tiles[place]?.root) || view.grid.children.length !== view.tiles.length) {
    view.grid.replaceChildren(...view.tiles.map((tile) => tile.root));
  }
  showHead(view);
  drawAll(view);
  view.root.dataset.cnnvizDrawn = header.token;
  poll(view);
}

function makeTile(view, id) {
  const tile = { id };
  tile.canvas = element("canvas");
  tile.marks = element("canvas", { className: "marks" });
  tile.progress = element("progress");
  tile.words = element("span");
  // The button stays the same one while maps come in: a press begun on one that is replaced would be lost.
  tile.stop = button("", "", () => view.send("stop", { job: tile.job, stop: tile.status === "running" }));
  tile.wait = element("div", { className: "wait" }, tile.progress, tile.words, tile.stop);
  tile.frame = element("div", { className: "frame", tabIndex: 0, role: "group" }, tile.canvas, tile.marks, tile.wait);
  tile.name = element("span");
  tile.save = saveButton("", () => savePng(tile.canvas, `cnnviz ${tile.title.toLowerCase()}.png`));
  tile.output = element("output");
  tile.bar = element("div", { className: "bar" });
  tile.small = element("small");
  tile.root = element("figure", { "data-tile": id }, element("figcaption", {}, tile.name, tile.save), tile.frame, tile.bar, tile.output, tile.small);
  const point = (event) => { if (view.header) pointAt(view, cellAt(event, tile.frame, view.header.side, view.header.side)); };
  tile.frame.onpointermove = point;
  tile.frame.onpointerdown = point;
  tile.frame.onkeydown = (event) => onKey(view, event);
  return tile;
}

function onKey(view, event) {
  const by = event.shiftKey ? 10 : 1;
  const move = { ArrowUp: [-by, 0], ArrowDown: [by, 0], ArrowLeft: [0, -by], ArrowRight: [0, by] }[event.key];
  if (!move || !view.at) return;
  event.preventDefault();
  const clamp = (value) => Math.min(view.header.side - 1, Math.max(0, value));
  pointAt(view, { row: clamp(view.at.row + move[0]), col: clamp(view.at.col + move[1]) });
}

// One pixel for all maps, also for those of the other view.
function pointAt(view, at) {
  view.at = at;
  say("why_pixel", { from: view, ...at });
  view.redraw();
}

function fillTile(view, tile, entry, values, curves) {
  if (values && tile.values !== values) Object.assign(tile, { places: null, areas: null });
  // What is there so far stays until there is more of the same work; another question's map would answer it wrongly.
  const same = entry.status === "running" && entry.job === tile.job;
  Object.assign(tile, entry, { values: values ?? (same ? tile.values : null), curves });
  tile.kind = entry.signed ? "signed" : "magnitude";
  tile.palette = view.header.arrays[tile.kind];
  if (tile.values) {
    tile.equal = equalShare(tile.values);
    tile.own = ownLimits(tile.values, entry.signed);
  }
  tile.name.textContent = tile.title;
  tile.name.title = tile.help;
  tile.root.dataset.status = tile.status;
  tile.save.hidden = tile.status !== "done";
  setText(tile.small, entry.facts ?? "");
  tile.frame.setAttribute("aria-label", `${tile.title}. ${tile.help ?? ""} Arrow keys move the point on all maps.`);
  showWait(view, tile);
}

// In a map's place: how far it is, with a way to stop; or why there is none.
function showWait(view, tile) {
  tile.wait.hidden = tile.status === "done";
  if (tile.status === "done") return;
  const running = tile.status === "running";
  tile.progress.hidden = !(running && tile.total);
  if (!tile.progress.hidden) Object.assign(tile.progress, { max: tile.total, value: tile.done });
  setText(tile.words, running ? progress(tile) : tile.message);
  tile.stop.hidden = tile.status === "failed" || Boolean(tile.quiet);
  setText(tile.stop, running ? "Stop" : "Start again");
}

// Ask for the maps on their way until all are there; then the page is told, whose other parts may wait for them.
function poll(view) {
  clearTimeout(view.polling);
  const { header } = view;
  const waiting = view.tiles.filter((tile) => tile.status === "running").map((tile) => tile.id);
  if (!waiting.length) return;
  view.polling = setTimeout(async () => {
    let came = false;
    try {
      const answer = await fetch(header.scenes + encodeURIComponent(waiting.join(",")));
      if (answer.status !== 200 || header !== view.header) { poll(view); return; }
      const { tiles, arrays } = unpack(new Uint8Array(await answer.arrayBuffer()));
      if (header !== view.header) return;
      for (const entry of tiles) {
        const tile = view.tiles.find((one) => one.id === entry.id);
        if (!tile) continue;
        fillTile(view, tile, entry, arrays[entry.values], arrays[entry.curves]);
        drawOne(view, tile);
        came ||= tile.status !== "running";
      }
      openPoint(view);
      drawPointed(view);
      if (came) view.send("done", { ids: waiting });
    } catch { /* the server is gone for a moment: the page says so itself */ }
    if (header === view.header) poll(view);
  }, POLL);
}

function showHead(view) {
  const { header, look } = view;
  view.question.textContent = header.question;
  view.untrained.hidden = header.trained;
  if (view.looks.dataset.names !== String(header.looks)) {
    view.looks.dataset.names = String(header.looks);
    view.looks.replaceChildren(...header.looks.map(([name, title]) =>
      button(title, "", () => { view.look.look = name; looked(view); }, { "data-look": name })));
  }
  for (const one of view.looks.children) one.setAttribute("aria-pressed", String(one.dataset.look === look.look));
  const value = byOpacity(view) ? look.opacity : look.share;
  view.sliderName.textContent = byOpacity(view) ? "Opacity" : "Share";
  view.slider.setAttribute("aria-label", byOpacity(view) ? "Opacity of the maps over the picture" : "Share of pixels");
  if (view.slider.value !== String(value)) view.slider.value = String(value);
  view.percent.textContent = `${value} %`;
  setText(view.note, note(header, look));
}

// The values of the first and last colour of a tile, as the scale says.
const limitsOf = (view, tile) => (view.header.own ? tile.own
  : [tile.signed ? -view.header.reach * tile.equal : 0, view.header.reach * tile.equal || 1]);

function drawAll(view) {
  if (!view.header) return;
  for (const tile of view.tiles) drawOne(view, tile);
  if (view.at && Math.max(view.at.row, view.at.col) >= view.header.side) view.at = null;
  openPoint(view);
  drawPointed(view);
}

function openPoint(view) {
  if (!view.at && (view.at = opening(view))) say("why_pixel", { from: view, ...view.at });
}

// The first point: where the first map is strongest.
function opening({ tiles, header }) {
  const first = tiles.find((tile) => tile.values);
  if (!first) return null;
  const pixel = strongest(first.values);
  return { row: Math.floor(pixel / header.side), col: pixel % header.side };
}

function drawOne(view, tile) {
  drawTile(tile, view.look, view.pictures, tile.values && limitsOf(view, tile));
  const bar = tile.values && byOpacity(view) ? view.header.bars[tile.kind] : null;
  const [low, high] = bar ? limitsOf(view, tile) : [];
  showBar(tile.bar, bar && view.header.own ? { ...bar, low, high } : bar, cutWords(tile, view.look));
  if (bar && !view.header.own) for (const end of [tile.bar.firstChild, tile.bar.lastChild]) if (end.textContent !== "0") end.textContent += " ×";
}

function drawPointed(view) {
  const { at, header } = view;
  if (!header || (at && Math.max(at.row, at.col) >= header.side)) return;
  const accent = themeColour(view.root, "primary-color");
  for (const tile of view.tiles) {
    const scale = sharpen(tile.marks, header.side, header.side);
    const context = tile.marks.getContext("2d");
    context.clearRect(0, 0, tile.marks.width, tile.marks.height);
    const said = at && tile.values ? valueAt(tile, at.row * header.side + at.col) : { text: tile.id === "picture" ? header.answer : "", title: "" };
    setText(tile.output, said.text);
    tile.output.title = said.title;
    tile.root.dataset.value = said.value ?? "";
    if (!at) continue;
    const size = Math.max(scale.x, 9 * scale.ratio); // a single pixel must be seen from the back row
    outline(context, { x: (at.col + 0.5) * scale.x - size / 2, y: (at.row + 0.5) * scale.y - size / 2, width: size, height: size }, accent, scale.ratio);
  }
  view.root.dataset.cell = at ? `${at.row},${at.col}` : "";
  if (at) setText(view.sentence, header.columns ? tableSentence(view, at) : sentence(header, view.tiles, at));
}

// Of many maps the sentence tells the place alone; each map's value stands below it.
const tableSentence = (view, at) => `Row ${at.row}, column ${at.col}, asked for ${view.header.question}: the values stand below the maps.`;
