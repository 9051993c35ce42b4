// How large is everything? From the width at hand, the height that is seen at once and the numbers of channels and
// maps, in CSS pixels. Pointing at the output and the sum that it starts are to be seen together.

const GAP = 16;
const WIDE = 720;
const NARROW = 480;
const SUM = 132; // of a term: its signs, gaps and the sum itself
const CAPTION = 26; // over a plane
const TITLE = 18; // over the first line of small grids
const BETWEEN = 4; // lines of small grids
const BAR = 24;
const TOTAL = 36;
const TWO_LINES = 60; // of the total, where it is narrow

// {mode, inputSide, outputSide, gridSide, termSide, across, wrap}. "rows": each channel's sum beside its plane.
// "between": one channel, its sum between input and output. "beside": inputs, below them their sums, and the output beside both.
// "above": planes in one line (`wrap`: inputs, then outputs), sums below. `room`: height seen at once; `read`: channels
// that one map reads; `across`: maps in a line; `termSide`: width of a term.
export function layout(width, room, counts) {
  const sizes = arranged(width, room, counts);
  return { wrap: false, ...sizes, termSide: 3 * sizes.gridSide + SUM };
}

function arranged(width, room, counts) {
  const { channels, maps, read } = counts;
  if (width >= WIDE && channels === 1 && maps === 1) return between(width, room);
  if (width >= WIDE && read > 1) return inRows(width, room, counts);
  if (width >= NARROW && read > 1) return beside(width, room, counts);
  return above(width, room, counts);
}

function inRows(width, room, { channels, maps }) {
  const inputSide = clamp((room * 0.75) / Math.min(channels, 3) - CAPTION, 90, 220);
  const left = width - inputSide - 3 * GAP;
  const { side, across } = outputs(left * 0.44, room * 0.8 - TOTAL, maps, 2);
  const gridSide = (left - across * side - SUM) / 3;
  return { mode: "rows", inputSide, outputSide: side, gridSide: Math.min(gridSide, inputSide, 150), across };
}

function between(width, room) {
  const most = room * 0.7;
  const side = Math.min((width * 0.69 - 2 * GAP) / 2, most);
  const gridSide = Math.min((width - 2 * side - 2 * GAP - 60) / 2, most / 2 - 42);
  return { mode: "between", inputSide: side, outputSide: side, gridSide, across: 1 };
}

// The grids are as large as the height allows: the rest of the width is the output's.
function beside(width, room, { channels, maps, read }) {
  const inputSide = Math.min((width * 0.65 - (channels - 1) * 8) / channels, room * 0.28);
  const left = Math.max(channels * inputSide + (channels - 1) * 8, SUM + 3 * 66);
  const tall = (room - inputSide - CAPTION - BAR - TITLE) / read - BETWEEN;
  const gridSide = clamp(Math.min(tall, (left - SUM) / 3), 66, 120);
  const { side, across } = outputs(width - left - GAP, room - TOTAL, maps, 2);
  return { mode: "beside", inputSide, outputSide: side, gridSide, across };
}

function above(width, room, { channels, maps, read }) {
  const gridSide = clamp(Math.min((width - SUM) / 3, room * 0.2), 66, 150);
  const sums = read * (gridSide + BETWEEN) + TITLE + (width < NARROW ? TWO_LINES : TOTAL);
  const together = (width - (channels + maps - 1) * GAP) / (channels + maps);
  if (together >= 110) {
    const side = clamp(room - sums - CAPTION - BAR, 110, together);
    return { mode: "above", inputSide: side, outputSide: side, gridSide, across: maps };
  }
  const tall = Math.max(200, room - sums - 2 * (CAPTION + BAR));
  const inputSide = Math.min((width - (channels - 1) * 8) / channels, tall * 0.45);
  const { side, across } = outputs(width, tall - inputSide + CAPTION + BAR, maps, 3);
  return { mode: "above", inputSide, outputSide: side, gridSide, across, wrap: true };
}

// The largest side of `maps` planes within width and height, at most `most` of them in a line.
function outputs(width, height, maps, most) {
  const sides = Array.from({ length: Math.min(maps, most) }, (_, i) => {
    const across = i + 1;
    const down = Math.ceil(maps / across);
    return { across, side: Math.min((width - (across - 1) * 8) / across, height / down - CAPTION - BAR) };
  });
  const best = sides.reduce((a, b) => (b.side > a.side ? b : a));
  return { across: best.across, side: Math.max(90, best.side) };
}

const clamp = (value, low, high) => Math.max(low, Math.min(high, value));

// Side of a cell so that `cells` of them fit: whole or half device pixels where there is room for that.
export function cellOf(side, cells) {
  const ratio = window.devicePixelRatio || 1;
  const exact = (side / cells) * ratio;
  return (exact >= 8 ? Math.floor(exact) : exact >= 2 ? Math.floor(exact * 2) / 2 : exact) / ratio;
}
