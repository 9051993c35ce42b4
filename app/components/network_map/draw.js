// Draws the map on its canvas: headers, connections, tiles, and what is pointed at with what feeds it.

import { lookUp } from "../shared/colours.js";
import { themeColour } from "../shared/dom.js";
import { connection, half, unseen } from "./geometry.js";
import { sees, sizeOf } from "./words.js";

const BLUE = { light: "#1f5fbf", dark: "#7fc0ff" };
const RED = { light: "#b3152a", dark: "#ff9d8c" };

// The tiles of each column one below the other in one picture, by column: [side].
export function sheetsOf(header) {
  const { tiles, palette } = header.arrays;
  const copies = header.difference ? 1 : header.sides;
  const found = new Map();
  let at = 0;
  for (const box of header.boxes) {
    const [height, width] = [box.tile[0] * box.shown.length, box.tile[1]];
    found.set(box.column, Array.from({ length: height ? copies : 0 }, () => {
      at += height * width;
      return bitmap(tiles.subarray(at - height * width, at), height, width, palette);
    }));
  }
  return found;
}

export function bitmap(index, height, width, palette) {
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext("2d").putImageData(new ImageData(lookUp(index, palette), width, height), 0, 0);
  return canvas;
}

export function colours(root) {
  const dark = parseInt(themeColour(root, "background-color").slice(1, 3), 16) < 128;
  return {
    accent: themeColour(root, "primary-color"), text: themeColour(root, "text-color"), line: themeColour(root, "border-color"),
    ground: themeColour(root, "background-color"), soft: themeColour(root, "secondary-background-color"),
    positive: BLUE[dark ? "dark" : "light"], negative: RED[dark ? "dark" : "light"], family: getComputedStyle(root).fontFamily,
  };
}

// What stays while one points: `view` = {header, plan, sheets, photos, type}; `state` = {swapped, over};
// `at` = {left, top, width, height} is the part in sight.
export function drawMap(context, view, state, at, ratio) {
  const { plan, paint } = view;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, at.width, at.height);
  context.save();
  context.translate(-at.left, -at.top);
  drawConnections(context, view, paint);
  const inSight = (box) => box.x + box.width > at.left - 60 && box.x < at.left + at.width + 60;
  for (const box of plan.boxes) if (inSight(box)) drawBox(context, view, box, state, paint, ratio);
  context.restore();
  drawHeads(context, view, state, paint, at);
}

// What changes with every move, on a canvas of its own: `state` = {pointed, pinned, edges}.
export function drawLit(context, view, state, at, ratio) {
  const { plan, paint } = view;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, at.width, at.height);
  context.save();
  context.beginPath();
  context.rect(0, plan.head - 12, at.width, at.height);
  context.clip();
  context.translate(-at.left, -at.top);
  drawEdges(context, view, state, paint, at);
  drawMarks(context, view, state, paint);
  context.restore();
  drawMore(context, view, paint, at);
}

// That the map goes on to the left or the right of what is in sight.
function drawMore(context, { plan, type }, paint, at) {
  const { before, after } = unseen(plan, at.left, at.width);
  const [size, y] = [Math.round(12 * type), at.height - 9];
  context.font = `600 ${size}px ${paint.family}`;
  for (const [count, right, text] of [[before, false, `← ${before} more`], [after, true, `${after} more →`]]) {
    if (!count) continue;
    const edge = right ? at.width : 0;
    const shade = context.createLinearGradient(edge, 0, right ? edge - 26 : 26, 0);
    shade.addColorStop(0, paint.text);
    shade.addColorStop(1, "transparent");
    context.globalAlpha = 0.22;
    context.fillStyle = shade;
    context.fillRect(right ? edge - 26 : 0, 0, 26, at.height);
    context.globalAlpha = 1;
    context.textAlign = right ? "right" : "left";
    const width = context.measureText(text).width + 12;
    context.fillStyle = paint.ground;
    context.fillRect(right ? edge - width : 0, y - size - 2, width, size + 8);
    context.fillStyle = paint.accent;
    context.fillText(text, right ? edge - 6 : 6, y);
  }
}

function drawConnections(context, { header, plan }, paint) {
  context.strokeStyle = paint.text;
  context.globalAlpha = 0.35;
  context.lineWidth = 1.5;
  context.beginPath();
  for (const box of plan.boxes) {
    for (const source of box.sources) {
      const from = plan.byColumn.get(source);
      if (from) curve(context, connection(plan, from, box));
    }
  }
  for (const source of header.answer_sources) {
    const from = plan.byColumn.get(source);
    if (!from) continue;
    const y = from.y + from.height / 2;
    context.moveTo(from.x + from.width + 3, y);
    context.lineTo(plan.width, y);
  }
  context.stroke();
  context.globalAlpha = 1;
}

function curve(context, { from, to, low }) {
  context.moveTo(from.x, from.y);
  if (low === null) {
    const bend = Math.min(14, (to.x - from.x) / 2);
    context.lineTo(to.x - 2 * bend, from.y);
    context.bezierCurveTo(to.x - bend, from.y, to.x - bend, to.y, to.x, to.y);
    return;
  }
  context.bezierCurveTo(from.x + 10, from.y, from.x, low, from.x + 12, low);
  context.lineTo(to.x - 12, low);
  context.bezierCurveTo(to.x, low, to.x - 10, to.y, to.x, to.y);
}

function drawBox(context, view, box, state, paint, ratio) {
  const stage = view.header.stages[box.stage];
  if (stage && !stage.open && stage.columns > 1) { // cards behind: there is more inside
    context.strokeStyle = paint.line;
    context.lineWidth = 1;
    for (const back of [6, 3]) context.strokeRect(box.x - 3 + back, box.y - 3 - back, box.width + 6, box.height + 6);
  }
  context.fillStyle = paint.ground;
  context.strokeStyle = paint.line;
  context.lineWidth = 1;
  context.fillRect(box.x - 3, box.y - 3, box.width + 6, box.height + 6);
  context.strokeRect(box.x - 3, box.y - 3, box.width + 6, box.height + 6);
  if (box.column === 0) drawPhoto(context, view, box);
  if (!box.size) noMaps(context, box, paint, view.type);
  for (const tile of box.tiles) drawTile(context, view, box, tile, state, paint, ratio);
  if (box.lanes > 1) laneHead(context, view, box, paint);
}

function drawPhoto(context, { photos, plan }, box) {
  context.imageSmoothingEnabled = true;
  const side = plan.double || photos.length === 1 ? box.side : Math.floor(box.side / 2) - 1;
  photos.forEach((photo, place) => context.drawImage(photo, box.x + place * (side + 2), box.y, side, side));
}

function drawTile(context, { sheets, plan }, box, tile, state, paint, ratio) {
  const swapped = state.swapped?.get(`${box.column}.${tile.row}`);
  const sources = swapped ? [swapped.sheet] : sheets.get(box.column);
  const [rows, columns] = swapped ? [swapped.sheet.height, swapped.sheet.width] : box.tile;
  sources.forEach((sheet, place) => {
    const x = tile.x + place * (box.side + 2);
    const height = box.side, width = plan.double && !swapped ? box.side : tile.width;
    context.imageSmoothingEnabled = columns > width * ratio;
    context.imageSmoothingQuality = "high";
    context.strokeStyle = paint.line;
    context.lineWidth = 1;
    context.drawImage(sheet, 0, swapped ? 0 : tile.row * rows, columns, rows, x, tile.y, width, height);
    context.strokeRect(x - 0.5, tile.y - 0.5, width + 1, height + 1);
  });
}

function noMaps(context, box, paint, type) {
  context.fillStyle = paint.text;
  context.font = `${Math.round(11 * type)}px ${paint.family}`;
  context.textAlign = "center";
  ["no rows", "and", "columns"].forEach((word, line) => context.fillText(word, box.x + box.width / 2, box.y + 20 + 14 * line * type));
}

function laneHead(context, { type }, box, paint) {
  context.fillStyle = paint.text;
  context.font = `${Math.round(10.5 * type)}px ${paint.family}`;
  context.textAlign = "center";
  context.fillText(`${shortKind(box.kind)} ${box.channels}`, box.x + box.width / 2, box.y - 6);
}

// Thick for a large share, blue for one that adds and red, dashed, for one that takes away.
function drawEdges(context, { plan }, { edges }, paint, at) {
  const most = Math.max(...edges.map((edge) => Math.abs(edge.share)), 1e-30);
  for (const edge of [...edges].reverse()) {
    const [from, to] = [placeOf(plan, edge.from, "right", at), placeOf(plan, edge.to, "left", at)];
    if (!from || !to || to.x < from.x) continue; // the last column may be out of sight of the answer
    const middle = Math.max(10, (to.x - from.x) / 2);
    context.strokeStyle = edge.share < 0 ? paint.negative : paint.positive;
    context.globalAlpha = edge.onward || edge.quiet ? 0.5 : 0.9;
    context.lineWidth = 1 + (edge.quiet ? 3 : 6) * Math.min(1, Math.abs(edge.share) / (edge.most ?? most));
    context.setLineDash(edge.share < 0 ? [5, 3] : []);
    context.beginPath();
    context.moveTo(from.x, from.y);
    context.bezierCurveTo(from.x + middle, from.y, to.x - middle, to.y, to.x, to.y);
    context.stroke();
  }
  context.globalAlpha = 1;
  context.setLineDash([]);
  sayHidden(context, plan, edges, paint);
}

// How many of the strongest channels are not drawn, at the foot of their column.
function sayHidden(context, plan, edges, paint) {
  const hidden = new Map();
  for (const { from } of edges) if (from.row === null) hidden.set(from.column, (hidden.get(from.column) ?? 0) + 1);
  context.textAlign = "center";
  context.font = `11px ${paint.family}`;
  for (const [column, count] of hidden) {
    const box = plan.byColumn.get(column);
    const [x, y] = [box.x + box.width / 2, box.y + box.height + 17];
    context.fillStyle = paint.ground;
    context.fillRect(x - 32, y - 10, 64, 14);
    context.fillStyle = paint.text;
    context.fillText(`${count} not shown`, x, y);
  }
}

// The end of an edge: at a tile, at the foot of a column for a channel that is not drawn, at a class of the answer.
function placeOf(plan, { column, row, y }, side, at) {
  if (y !== undefined) return { x: at.left + at.width, y: y + at.top };
  const box = plan.byColumn.get(column);
  if (!box) return null;
  const x = side === "right" ? box.x + box.width + 1 : box.x - 1;
  if (row === null) return { x, y: box.y + box.height + 7 };
  const tile = box.tiles[row];
  return tile && { x, y: tile.y + tile.height / 2 };
}

function drawMarks(context, { plan }, { pointed, pinned, edges }, paint) {
  const frame = (tile, colour, thickness, pad) => {
    context.strokeStyle = colour;
    context.lineWidth = thickness;
    context.strokeRect(tile.x - pad, tile.y - pad, tile.width + 2 * pad, tile.height + 2 * pad);
  };
  for (const edge of edges) {
    const tile = plan.byColumn.get(edge.from.column)?.tiles[edge.from.row];
    if (tile && !edge.onward && !edge.quiet) frame(tile, edge.share < 0 ? paint.negative : paint.positive, 2, 1);
  }
  for (const [one, thickness] of [[pinned, 4], [pointed, 3]]) {
    const whole = one && plan.byColumn.get(one.column)?.tiles[one.row];
    if (!whole) continue;
    const tile = half(plan, whole, one.side ?? 0);
    frame(tile, "#000000", thickness + 2, 2);
    frame(tile, paint.accent, thickness, 2);
  }
}

// Stay on top while the tiles are scrolled.
function drawHeads(context, view, state, paint, at) {
  const { plan, header, type } = view;
  context.fillStyle = paint.ground;
  context.fillRect(0, 0, at.width, plan.head - 12);
  context.save();
  context.translate(-at.left, 0);
  const line = (n) => Math.round((14 + 15 * n) * type);
  for (const stage of plan.stages) {
    const hot = state.over === stage.stage;
    context.textAlign = "left";
    if (stage.open && stage.columns > 1) {
      context.strokeStyle = paint.text;
      context.lineWidth = 1;
      context.beginPath();
      context.moveTo(stage.x + 4, line(0) + 8);
      context.lineTo(stage.x + 4, line(0) + 4);
      context.lineTo(stage.x + stage.width - 4, line(0) + 4);
      context.lineTo(stage.x + stage.width - 4, line(0) + 8);
      context.stroke();
    }
    const many = stage.columns > 1;
    const label = `${many ? (stage.open ? "− " : "+ ") : ""}${stage.label}`;
    context.fillStyle = hot && many ? paint.accent : paint.text;
    context.font = `600 ${Math.round(12.5 * type)}px ${paint.family}`;
    const x = Math.max(stage.x + 4, Math.min(at.left + 4, stage.x + stage.width - 60));
    const room = stage.x + stage.width - x - 4;
    if (stage.open || stage.width > plan.step) write(context, label, x, line(0), room);
    else { context.textAlign = "center"; write(context, label, stage.x + stage.width / 2, line(0), plan.step - 4); }
  }
  context.textAlign = "center";
  context.fillStyle = paint.text;
  for (const box of plan.boxes) {
    if (box.lane > 0) continue;
    const middle = box.x + box.width / 2;
    const stage = header.stages[box.stage];
    context.font = `${Math.round(11.5 * type)}px ${paint.family}`;
    const first = stage && !stage.open && stage.columns > 1 ? `${stage.columns} layers` : box.column ? shortKind(box.kind) : "";
    const texts = box.lanes > 1 ? [`${box.lanes} branches`, box.size ? `of ${box.size[0]}²` : "", ""] : [first, sizeOf(box), sees(box)];
    texts.forEach((text, place) => write(context, text, middle, line(1 + place), plan.step - 4));
  }
  context.restore();
}

const SHORT = { convolution: "conv", addition: "add", concatenation: "concat", "max pooling": "max pool",
  "average pooling": "avg pool", "layer normalisation": "layer norm", "batch normalisation": "batch norm" };
const shortKind = (kind) => SHORT[kind] ?? kind;

// Text in its room: a little smaller, or its middle left out, where it is too long.
function write(context, text, x, y, room) {
  let shown = text;
  const usual = context.font;
  if (context.measureText(text).width > room) context.font = usual.replace(/[\d.]+px/, (size) => `${parseFloat(size) * 0.85}px`);
  for (let cut = text.length - 1; cut > 3 && context.measureText(shown).width > room; cut -= 1) {
    shown = `${text.slice(0, Math.ceil(cut / 3))}…${text.slice(text.length - Math.floor((2 * cut) / 3))}`;
  }
  context.fillText(shown, x, y);
  context.font = usual;
}
