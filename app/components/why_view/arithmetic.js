// What do the values of a map say: how strong is a pixel among all, which are the strongest? No drawing here.

// What an equal share of a map would be: the mean of |values|.
export function equalShare(values) {
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) sum += Math.abs(values[i]);
  return sum / values.length;
}

// The values of the first and the last colour of a map's own scale.
export function ownLimits(values, signed) {
  let least = Infinity;
  let greatest = -Infinity;
  for (let i = 0; i < values.length; i += 1) {
    if (values[i] < least) least = values[i];
    if (values[i] > greatest) greatest = values[i];
  }
  if (!signed) return least < greatest ? [least, greatest] : [0, greatest || 1];
  const reach = Math.max(Math.abs(least), Math.abs(greatest)) || 1;
  return [-reach, reach];
}

// The index of the highest value.
export function strongest(values) {
  let at = 0;
  for (let i = 1; i < values.length; i += 1) if (values[i] > values[at]) at = i;
  return at;
}

// The place of each pixel when the highest value comes first; of equal values the earlier pixel.
export function places(values) {
  const order = Uint32Array.from(values.keys()).sort((a, b) => values[b] - values[a] || a - b);
  const place = new Uint32Array(values.length);
  order.forEach((pixel, at) => { place[pixel] = at; });
  return place;
}

// A map with its detail smoothed away: the mean over a square of side 2 · reach + 1, cut at the edges; done twice.
export function smoothed(values, width, height, reach) {
  const across = runningMeans(values, height, width, width, 1, reach);
  const once = runningMeans(across, width, height, 1, width, reach);
  const again = runningMeans(once, height, width, width, 1, reach);
  return runningMeans(again, width, height, 1, width, reach);
}

function runningMeans(values, lines, length, toLine, toNext, reach) {
  const means = new Float32Array(values.length);
  for (let line = 0; line < lines; line += 1) {
    let sum = 0;
    for (let at = -reach; at < length; at += 1) {
      if (at + reach < length) sum += values[line * toLine + (at + reach) * toNext];
      if (at - reach - 1 >= 0) sum -= values[line * toLine + (at - reach - 1) * toNext];
      if (at >= 0) means[line * toLine + at * toNext] = sum / (Math.min(length - 1, at + reach) - Math.max(0, at - reach) + 1);
    }
  }
  return means;
}

// Whether each pixel is among the first `percent` of all: 1 or 0.
export function among(place, percent) {
  const count = Math.round((percent / 100) * place.length);
  return Uint8Array.from(place, (at) => (at < count ? 1 : 0));
}

// The sides of cells that separate 1 from 0, as lines [x0, y0, x1, y1] in cells; neighbours on a line are joined.
export function borders(mask, width, height) {
  const lines = [];
  const run = (across, length, count, differs) => {
    for (let line = 1; line < count; line += 1) {
      let from = -1;
      for (let at = 0; at <= length; at += 1) {
        const on = at < length && differs(line, at);
        if (on && from < 0) from = at;
        if (!on && from >= 0) {
          lines.push(across ? [from, line, at, line] : [line, from, line, at]);
          from = -1;
        }
      }
    }
  };
  run(true, width, height, (row, col) => mask[row * width + col] !== mask[(row - 1) * width + col]);
  run(false, height, width, (col, row) => mask[row * width + col] !== mask[row * width + col - 1]);
  return lines;
}

// The pixels (RGBA) of one picture where the mask is 1, of another where it is 0.
export function mixed(mask, inside, outside) {
  const from = [new Uint32Array(outside.buffer, outside.byteOffset, mask.length), new Uint32Array(inside.buffer, inside.byteOffset, mask.length)];
  const pixels = new Uint32Array(mask.length);
  for (let i = 0; i < mask.length; i += 1) pixels[i] = from[mask[i]][i];
  return new Uint8ClampedArray(pixels.buffer);
}

// The value of a curve at a share from 0 to 1, by straight lines between its points.
export function curveAt(curves, row, share) {
  const [, count] = curves.shape;
  let at = 1;
  while (at < count - 1 && curves[at] < share) at += 1;
  const part = (share - curves[at - 1]) / (curves[at] - curves[at - 1]);
  const [low, high] = [curves[row * count + at - 1], curves[row * count + at]];
  return low + (high - low) * part;
}
