// Shows the result of a matrix that the server has not seen yet: the same panels, drawn in the browser.

import { showBar } from "../shared/bar.js";
import { clampedPicture, filter, signedPicture } from "./filter.js";

// Draw the result of `stage` ({matrix, bias}) into the result panel; the input panel stays as it is.
export function drawPreview(view, stage) {
  const { header, panels } = view;
  const { width, height } = view.pixels;
  const inputs = stageInput(view);
  const at = header.panels.findIndex((panel) => panel.role === "result");
  const result = panels[at];
  const context = result.canvas.getContext("2d");
  if (header.clamped) {
    const maps = inputs.map((map) => filter(map, width, height, stage, header.border));
    context.putImageData(clampedPicture(maps, width, height), 0, 0);
    showBar(result.bar, null, clampedNote(maps));
    return;
  }
  const map = filter(inputs[header.channel ?? 0], width, height, stage, header.border);
  const { picture, limit } = signedPicture(map, width, height, header.arrays.palette, header.centre);
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
      (map, stage) => filter(map, width, height, stage, view.header.border), Float32Array.from(plane)));
  }
  return view.input;
}

function clampedNote(maps) {
  let outside = 0;
  for (const map of maps) for (const value of map) if (value < 0 || value > 1) outside += 1;
  const share = (100 * outside) / (maps.length * maps[0].length);
  return outside ? `${Number(share.toPrecision(3))} % of the values clamped to 0–1` : "0 black, 1 white";
}
