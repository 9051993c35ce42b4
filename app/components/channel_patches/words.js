// What is said of a patch, and of all of them.

import { full, ordinal, short, whole } from "../shared/format.js";

export function sentence({ channel, side, trained }, tile, most) {
  const box = `rows ${tile.top} to ${tile.bottom - 1}, columns ${tile.left} to ${tile.right - 1}`;
  const all = tile.top === 0 && tile.left === 0 && tile.bottom === side && tile.right === side;
  const sees = all ? "sees the whole picture" : `sees ${box}`;
  const untrained = trained ? "" : " Untrained: random weights.";
  return `${tile.picture}: the unit at row ${tile.row}, column ${tile.column} of ${channel} has ${short(tile.value)}, `
    + `${most ? "the greatest" : "the least"} of this picture's map, whose mean is ${short(tile.mean)}. It ${sees}.${untrained}`;
}

export const progress = ({ looked_through: done, total }) =>
  done < total ? `${whole(done)} of ${whole(total)} pictures so far` : `of ${whole(total)} pictures`;

// Where the learner's picture stands among all; the picture made for the channel beside the best of those at hand.
export function comparison({ yours, best, made, looked_through: done }) {
  const own = yours ? `${yours[0][0].toUpperCase()}${yours[0].slice(1)} comes ${ordinal(yours[2])} of ${whole(done)}: its greatest value is ${short(yours[1])}. ` : "";
  return own + besides({ best, made, done });
}

function besides({ best, made, done }) {
  if (!best) return "";
  const pictures = `Over the whole map, the greatest mean of ${whole(done)} pictures is ${short(best[1])} (${best[0]})`;
  return made === null ? `${pictures}.` : `${pictures}; the picture made for it reaches ${short(made)}.`;
}

export function csv(rows) {
  const lines = rows.flatMap((tiles, which) => tiles.map((tile) =>
    [which ? "least" : "most", `"${tile.picture.replaceAll('"', '""')}"`, full(tile.value).replace("−", "-"), tile.mean, tile.row, tile.column,
      tile.top, tile.left, tile.bottom, tile.right].join(",")));
  return `which,picture,value,mean of map,row,column,top,left,bottom,right\n${lines.join("\n")}\n`;
}
