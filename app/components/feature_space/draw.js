// Marks, pictures, rings and lines on a canvas. A class has a colour and a shape; the test is filled, training hollow.

export const SHAPES = ["circle", "square", "triangle", "diamond", "cross", "wedge", "plus", "hexagon", "star"];
const TRACE = {
  circle: [], square: corners(4, Math.PI / 4), triangle: corners(3, -Math.PI / 2), diamond: corners(4, 0), wedge: corners(3, Math.PI / 2),
  hexagon: corners(6, 0), plus: cross(0), cross: cross(Math.PI / 4), star: star(),
};

function corners(number, turn) {
  return Array.from({ length: number }, (_, i) => at(turn + (2 * Math.PI * i) / number, 1.2));
}

function at(angle, radius) {
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}

function cross(turn) {
  const [long, thin] = [1.25, 0.42];
  const arm = [[thin, -thin], [thin, -long], [-thin, -long], [-thin, -thin]];
  return [0, 1, 2, 3].flatMap((quarter) => arm.map(([x, y]) => at(Math.atan2(y, x) - (quarter * Math.PI) / 2 + turn, Math.hypot(x, y))));
}

function star() {
  return Array.from({ length: 10 }, (_, i) => at(-Math.PI / 2 + (i * Math.PI) / 5, i % 2 ? 0.6 : 1.35));
}

// A mark of a class at (x, y): `filled` for the test.
export function mark(context, label, x, y, radius, { colour, filled, ground, alpha = 1 }) {
  context.save();
  context.globalAlpha = alpha;
  context.beginPath();
  const shape = TRACE[SHAPES[label % SHAPES.length]];
  if (shape.length === 0) context.arc(x, y, radius, 0, 2 * Math.PI);
  for (const [dx, dy] of shape) context.lineTo(x + radius * dx, y + radius * dy);
  context.closePath();
  context.lineWidth = radius * (filled ? 0.2 : 0.36);
  context.fillStyle = filled ? colour : ground;
  context.strokeStyle = filled ? ground : colour;
  context.fill();
  context.stroke();
  context.restore();
}

// One picture of the sheet, `size` wide round (x, y), in a frame: whole for the test, dashed for training.
export function picture(context, sheet, { side, columns }, place, x, y, size, { colour, filled, alpha = 1 }) {
  context.save();
  context.globalAlpha = alpha;
  const [left, top] = [x - size / 2, y - size / 2];
  context.drawImage(sheet, (place % columns) * side, Math.floor(place / columns) * side, side, side, left, top, size, size);
  context.lineWidth = size / 14;
  context.strokeStyle = colour;
  if (!filled) context.setLineDash([size / 9, size / 9]);
  context.strokeRect(left, top, size, size);
  context.restore();
}

// A ring round what was taken for another class: visible on any ground.
export function ring(context, x, y, radius, { ink, ground }, ratio) {
  for (const [colour, width] of [[ground, 4], [ink, 2]]) {
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.lineWidth = width * ratio;
    context.strokeStyle = colour;
    context.stroke();
  }
}

// From the lit picture to its nearest training picture.
export function line(context, from, to, { ink, ground }, ratio) {
  for (const [colour, width] of [[ground, 4.5], [ink, 2]]) {
    context.beginPath();
    context.moveTo(...from);
    context.lineTo(...to);
    context.lineWidth = width * ratio;
    context.strokeStyle = colour;
    context.stroke();
  }
}
