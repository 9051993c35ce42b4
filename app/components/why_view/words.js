// What is said of a map, of a pixel, and of how far the work is.

import { full, short, whole } from "../shared/format.js";
import { curveAt } from "./arithmetic.js";
import { SMOOTH } from "./draw.js";

const times = (value) => `${short(value)} ×`;

// The value of a map at a pixel, and how many times an equal share that is.
export function valueAt(tile, pixel) {
  const value = tile.values[pixel];
  return { text: `${short(value)} · ${tile.equal ? times(Number((value / tile.equal).toPrecision(3))) : "0 ×"}`, title: full(value), value };
}

export function sentence(header, tiles, { row, col }) {
  const there = tiles.filter((tile) => tile.values);
  const said = there.map((tile) => {
    const [value, share] = tile.output.textContent.split(" · ");
    return `${tile.title} ${value} (${share})`;
  });
  const asked = `Row ${row}, column ${col} of the ${header.side} × ${header.side} pixels that the network saw`;
  if (!there.length) return `${asked}. The maps are still on their way.`;
  return `${asked}, asked for ${header.question}: ${said.join("; ")}. In brackets: how many times an equal share of the map.`;
}

export function progress({ done, total, message, left }) {
  if (message) return message;
  return total ? [`${whole(done)} of ${whole(total)}`, left].filter(Boolean).join(", ") : "Computing …";
}

// What the colours, the mask or the outline mean, under the maps.
export function note(header, look) {
  const share = `the ${look.share} % of pixels with the highest values`;
  return {
    overlay: header.own
      ? "Each map has a colour scale of its own, in its own units."
      : `One scale for all maps: how many times an equal share of its map a pixel has. ±${header.reach} × and more have the last colour.`,
    mask: `Shown of each map: ${share}.`,
    contour: `Outlined in each map: ${share}, once they are smoothed over ${2 * SMOOTH + 1} pixels.`,
    delete: `Covered with the mean colour: ${share}.`,
    insert: `On the blurred picture: ${share}.`,
  }[look.look];
}

// How probable the answer is with this share deleted or inserted, by the tile's curve.
export function cutWords(tile, look) {
  if (!tile.curves || !(look.look === "delete" || look.look === "insert")) return "";
  const probability = curveAt(tile.curves, look.look === "delete" ? 1 : 2, look.share / 100);
  return `${short(100 * probability)} % at this share`;
}
