// One pooling window, worked out in the browser as torch does it. Nothing here draws.

// scene: {kind, window, stride, padding, p, countPadding, height, width, values}
// → {rows, cols, cells, winners, sum, counted, divisor, value}; a cell is {row, col, value, state} with state
// "map", "padding" or "beyond": what hangs over the end behind the padding belongs to no window's count.
export function windowAt(scene, row, col) {
  const { kind, padding, p } = scene;
  const rows = reach(row, 0, scene);
  const cols = reach(col, 1, scene);
  const cells = rows.map((r) => cols.map((c) => cellOf(scene, r, c)));
  const flat = cells.flat();
  const inside = flat.filter((cell) => cell.state === "map");
  const within = flat.filter((cell) => cell.state !== "beyond");
  const found = { row, col, rows, cols, cells, winners: [], padding };
  if (kind === "max") {
    const value = inside.reduce((most, cell) => Math.max(most, cell.value), -Infinity);
    found.winners = inside.filter((cell) => cell.value === value);
    return { ...found, counted: inside.length, value };
  }
  if (kind === "lp") {
    const divisor = within.length / flat.length;
    const sum = inside.reduce((total, cell) => total + Math.abs(cell.value) ** p, 0);
    return { ...found, sum, divisor, counted: within.length, value: (sum / divisor) ** (1 / p) };
  }
  const sum = inside.reduce((total, cell) => total + cell.value, 0);
  const counted = (kind === "average" && !scene.countPadding ? inside : within).length;
  const divisor = kind === "sum" ? 1 : counted;
  return { ...found, sum, divisor, counted, value: sum / divisor };
}

// The output cells whose windows read the input cell: [{row, col}].
export function readersOf(scene, row, col, places) {
  const along = (at, axis) => {
    const first = Math.max(0, Math.ceil((at + scene.padding - scene.window[axis] + 1) / scene.stride[axis]));
    const last = Math.min(places[axis] - 1, Math.floor((at + scene.padding) / scene.stride[axis]));
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
  };
  return along(row, 0).flatMap((r) => along(col, 1).map((c) => ({ row: r, col: c })));
}

// How many rows and columns the drawn input has with its padding and what hangs over the end.
export function extent(scene, places) {
  return [0, 1].map((axis) => {
    const length = axis === 0 ? scene.height : scene.width;
    const end = (places[axis] - 1) * scene.stride[axis] - scene.padding + scene.window[axis];
    return scene.padding + Math.max(length + scene.padding, end);
  });
}

// Which rows (axis 0) or columns (axis 1) of the input no window reads.
export function unread(scene, places, axis) {
  const length = axis === 0 ? scene.height : scene.width;
  const never = new Array(length).fill(true);
  for (let place = 0; place < places[axis]; place += 1) {
    for (const at of reach(place, axis, scene)) if (at >= 0 && at < length) never[at] = false;
  }
  return never;
}

function reach(place, axis, scene) {
  const start = place * scene.stride[axis] - scene.padding;
  return Array.from({ length: scene.window[axis] }, (_, i) => start + i);
}

function cellOf(scene, row, col) {
  const { height, width, padding, values } = scene;
  if (row >= 0 && row < height && col >= 0 && col < width) return { row, col, value: values[row * width + col], state: "map" };
  const beyond = row >= height + padding || col >= width + padding;
  return { row, col, value: 0, state: beyond ? "beyond" : "padding" };
}
