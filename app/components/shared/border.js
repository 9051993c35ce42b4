// What a kernel reads outside the picture: torch's padding modes.

// Index of the cell that stands at `index` of a padded axis, or -1 for a padded zero.
export function border(index, size, mode) {
  if (index >= 0 && index < size) return index;
  if (mode === "zeros") return -1;
  if (mode === "replicate") return index < 0 ? 0 : size - 1;
  if (mode === "circular") return ((index % size) + size) % size;
  if (size === 1) return 0;
  const period = 2 * (size - 1); // reflect: the edge itself is not repeated
  const folded = ((index % period) + period) % period;
  return folded < size ? folded : period - folded;
}
