// Pictures on canvases: decode, draw, save, and where a pointer is in picture pixels.

export async function decode(bytes, type) {
  return createImageBitmap(new Blob([bytes], { type }));
}

const fetched = new Map();

// The exact pixels of a picture by address, fetched once: {width, height, rgba}.
export function pixelsOf(address) {
  if (!fetched.has(address)) {
    if (fetched.size > 8) fetched.delete(fetched.keys().next().value);
    const loading = fetch(address).then(async (answer) => {
      if (!answer.ok) throw new Error("This picture is no longer here: choose another.");
      const bitmap = await createImageBitmap(await answer.blob(), { colorSpaceConversion: "none" });
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
      const context = canvas.getContext("2d", { willReadFrequently: true });
      context.drawImage(bitmap, 0, 0);
      const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
      return { width: bitmap.width, height: bitmap.height, rgba: data };
    });
    loading.catch(() => fetched.delete(address));
    fetched.set(address, loading);
  }
  return fetched.get(address);
}

export function put(canvas, source) {
  if (canvas.width !== source.width) canvas.width = source.width;
  if (canvas.height !== source.height) canvas.height = source.height;
  canvas.getContext("2d").drawImage(source, 0, 0);
}

// Match a canvas' resolution to its size on screen; returns pixels per picture pixel, across and down.
export function sharpen(canvas, width, height) {
  const box = canvas.getBoundingClientRect();
  const ratio = window.devicePixelRatio || 1;
  const w = Math.max(1, Math.round(box.width * ratio));
  const h = Math.max(1, Math.round(box.height * ratio));
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== h) canvas.height = h;
  return { x: w / width, y: h / height, ratio };
}

// The picture cell under a pointer event, clamped to the picture.
export function cellAt(event, element, width, height) {
  const box = element.getBoundingClientRect();
  const clamp = (value, size) => Math.min(size - 1, Math.max(0, Math.floor(value)));
  return {
    row: clamp(((event.clientY - box.top) / box.height) * height, height),
    col: clamp(((event.clientX - box.left) / box.width) * width, width),
  };
}

export async function savePng(canvas, name) {
  download(await new Promise((done) => canvas.toBlob(done, "image/png")), name);
}

export function saveText(text, name, type) {
  download(new Blob([text], { type }), name);
}

export function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

// A box in the accent colour that stands out on any ground. All lengths in canvas pixels, `ratio` of them to a CSS pixel.
export function outline(context, { x, y, width, height }, accent, ratio) {
  for (const [colour, thickness] of [["#000000", 5], ["#ffffff", 3.5], [accent, 2.5]]) {
    context.strokeStyle = colour;
    context.lineWidth = thickness * ratio;
    context.strokeRect(x, y, width, height);
  }
}
