// Where does each box of a graph stand? Groups that are open hold the boxes of their parts. Nothing here draws.
//
// In a group, a box stands one rank below the lowest that it reads. A wire that passes ranks by gets a lane of its own
// in them, so that it runs beside the boxes; where there are too many of those, it goes round in an arc.

const BOX = { height: 40, least: 112, most: 250 };
const GAP = { across: 16, down: 34, lane: 12 };
const FRAME = { head: 26, side: 14, foot: 12 };
const MOST_LANES = 24; // of a group; with more wires than that a picture of lanes shows nothing
const ARC = { step: 11, most: 180 };
const SWEEPS = 4;
export const NONE = -1; // stands for what is outside of a group

// The items in each group, and the wires between them, whatever is open: made once for each graph.
export function prepare({ items, edges }) {
  const first = (item) => (items[item].parts.length ? Math.min(...items[item].parts.map(first)) : item);
  const top = items.filter((item) => item.parent === NONE).map((item) => item.item).sort((a, b) => first(a) - first(b));
  const chain = items.map((item) => chainOf(items, item));
  const wires = new Map([[NONE, new Map()], ...items.filter((item) => item.parts.length).map((item) => [item.item, new Map()])]);
  for (const [source, target, shape] of edges) {
    const [up, down] = [chain[source], chain[target]];
    let shared = 0;
    while (up[shared] === down[shared]) shared += 1;
    join(wires.get(shared ? up[shared - 1] : NONE), up[shared], down[shared], shape);
    for (let level = shared; level < up.length - 1; level += 1) join(wires.get(up[level]), up[level + 1], NONE, shape);
    for (let level = shared; level < down.length - 1; level += 1) join(wires.get(down[level]), NONE, down[level + 1], shape);
  }
  return { items, top, wires: new Map([...wires].map(([group, found]) => [group, [...found.values()]])) };
}

// From the outermost group down to the item itself.
function chainOf(items, item) {
  const chain = [item.item];
  for (let at = item.parent; at !== NONE; at = items[at].parent) chain.unshift(at);
  return chain;
}

function join(wires, source, target, shape) {
  const key = `${source}>${target}`;
  if (!wires.has(key)) wires.set(key, { source, target, shapes: new Set() });
  wires.get(key).shapes.add(shape);
}

// Every box that is seen, and the wires between boxes, in CSS pixels times `type`; `open` is a set of item numbers.
export function layOut(graph, open, room, type) {
  const whole = arrange(graph, NONE, graph.top, open, Math.max(BOX.least, room / type - 2 * FRAME.side));
  const plan = { boxes: [], wires: [], byItem: new Map(), width: 0, height: 0 };
  const width = Math.max(room / type, whole.width + 2 * FRAME.side);
  place(whole, (width - whole.width) / 2, 8, plan, NONE);
  const scale = (numbers, names) => { for (const name of names) numbers[name] *= type; };
  plan.boxes.forEach((box) => scale(box, ["x", "y", "width", "height", "head"]));
  plan.wires.forEach((wire) => wire.points.forEach((point) => scale(point, ["x", "y"])));
  plan.width = width * type;
  plan.height = (whole.height + 24) * type;
  plan.boxes.sort((a, b) => a.depth - b.depth);
  return plan;
}

function arrange(graph, group, parts, open, room) {
  const wires = graph.wires.get(group);
  const ranks = ranked(parts, wires);
  const width = Math.max(...ranks.map((rank) => rank.length));
  const share = (count) => Math.min(BOX.most, Math.max(BOX.least, (room - (count - 1) * GAP.across) / count));
  const cells = new Map();
  ranks.forEach((rank, at) => rank.forEach((item) => {
    const beside = width > 3 ? width : rank.length;
    cells.set(item, cellOf(graph, item, at, open, share(beside), rank.length > 1 ? share(beside) : room));
  }));
  const { rows, long, arcs } = laned(ranks, cells, wires);
  order(rows, wires, long);
  return { group, ...positions(rows, cells, arcs), cells, wires, long, arcs, ranks: rows.length };
}

function cellOf(graph, item, rank, open, share, room) {
  const { parts } = graph.items[item];
  if (!parts.length || !open.has(item)) return { item, rank, width: share, height: BOX.height };
  const inner = arrange(graph, item, parts, open, Math.max(BOX.least, room - 2 * FRAME.side));
  return { item, rank, inner, width: Math.max(inner.width + 2 * FRAME.side, BOX.least), height: inner.height + FRAME.head + FRAME.foot };
}

// The parts by rank. What is read in a circle (a layer that runs twice) goes by the order of the parts.
function ranked(parts, wires) {
  const order = new Map(parts.map((part, at) => [part, at]));
  const rank = new Map();
  const reads = new Map(parts.map((part) => [part, []]));
  for (const { source, target } of wires) if (source !== NONE && target !== NONE && order.get(source) < order.get(target)) reads.get(target).push(source);
  for (const part of parts) rank.set(part, Math.max(-1, ...reads.get(part).map((source) => rank.get(source))) + 1);
  const ranks = [];
  for (const part of parts) (ranks[rank.get(part)] ??= []).push(part);
  return ranks;
}

// The ranks with a lane in each that a long wire passes. Wires from outside start above the first rank, and to the
// outside end below the last.
function laned(ranks, cells, wires) {
  const rows = ranks.map((rank) => rank.map((item) => ({ item })));
  const last = ranks.length;
  const ends = ({ source, target }) => [source === NONE ? -1 : cells.get(source).rank, target === NONE ? last : cells.get(target).rank];
  const passing = wires.filter((wire) => { const [from, to] = ends(wire); return to - from > 1; });
  const lanes = passing.reduce((sum, wire) => { const [from, to] = ends(wire); return sum + to - from - 1; }, 0);
  const long = new Map();
  if (lanes > MOST_LANES) return { rows, long, arcs: passing };
  for (const wire of passing) {
    const [from, to] = ends(wire);
    const way = [];
    for (let at = from + 1; at < to; at += 1) {
      const lane = { wire };
      rows[at].push(lane);
      way.push(lane);
    }
    long.set(wire, way);
  }
  return { rows, long, arcs: [] };
}

// Boxes beside each other in the order of what they read and of what reads them, so that few wires cross.
function order(rows, wires, long) {
  const cellAt = new Map(rows.flat().map((cell) => [cell.item ?? cell, cell]));
  const links = [];
  for (const wire of wires) {
    const stops = [...(wire.source === NONE ? [] : [cellAt.get(wire.source)]), ...(long.get(wire) ?? []), ...(wire.target === NONE ? [] : [cellAt.get(wire.target)])];
    for (let at = 1; at < stops.length; at += 1) links.push([stops[at - 1], stops[at]]);
  }
  const near = new Map(rows.flat().map((cell) => [cell, { above: [], below: [] }]));
  for (const [above, below] of links) { near.get(below).above.push(above); near.get(above).below.push(below); }
  const spots = new Map();
  const note = (row) => row.forEach((cell, at) => spots.set(cell, (at + 0.5) / row.length));
  rows.forEach(note);
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const down = sweep % 2 === 0;
    for (const row of down ? rows : [...rows].reverse()) {
      const middle = new Map(row.map((cell) => {
        const others = near.get(cell)[down ? "above" : "below"];
        return [cell, others.length ? others.reduce((sum, other) => sum + spots.get(other), 0) / others.length : spots.get(cell)];
      }));
      row.sort((a, b) => middle.get(a) - middle.get(b));
      note(row);
    }
  }
}

function positions(rows, cells, arcs) {
  const widthOf = (cell) => (cell.item === undefined ? GAP.lane : cells.get(cell.item).width);
  const widths = rows.map((row) => row.reduce((sum, cell) => sum + widthOf(cell), 0) + (row.length - 1) * GAP.across);
  const bulge = Math.min(ARC.most, arcs.reduce((most, wire) => Math.max(most, reach(wire, cells, rows.length)), 0) * ARC.step);
  const width = Math.max(...widths) + bulge;
  let y = GAP.down / 2;
  rows.forEach((row, at) => {
    let x = (width - bulge - widths[at]) / 2;
    const height = Math.max(...row.map((cell) => (cell.item === undefined ? 0 : cells.get(cell.item).height)));
    for (const cell of row) {
      const box = cell.item === undefined ? cell : cells.get(cell.item);
      Object.assign(box, { row: { top: y, foot: y + height }, x, y: cell.item === undefined ? y : y + (height - box.height) / 2, width: widthOf(cell), height: cell.item === undefined ? height : box.height });
      x += widthOf(cell) + GAP.across;
    }
    y += height + GAP.down;
  });
  return { width, height: y - GAP.down / 2, middle: (width - bulge) / 2 };
}

const reach = ({ source, target }, cells, last) => (target === NONE ? last : cells.get(target).rank) - (source === NONE ? -1 : cells.get(source).rank);

// Turns an arranged group and all in it into boxes and wires at their final places.
function place(found, left, top, plan, parent, depth = 0) {
  for (const cell of found.cells.values()) {
    const box = { item: cell.item, parent, depth, open: Boolean(cell.inner), x: left + cell.x, y: top + cell.y, width: cell.width, height: cell.height, head: FRAME.head };
    plan.boxes.push(box);
    plan.byItem.set(cell.item, box);
    if (cell.inner) place(cell.inner, box.x + (box.width - cell.inner.width) / 2, box.y + FRAME.head, plan, cell.item, depth + 1);
  }
  const inTop = { x: left + found.middle, y: top }, outEnd = { x: left + found.middle, y: top + found.height };
  for (const wire of found.wires) {
    const from = wire.source === NONE ? inTop : footOf(plan.byItem.get(wire.source));
    const to = wire.target === NONE ? outEnd : headOf(plan.byItem.get(wire.target));
    // Between two ranks wires bend; past the boxes of a rank they go straight down, so that they cross none.
    const down = (x, { row }) => [{ x, y: top + row.top }, { x, y: top + row.foot }];
    const way = (found.long.get(wire) ?? []).flatMap((lane) => down(left + lane.x + lane.width / 2, lane));
    if (wire.source !== NONE) way.unshift(down(from.x, found.cells.get(wire.source))[1]);
    if (wire.target !== NONE) way.push(down(to.x, found.cells.get(wire.target))[0]);
    const arc = found.arcs.includes(wire) ? Math.min(ARC.most, reach(wire, found.cells, found.ranks) * ARC.step) : 0;
    plan.wires.push({ group: found.group, source: wire.source, target: wire.target, shapes: [...wire.shapes], points: [from, ...way, to], arc, depth });
  }
}

const footOf = (box) => ({ x: box.x + box.width / 2, y: box.y + box.height });
const headOf = (box) => ({ x: box.x + box.width / 2, y: box.y });

// The innermost box under a point of the plan: an open group where none of its parts is.
export function under(plan, x, y) {
  let found = null;
  for (const box of plan.boxes) {
    if (x >= box.x && x <= box.x + box.width && y >= box.y && y <= box.y + box.height && (!found || box.depth >= found.depth)) found = box;
  }
  return found;
}

// The box that an arrow key leads to; null for none. Only what lies in the direction counts, and the nearest of that.
export function stepped(plan, from, key) {
  const across = { ArrowLeft: -1, ArrowRight: 1 }[key] ?? 0;
  const down = { ArrowUp: -1, ArrowDown: 1 }[key] ?? 0;
  if (!across && !down) return null;
  const heart = (box) => ({ x: box.x + box.width / 2, y: box.y + (box.open ? box.head / 2 : box.height / 2) });
  const here = heart(from);
  let best = null, least = Infinity;
  for (const box of plan.boxes) {
    const { x, y } = heart(box);
    const [along, beside] = across ? [(x - here.x) * across, Math.abs(y - here.y)] : [(y - here.y) * down, Math.abs(x - here.x)];
    if (box === from || along <= 1) continue;
    const cost = along + (across ? 4 : 0.5) * beside;
    if (cost < least) [best, least] = [box, cost];
  }
  return best;
}
