// Which units of each level does a unit read, along one row? Nothing here draws.

// Sorted positions per level, level 0 the picture, that the units `at` of level `from` read; counted from the first
// that unit 0 at the top reads.
export function readBelow(layers, from = layers.length, at = [0]) {
  const levels = [at];
  for (let l = from - 1; l >= 0; l -= 1) {
    const { kernel, stride, dilation } = layers[l];
    const below = new Set();
    for (const unit of levels[0]) for (let t = 0; t < kernel; t += 1) below.add(unit * stride + t * dilation);
    levels.unshift([...below].sort((a, b) => a - b));
  }
  return levels;
}

// Sorted positions per level, from `level` up to the top, that read unit `unit` of that level; `levels` are all there are.
export function readAbove(layers, levels, level, unit) {
  const above = [[unit]];
  for (let l = level + 1; l < levels.length; l += 1) {
    const wanted = new Set(above.at(-1));
    above.push(levels[l].filter((reader) => taps(layers, l, reader).some((tap) => wanted.has(tap))));
  }
  return above;
}

// The units that unit `unit` of level `level` (1 is the first layer) reads one level below.
export function taps(layers, level, unit) {
  const { kernel, stride, dilation } = layers[level - 1];
  return Array.from({ length: kernel }, (_, t) => unit * stride + t * dilation);
}

// Size of the field and jump of a level's units, in pixels; level 0 are the pixels.
export const sizeOf = (layers, level) => (level ? layers[level - 1].size : 1);
export const jumpOf = (layers, level) => (level ? layers[level - 1].jump : 1);

// The first pixel that a unit sees, and the middle of its field in pixels from the field's left edge.
export const firstPixel = (layers, level, unit) => unit * jumpOf(layers, level);
export const middle = (layers, level, unit) => firstPixel(layers, level, unit) + sizeOf(layers, level) / 2;
