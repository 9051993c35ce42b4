// How large is everything? From the width at hand and the numbers of channels and maps, in CSS pixels.

const GAP = 16;
const WIDE = 720;
const SIGNS = 60; // the signs between the small grids of a sum

// {mode, inputSide, outputSide, gridSide, wrap}. "rows": each channel's sum beside its plane. "between": one channel,
// its sum between input and output. "above": planes in one line (`wrap`: inputs, then outputs), sums below.
export function layout(width, viewHeight, channels, maps) {
  if (width >= WIDE && channels > 1) return inRows(width, viewHeight, channels, maps);
  if (width >= WIDE && maps <= 2) return between(width, viewHeight, maps);
  return above(width, viewHeight, channels, maps);
}

function inRows(width, viewHeight, channels, maps) {
  const inputSide = clamp((viewHeight * 0.5) / Math.min(channels, 3) - 28, 110, 220);
  const across = Math.min(maps, 2);
  const down = Math.ceil(maps / across);
  const left = width - inputSide - 3 * GAP;
  const most = (viewHeight * 0.5) / down - 50;
  const outputSide = clamp((left * 0.42 - (across - 1) * GAP) / across, 90, most);
  const gridSide = (left - across * outputSide - SIGNS - 80) / 3;
  return { mode: "rows", inputSide, outputSide, gridSide: Math.min(gridSide, inputSide * 0.8, 150), wrap: false };
}

function between(width, viewHeight, maps) {
  const most = viewHeight * 0.4;
  const side = Math.min((width * 0.69 - (maps + 1) * GAP) / (1 + maps), most);
  const gridSide = Math.min((width - (1 + maps) * side - (maps + 1) * GAP - SIGNS) / 2, most / 2 - 42);
  return { mode: "between", inputSide: side, outputSide: side, gridSide, wrap: false };
}

function above(width, viewHeight, channels, maps) {
  const most = Math.max(150, viewHeight * 0.3);
  const side = (count, gap) => Math.min((width - (count - 1) * gap) / count, most);
  const gridSide = Math.min((width - SIGNS - 90) / 3, 150);
  const together = side(channels + maps, GAP);
  if (together >= 110) return { mode: "above", inputSide: together, outputSide: together, gridSide, wrap: false };
  return { mode: "above", inputSide: side(Math.min(channels, 3), 8), outputSide: side(Math.min(maps, 3), 8), gridSide, wrap: true };
}

const clamp = (value, low, high) => Math.max(low, Math.min(high, value));

// Side of a cell so that `cells` of them fit: whole or half device pixels where there is room for that.
export function cellOf(side, cells) {
  const ratio = window.devicePixelRatio || 1;
  const exact = (side / cells) * ratio;
  return (exact >= 8 ? Math.floor(exact) : exact >= 2 ? Math.floor(exact * 2) / 2 : exact) / ratio;
}
