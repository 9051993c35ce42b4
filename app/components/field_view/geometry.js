// Which pixels does a unit see, and which units see a pixel? Rows and columns are apart: spans of first and last + 1.

// The layer with its spans: {rows: Int32Array of (first, end) pairs, cols, height, width, …}.
export function withSpans(layer, spans) {
  const cut = ([first, count]) => spans.subarray(2 * first, 2 * (first + count));
  return { ...layer, rows: cut(layer.rows), cols: cut(layer.cols), height: layer.rows[1], width: layer.cols[1] };
}

// The box of a unit, half-open and not clipped: {top, left, bottom, right, height, width}.
export function boxOf(layer, { row, col }) {
  const [top, bottom, left, right] = [layer.rows[2 * row], layer.rows[2 * row + 1], layer.cols[2 * col], layer.cols[2 * col + 1]];
  return { top, left, bottom, right, height: bottom - top, width: right - left };
}

// How many rows and columns of the box lie in the padding, and which part of it lies in the picture (null: none).
export function paddingOf(box, [height, width]) {
  const within = (first, end, size) => Math.max(0, Math.min(end, size) - Math.max(first, 0));
  const [rows, cols] = [within(box.top, box.bottom, height), within(box.left, box.right, width)];
  const inside = rows && cols
    ? { top: Math.max(0, box.top), left: Math.max(0, box.left), height: rows, width: cols } : null;
  return { rows: box.height - rows, cols: box.width - cols, inside };
}

// The rows and the columns of units whose span holds the pixel, as runs {first, end}; the units are all their pairs.
export function holders(layer, { row, col }) {
  return { rows: runs(layer.rows, row), cols: runs(layer.cols, col) };
}

export const total = (list) => list.reduce((sum, { first, end }) => sum + end - first, 0);

function runs(spans, at) {
  const found = [];
  for (let i = 0; i < spans.length / 2; i += 1) {
    if (spans[2 * i] > at || spans[2 * i + 1] <= at) continue;
    if (found.at(-1)?.end === i) found.at(-1).end = i + 1;
    else found.push({ first: i, end: i + 1 });
  }
  return found;
}

// Where a unit stands in its map, 0 … 1 down and across, and the unit of another map at that place.
export const placeOf = (layer, { row, col }) => ({ down: (row + 0.5) / layer.height, across: (col + 0.5) / layer.width });

export const unitAt = (layer, { down, across }) => ({
  row: Math.min(layer.height - 1, Math.floor(down * layer.height)), col: Math.min(layer.width - 1, Math.floor(across * layer.width)),
});
