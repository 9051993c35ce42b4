// Depth from left to right: for each layer some channels, each as the picture that excites it most. A click shows one large.

import { element, saveButton } from "../shared/dom.js";
import { mounting } from "../shared/mount.js";
import { decode, savePng } from "../shared/pixels.js";

export default mounting(build, (view, header) => {
  if (header.token !== view.token) show(view, header);
  view.token = header.token;
});

function build(parent) {
  const view = { order: 0 };
  view.told = element("small", { "aria-live": "polite" });
  const save = saveButton("Save all of them as PNG", () => savePng(view.whole, "cnnviz channels.png"));
  view.grid = element("div", { className: "grid", tabIndex: 0, role: "listbox", "aria-label": "Channels by depth. Arrow keys go from one to the next." });
  view.grid.onkeydown = (event) => onKey(view, event);
  view.root = element("div", { className: "view channel-atlas" },
    element("figure", {}, element("figcaption", {}, element("span", { textContent: "From the first block to the last" }), view.told, save), view.grid));
  parent.append(view.root);
  return view;
}

async function show(view, header) {
  const order = (view.order += 1);
  const sheet = await decode(header.arrays.sheet, header.mime);
  if (order !== view.order) return;
  view.header = header;
  view.whole = element("canvas", { width: sheet.width, height: sheet.height });
  view.whole.getContext("2d").drawImage(sheet, 0, 0);
  view.cells = header.layers.flatMap((layer, column) => header.channels[column].map((channel, row) => cellOf(view, sheet, layer, channel, column, row)));
  view.grid.style.setProperty("--columns", header.layers.length);
  view.grid.replaceChildren(...header.layers.map((layer, column) => element("div", { className: "column", role: "presentation" },
    ...view.cells.filter((cell) => cell.column === column).map((cell) => cell.node),
    element("small", { textContent: short(layer), title: layer, "aria-hidden": "true" }))));
  mark(view, header.chosen);
  view.root.dataset.cnnvizDrawn = header.token;
}

// What tells the layers apart: of "blocks.3.0.bn3.drop" that is "3.0".
const short = (layer) => layer.replace(/\.(bn\d|drop)(\.drop)?$/, "").replace("blocks.", "");

function cellOf(view, sheet, layer, channel, column, row) {
  const { side } = view.header;
  const canvas = element("canvas", { width: side, height: side });
  canvas.getContext("2d").drawImage(sheet, column * side, row * side, side, side, 0, 0, side, side);
  const node = element("div", { className: "cell", role: "option", id: `channel-${column}-${row}`, "aria-selected": "false",
    "aria-label": `Channel ${channel} of ${layer}`, title: `Channel ${channel} of ${layer}` }, canvas);
  node.onclick = () => choose(view, layer, channel);
  node.onpointerenter = () => { view.told.textContent = `channel ${channel} of ${layer}`; };
  node.onpointerleave = () => tell(view);
  return { node, layer, channel, column, row };
}

function mark(view, chosen) {
  view.chosen = chosen;
  for (const { node, layer, channel } of view.cells) {
    const here = chosen !== null && chosen[0] === layer && chosen[1] === channel;
    node.setAttribute("aria-selected", String(here));
    if (here) view.grid.setAttribute("aria-activedescendant", node.id);
  }
  view.root.dataset.chosen = chosen === null ? "" : chosen.join("|");
  tell(view);
}

function tell(view) {
  view.told.textContent = `${view.header.network}, recorded`;
}

function choose(view, layer, channel) {
  mark(view, [layer, channel]);
  view.send("choose", { layer, channel });
}

function onKey(view, event) {
  const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (!move) return;
  event.preventDefault();
  const from = view.cells.find(({ layer, channel }) => view.chosen?.[0] === layer && view.chosen[1] === channel) ?? { column: -move[0], row: 0 };
  const to = view.cells.find(({ column, row }) => column === from.column + move[0] && row === from.row + move[1]);
  if (to) choose(view, to.layer, to.channel);
}
