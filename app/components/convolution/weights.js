// Which weights does a kernel get when it is filled, or when its shape changes?

// What stands in the menu. "own" keeps what is there, cut or filled up with zeros.
export const FILLS = {
  own: "your own", edges: "edges", mean: "mean", bell: "bell (Gaussian)", centre: "one in the centre", random: "random",
};

// The settings with `change`, their weights and biases made to fit.
export function reshaped(settings, change, channels) {
  const next = { ...settings, ...change };
  const perMap = Math.max(1, Math.floor(channels / next.groups));
  next.bias = Array.from({ length: next.maps }, (_, map) => settings.bias[map] ?? 0);
  if (change.weights) return next;
  next.weights = next.fill === "own" ? kept(settings, next, channels, perMap) : filled(next, perMap);
  return next;
}

function filled({ fill, maps, kernel: [kh, kw] }, perMap) {
  const weights = [];
  let state = 7;
  const random = () => { state = (state * 1103515245 + 12345) % 2147483648; return Math.round((state / 2147483648) * 20 - 10) / 10; };
  for (let map = 0; map < maps; map += 1) {
    for (let channel = 0; channel < perMap; channel += 1) {
      for (let a = 0; a < kh; a += 1) {
        for (let b = 0; b < kw; b += 1) {
          if (fill === "mean") weights.push(1 / (kh * kw * perMap));
          else if (fill === "bell") weights.push((bell(kh)[a] * bell(kw)[b]) / perMap);
          else if (fill === "centre") weights.push(a === middle(kh) && b === middle(kw) ? 1 : 0);
          else if (fill === "random") weights.push(random());
          else weights.push(edge(map, kh, kw, a, b));
        }
      }
    }
  }
  return weights.map((weight) => (fill === "mean" ? weight : Math.round(weight * 1e4) / 1e4));
}

const middle = (size) => Math.floor((size - 1) / 2);

// Binomial weights that sum to 1: the discrete bell.
function bell(size) {
  const row = [1];
  for (let n = 1; n < size; n += 1) row.push((row[n - 1] * (size - n)) / n);
  return row.map((value) => value / 2 ** (size - 1));
}

// Right minus left, below minus above, and so on in turn: Sobel's weights at 3 × 3.
function edge(map, kh, kw, a, b) {
  const across = slope(kw)[b] * 4 * bell(kh)[a];
  const down = slope(kh)[a] * 4 * bell(kw)[b];
  return [across, down, -across, -down][map % 4];
}

function slope(size) {
  if (size === 1) return [1];
  const smooth = bell(size - 1);
  return Array.from({ length: size }, (_, i) => (size === 2 ? [-1, 1][i] : ((smooth[i - 1] ?? 0) - (smooth[i] ?? 0)) * 2));
}

// The old weights at their old place about the kernel's centre; new maps and channels repeat the old ones.
function kept(old, next, channels, perMap) {
  const [oh, ow] = old.kernel;
  const [kh, kw] = next.kernel;
  const oldPerMap = Math.max(1, Math.floor(channels / old.groups));
  const weights = [];
  for (let map = 0; map < next.maps; map += 1) {
    for (let channel = 0; channel < perMap; channel += 1) {
      for (let a = 0; a < kh; a += 1) {
        for (let b = 0; b < kw; b += 1) {
          const [r, c] = [a - middle(kh) + middle(oh), b - middle(kw) + middle(ow)];
          const inside = r >= 0 && r < oh && c >= 0 && c < ow;
          const from = (map % old.maps) * oldPerMap + (channel % oldPerMap);
          weights.push(inside ? old.weights[(from * oh + r) * ow + c] : 0);
        }
      }
    }
  }
  return weights;
}
