// Which edges light up for a channel: the strongest that feed it, and those to the channels that it feeds. No drawing.

const MOST = 8; // on each side

// `active` = {column, row, channel, side} or null; then those of a class of the answer, {place, side, y}.
export function edgesOf(view, active, swapped, asked) {
  if (!active) {
    const edges = fedEdges(view, view.header.answer, asked.place, asked.side, { y: asked.y }, null);
    return view.classAt === null ? edges.map((edge) => ({ ...edge, quiet: true })) : edges;
  }
  return [...fedEdges(view, active.column, active.row, active.side, active, swapped), ...onwardEdges(view, active)];
}

// What feeds a column's channels in one of the pictures, if it is here.
export const feedsOf = (view, column, side) => view.fed.get(`${column}.${view.header.difference ? 0 : side}`);

function fedEdges(view, column, place, side, to, swapped) {
  const fed = feedsOf(view, column, side)?.fed?.[place];
  if (!fed) return [];
  const most = Math.abs(fed.strongest[0]?.[2] ?? 1);
  return fed.strongest.filter(([, , share]) => share !== 0).map(([source, channel, share]) => (
    { from: { column: source, row: rowOf(view, source, channel, swapped) }, to, share, most }));
}

// The drawn tile of a channel; null where it is not drawn.
function rowOf(view, column, channel, swapped) {
  const box = view.plan.byColumn.get(column);
  if (!box) return null;
  const row = swapped
    ? box.tiles.findIndex((tile) => (swapped.get(`${column}.${tile.row}`)?.channel ?? tile.channel) === channel)
    : box.shown.indexOf(channel);
  return row < 0 ? null : row;
}

// To whom a channel hands on: known once those columns' feeds are here.
function onwardEdges(view, active) {
  const found = [];
  for (const box of view.plan.boxes) {
    if (!box.sources.includes(active.column)) continue;
    const known = feedsOf(view, box.column, active.side);
    if (!known?.fed) continue;
    const at = tileBefore(view, box.sources, active);
    box.tiles.forEach((tile) => found.push({ from: active, to: { column: box.column, row: tile.row }, onward: true,
      share: known.arrays.shares[tile.row * known.arrays.shares.shape[1] + at], most: Math.abs(known.fed[tile.row].strongest[0]?.[2] ?? 1) }));
  }
  return found.filter((edge) => edge.share !== 0).sort((a, b) => Math.abs(b.share / b.most) - Math.abs(a.share / a.most)).slice(0, MOST);
}

// Where the tile stands among all tiles of the sources, in their order.
function tileBefore(view, sources, { column, row }) {
  let at = 0;
  for (const source of sources) {
    if (source === column) return at + row;
    at += view.plan.byColumn.get(source).shown.length;
  }
  return at;
}

// While a channel is pinned, its sources' columns show the channels that feed it most: {"column.row": {channel, sheet, share}}.
export function swaps(view, pinned) {
  const known = feedsOf(view, pinned.column, pinned.side);
  const fed = known?.fed?.[pinned.row];
  if (!fed) return null;
  const found = new Map();
  for (const source of view.plan.byColumn.get(pinned.column).sources) {
    const box = view.plan.byColumn.get(source);
    const wanted = fed.strongest.filter(([column]) => column === source);
    const channels = wanted.map(([, channel]) => channel);
    const missing = wanted.filter(([, channel]) => !box.shown.includes(channel));
    const free = box.tiles.filter((tile) => !channels.includes(tile.channel)).reverse();
    missing.forEach(([, channel, share], place) => {
      const sheet = known.tiles.get(`${source}.${channel}`);
      if (free[place] && sheet) found.set(`${source}.${free[place].row}`, { channel, sheet, share });
    });
  }
  return found;
}
