// How large is a layer's block, which stand together, and what is said of each? Plain arithmetic, no drawing.

const LEAST = 7; // pixels, of a block's height
const MOST = 52;

// Channels and rows × columns from an output's shape.
export function mapsOf(layout, shape) {
  if (layout === "maps") return { channels: shape[0], height: shape[1], width: shape[2] };
  if (layout === "maps-last") return { channels: shape[2], height: shape[0], width: shape[1] };
  if (layout === "vector") return { channels: shape[0], height: 1, width: 1 };
  const channels = shape[shape.length - 1];
  const positions = shape.slice(0, -1).reduce((a, b) => a * b, 1);
  const side = Math.max(1, Math.floor(Math.sqrt(positions)));
  return { channels, height: side, width: side };
}

// Width in percent of its place, height in pixels: both logarithmic, since both double and halve along a network.
export function blockSize({ channels, height }, largest) {
  const share = largest > 1 ? Math.log2(height) / Math.log2(largest) : 0;
  return {
    width: Math.round(Math.min(94, 12 + 7.4 * Math.log2(1 + channels))),
    height: Math.round(LEAST + (MOST - LEAST) * share),
  };
}

// Neighbours whose maps are equally large.
export function groups(layers) {
  const found = [];
  for (const layer of layers) {
    const title = titleOf(layer);
    if (found.at(-1)?.title !== title) found.push({ title, layers: [] });
    found.at(-1).layers.push(layer);
  }
  return found;
}

function titleOf({ layout, shape, height, width }) {
  if (layout === "tokens") return `${shape[0]} tokens`;
  if (layout === "vector") return "vectors";
  if (layout === "windows" || layout === "other") return "inside";
  return `${height} × ${width}`;
}

export function sentence({ id, kind, layout, shape, channels, height, width }) {
  const size = shape.map((length) => length.toLocaleString("en-US")).join(" × ");
  const numbers = channels.toLocaleString("en-US");
  const words = {
    maps: `${numbers} maps of ${height} × ${width} values`,
    "maps-last": `${numbers} maps of ${height} × ${width} values`,
    tokens: `${shape[0]} tokens of ${numbers} values`,
    vector: `${numbers} values`,
  }[layout] ?? "parts of the picture, regrouped";
  return `${id}: ${kind}, ${size} (${words})`;
}
