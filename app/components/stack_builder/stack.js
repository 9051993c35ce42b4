// A stack as a text, as a list of layers, and what editing makes of the list. Nothing here draws.
//
// "3x32x32 c_n6_k5 f": the input, then each layer's code with those settings that are not the kind's defaults, each
// by its letter, as in cnnviz/network/specs_text.py. Settings stay texts here.

export function parse(text) {
  const [input, ...words] = text.split(" ");
  return { input, layers: words.filter(Boolean).map(parseLayer) };
}

export function parseLayer(word) {
  const [code, ...parts] = word.split("_");
  return { code, values: Object.fromEntries(parts.map((part) => [part[0], part.slice(1)])) };
}

export function spell({ input, layers }, kinds) {
  return [input, ...layers.map((layer) => spellLayer(layer, kinds))].join(" ");
}

// Settings in the kind's order, so that equal stacks have equal texts.
export function spellLayer({ code, values }, kinds) {
  const parts = kinds.get(code).settings
    .filter(({ letter, default: usual }) => values[letter] !== undefined && values[letter] !== usual)
    .map(({ letter }) => `_${letter}${values[letter]}`);
  return code + parts.join("");
}

export const valueOf = (layer, setting) => layer.values[setting.letter] ?? setting.default;

// What was typed for a setting, as the text has it; null for what it cannot be.
export function typed(setting, text) {
  const plain = text.trim().toLowerCase().replace(",", ".").replace("−", "-");
  const within = (number) => number >= setting.low && number <= setting.high;
  if (setting.kind === "padding" && plain === "same") return plain;
  if (setting.kind === "real") return plain !== "" && Number.isFinite(Number(plain)) && within(Number(plain)) ? python(Number(plain)) : null;
  if (setting.kind === "count") return /^\d{1,6}$/.test(plain) && within(Number(plain)) ? String(Number(plain)) : null;
  const pair = /^(\d{1,4})(?:\s*[x×*]\s*(\d{1,4}))?$/.exec(plain);
  if (!pair || !within(Number(pair[1])) || !within(Number(pair[2] ?? pair[1]))) return null;
  return joined(Number(pair[1]), Number(pair[2] ?? pair[1]));
}

const joined = (rows, columns) => (rows === columns ? String(rows) : `${rows}x${columns}`);

// As Python writes it: 1e-7 is 1e-07, and whole numbers have their ".0".
export function python(number) {
  const text = String(number);
  if (/e/.test(text)) return text.replace(/e([-+])(\d)$/, "e$10$2");
  if (number !== 0 && Math.abs(number) < 1e-4) return number.toExponential().replace(/e([-+])(\d)$/, "e$10$2");
  return Number.isInteger(number) ? `${text}.0` : text;
}

// A setting one step up or down; null where there is none.
export function stepped(setting, text, by) {
  if (setting.kind === "real") {
    const size = Math.abs(Number(text)) < 0.1 ? 0.01 : 0.05;
    return typed(setting, String(Number((Number(text) + by * size).toFixed(6))));
  }
  const numbers = text === "same" ? [0] : text.split("x").map(Number);
  return typed(setting, numbers.map((number) => number + by).join("x"));
}

// Edits: a new list of layers, and the place that is picked then.
export const added = (layers, at, layer) => ({ layers: layers.toSpliced(at + 1, 0, layer), at: Math.min(at + 1, layers.length) });

export const removed = (layers, at) => ({ layers: layers.toSpliced(at, 1), at: Math.max(0, Math.min(at, layers.length - 2)) });

export const replaced = (layers, at, others) => ({ layers: layers.toSpliced(at, 1, ...others), at: at + Math.max(0, others.length - 1) });

export const copied = (layers, at) => added(layers, at, { code: layers[at].code, values: { ...layers[at].values } });

export function moved(layers, from, to) {
  const place = Math.max(0, Math.min(layers.length - 1, to));
  return { layers: layers.toSpliced(from, 1).toSpliced(place, 0, layers[from]), at: place };
}

export function changed(layers, at, letter, text) {
  const layer = { code: layers[at].code, values: { ...layers[at].values, [letter]: text } };
  return { layers: layers.toSpliced(at, 1, layer), at };
}

// Texts that were there before and that were taken back.
export function history() {
  return { past: [], future: [] };
}

const LONGEST = 200;

export function remember({ past }, text) {
  return { past: [...past, text].slice(-LONGEST), future: [] };
}

export function undone({ past, future }, now) {
  return past.length ? { text: past.at(-1), history: { past: past.slice(0, -1), future: [now, ...future] } } : null;
}

export function redone({ past, future }, now) {
  return future.length ? { text: future[0], history: { past: [...past, now], future: future.slice(1) } } : null;
}
