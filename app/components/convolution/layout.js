// How large is everything? From the width at hand and the numbers of channels and maps, in CSS pixels.

const GAP = 16;
const WIDE = 720;

// {mode, inputSide, outputSide, gridSide}: "rows" puts each channel's sum beside its plane, "above" below all planes.
export function layout(width, viewHeight, channels, maps) {
  return channels > 1 && width >= WIDE ? inRows(width, viewHeight, channels, maps) : above(width, viewHeight, channels, maps);
}

function inRows(width, viewHeight, channels, maps) {
  const inputSide = clamp((viewHeight * 0.52) / Math.min(channels, 3) - 28, 110, 220);
  const outputs = Math.min(maps, 2);
  const left = width - inputSide - 3 * GAP;
  const outputSide = clamp((left * 0.42 - (outputs - 1) * GAP) / outputs, 90, viewHeight * 0.4);
  const gridSide = (left - outputs * outputSide - 128) / 3;
  return { mode: "rows", inputSide, outputSide, gridSide: Math.min(gridSide, inputSide * 0.8, 150) };
}

function above(width, viewHeight, channels, maps) {
  const most = viewHeight * 0.4;
  const together = (width - (channels + maps - 1) * GAP) / (channels + maps);
  const gridSide = Math.min((width - 150) / 3, 170);
  if (together >= 130) return { mode: "above", inputSide: Math.min(together, most), outputSide: Math.min(together, most), gridSide };
  const side = (count) => Math.min((width - (count - 1) * 8) / count, most);
  return { mode: "above", inputSide: side(Math.min(channels, 3)), outputSide: side(Math.min(maps, 3)), gridSide };
}

const clamp = (value, low, high) => Math.max(low, Math.min(high, value));

// Side of a cell so that `cells` of them fit: whole or half device pixels where there is room for that.
export function cellOf(side, cells) {
  const ratio = window.devicePixelRatio || 1;
  const exact = (side / cells) * ratio;
  return (exact >= 8 ? Math.floor(exact) : exact >= 2 ? Math.floor(exact * 2) / 2 : exact) / ratio;
}
