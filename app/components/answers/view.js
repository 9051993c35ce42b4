// What the network saw and its five most probable answers, as bars and numbers.

import { element, saveButton } from "../shared/dom.js";
import { full } from "../shared/format.js";
import { mounting } from "../shared/mount.js";
import { decode, put, saveText } from "../shared/pixels.js";
import { note, percent, saw } from "./words.js";

export default mounting(build, (view, header) => {
  if (header.token !== view.token) show(view, header);
  view.token = header.token;
});

function build(parent) {
  const view = { order: 0 };
  view.title = element("span", { textContent: "Answers" });
  view.canvas = element("canvas", { role: "img", "aria-label": "The part of the picture that the network saw" });
  view.list = element("ol", { "aria-label": "The five most probable answers" });
  view.note = element("p", { className: "note" });
  view.saw = element("p", { className: "note saw" });
  const save = saveButton("Save this table as CSV", () => saveText(csv(view.header.rows), "cnnviz answers.csv", "text/csv"));
  const frame = element("div", { className: "frame", title: "What the network saw" }, view.canvas);
  view.root = element("div", { className: "view answers" },
    element("figure", {}, element("figcaption", {}, view.title, save), frame, view.list, view.note, view.saw));
  parent.append(view.root);
  return view;
}

async function show(view, header) {
  const order = (view.order += 1);
  const picture = await decode(header.arrays.picture, "image/jpeg");
  if (order !== view.order) return;
  view.header = header;
  put(view.canvas, picture);
  view.title.textContent = header.trained ? "Its five answers" : "Its five answers (untrained)";
  view.list.replaceChildren(...header.rows.map(([label, probability]) => {
    const bar = element("div");
    bar.style.width = `${100 * probability}%`;
    return element("li", {}, element("span", { textContent: label, title: label }),
      element("b", { textContent: percent(probability), title: full(probability) }), element("div", {}, bar));
  }));
  view.note.className = header.trained ? "note" : "note untrained";
  view.note.textContent = note(header);
  view.note.hidden = view.note.textContent === "";
  view.saw.textContent = saw(header);
  view.root.dataset.answers = header.rows.map(([label]) => label).join("|");
}

const csv = (rows) => `answer,probability\n${rows.map(([label, p]) => `"${label.replaceAll('"', '""')}",${p}`).join("\n")}\n`;
