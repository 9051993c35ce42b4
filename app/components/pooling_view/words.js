// What the view says of the place one points at, in plain words. Nothing here draws.

import { count, short } from "../shared/format.js";

export function aboutOutput(scene, found) {
  const place = `out[${found.row}, ${found.col}] = ${short(found.value)}`;
  const outside = found.cells.flat().filter((cell) => cell.state !== "map").length;
  const edge = outside ? ` ${edgeWords(scene, outside)}` : "";
  if (scene.kind === "max") {
    const { row, col } = found.winners[0];
    const ties = found.winners.length - 1;
    const shared = ties ? ` ${count(ties, "other cell")} of the window ${ties === 1 ? "holds" : "hold"} the same value.` : "";
    return `${place} is the largest of ${count(found.counted, "value")}. It stands at in[${row}, ${col}]`
      + `${dropped(found.counted - 1)}.${shared}${edge}`;
  }
  if (scene.kind === "sum") return `${place} is the sum of ${count(found.counted, "value")}; every one of them counts.${edge}`;
  if (scene.kind === "lp") {
    return `${place} is the L${short(scene.p)} norm of ${count(found.counted, "value")}: the root of order ${short(scene.p)} `
      + `of the sum of their powers, ${short(found.sum)}.${edge}`;
  }
  return `${place} is the mean of ${count(found.counted, "value")}: their sum ${short(found.sum)} divided by ${found.divisor.toLocaleString("en-US")}.${edge}`;
}

const dropped = (others) => (others === 0 ? "" : others === 1 ? "; the other is dropped" : `; the other ${others} are dropped`);

function edgeWords(scene, outside) {
  const cells = `${count(outside, "cell")} of the window ${outside === 1 ? "lies" : "lie"} outside the map`;
  if (scene.kind === "max") return `${cells} and cannot win.`;
  if (scene.kind === "average" && !scene.countPadding) return `${cells} and ${outside === 1 ? "is" : "are"} not counted.`;
  return `${cells}: padding counts as 0, what hangs over beyond it is left out.`;
}

export function aboutInput(scene, at, value, readers, won) {
  const place = `in[${at.row}, ${at.col}] = ${short(value)}`;
  if (!readers.length) return `${place} is read by no window: it changes nothing.`;
  const read = `${place} is read by ${count(readers.length, "window")}`;
  if (scene.kind !== "max") return `${read} and counts in ${readers.length === 1 ? "it" : "each of them"}.`;
  if (!won.length) return `${read} and is the largest in none: no later layer learns of it.`;
  const where = readers.length === 1 ? "in it" : `in ${won.length} of them`;
  return `${read} and is the largest ${where} (dots).`;
}

export function equation(scene, found) {
  const value = short(found.value);
  if (scene.kind === "max") return [value, `the largest of ${found.counted}`];
  if (scene.kind === "sum") return [value, `sum of ${found.counted}`];
  if (scene.kind === "lp") return [value, `(${short(found.sum)}${found.divisor === 1 ? "" : ` ÷ ${short(found.divisor)}`})^(1/${short(scene.p)})`];
  return [value, `${short(found.sum)} ÷ ${found.divisor.toLocaleString("en-US")}`];
}
