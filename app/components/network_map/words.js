// What is said of the network, a stage, a channel and of what feeds it.

import { count, short, whole } from "../shared/format.js";

const signed = (number) => (number > 0 ? `+${short(number)}` : short(number));

export function overview({ boxes, stages, pictures, difference, sides }) {
  const closed = stages.filter((stage) => !stage.open && stage.columns > 1).length;
  const compared = sides === 2 ? (difference ? `; ${pictures[0]} less ${pictures[1]}` : `; left ${pictures[0]}, right ${pictures[1]}`) : "";
  const more = closed ? `; ${count(closed, "stage")} closed, a click on + opens it` : "";
  return `${count(boxes.length, "column")}${compared}${more}`;
}

export const scaleNote = ({ per, difference }) => (per === "all" ? "" : `Red is negative, blue positive; each column has a scale of its own${difference ? " for the difference" : ""}.`);

export const sizeOf = (box) => {
  if (!box.size) return "no maps";
  const [height, width] = box.size;
  return height * width === 1 ? whole(box.channels) : `${whole(box.channels)} × ${height}${height === width ? "²" : `×${width}`}`;
};

export function sees({ field }) {
  if (!field) return "";
  if (field === "the whole picture") return "sees all";
  const [height, width] = field.split(" × ");
  return height === width ? `sees ${height}²` : `sees ${height}×${width}`;
}

export function stageSentence({ label, columns, open }) {
  if (columns === 1) return `${label} is a single layer.`;
  return `${label}: ${count(columns, "column")}, ${open ? "all shown. Click to close it." : "its output shown. Click to open it."}`;
}

// `numbers` are mean, least, greatest and share, of each picture; `side` is the one pointed at.
export function channelSentence(header, box, tile, numbers, side) {
  const map = box.size && box.size[0] * box.size[1] > 1;
  const [mean, least, greatest, share] = numbers[side];
  const range = map ? `mean ${short(mean)}, from ${short(least)} to ${short(greatest)}` : `value ${short(mean)}`;
  const there = header.sides === 2 ? ` in “${header.pictures[side]}”` : "";
  const other = header.sides === 2 ? ` In “${header.pictures[1 - side]}” ${map ? "mean " : ""}${short(numbers[1 - side][0])}.` : "";
  const spoken = Number.isFinite(share) && box.column ? ` Share in the logit of “${header.labels[header.listed.indexOf(header.target)]}”: ${signed(share)}.` : "";
  const name = box.column ? `${box.name}, channel ${tile.channel}` : `The picture, ${["red", "green", "blue"][tile.channel] ?? `channel ${tile.channel}`} as the network is given it`;
  const field = box.field ? ` A unit sees ${box.field}${box.field.startsWith("the") ? "" : " pixels"}.` : "";
  return `${name}${there}: ${range}.${other}${spoken}${field}`;
}

// Of a channel that is in sight because it feeds the pinned one.
export const lentSentence = ({ name }, { channel, share }) => `channel ${channel} of ${name}, ${signed(share)} of what follows.`;

// The sum that made a channel's mean, or a class's logit (`box` null), term by term. `mean` is the channel's.
export function feedSentence(header, box, fed, nameOf, side, mean = null) {
  const what = madeWords(header, box, fed.total, side, mean);
  const several = new Set(fed.strongest.map(([column]) => column)).size > 1;
  const from = several || !fed.strongest.length ? "" : ` of ${nameOf(fed.strongest[0][0])}`;
  const terms = fed.strongest.slice(0, 4).map(([column, channel, share], place) => (
    `${signed(share)} from ${several ? `${nameOf(column)}, ` : ""}${several || !place ? "channel " : ""}${channel}${place ? "" : from}`));
  const through = box ? box.through : 0;
  const rest = fed.bias !== null && !through ? `bias ${signed(fed.bias)}` : Math.abs(fed.rest) > 1e-6 * Math.max(1, Math.abs(fed.total)) ? `${signed(fed.rest)} from biases and offsets` : "";
  const left = fed.others + Math.max(0, fed.strongest.length - 4);
  const sum = fed.others_sum + fed.strongest.slice(4).reduce((total, one) => total + one[2], 0);
  const others = left > 0 ? `, ${signed(sum)} from ${count(left, "other")}` : "";
  const way = through ? `, through ${count(through, "column")} not shown` : "";
  return `${what}: ${terms.join(several ? "; " : ", ")}${others}${rest ? `; ${rest}` : ""}${way}.`;
}

// What the terms add up to.
function madeWords({ sides, difference, pictures }, box, total, side, mean) {
  const there = sides === 2 && !difference ? `In “${pictures[side]}” its` : "Its";
  if (difference) return `Its ${box ? `${box.kind}'s mean` : "logit"} in “${pictures[0]}” less that in “${pictures[1]}” is ${short(total)}`;
  if (!box) return `${there} logit is ${short(total)}`;
  const alone = mean !== null && Math.abs(mean - total) <= 1e-3 * Math.max(1e-3, Math.abs(total)) ? "" : " alone";
  return `${there} ${box.kind}${alone} averages ${short(total)}`;
}
