// Where on the map stand columns, tiles, headers and connections? Plain arithmetic in CSS pixels, no drawing.

export const ROWS = 8; // channels in a column without branches; app/ui/network_map_scene.py has the same
const GAP = 4; // between tiles
const LANE_HEAD = 15; // the line above each of several branches
const END = 0.45; // of a column's width is left free at the right, for what goes to the answer
const FOOT = 30; // room below the tiles, for what goes round columns

// `room` = {width, height}; `zoom` 1 fits; `type` is how much larger than usual letters are.
export function layOut(header, room, zoom, type) {
  const depths = Math.max(...header.boxes.map((box) => box.depth)) + 1;
  const double = header.sides === 2 && !header.difference;
  const head = Math.round(74 * type);
  const high = Math.floor((room.height - head - FOOT) / ROWS) - GAP;
  const least = 70 * type;
  const pitch = Math.max(double ? 1.7 * least : least, room.width / (depths + END));
  const wide = (pitch - 24) / (double ? 2 : 1);
  const tile = Math.max(16, Math.floor(Math.min(high, wide) * zoom));
  const across = double ? 2 * tile + 2 : tile;
  const step = Math.max(pitch * (zoom > 1 ? 1 + (zoom - 1) * 0.8 : 1), across + 24);
  const whole = ROWS * (tile + GAP);
  const boxes = header.boxes.map((box) => boxOf(box, { step, tile, across, head, whole, type, double }));
  const height = Math.max(room.height, head + whole + FOOT);
  return { boxes, byColumn: new Map(boxes.map((box) => [box.column, box])), tile, across, step, head, whole, double, type,
    width: Math.max(room.width, (depths + END) * step), height, depths, stages: stagesOf(header, boxes, step) };
}

function boxOf(box, { step, tile, across, head, whole, type, double }) {
  const several = box.lanes > 1;
  const lane = whole / box.lanes;
  const top = head + box.lane * lane + (several ? LANE_HEAD * type : 0);
  const rows = Math.max(1, Math.floor(ROWS / box.lanes));
  const room = several ? lane - LANE_HEAD * type : lane;
  const side = Math.max(10, Math.min(tile, Math.floor(room / rows) - GAP));
  const left = Math.round(box.depth * step + (step - across) / 2);
  const first = box.column === 0 ? side + 3 * GAP : 0; // the picture itself stands above its channels
  const width = double ? 2 * side + 2 : side;
  const tiles = box.shown.map((channel, row) => (
    { channel, row, x: left, y: Math.round(top + first + row * (side + GAP)), width, height: side }));
  return { ...box, x: left, y: Math.round(top), width: across, height: Math.round(first + Math.max(1, tiles.length) * (side + GAP) - GAP), side, tiles };
}

// One picture's half of a tile, where two stand side by side.
export function half(plan, tile, side) {
  return plan.double ? { ...tile, x: tile.x + side * (tile.height + 2), width: tile.height } : tile;
}

// How many columns are out of sight on the left and on the right of what is scrolled into view.
export function unseen(plan, left, width) {
  const depths = [...new Set(plan.boxes.map((box) => box.depth))];
  const middle = (depth) => (depth + 0.5) * plan.step - left;
  return { before: depths.filter((depth) => middle(depth) < 0).length, after: depths.filter((depth) => middle(depth) > width).length };
}

// From where to where each stage reaches across, and whether it can be opened.
function stagesOf(header, boxes, step) {
  return header.stages.map((stage) => {
    const inside = boxes.filter((box) => box.stage === stage.stage);
    if (!inside.length) return null;
    const depths = inside.map((box) => box.depth);
    return { ...stage, x: Math.min(...depths) * step, width: (Math.max(...depths) - Math.min(...depths) + 1) * step };
  }).filter(Boolean);
}

// What lies under a point of the map: {tile, box, side}, {stage} in the headers, or null.
export function under(plan, x, y, scrollTop) {
  if (y - scrollTop < plan.head) {
    const stage = plan.stages.find((one) => x >= one.x && x < one.x + one.width);
    return stage ? { stage } : null;
  }
  for (const box of plan.boxes) {
    if (x < box.x - 6 || x > box.x + box.width + 6) continue;
    const tile = box.tiles.find((one) => y >= one.y - 2 && y <= one.y + one.height + 2);
    if (tile) return { box, tile, side: plan.double && x > tile.x + tile.width / 2 ? 1 : 0 };
  }
  return null;
}

// The box and row after an arrow key: up and down through a column, left and right to the nearest neighbour.
export function stepped(plan, { column, row }, key) {
  const box = plan.byColumn.get(column);
  if (key === "ArrowUp" || key === "ArrowDown") {
    const to = row + (key === "ArrowUp" ? -1 : 1);
    if (to >= 0 && to < box.tiles.length) return { column, row: to };
    const others = plan.boxes.filter((one) => one.depth === box.depth && one.tiles.length);
    const next = others[others.indexOf(box) + (key === "ArrowUp" ? -1 : 1)];
    return next ? { column: next.column, row: key === "ArrowUp" ? next.tiles.length - 1 : 0 } : { column, row };
  }
  const drawn = plan.boxes.filter((one) => one.tiles.length);
  const depths = [...new Set(drawn.map((one) => one.depth))].sort((a, b) => a - b);
  const at = depths.indexOf(box.depth);
  const goal = { ArrowLeft: depths[at - 1], ArrowRight: depths[at + 1], Home: depths[0], End: depths.at(-1) }[key];
  if (goal === undefined) return null;
  const y = box.tiles[row]?.y ?? box.y;
  let best = null;
  for (const one of drawn.filter((other) => other.depth === goal)) {
    for (const tile of one.tiles) {
      const far = Math.abs(tile.y - y);
      if (!best || far < best.far) best = { far, column: one.column, row: tile.row };
    }
  }
  return { column: best.column, row: best.row };
}

// A connection between two columns, {from, to, low}: where other columns stand between, it goes below them at `low`.
export function connection(plan, from, to) {
  const [x0, x1] = [from.x + from.width + 3, to.x - 3];
  const [y0, y1] = [middle(from), middle(to)];
  const between = plan.boxes.some((box) => box.depth > from.depth && box.depth < to.depth && overlaps(box, from));
  const low = to.depth - from.depth > 1 && between ? plan.head + plan.whole + 3 + 5 * (from.depth % 4) : null;
  return { from: { x: x0, y: y0 }, to: { x: x1, y: y1 }, low };
}

const middle = (box) => box.y + box.height / 2;
const overlaps = (box, from) => middle(from) > box.y - 8 && middle(from) < box.y + box.height + 8;
