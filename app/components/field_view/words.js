// What the view says of the unit or the pixel one points at. Nothing here draws.

import { count, short, whole } from "../shared/format.js";
import { total } from "./geometry.js";

const number = (value) => whole(value).replace("-", "−");
const percent = (share) => `${short(100 * share)} %`;

export function aboutLayer(layer, step, steps) {
  const size = layer.whole ? "sees the whole picture" : `field ${fieldSize(layer)}`;
  const every = layer.whole || layer.height * layer.width === 1 ? "" : `, a unit every ${strideWords(layer)}`;
  return `Step ${step + 1} of ${steps}: ${layer.path} (${layer.kind}), map ${layer.height} × ${layer.width}, ${size}${every}`;
}

function fieldSize(layer) {
  const at = [Math.floor(layer.height / 2), Math.floor(layer.width / 2)];
  return `${layer.rows[2 * at[0] + 1] - layer.rows[2 * at[0]]} × ${layer.cols[2 * at[1] + 1] - layer.cols[2 * at[1]]}`;
}

const strideWords = ({ stride: [down, across] }) => {
  if (down === across) return down === 1 ? "pixel" : `${short(down)} pixels`;
  return `${short(down)} pixels down, ${short(across)} across`;
};

const unitName = (layer, { row, col }) => `Unit (row ${row}, column ${col}) of ${layer.path}, ${layer.height} × ${layer.width},`;

export function aboutUnit(layer, unit, box, padding) {
  if (layer.whole) return `${unitName(layer, unit)} sees the whole picture.`;
  const rows = `rows ${number(box.top)} … ${number(box.bottom - 1)}`;
  const cols = `columns ${number(box.left)} … ${number(box.right - 1)}`;
  const outside = [padding.rows && count(padding.rows, "row"), padding.cols && count(padding.cols, "column")].filter(Boolean);
  const edge = outside.length ? `, ${outside.join(" and ")} of them in the padding` : "";
  const share = padding.inside ? "" : " It sees nothing of the picture.";
  return `${unitName(layer, unit)} sees ${rows} and ${cols}: ${whole(box.height)} × ${whole(box.width)} pixels${edge}.${share}`;
}

// What the map shows at the unit; its title says what that is.
export function aboutValue(title, values, { row, col }) {
  return `${title} there: ${short(values[row * values.shape[1] + col]).replace("-", "−")}.`;
}

export function aboutPixel(layer, { row, col }, { rows, cols }) {
  const holding = total(rows) * total(cols);
  const all = layer.height * layer.width;
  const place = `Pixel (row ${row}, column ${col})`;
  if (!holding) return `${place} is seen by no unit of ${layer.path}.`;
  const lit = `rows ${list(rows)}, columns ${list(cols)}`;
  return `${place} lies in the field of ${whole(holding)} of the ${count(all, "unit")} of ${layer.path}: ${lit}.`;
}

const list = (runs) => runs.map(({ first, end }) => (end - first === 1 ? `${first}` : `${first} … ${end - 1}`)).join(", ");

export function aboutHeat(heat) {
  const inside = heat.mass_inside > 0.9995 ? "all of it" : percent(heat.mass_inside);
  return `Heat: the unit's gradient, ${heat.source}; ${inside} lies in the box, half of it within ${short(heat.radius_50)} pixels `
    + `of its centre, 90 % within ${short(heat.radius_90)}.`;
}

export function aboutNudge(layer, nudge, changed, allowed) {
  const sum = (mask) => mask.reduce((count, one) => count + one, 0);
  const [seen, may] = [sum(changed), sum(allowed)];
  const { top, left, bottom, right, amount } = nudge;
  const patch = bottom - top === 1 && right - left === 1 ? `Pixel (row ${top}, column ${left})`
    : `Rows ${top} … ${bottom - 1}, columns ${left} … ${right - 1}`;
  const made = amount === 0 ? "left as it is" : `made ${amount > 0 ? "brighter" : "darker"} by ${short(Math.abs(amount))}`;
  const units = `${whole(seen)} of the ${count(layer.height * layer.width, "unit")} of ${layer.path} changed`;
  const law = layer.whole ? "theory allows all" : `the field of ${whole(may)} holds it (outlined)`;
  return `${patch} ${made}: ${units}; ${law}. ${verdict(nudge, seen)}`;
}

function verdict({ escaped, through_gates: gates }, seen) {
  if (escaped) return `${whole(escaped)} changed where theory allows none.`;
  if (gates) return `${whole(gates)} of those that changed lie outside: a gate carried it there.`;
  return seen ? "None outside changed." : "";
}
