// What each box costs, as three bars beside the graph, level with the box. Boxes beside each other share their level.

import { amount, NAMES } from "./words.js";

const ROOM = { least: 640, share: 0.46, most: 500, head: 26, number: 58, gap: 10 };

// CSS pixels that the bars take of a view of this width; 0 where it is too narrow for them.
export const panelWidth = (width, type) => (width < ROOM.least * type ? 0 : Math.round(Math.min(ROOM.most * type, ROOM.share * width)));

// Where each box that is seen has its bars: {item, y, height} in the plan's pixels, from the top down.
export function slotsOf(plan) {
  const middle = (box) => box.y + box.height / 2;
  const boxes = plan.boxes.filter((box) => !box.open && box.item !== 0).sort((a, b) => middle(a) - middle(b) || a.x - b.x);
  const levels = [];
  for (const box of boxes) {
    const level = levels.at(-1);
    if (level && middle(box) - level.middle < box.height / 2) level.boxes.push(box);
    else levels.push({ middle: middle(box), boxes: [box] });
  }
  return levels.flatMap(({ middle: at, boxes: beside }, place) => {
    const above = place ? at - levels[place - 1].middle : Infinity, below = place + 1 < levels.length ? levels[place + 1].middle - at : Infinity;
    const height = Math.min(beside[0].height, above, below);
    const each = height / beside.length;
    return [...beside].sort((a, b) => a.x - b.x).map((box, nth) => ({ item: box.item, y: at - height / 2 + nth * each, height: each }));
  });
}

// The item whose bars are at this place of the view, or null.
export function barAt(view, y) {
  const place = (y + view.scroll.scrollTop) / view.zoom;
  return view.slots.find((slot) => place >= slot.y && place <= slot.y + slot.height)?.item ?? null;
}

// `at` is what is in sight; the bars stand at its right side whatever is scrolled sideways.
export function drawPanel(context, view, at, ratio) {
  const { header, paint, type, panel, zoom } = view;
  const left = at.width - panel;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.fillStyle = paint.ground;
  context.fillRect(left, 0, panel, at.height);
  context.strokeStyle = paint.line;
  context.lineWidth = 1;
  context.strokeRect(left + 0.5, -1, panel, at.height + 2);
  const step = (panel - ROOM.gap) / header.costs.length;
  const longest = step - ROOM.gap - ROOM.number * type;
  for (const slot of view.slots) {
    const [y, height] = [slot.y * zoom - at.top, slot.height * zoom];
    if (y + height < ROOM.head * type || y > at.height) continue;
    const hot = slot.item === view.pointed;
    if (hot) {
      context.fillStyle = paint.second;
      context.fillRect(left + 1, y, panel, height);
    }
    header.costs.forEach((cost, place) => {
      const value = header.items[slot.item].costs[place];
      const x = left + ROOM.gap + place * step;
      const thick = Math.min(height * 0.8, 14 * type);
      const long = header.most[place] ? Math.max(value ? 1 : 0, (longest * value) / header.most[place]) : 0;
      context.fillStyle = hot ? paint.accent : paint.text;
      context.globalAlpha = hot ? 1 : 0.6;
      context.fillRect(x, y + (height - thick) / 2, long, thick);
      context.globalAlpha = 1;
      if (height < 11 * type || !value) return;
      context.fillStyle = paint.text;
      context.textAlign = "left";
      context.font = `${11 * type}px ${paint.family}`;
      context.fillText(amount(value, cost), x + long + 5 * type, y + height / 2 + 4 * type);
    });
  }
  drawHead(context, view, left, step);
}

function drawHead(context, { header, paint, type, panel }, left, step) {
  context.fillStyle = paint.ground;
  context.fillRect(left + 1, 0, panel, ROOM.head * type);
  context.fillStyle = paint.text;
  context.textAlign = "left";
  context.font = `600 ${12 * type}px ${paint.family}`;
  header.costs.forEach((cost, place) => context.fillText(NAMES[cost], left + ROOM.gap + place * step, 17 * type));
}
