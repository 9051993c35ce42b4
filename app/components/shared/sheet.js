// Pictures with words below each, put together as one picture to be saved.

import { savePng } from "./pixels.js";

const GAP = 10, LINE = 17, FONT = "13px sans-serif";

// `pictures`: [{image, words}], where `image` is a canvas or bitmap. Dark on white, whatever the page's theme.
export function saveSheet(pictures, columns, side, name) {
  if (pictures.length) savePng(sheet(pictures, Math.min(columns, pictures.length), side), name);
}

export function sheet(pictures, columns, side) {
  const rows = Math.ceil(pictures.length / columns);
  const [width, height] = [side + GAP, side + LINE + GAP];
  const canvas = Object.assign(document.createElement("canvas"), { width: columns * width + GAP, height: rows * height + GAP });
  const context = canvas.getContext("2d");
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  Object.assign(context, { fillStyle: "#000000", font: FONT, textBaseline: "top" });
  pictures.forEach(({ image, words }, place) => {
    const [left, top] = [GAP + (place % columns) * width, GAP + Math.floor(place / columns) * height];
    const scale = Math.min(side / image.width, side / image.height);
    context.imageSmoothingEnabled = scale < 2; // pixels stay pixels
    context.drawImage(image, left, top, scale * image.width, scale * image.height);
    context.fillText(fitted(context, words, side), left, top + side + 3);
  });
  return canvas;
}

// As much of the words as there is room for.
function fitted(context, words, room) {
  let length = words.length;
  const part = () => (length < words.length ? `${words.slice(0, length)}…` : words);
  while (length > 1 && context.measureText(part()).width > room) length -= 1;
  return part();
}
