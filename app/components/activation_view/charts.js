// Axes, curves and histograms on a canvas. Everything in CSS pixels; colours and type come from the theme.

import { element, themeColour } from "../shared/dom.js";
import { short } from "../shared/format.js";
import { ceiling, linear, span, ticks } from "./scales.js";

const DASHES = [[], [7, 4], [2, 3], [10, 3, 2, 3], [4, 2]];
const NAMES = ["solid", "dashed", "dotted", "dash-dot", "short dashes"];
const FALLBACK = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#7a5195"];

export function look(root) {
  const listed = themeColour(root, "chart-categorical-colors").split(",").map((colour) => colour.trim());
  return {
    text: themeColour(root, "text-color"), line: themeColour(root, "border-color"),
    ground: themeColour(root, "background-color"), accent: themeColour(root, "primary-color"),
    series: listed.length >= 5 ? listed : FALLBACK, family: getComputedStyle(root).fontFamily,
    size: 0.8 * parseFloat(getComputedStyle(root).fontSize),
  };
}

// A canvas as large as its place, cleared; draws in CSS pixels.
export function paper(canvas) {
  const box = canvas.getBoundingClientRect();
  const ratio = window.devicePixelRatio || 1;
  const [w, h] = [Math.max(1, Math.round(box.width * ratio)), Math.max(1, Math.round(box.height * ratio))];
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== h) canvas.height = h;
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, box.width, box.height);
  return { context, width: box.width, height: box.height };
}

function axes({ context, width, height }, style, xs, ys, yLabel = short) {
  const left = 3.1 * style.size;
  const bottom = height - 1.6 * style.size;
  const x = linear(xs[0], xs[1], left, width - 8);
  const y = linear(ys[0], ys[1], bottom, 6);
  context.font = `${style.size}px ${style.family}`;
  context.lineWidth = 1;
  const rule = (x1, y1, x2, y2, strong) => {
    context.strokeStyle = strong ? style.text : style.line;
    context.globalAlpha = strong ? 0.7 : 1;
    context.beginPath(); context.moveTo(x1, y1); context.lineTo(x2, y2); context.stroke();
    context.globalAlpha = 1;
  };
  context.fillStyle = style.text;
  context.textBaseline = "middle";
  context.textAlign = "right";
  for (const tick of ticks(ys[0], ys[1], 5)) {
    rule(left, y.at(tick), width - 8, y.at(tick), tick === 0);
    context.fillText(yLabel(tick), left - 5, y.at(tick));
  }
  context.textBaseline = "top";
  context.textAlign = "center";
  for (const tick of ticks(xs[0], xs[1], 7)) {
    rule(x.at(tick), 6, x.at(tick), bottom, tick === 0);
    context.fillText(short(tick), x.at(tick), bottom + 4);
  }
  return { x, y, left, bottom };
}

// rows: one array of samples for each function, the one in hand first. Returns the scales, for pointing.
export function drawCurves(canvas, rows, { reach, per_unit: perUnit }, limits, style) {
  const page = paper(canvas);
  const [low, high] = span(rows, ...limits);
  const room = 0.04 * (high - low);
  const scale = axes(page, style, [-reach, reach], [low - room, high + room]);
  const { context } = page;
  for (let row = rows.length - 1; row >= 0; row -= 1) {
    context.strokeStyle = style.series[row];
    context.lineWidth = row === 0 ? 3 : 2;
    context.setLineDash(DASHES[row]);
    context.beginPath();
    rows[row].forEach((value, i) => {
      // A jump is drawn as a gap: there is no value between its two sides.
      const jump = i > 0 && Math.abs(value - rows[row][i - 1]) > 0.1;
      const [px, py] = [scale.x.at(i / perUnit - reach), scale.y.at(value)];
      if (i === 0 || jump) context.moveTo(px, py); else context.lineTo(px, py);
    });
    context.stroke();
  }
  context.setLineDash([]);
  return scale;
}

// The x pointed at: a line in the accent colour and a ring on each curve.
export function markCurves(canvas, scale, x, values, style) {
  const { context } = paper(canvas);
  if (!scale) return;
  context.strokeStyle = style.accent;
  context.lineWidth = 1.5;
  context.beginPath(); context.moveTo(scale.x.at(x), 6); context.lineTo(scale.x.at(x), scale.bottom); context.stroke();
  values.forEach((value, row) => {
    context.beginPath();
    context.arc(scale.x.at(x), scale.y.at(value), row === 0 ? 5.5 : 4, 0, 7);
    context.fillStyle = style.series[row];
    context.fill();
    context.lineWidth = 2;
    context.strokeStyle = row === 0 ? style.accent : style.ground;
    context.stroke();
  });
}

// Before as an outline, after as filled bars; a bar that is cut off carries its share.
export function drawHistogram(canvas, { edges, before, after }, style) {
  const page = paper(canvas);
  const top = ceiling(before, after);
  const scale = axes(page, style, [edges[0], edges.at(-1)], [0, top * 1.12], (share) => `${short(100 * share)} %`);
  const { context } = page;
  const side = (bin) => scale.x.at(edges[bin]);
  context.fillStyle = style.series[0];
  context.globalAlpha = 0.55;
  after.forEach((share, bin) => {
    const y = scale.y.at(Math.min(share, top * 1.12));
    context.fillRect(side(bin), y, Math.max(1, side(bin + 1) - side(bin) - 0.5), scale.bottom - y);
  });
  context.globalAlpha = 1;
  context.strokeStyle = style.text;
  context.lineWidth = 1.5;
  context.beginPath();
  before.forEach((share, bin) => {
    const y = scale.y.at(share);
    if (bin === 0) context.moveTo(side(0), scale.bottom);
    context.lineTo(side(bin), y); context.lineTo(side(bin + 1), y);
  });
  context.lineTo(side(before.length), scale.bottom);
  context.stroke();
  labelSpikes(context, after, top, side, style, page.width);
  return scale;
}

function labelSpikes(context, after, top, side, style, width) {
  context.fillStyle = style.text;
  context.textBaseline = "top";
  after.forEach((share, bin) => {
    if (share <= top * 1.12) return;
    const right = side(bin) > width / 2;
    context.textAlign = right ? "right" : "left";
    const [words, x] = [`${short(100 * share)} % here`, right ? side(bin) - 5 : side(bin + 1) + 5];
    context.fillText(words, x, 9);
  });
}

export function markHistogram(canvas, scale, bins, edges, style) {
  const { context } = paper(canvas);
  if (!scale) return;
  context.lineWidth = 2;
  context.strokeStyle = style.accent;
  for (const bin of bins) {
    if (bin === null) continue;
    const [left, right] = [scale.x.at(edges[bin]), scale.x.at(edges[bin + 1])];
    const top = 6 + 1.6 * style.size; // below the label of a bar that is cut off
    context.strokeRect(left - 1, top, right - left + 2, scale.bottom - top);
  }
}

// A short piece of a function's line, for the legend.
export function swatch(row, style) {
  const canvas = element("canvas", { width: 68, height: 16, role: "img", "aria-label": NAMES[row] });
  const context = canvas.getContext("2d");
  context.scale(2, 2);
  context.strokeStyle = style.series[row];
  context.lineWidth = row === 0 ? 3 : 2;
  context.setLineDash(DASHES[row]);
  context.beginPath(); context.moveTo(0, 4); context.lineTo(34, 4); context.stroke();
  return canvas;
}
