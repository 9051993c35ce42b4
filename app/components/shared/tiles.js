// Where does each of many equal tiles stand, and which one is under a point? No drawing here.

// The grid in which `count` tiles of `height` × `width` values come out largest within `room` CSS pixels.
// From three pixels a value on, a value covers whole pixels of the screen (`ratio` of them to a CSS pixel).
export function layOut(count, { height, width }, room, ratio, gap = count > 400 ? 1 : count > 64 ? 2 : 4) {
  let best = { columns: 1, scale: 0 };
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const scale = Math.min((room.width - (columns - 1) * gap) / (columns * width), (room.height - (rows - 1) * gap) / (rows * height));
    if (scale > best.scale) best = { columns, scale };
  }
  const onScreen = best.scale * ratio;
  const scale = onScreen >= 3 ? Math.floor(onScreen) / ratio : best.scale;
  const { columns } = best;
  const rows = Math.ceil(count / columns);
  const tile = { width: width * scale, height: height * scale };
  return {
    columns, rows, gap, scale, tile,
    width: columns * tile.width + (columns - 1) * gap,
    height: rows * tile.height + (rows - 1) * gap,
  };
}

// Left and top of the tile at a position, in CSS pixels.
export function tileBox({ columns, tile, gap }, position) {
  return {
    x: (position % columns) * (tile.width + gap),
    y: Math.floor(position / columns) * (tile.height + gap),
    ...tile,
  };
}

// The position under a point; a gap belongs to the tile before it. Null where there is none.
export function positionAt({ columns, rows, tile, gap }, count, x, y) {
  const column = Math.floor(x / (tile.width + gap));
  const row = Math.floor(y / (tile.height + gap));
  const position = row * columns + column;
  return column < 0 || row < 0 || column >= columns || row >= rows || position >= count ? null : position;
}

// The position after a key, or null for a key that does not move.
export function moved(key, position, columns, count) {
  const to = { ArrowLeft: position - 1, ArrowRight: position + 1, ArrowUp: position - columns, ArrowDown: position + columns,
    Home: 0, End: count - 1 }[key];
  if (to === undefined) return null;
  return to < 0 || to >= count ? position : to;
}
