// The boxes and wires of a graph on a canvas, at their places from layout.js.

import { themeColour } from "../shared/dom.js";
import { NONE } from "./layout.js";
import { amount } from "./words.js";

export function colours(root) {
  return {
    text: themeColour(root, "text-color"),
    ground: themeColour(root, "background-color"),
    second: themeColour(root, "secondary-background-color"),
    line: themeColour(root, "border-color"),
    accent: themeColour(root, "primary-color"),
    family: getComputedStyle(root).fontFamily,
  };
}

// `at` is what is in sight, in CSS pixels of the zoomed plan.
export function drawGraph(context, view, at, ratio) {
  const { plan, zoom, paint } = view;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.fillStyle = paint.ground;
  context.fillRect(0, 0, context.canvas.width, context.canvas.height);
  context.setTransform(ratio * zoom, 0, 0, ratio * zoom, -ratio * at.left, -ratio * at.top);
  const seen = { left: at.left / zoom, top: at.top / zoom, right: (at.left + at.width) / zoom, bottom: (at.top + at.height) / zoom };
  const inSight = (box) => box.y <= seen.bottom && box.y + box.height >= seen.top && box.x <= seen.right + 200 && box.x + box.width >= seen.left - 200;
  const boxes = plan.boxes.filter(inSight);
  for (const box of boxes) if (box.open) drawFrame(context, view, box, seen);
  const lit = (wire) => view.pointed !== null && (wire.source === view.pointed || wire.target === view.pointed);
  const wires = plan.wires.filter(({ points }) => points[0].y <= seen.bottom && points.at(-1).y >= seen.top);
  for (const wire of wires) if (!lit(wire)) drawWire(context, view, wire, false);
  for (const wire of wires) if (lit(wire)) drawWire(context, view, wire, true);
  for (const box of boxes) if (!box.open) drawBox(context, view, box);
  labelWires(context, view, wires);
  for (const box of boxes) if (box.item === view.pointed || box.item === view.chosen) mark(context, view, box);
}

function drawFrame(context, { header, paint, type }, box, seen) {
  const item = header.items[box.item];
  context.fillStyle = box.depth % 2 ? paint.ground : paint.second;
  context.strokeStyle = paint.line;
  context.lineWidth = 1;
  rounded(context, box, 6 * type);
  context.fill();
  context.stroke();
  context.fillStyle = paint.text;
  context.textAlign = "left";
  const left = Math.max(box.x, Math.min(seen.left, box.x + box.width - 120 * type)) + 9 * type;
  write(context, `− ${item.title}`, left, box.y + 17 * type, box.width - 18 * type, `600 ${12.5 * type}px ${paint.family}`);
}

function drawBox(context, { header, paint, type, cost, panel }, box) {
  const item = header.items[box.item];
  const opens = item.parts.length > 0;
  context.lineWidth = 1;
  context.strokeStyle = paint.line;
  if (opens) { // a second sheet behind says that there is more in it
    rounded(context, { ...box, x: box.x + 3 * type, y: box.y + 3 * type }, 5 * type);
    context.fillStyle = paint.second;
    context.fill();
    context.stroke();
  }
  rounded(context, box, 5 * type);
  context.fillStyle = paint.ground;
  context.fill();
  context.save();
  context.clip();
  const place = panel ? -1 : header.costs.indexOf(cost); // with bars beside the graph, none in the boxes
  const full = header.most[place] ? Math.min(1, item.costs[place] / header.most[place]) : 0;
  context.fillStyle = paint.text;
  context.globalAlpha = 0.6;
  context.fillRect(box.x, box.y + box.height - 5 * type, full * box.width, 5 * type);
  context.restore();
  context.strokeStyle = paint.text;
  context.globalAlpha = 0.55;
  rounded(context, box, 5 * type);
  context.stroke();
  context.globalAlpha = 1;
  writeBox(context, { paint, type }, box, item, item.costs[place] ? amount(item.costs[place], cost) : "");
}

function writeBox(context, { paint, type }, box, item, value) {
  const [left, right] = [box.x + 7 * type, box.x + box.width - 7 * type];
  context.fillStyle = paint.text;
  context.textAlign = "right";
  context.font = `${11 * type}px ${paint.family}`;
  context.fillText(value, right, box.y + 29 * type);
  const taken = value ? context.measureText(value).width + 8 * type : 0;
  context.textAlign = "left";
  write(context, `${item.parts.length ? "+ " : ""}${item.title}`, left, box.y + 15 * type, right - left, `600 ${12.5 * type}px ${paint.family}`);
  write(context, item.note, left, box.y + 29 * type, right - left - taken, `${11 * type}px ${paint.family}`);
}

function mark(context, { paint, type, pointed }, box) {
  rounded(context, { x: box.x - 2, y: box.y - 2, width: box.width + 4, height: box.height + 4 }, 6 * type);
  context.strokeStyle = paint.accent;
  context.lineWidth = box.item === pointed ? 3 : 2;
  context.setLineDash(box.item === pointed ? [] : [5, 4]);
  context.stroke();
  context.setLineDash([]);
}

function drawWire(context, { plan, paint, type }, wire, lit) {
  context.strokeStyle = context.fillStyle = lit ? paint.accent : paint.text;
  context.globalAlpha = lit ? 1 : wire.arc ? 0.35 : 0.6;
  context.lineWidth = lit ? 2.5 : 1.25;
  context.beginPath();
  let last;
  if (wire.arc) {
    const side = (item, end) => { const box = plan.byItem.get(item); return box ? { x: box.x + box.width, y: box.y + box.height / 2 } : end; };
    const [from, to] = [side(wire.source, wire.points[0]), side(wire.target, wire.points.at(-1))];
    const out = Math.max(from.x, to.x) + (4 / 3) * wire.arc * type; // a curve comes three quarters of the way
    context.moveTo(from.x, from.y);
    if (wire.source === NONE) context.lineTo(to.x, from.y); // past the boxes, not behind them
    context.bezierCurveTo(out, from.y, out, to.y, wire.target === NONE ? from.x : to.x, to.y);
    if (wire.target === NONE) context.lineTo(to.x, to.y);
    last = null;
  } else {
    const [from, ...way] = wire.points;
    context.moveTo(from.x, from.y);
    let at = from;
    for (const point of way) {
      const middle = (at.y + point.y) / 2;
      if (Math.abs(at.x - point.x) < 0.5) context.lineTo(point.x, point.y);
      else context.bezierCurveTo(at.x, middle, point.x, middle, point.x, point.y);
      at = point;
    }
    last = wire.target === NONE ? null : at;
  }
  context.stroke();
  if (last) {
    const size = 4.5 * type;
    context.beginPath();
    context.moveTo(last.x, last.y);
    context.lineTo(last.x - size, last.y - 1.6 * size);
    context.lineTo(last.x + size, last.y - 1.6 * size);
    context.fill();
  }
  context.globalAlpha = 1;
}

// The shape once below each box whose readers all read the same; else at the end of each wire.
function labelWires(context, { paint, type }, wires) {
  const bySource = new Map();
  for (const wire of wires) if (wire.source !== NONE) bySource.set(wire.source, [...(bySource.get(wire.source) ?? []), wire]);
  context.font = `${10.5 * type}px ${paint.family}`;
  context.textAlign = "left";
  for (const from of bySource.values()) {
    const alike = new Set(from.flatMap((wire) => wire.shapes)).size === 1;
    for (const wire of alike ? from.slice(0, 1) : from.filter((one) => !one.arc)) {
      const { x, y } = alike ? wire.points[0] : wire.points.at(-1);
      label(context, paint, wire.shapes.join(", "), x + 7 * type, alike ? y + 15 * type : y - 8 * type, type);
    }
  }
}

function label(context, paint, text, x, y, type) {
  context.globalAlpha = 0.75;
  context.fillStyle = paint.ground;
  context.fillRect(x - 2, y - 10 * type, context.measureText(text).width + 4, 13 * type);
  context.globalAlpha = 1;
  context.fillStyle = paint.text;
  context.fillText(text, x, y);
}

function rounded(context, { x, y, width, height }, radius) {
  context.beginPath();
  context.roundRect(x, y, width, height, radius);
}

// Text in its room, its end left out where it is too long.
function write(context, text, x, y, room, font) {
  context.font = font;
  let shown = text;
  for (let cut = text.length - 1; cut > 1 && context.measureText(shown).width > room; cut -= 1) shown = `${text.slice(0, cut)}…`;
  context.fillText(shown, x, y);
}
