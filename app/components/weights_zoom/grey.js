// A pixel's three numbers as one. No drawing here.

// What cnnviz.image.to_tensor(…, "grey") holds at this pixel, from 0 to 255, not rounded.
export function lumaAt({ rgba, width }, luma, row, col) {
  const i = 4 * (row * width + col);
  return luma[0] * rgba[i] + luma[1] * rgba[i + 1] + luma[2] * rgba[i + 2];
}

// The whole picture in these greys, as bytes for a canvas.
export function greyed(pixels, luma) {
  const made = new Uint8ClampedArray(pixels.rgba.length);
  for (let row = 0; row < pixels.height; row += 1) {
    for (let col = 0; col < pixels.width; col += 1) {
      const i = 4 * (row * pixels.width + col);
      made.fill(lumaAt(pixels, luma, row, col), i, i + 3); // a clamped array rounds
      made[i + 3] = 255;
    }
  }
  return made;
}
