// Which pixels does the window onto the picture show, and how does it move and zoom? No drawing here.

export const LEAST = 1;
export const MOST = 96; // CSS pixels a picture pixel

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

// A window that shows nothing outside the picture where the picture is larger than it.
export function held({ x, y, cell }, picture, room) {
  const hold = (centre, length, space) => {
    const half = space / cell / 2;
    return half * 2 >= length ? length / 2 : clamp(centre, half, length - half);
  };
  return { cell, x: hold(x, picture.width, room.width), y: hold(y, picture.height, room.height) };
}

// The picture position under a point of the window, in pixels and fractions.
export const under = ({ x, y, cell }, room, point) => ({
  x: x + (point.x - room.width / 2) / cell,
  y: y + (point.y - room.height / 2) / cell,
});

// Zoom by a factor so that what lies under `point` stays there.
export function zoomed(window, room, point, factor) {
  const cell = clamp(window.cell * factor, LEAST, MOST);
  const at = under(window, room, point);
  return { cell, x: at.x - (point.x - room.width / 2) / cell, y: at.y - (point.y - room.height / 2) / cell };
}

// Rows and columns that the window shows, whole or in part: first and last.
export function visible(window, picture, room) {
  const first = under(window, room, { x: 0, y: 0 });
  const last = under(window, room, { x: room.width, y: room.height });
  return {
    top: clamp(Math.floor(first.y), 0, picture.height - 1), bottom: clamp(Math.ceil(last.y) - 1, 0, picture.height - 1),
    left: clamp(Math.floor(first.x), 0, picture.width - 1), right: clamp(Math.ceil(last.x) - 1, 0, picture.width - 1),
  };
}
