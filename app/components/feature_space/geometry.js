// Where points of a plane stand on a canvas, which one is under a pointer, and which is next in a direction. No drawing.

const MARGIN = 0.06; // of the canvas, so that marks at the edge are whole

// Places in CSS pixels, [x, y] of each point one after another: one scale for both axes, the middle in the middle.
export function placed(points, width, height) {
  const [across, up] = [0, 1].map((axis) => range(points, axis));
  const room = 1 - 2 * MARGIN;
  const scale = Math.min((room * width) / (across.size || 1), (room * height) / (up.size || 1));
  const places = new Float32Array(points.length);
  for (let i = 0; i < points.length; i += 2) {
    places[i] = width / 2 + (points[i] - across.middle) * scale;
    places[i + 1] = height / 2 - (points[i + 1] - up.middle) * scale;
  }
  return places;
}

function range(points, axis) {
  let [low, high] = [Infinity, -Infinity];
  for (let i = axis; i < points.length; i += 2) {
    low = Math.min(low, points[i]);
    high = Math.max(high, points[i]);
  }
  return low > high ? { middle: 0, size: 0 } : { middle: (low + high) / 2, size: high - low };
}

// Places on their way from others to their own, `way` 0..1, slow at both ends; their own where there are no others.
export function between(from, to, way) {
  if (from?.length !== to.length || way >= 1) return to;
  const share = way * way * (3 - 2 * way);
  return to.map((value, i) => from[i] + (value - from[i]) * share);
}

// The nearest place to (x, y) within `reach` CSS pixels, or null.
export function under(places, x, y, reach) {
  let [best, least] = [null, reach * reach];
  for (let i = 0; i < places.length; i += 2) {
    const squared = (places[i] - x) ** 2 + (places[i + 1] - y) ** 2;
    if (squared <= least) [best, least] = [i / 2, squared];
  }
  return best;
}

const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// The nearest place in the direction of a key, what lies aside counting as twice as far; where there is none, `at`.
// Home and End go to the first and the last picture; another key gives null.
export function next(key, at, places) {
  const count = places.length / 2;
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  if (!(key in DIRECTIONS)) return null;
  const [across, down] = DIRECTIONS[key];
  let [best, least] = [at, Infinity];
  for (let i = 0; i < count; i += 1) {
    const [dx, dy] = [places[2 * i] - places[2 * at], places[2 * i + 1] - places[2 * at + 1]];
    const along = dx * across + dy * down;
    if (i === at || along < 0 || (along === 0 && i < at)) continue;
    const far = along + 2 * Math.abs(dx * down) + 2 * Math.abs(dy * across);
    if (far < least && along > 0) [best, least] = [i, far];
  }
  return best;
}
