// What is said of a layer, of one of its maps, and of one of its values.

import { count, short } from "../shared/format.js";
import { under } from "./arithmetic.js";

export function title({ layer, kind, shape, layout }) {
  const [channels, height, width] = shape;
  const what = height * width === 1 ? `${count(channels, "value")}, one a channel` : `${count(channels, "map")} of ${height} × ${width}`;
  const grid = layout === "tokens" ? ", each token a cell" : "";
  return [layer, `${kind} · ${what}${grid}`];
}

// What the colours and the order mean, under the mosaic.
export function note(header) {
  const order = header.ordered_by ? ` Greatest ${header.ordered_by} first.` : "";
  const thinned = header.stride > 1 ? ` Every ${header.stride}${header.stride === 2 ? "nd" : header.stride === 3 ? "rd" : "th"} row and column; the large view shows all.` : "";
  return (header.own_scale ? "Each map has a colour scale of its own: this is that of the map pointed at." : "One colour scale for all maps.") + order + thinned;
}

export function mapSentence(header, position, off = false, switching = false) {
  const said = mapWords(header, position, off ? "on again" : "off", switching);
  return off ? `${said} It is switched off.` : said;
}

function mapWords(header, position, to, switching) {
  const { arrays, shape } = header;
  const channel = arrays.order[position];
  const [, height, width] = shape;
  if (height * width === 1) {
    const label = header.labels.length ? `, ${header.labels[channel]}` : "";
    return `Channel ${channel}${label}: ${short(arrays.mean[channel])}. One number for the whole picture. ${gesture(switching, to, "for the sum that made it")}`;
  }
  return `Channel ${channel}: ${mapFacts(header, channel)} ${gesture(switching, to, "to see it large")}`;
}

const gesture = (switching, to, otherwise) => (switching ? `Click, or press O, to switch it ${to}.` : `Click, or press Enter, ${otherwise}.`);

export function mapFacts({ arrays, shape }, channel) {
  const width = shape[2];
  const least = arrays.least[channel];
  const greatest = arrays.greatest[channel];
  if (least === greatest) return `every value is ${short(least)}.`;
  const row = Math.floor(arrays.place[channel] / width);
  const col = arrays.place[channel] % width;
  const zeros = arrays.zeros[channel];
  const share = zeros ? `${short(100 * zeros)} % of its values are 0.` : "None of its values is 0.";
  return `mean ${short(arrays.mean[channel])}, from ${short(least)} to ${short(greatest)}; `
    + `greatest at row ${row}, column ${col}. ${share}`;
}

// Which part of the picture a cell covers. What its unit can see, its receptive field, is another matter, not computed here.
export function cellSentence(header, row, col, value) {
  const [, height, width] = header.shape;
  const [top, bottom] = under(row, height, header.side);
  const [left, right] = under(col, width, header.side);
  const span = (first, last) => (first === last ? `${first}` : `${first}–${last}`);
  return `Channel ${header.opened}, row ${row}, column ${col}: ${short(value)}. Its cell lies over rows ${span(top, bottom)} and `
    + `columns ${span(left, right)} of the ${header.side} × ${header.side} pixels that the network saw.`;
}
