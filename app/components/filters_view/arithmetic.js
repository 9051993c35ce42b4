// In which order do slices stand, which pixels has a filter, where does a key lead? No drawing here.

import { colourise } from "../shared/colours.js";

// The places of a filter's slices: greatest norm first, what adds or takes most first, or as the input counts them.
export function ordered({ norms, added }, order) {
  const size = { norm: norms, added: added.map(Math.abs) }[order];
  const places = Array.from(norms.keys());
  return size ? places.sort((a, b) => size[b] - size[a] || a - b) : places;
}

// Bytes of a gallery (127: 0) to pixels RGBA, one filter below the other. `shares` (one a filter): by how much its
// colours are weaker than if it had a scale of its own. Three channels are red, green and blue, grey being 0.
export function galleryPixels(bytes, [count, channels, height, width], shares, palette) {
  const area = height * width;
  const value = (filter, channel, at) => ((bytes[(filter * channels + channel) * area + at] - 127) / 127) * shares[filter];
  if (channels === 1) {
    const values = new Float32Array(count * area);
    for (let i = 0; i < values.length; i += 1) values[i] = value(Math.floor(i / area), 0, i % area);
    return colourise(values, palette, -1, 1);
  }
  const rgba = new Uint8ClampedArray(4 * count * area);
  for (let i = 0; i < count * area; i += 1) {
    const [filter, at] = [Math.floor(i / area), i % area];
    for (let channel = 0; channel < 3; channel += 1) rgba[4 * i + channel] = 127.5 * (1 + value(filter, channel, at));
    rgba[4 * i + 3] = 255;
  }
  return rgba;
}

// The cell after a key, over the edges of tiles; null for a key that does not move. `at` is {position, row, col}.
export function stepped(key, at, { columns }, count, height, width) {
  const by = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[key];
  if (!by) return null;
  const row = Math.floor(at.position / columns) * height + at.row + by[0];
  const col = (at.position % columns) * width + at.col + by[1];
  if (row < 0 || col < 0 || col >= columns * width) return at;
  const position = Math.floor(row / height) * columns + Math.floor(col / width);
  return position < count ? { position, row: row % height, col: col % width } : at;
}
