// The life of a view: built once at its place on the page, given each new scene, taken down when the page is left.

import { unpack } from "./blob.js";
import { themeColour } from "./dom.js";

const themes = new WeakMap(); // the colours that each view was drawn in
const COLOURS = ["background-color", "secondary-background-color", "text-color", "border-color", "primary-color"];

// `build(parent)` makes the view, `show(view, scene)` draws a scene, `leave(view)` ends what goes on by itself.
// `view.send` reports to the server; a `view.resize` observer ends with the view. When the page turns dark or
// light the same scene comes again: `view.redrawAll` (else `view.redraw`) draws what stands in the colours of now.
export function mounting(build, show, leave = () => {}) {
  const views = new WeakMap();
  return ({ data, parentElement, setTriggerValue }) => {
    const view = views.get(parentElement) ?? build(parentElement);
    views.set(parentElement, view);
    view.send = setTriggerValue;
    show(view, unpack(data));
    requestAnimationFrame(() => followTheme(view)); // the frame works out all styles anyway
    return () => {
      leave(view);
      view.resize?.disconnect();
      views.delete(parentElement);
    };
  };
}

function followTheme(view) {
  if (!view.root.isConnected) return; // taken down before its frame
  const look = COLOURS.map((name) => themeColour(view.root, name)).join();
  const before = themes.get(view);
  themes.set(view, look);
  if (before && before !== look && view.root.dataset.cnnvizDrawn) (view.redrawAll ?? view.redraw)?.();
}
