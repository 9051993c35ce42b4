// Switched-off channels: the answer before and after, and which channels move it most beside the brightest maps.

import { colourise } from "../shared/colours.js";
import { button, element } from "../shared/dom.js";
import { full, short } from "../shared/format.js";
import { mounting } from "../shared/mount.js";
import { saveText } from "../shared/pixels.js";
import { csv, percent, points, rankingSentence, sentence } from "./words.js";

export default mounting(build, (view, header) => {
  if (header.token !== view.token) show(view, header);
  view.token = header.token;
});

function build(parent) {
  const view = { header: null };
  view.keep = button("All but these", "Switch off all other channels instead", () => set(view, view.header.listed, !view.header.keep));
  view.reset = button("All on", "Switch every channel on again", () => set(view, [], false));
  view.rank = button("Which matter most?", "Switch off every channel in turn, and compare with the brightest maps",
    () => view.send("rank", { open: view.header.ranking === null && !view.header.waiting }));
  view.save = button("Save", "Save these numbers as CSV", () => saveText(csv(view.header), `cnnviz channels off ${view.header.layer}.csv`, "text/csv"));
  view.untrained = element("span", { className: "untrained", textContent: "untrained" });
  view.sentence = element("p", { className: "sentence", "aria-live": "polite" });
  view.bars = element("div", { className: "bars" });
  view.ranking = element("div", { className: "ranking" });
  view.root = element("section", { className: "view switch-view", "aria-label": "Channels switched off" }, element("figure", {},
    element("figcaption", {}, "Switch off", view.untrained,
      element("span", { className: "push buttons" }, view.rank, view.keep, view.reset, view.save)),
    view.sentence, view.bars, view.ranking));
  parent.append(view.root);
  return view;
}

function set(view, channels, keep) {
  view.send("set", { channels: [...channels].sort((a, b) => a - b), keep });
}

function toggle(view, channel) {
  const { listed, keep } = view.header;
  set(view, listed.includes(channel) ? listed.filter((one) => one !== channel) : [...listed, channel], keep);
}

function show(view, header) {
  view.header = header;
  const { listed, keep, moved, ranking } = header;
  view.untrained.hidden = header.trained;
  view.keep.setAttribute("aria-pressed", String(keep));
  for (const node of [view.keep, view.reset]) node.hidden = !listed.length;
  view.save.hidden = !moved && !ranking;
  view.rank.textContent = ranking ? "Close the lists" : header.waiting ? "Stop" : "Which matter most?";
  view.sentence.textContent = sentence(header);
  view.bars.replaceChildren(...(moved ? [legend(), ...moved.rows.map(barsOf)] : []));
  view.ranking.replaceChildren(...(ranking ? lists(view, ranking) : []));
  view.root.dataset.off = listed.join(" ");
  view.root.dataset.answer = moved?.after ?? "";
  view.root.dataset.ranked = String(ranking !== null);
}

const legend = () => element("div", { className: "legend" }, element("i", { className: "before" }), "all channels on",
  element("i", { className: "after" }), "with channels off");

function barsOf([label, before, after]) {
  const bar = (className, share) => {
    const node = element("i", { className });
    node.style.width = `${100 * share}%`;
    return element("span", { className: "track" }, node);
  };
  return element("div", { className: "class" }, element("span", { className: "label", textContent: label }),
    element("span", { className: "pair" }, bar("before", before), bar("after", after)),
    element("span", { className: "number", textContent: `${percent(before)} → ${percent(after)}`, title: `${full(before)} → ${full(after)}` }),
    element("span", { className: "number", textContent: points(before, after), title: full(100 * (after - before)) }));
}

function lists(view, ranking) {
  return [element("p", { className: "said", textContent: rankingSentence(ranking) }), element("div", { className: "two" },
    oneList(view, ranking, "effect", "Moves the answer most when off"),
    oneList(view, ranking, "bright", "Brightest maps"))];
}

function oneList(view, ranking, name, title) {
  const rows = ranking[name].map((place, at) => {
    const other = name === "effect" ? `brightness: ${place.by_mean}` : `effect: ${place.by_effect}`;
    const off = view.header.listed.includes(place.channel);
    const row = element("button", { className: "place", type: "button", "aria-pressed": String(off),
      title: `Switch channel ${place.channel} ${off ? "on" : "off"}` },
    element("span", { textContent: `${at + 1}.` }), thumb({ ...ranking, arrays: view.header.arrays }, place.channel),
    element("b", { textContent: `channel ${place.channel}${off ? ", listed" : ""}` }),
    element("span", { className: "facts", title: `log-odds change by ${full(place.change)}, mean ${full(place.mean)}`,
      textContent: `${percent(ranking.probability)} → ${percent(place.probability)} · mean ${short(place.mean)}` }),
    element("small", { textContent: `rank by ${other}` }));
    row.dataset.channel = place.channel;
    row.onclick = () => toggle(view, place.channel);
    return element("li", {}, row);
  });
  return element("div", {}, element("h4", { textContent: title }), element("ol", {}, ...rows));
}

function thumb({ arrays: { thumbs, palette }, ...ranking }, channel) {
  const canvas = element("canvas");
  const [, height, width] = thumbs.shape;
  const at = ranking.shown.indexOf(channel) * height * width;
  canvas.width = width;
  canvas.height = height;
  const rgba = colourise(thumbs.subarray(at, at + height * width), palette, ...ranking.limits);
  canvas.getContext("2d").putImageData(new ImageData(rgba, width, height), 0, 0);
  return canvas;
}
