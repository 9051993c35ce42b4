// Where does a value stand on an axis, which values get a tick, which sample of a curve belongs to x? No drawing here.

// A linear scale from [low, high] to [from, to], and back.
export function linear(low, high, from, to) {
  const factor = (to - from) / (high - low);
  return { at: (value) => from + (value - low) * factor, value: (at) => low + (at - from) / factor, low, high };
}

// Round numbers between low and high, about `wanted` of them.
export function ticks(low, high, wanted) {
  const rough = (high - low) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough);
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: count }, (_, i) => ((first + i) * step) || 0); // || 0: no minus zero
}

// The least and greatest of a list of arrays, with 0 and `least`…`most` always inside.
export function span(arrays, least, most) {
  let [low, high] = [least, most];
  for (const array of arrays) for (const value of array) { if (value < low) low = value; if (value > high) high = value; }
  return [low, high];
}

// The curves are sampled at every 1/perUnit from −reach to reach.
export const clampTo = (x, reach) => Math.min(reach, Math.max(-reach, x));
export const sampleOf = (x, { reach, per_unit: perUnit }) => Math.round((clampTo(x, reach) + reach) * perUnit);
export const xOf = (sample, { reach, per_unit: perUnit }) => (sample - reach * perUnit) / perUnit;

// The bin of a histogram that holds x; null outside.
export function binOf(x, edges) {
  const count = edges.length - 1;
  if (x < edges[0] || x > edges[count]) return null;
  const bin = Math.floor(((x - edges[0]) / (edges[count] - edges[0])) * count);
  return Math.min(count - 1, bin);
}

// Up to what share the histograms are drawn, so that one spike does not flatten the rest: the highest bar of those
// before, or 1.3 times the second highest of those after, whichever is more.
export function ceiling(before, after) {
  const sorted = [...after].sort((a, b) => b - a);
  return Math.max(...before, 1.3 * (sorted[1] ?? 0), 1e-6);
}
