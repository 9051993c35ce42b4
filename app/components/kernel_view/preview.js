// Shows the result of a matrix that the server has not seen yet: the same panels, drawn in the browser.

import { showBar } from "../shared/bar.js";
import { afterStage, clampedPicture, filter, signedPicture } from "./filter.js";
import { drawHistogram, histogram } from "./histogram.js";

// Draw the result of `stage` (a kernel) into the result panel; the input panel stays as it is.
export function drawPreview(view, stage) {
  const { header, panels } = view;
  const inputs = stageInput(view);
  const { width, height } = inputs[0];
  const at = header.panels.findIndex((panel) => panel.role === "result");
  const result = panels[at];
  const context = result.canvas.getContext("2d");
  const chosen = header.clamped ? inputs : [inputs[header.channel ?? 0]];
  const maps = chosen.map(({ map }) => filter(map, width, height, stage, header.border));
  drawHistogram(result.histogram, histogram(maps));
  if (header.clamped) {
    context.putImageData(clampedPicture(maps, width, height), 0, 0);
    showBar(result.bar, null, clampedNote(maps));
    return;
  }
  const { picture, limit } = signedPicture(maps[0], width, height, header.arrays.palette, header.centre);
  context.putImageData(picture, 0, 0);
  showBar(result.bar, { ...header.panels[at].bar, low: -limit, high: limit });
}

// What goes into the stage in hand: the picture, or the result of the stages before it (kept until they change).
function stageInput(view) {
  const before = view.header.stages.slice(0, -1);
  const key = JSON.stringify([view.header.picture, view.channels, view.header.border, before]);
  if (view.inputKey !== key) {
    const { width, height } = view.pixels;
    view.inputKey = key;
    view.input = view.planes.map((plane) => before.reduce(
      (state, stage) => afterStage(state, stage, view.header.border), { map: Float32Array.from(plane), width, height }));
  }
  return view.input;
}

function clampedNote(maps) {
  let outside = 0;
  for (const map of maps) for (const value of map) if (value < 0 || value > 1) outside += 1;
  const share = (100 * outside) / (maps.length * maps[0].length);
  return outside ? `${Number(share.toPrecision(3))} % of the values clamped to 0–1` : "0 black, 1 white";
}
