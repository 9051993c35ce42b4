// The asked picture, how far each class is from it, and the training pictures that are nearest: the reason.

import { button, element, saveButton } from "../shared/dom.js";
import { full } from "../shared/format.js";
import { mounting } from "../shared/mount.js";
import { decode, put, saveText } from "../shared/pixels.js";
import { saveSheet } from "../shared/sheet.js";
import { away, classSentence, csv, nearSentence, sentence, verdict } from "./words.js";

export default mounting(build, (view, header) => {
  if (header.token !== view.token) show(view, header);
  view.token = header.token;
});

function build(parent) {
  const view = { order: 0 };
  view.canvas = element("canvas", { role: "img" });
  view.asked = element("small");
  view.back = button("", "", () => view.send("back", { back: true }));
  view.verdict = element("strong");
  view.label = element("small", { className: "label" });
  view.rows = element("div", { className: "rows", role: "list", "aria-label": "Distance to each class" });
  view.limit = element("span");
  view.because = element("span");
  view.near = element("div", { className: "near", role: "list", "aria-label": "The nearest training pictures" });
  view.sentence = element("p", { className: "sentence", "aria-live": "polite" });
  const savePictures = saveButton("Save the asked picture and the nearest as PNG", () => saveNear(view));
  const save = saveButton("Save the distances as CSV", () => saveText(csv(view.header), "cnnviz nearest class.csv", "text/csv"));
  view.root = element("section", { className: "view nearest-view", "aria-label": "The nearest class" },
    element("div", { className: "panes" },
      element("figure", { className: "asked" }, element("figcaption", {}, "Asked"), element("div", { className: "frame" }, view.canvas), view.asked, view.back),
      element("figure", { className: "classes" }, element("figcaption", {}, "Nearest class:", view.verdict, view.label, save), view.rows,
        element("p", { className: "legend" }, key("dot", "to the class mean"), key("tick", "to its nearest picture"), key("line", view.limit))),
      element("figure", { className: "reasons" }, element("figcaption", {}, view.because, savePictures), view.near)),
    view.sentence);
  view.root.onpointerleave = () => { if (view.header) point(view, null, sentence(view.header)); };
  parent.append(view.root);
  return view;
}

const key = (className, words) => element("span", {}, element("i", { className }), words);

async function show(view, header) {
  const order = (view.order += 1);
  const [asked, ...near] = await Promise.all(["picture", ...header.near.map((_, i) => `near${i}`)]
    .map((name) => decode(header.arrays[name], "image/jpeg")));
  if (order !== view.order) return;
  view.header = header;
  put(view.canvas, asked);
  view.canvas.setAttribute("aria-label", `What the network sees of ${header.asked}`);
  view.asked.textContent = header.asked;
  view.back.hidden = !header.back;
  view.back.textContent = `Ask about ${header.back}`;
  view.verdict.textContent = verdict(header);
  view.label.textContent = [header.trained ? "" : "untrained", header.recorded].filter(Boolean).join(", ");
  view.limit.textContent = `near: up to ${away(header.limit)}`;
  view.limit.title = full(header.limit);
  drawRows(view, header);
  view.because.textContent = header.answer === null ? "The nearest training pictures, all too far" : "Because of these training pictures";
  view.near.replaceChildren(...header.near.map((one, place) => nearTile(view, one, near[place], place)));
  point(view, null, sentence(header));
  Object.assign(view.root.dataset, { answer: verdict(header), known: header.known, cnnvizDrawn: header.token });
}

function drawRows(view, header) {
  const { rows, limit } = header;
  const most = 1.08 * Math.max(limit, ...rows.flatMap((row) => [row.mean, row.nearest]));
  const first = Math.min(...rows.map((row) => row.mean));
  const at = (distance) => `${(100 * distance) / most}%`;
  view.rows.replaceChildren(...rows.map((row) => {
    const mark = (className, distance) => {
      const node = element("i", { className });
      node.style.left = at(distance);
      return node;
    };
    const bar = element("i", { className: "bar-to" });
    bar.style.width = at(row.mean);
    const node = element("div", { className: row.mean === first ? "row first" : "row", role: "listitem", tabIndex: 0 },
      element("span", { className: "name", textContent: row.name, title: row.name }),
      element("span", { className: "track" }, bar, mark("line", limit), mark("tick", row.nearest), mark("dot", row.mean)),
      element("b", { textContent: away(row.mean), title: full(row.mean) }));
    pointing(view, node, () => classSentence(row, header));
    return node;
  }));
}

function nearTile(view, one, image, place) {
  const canvas = element("canvas", { role: "img", "aria-label": one.title });
  put(canvas, image);
  canvas.classList.toggle("small", image.width < 64);
  const node = element("div", { className: one.distance > view.header.limit ? "tile far" : "tile", role: "listitem", tabIndex: 0 },
    element("div", { className: "frame" }, canvas), element("b", { textContent: one.className, title: one.title }),
    element("span", { textContent: away(one.distance), title: full(one.distance) }));
  pointing(view, node, () => nearSentence(one, place, view.header));
  return node;
}

function pointing(view, node, said) {
  node.onpointerenter = node.onfocus = () => point(view, node, said());
}

function point(view, node, said) {
  for (const other of view.root.querySelectorAll(".pointed")) other.classList.remove("pointed");
  node?.classList.add("pointed");
  view.sentence.textContent = said;
}

function saveNear(view) {
  const near = [...view.near.querySelectorAll("canvas")].map((image, place) => {
    const one = view.header.near[place];
    return { image, words: `${one.className}, ${away(one.distance)}` };
  });
  saveSheet([{ image: view.canvas, words: view.header.asked }, ...near], 4, 192, "cnnviz nearest pictures.png");
}
