// What is said of a layer's filters, of one filter, of one weight.

import { count, full, ordinal, short, whole } from "../shared/format.js";

export function facts({ count: filters, shape: [inputs, height, width], groups }) {
  const reads = groups === 1 ? `over ${count(inputs, "input channel")}`
    : inputs === 1 ? "each over one input channel alone (depthwise)"
      : `in ${whole(groups)} groups, each filter over ${count(inputs, "input channel")} of its group`;
  return `${count(filters, "filter")} of ${height} × ${width} ${reads}`;
}

// What the colours mean.
export function note(header) {
  const { own, limit, colour, slices } = header;
  const scale = own ? "Each filter has a scale of its own" : `One scale for all filters of the layer, ±${short(limit)}`;
  const grey = colour ? "; in colour, grey is 0" : "";
  const sum = slices ? ` ${sumWords(header)}` : "";
  return `${header.note} ${scale}${grey}.${sum}`.trim();
}

// For one map: its slices' shares and the bias make its mean.
function sumWords({ layer, slices, arrays }) {
  const all = arrays.added.reduce((sum, value) => sum + value, 0);
  const bias = slices.bias === null ? "" : ` and the bias ${short(slices.bias)}`;
  return `On this picture all slices together add ${short(all)} on average${bias ? `; with${bias.slice(4)} that` : ", which"} `
    + `is the mean of map ${slices.channel} of ${layer}: ${short(slices.mean)}.`;
}

export function inputName(header, place) {
  const index = header.arrays.inputs[place];
  return header.names.length ? `${header.names[index]}` : `input channel ${index}`;
}

// `place` is the slice's in the filter, `position` where it stands on the screen.
export function weightSentence(header, order, place, position, { row, col }) {
  const { arrays, shape: [inputs, height, width], slices } = header;
  const value = arrays.weights[(place * height + row) * width + col];
  const at = height * width > 1 ? `, row ${row}, column ${col}` : "";
  const ranked = order !== "index" && inputs > 1 ? `, ${ordinal(position + 1)} of ${whole(inputs)}` : "";
  const added = arrays.added[place];
  const text = `Filter ${slices.channel}, weight of ${inputName(header, place)}${at}: ${short(value)}. This slice${ranked} has norm ${short(arrays.norms[place])}; `
    + `on this picture it ${added < 0 ? `takes ${short(-added)} away` : `adds ${short(added)}`} on average.`;
  return { text, value };
}

export function filterSentence({ layer, arrays }, filter, opened) {
  const open = filter === opened ? "Its slices stand beside it." : "Click, or press Enter, to open its map and its slices.";
  return `Filter ${filter} of ${layer} makes channel ${filter}; its weights lie within ±${short(arrays.limits[filter])}. ${open}`;
}

export function csv({ arrays, shape: [inputs, height, width], slices }) {
  const lines = ["filter,input channel,row,column,weight,norm of the slice,what the slice adds on average"];
  for (let place = 0; place < inputs; place += 1) {
    for (let i = 0; i < height * width; i += 1) {
      lines.push([slices.channel, arrays.inputs[place], Math.floor(i / width), i % width,
        arrays.weights[place * height * width + i], arrays.norms[place], arrays.added[place]].join(","));
    }
  }
  return `${lines.join("\n")}\n`;
}

export const title = (value) => full(value);
