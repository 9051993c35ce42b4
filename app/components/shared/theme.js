// Has the page turned dark, or light, since this was asked before?

import { themeColour } from "./dom.js";

const COLOURS = ["background-color", "secondary-background-color", "text-color", "border-color", "primary-color"];
const seen = new WeakMap(); // the colours by the element in which they were read

// To be asked in an animation frame, which works out all styles anyway. Of an element that is gone nothing is said.
export function turned(root) {
  if (!root.isConnected) return false;
  const now = COLOURS.map((name) => themeColour(root, name)).join();
  const before = seen.get(root);
  seen.set(root, now);
  return before !== undefined && before !== now;
}
