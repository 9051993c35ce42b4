// What normalization makes of each value. Nothing here draws.

// One tile: `values` minus the mean, divided by the root of variance plus epsilon.
export function normalized(values, mean, variance, eps) {
  const scale = Math.sqrt(variance + eps);
  return Float64Array.from(values, (value) => (value - mean) / scale);
}

// The channels (first, last) whose squares count for channel `c`; an even size takes the extra one from below.
export function neighbours(c, channels, size) {
  return [Math.max(0, c - Math.floor(size / 2)), Math.min(channels - 1, c + Math.floor((size - 1) / 2))];
}

// Local response normalization of the tiles of one picture: {values, sums, divisors}, one array a tile.
export function localResponse(tiles, { size, k, alpha, beta }) {
  return tiles.map((values, c) => {
    const [first, last] = neighbours(c, tiles.length, size);
    const sums = new Float64Array(values.length);
    for (let n = first; n <= last; n += 1) tiles[n].forEach((value, i) => { sums[i] += value * value; });
    const divisors = sums.map((sum) => (k + alpha * sum) ** beta);
    return { values: Float64Array.from(values, (value, i) => value / divisors[i]), sums, divisors };
  });
}

// All panels of a scene as lists of tiles: before, after (and for two companies: after the other, difference).
export function panelsOf(header) {
  const { values, mean, variance } = header.arrays;
  const [rows, columns, height, width] = values.shape;
  const size = height * width;
  const count = rows * columns;
  const tiles = Array.from({ length: count }, (_, t) => values.subarray(t * size, (t + 1) * size));
  if (header.mode === "neighbours") {
    const done = localResponse(tiles, header.lrn);
    return { panels: [tiles, done.map((one) => one.values)], lrn: done };
  }
  const after = (s) => tiles.map((tile, t) => normalized(tile, mean[s * count + t], variance[s * count + t], header.eps));
  if (header.mode === "sets") return { panels: [tiles, after(0)] };
  const [first, second] = [after(0), after(1)];
  return { panels: [tiles, first, second, first.map((tile, t) => tile.map((value, i) => value - second[t][i]))] };
}
