// Home: a picture at four stations, from its pixels to an answer, with arrows between them.

import { showBar } from "../shared/bar.js";
import { element, themeColour } from "../shared/dom.js";
import { mounting } from "../shared/mount.js";
import { decode, savePng } from "../shared/pixels.js";
import { colourised, groundOf, nearest, percent, stops, table } from "./colouring.js";

const ARROW = "M2 12 H42 M32 3 L42 12 L32 21";
export default mounting(build, update, (view) => { view.order += 1; });

function build(parent) {
  const view = { order: 0, stations: [] };
  view.root = element("div", { className: "view journey" });
  view.row = element("div", { className: "stations" });
  view.remark = element("p", { className: "remark", "aria-live": "polite" });
  view.root.append(view.row, view.remark);
  parent.append(view.root);
  return view;
}

// Decode everything first, then change all stations at once: they belong to one picture.
async function update(view, header) {
  const order = (view.order += 1);
  const images = await Promise.all(header.stations.map((station) =>
    (station.image ? decode(header.arrays[station.image], station.mime) : null)));
  if (order !== view.order) return; // a newer picture overtook this one
  if (view.stations.length !== header.stations.length) buildStations(view, header.stations.length);
  const ground = groundOf(themeColour(view.root, "background-color"));
  const palette = nearest(ground, [header.arrays.light, header.arrays.dark]);
  header.stations.forEach((station, i) => showStation(view, view.stations[i], station, images[i], palette));
  const word = { live: "Live. ", recorded: "Recorded. ", waiting: "" }[header.source];
  view.remark.replaceChildren(element("b", { textContent: word }), header.remark);
  view.root.dataset.source = header.source;
  view.root.dataset.cnnvizDrawn = header.token;
}

function buildStations(view, count) {
  view.stations = Array.from({ length: count }, (_, i) => buildStation(view, i));
  view.row.replaceChildren(...view.stations.flatMap((station, i) => (i ? [arrow(), station.figure] : [station.figure])));
}

function buildStation(view, index) {
  const station = { index };
  station.title = element("span");
  station.note = element("small");
  station.frame = element("div", { className: "frame" });
  station.bar = element("div", { className: "bar" });
  station.sentence = element("p");
  station.go = element("a", { className: "go" });
  station.save = element("button", { className: "plain push", type: "button" });
  const caption = element("figcaption", {},
    element("span", { className: "number", textContent: `${index + 1}` }), station.title, station.note);
  station.figure = element("figure", { className: "station" }, caption, station.frame, station.bar, station.sentence,
    element("div", { className: "actions" }, station.go, station.save));
  const go = () => view.send("go", station.target);
  station.frame.onclick = go;
  station.go.onclick = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return; // a new tab or window: the browser's own way
    event.preventDefault();
    go();
  };
  return station;
}

function arrow() {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 44 24");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  for (const [name, value] of Object.entries({
    d: ARROW, fill: "none", stroke: "currentColor", "stroke-width": 3, "stroke-linecap": "round", "stroke-linejoin": "round",
  })) path.setAttribute(name, value);
  svg.append(path);
  return element("div", { className: "arrow", "aria-hidden": "true" }, svg);
}

function showStation(view, built, station, image, palette) {
  const waiting = !image && station.answers.length === 0;
  built.target = station.target;
  built.figure.dataset.kind = station.kind;
  built.title.textContent = station.title;
  built.note.textContent = station.note;
  built.sentence.textContent = station.sentence;
  built.go.textContent = `${station.link} →`;
  built.go.href = station.href || "#";
  built.frame.className = `frame open${waiting ? " pending" : ""}`;
  if (image) built.frame.replaceChildren(picture(station, image, palette));
  else if (waiting) built.frame.replaceChildren(element("span", { className: "waiting", textContent: station.waiting }));
  else built.frame.replaceChildren(answers(station.answers));
  showBar(built.bar, station.scale && !waiting ? { ...station.scale, stops: stops(palette) } : null);
  built.save.hidden = waiting;
  built.save.textContent = image ? "Save PNG" : "Save CSV";
  built.save.onclick = () => (image
    ? savePng(built.frame.querySelector("canvas"), `cnnviz ${station.title.toLowerCase()}.png`)
    : save(table(station.answers), "text/csv", "cnnviz answers.csv"));
}

function picture(station, image, palette) {
  const canvas = element("canvas", { width: image.width, height: image.height, role: "img", "aria-label": station.alt });
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  if (station.scale) {
    const pixels = context.getImageData(0, 0, image.width, image.height);
    colourised(pixels.data, palette);
    context.putImageData(pixels, 0, 0);
  }
  return canvas;
}

function answers(entries) {
  return element("ol", { className: "answers" }, ...entries.map(([label, probability]) => {
    const filled = element("span");
    filled.style.width = `${100 * probability}%`;
    return element("li", { title: `${label}: ${probability}` },
      element("span", { className: "label", textContent: label }), element("span", { textContent: percent(probability) }),
      element("span", { className: "length", "aria-hidden": "true" }, filled));
  }));
}

function save(text, type, name) {
  const link = element("a", { href: URL.createObjectURL(new Blob([text], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
