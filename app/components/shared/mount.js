// The life of a view: built once at its place on the page, given each new scene, taken down when the page is left.

import { unpack } from "./blob.js";
import { turned } from "./theme.js";

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
    requestAnimationFrame(() => followTheme(view));
    return () => {
      leave(view);
      view.resize?.disconnect();
      views.delete(parentElement);
    };
  };
}

function followTheme(view) {
  if (turned(view.root) && view.root.dataset.cnnvizDrawn) (view.redrawAll ?? view.redraw)?.();
}
