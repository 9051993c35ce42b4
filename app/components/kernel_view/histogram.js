// How often each value occurs in the result: bars from the least to the greatest value, with a line at zero.

import { element, themeColour } from "../shared/dom.js";
import { short } from "../shared/format.js";

const BINS = 64;

// The same counting as the server's: equal ranges, the last one closed.
export function histogram(maps) {
  let [low, high] = [Infinity, -Infinity];
  for (const map of maps) for (const value of map) { if (value < low) low = value; if (value > high) high = value; }
  if (low === high) { low -= 0.5; high += 0.5; }
  const counts = new Array(BINS).fill(0);
  const scale = BINS / (high - low);
  for (const map of maps) for (const value of map) counts[Math.min(BINS - 1, Math.floor((value - low) * scale))] += 1;
  return { low, high, counts };
}

export function buildHistogram() {
  const box = element("div", { className: "histogram" });
  box.canvas = element("canvas", { role: "img" });
  box.low = element("span");
  box.high = element("span");
  box.append(box.canvas, element("div", {}, box.low, element("span", { textContent: "how often each value occurs" }), box.high));
  return box;
}

export function drawHistogram(box, data) {
  box.style.visibility = data ? "visible" : "hidden";
  if (!data) return;
  const { low, high, counts } = data;
  const { canvas } = box;
  const ratio = window.devicePixelRatio || 1;
  const { width, height } = canvas.getBoundingClientRect();
  canvas.width = Math.max(1, Math.round(width * ratio));
  canvas.height = Math.max(1, Math.round(height * ratio));
  const context = canvas.getContext("2d");
  const most = Math.max(...counts);
  const bar = canvas.width / counts.length;
  context.fillStyle = themeColour(box, "text-color");
  counts.forEach((count, i) => {
    const tall = (count / most) * canvas.height;
    context.fillRect(i * bar, canvas.height - tall, Math.max(1, bar - ratio), tall);
  });
  if (low < 0 && high > 0) {
    context.fillStyle = themeColour(box, "primary-color");
    context.fillRect((-low / (high - low)) * canvas.width - ratio, 0, 2 * ratio, canvas.height);
  }
  box.low.textContent = short(low);
  box.high.textContent = short(high);
  canvas.setAttribute("aria-label", `Histogram of the result, from ${short(low)} to ${short(high)}`);
}
