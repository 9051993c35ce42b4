// Thumbnails by id, asked for some at a time and drawn when they come. What came once is kept while the page stands.

import { unpack } from "../shared/blob.js";
import { decode, put } from "../shared/pixels.js";

const AT_ONCE = 24;

export const thumbnails = () => ({ images: new Map(), waiting: new Map(), busy: false });

// Draw the thumbnail of `id` on the canvas, now or when it comes.
export function paint(store, address, id, canvas) {
  const image = store.images.get(id);
  if (image) draw(canvas, image);
  else {
    store.waiting.set(id, canvas);
    queueMicrotask(() => fill(store, address));
  }
}

async function fill(store, address) {
  if (store.busy || store.waiting.size === 0) return;
  store.busy = true;
  const asked = [...store.waiting].slice(0, AT_ONCE);
  for (const [id] of asked) store.waiting.delete(id);
  try {
    const answer = await fetch(address + asked.map(([id]) => id).join(","));
    if (answer.status === 200) await take(store, asked, unpack(new Uint8Array(await answer.arrayBuffer())));
  } catch {
    // The tiles keep their names; the next scene asks again.
  }
  store.busy = false;
  fill(store, address);
}

async function take(store, asked, { ids, arrays }) {
  const images = await Promise.all(ids.map((_, n) => decode(arrays[`t${n}`], "image/jpeg")));
  ids.forEach((id, n) => store.images.set(id, images[n]));
  for (const [id, canvas] of asked) if (store.images.has(id)) draw(canvas, store.images.get(id));
}

function draw(canvas, image) {
  put(canvas, image);
  canvas.classList.toggle("small", image.width < 64);
  canvas.dataset.drawn = "true";
}
