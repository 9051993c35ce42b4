// From numbers to pixels by a table of 256 colours, see cnnviz.image.colour. Nothing here draws.

const LEVELS = 253; // of a colour table, as in cnnviz.image
const INVALID = 254;

// Values to pixels RGBA through a table of 256 colours, by the values of its first and last colour.
export function colourise(values, table, low, high) {
  const rgba = new Uint8ClampedArray(values.length * 4);
  const steps = (LEVELS - 1) / Math.max(high - low, 1e-45);
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i];
    const level = Number.isFinite(value) ? Math.min(LEVELS - 1, Math.max(0, Math.round((value - low) * steps))) : INVALID;
    rgba[4 * i] = table[3 * level];
    rgba[4 * i + 1] = table[3 * level + 1];
    rgba[4 * i + 2] = table[3 * level + 2];
    rgba[4 * i + 3] = 255;
  }
  return rgba;
}

// Entries of a table of 256 colours to pixels RGBA.
export function lookUp(index, table) {
  const colours = new Uint32Array(256);
  const bytes = new Uint8Array(colours.buffer); // RGBA in memory, whatever the machine's byte order
  for (let entry = 0; entry < 256; entry += 1) bytes.set([table[3 * entry], table[3 * entry + 1], table[3 * entry + 2], 255], 4 * entry);
  const pixels = new Uint32Array(index.length);
  for (let i = 0; i < index.length; i += 1) pixels[i] = colours[index[i]];
  return new Uint8ClampedArray(pixels.buffer);
}
