// Where does each map stand, which colour has a value, which part of the picture lies under a cell? No drawing here.

export { colourise, lookUp } from "../shared/colours.js";
export { layOut, moved, positionAt, tileBox } from "../shared/tiles.js";

// The first and last pixel of the picture under cell `index` of `cells`, `side` pixels in all.
export function under(index, cells, side) {
  const first = Math.floor((index * side) / cells);
  return [first, Math.max(first, Math.ceil(((index + 1) * side) / cells) - 1)];
}
