// Palette entries to colours, and numbers to words. No drawing in here.

const GROUND = 255; // the entry of a palette that holds the page's ground (cnnviz.image.GAP)
const LEVELS = 253;

// Replace the grey values of RGBA pixels, which are palette entries, by their colours. In place.
export function colourised(rgba, palette) {
  for (let i = 0; i < rgba.length; i += 4) {
    const at = 3 * rgba[i];
    rgba[i] = palette[at];
    rgba[i + 1] = palette[at + 1];
    rgba[i + 2] = palette[at + 2];
  }
}

// "#0f1116" or "rgb(15, 17, 22)" as three numbers.
export function groundOf(colour) {
  if (colour.startsWith("#")) return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  return colour.match(/[\d.]+/g).slice(0, 3).map(Number);
}

// The palette whose ground is nearest to the page's.
export function nearest(ground, palettes) {
  const distance = (palette) => ground.reduce((sum, value, i) => sum + Math.abs(value - palette[3 * GROUND + i]), 0);
  return palettes.reduce((best, palette) => (distance(palette) < distance(best) ? palette : best));
}

// Nine CSS colours from the first level to the last, for a colour bar.
export function stops(palette) {
  return Array.from({ length: 9 }, (_, i) => {
    const at = 3 * Math.round((i * (LEVELS - 1)) / 8);
    return `rgb(${palette[at]} ${palette[at + 1]} ${palette[at + 2]})`;
  });
}

// Three significant digits, as far as a tenth of a per cent is worth reading.
export function percent(probability) {
  const value = 100 * probability;
  if (value > 0 && value < 0.05) return "< 0.1 %";
  return `${value.toFixed(1)} %`;
}

export function table(answers) {
  const quoted = (text) => `"${text.replaceAll('"', '""')}"`;
  return ["label,probability", ...answers.map(([label, probability]) => `${quoted(label)},${probability}`)].join("\n") + "\n";
}
