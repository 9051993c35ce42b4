// The life of a view: built once at its place on the page, given each new scene, taken down when the page is left.

import { unpack } from "./blob.js";

// `build(parent)` makes the view, `show(view, scene)` draws a scene, `leave(view)` ends what goes on by itself.
// `view.send` reports to the server; a `view.resize` observer ends with the view.
export function mounting(build, show, leave = () => {}) {
  const views = new WeakMap();
  return ({ data, parentElement, setTriggerValue }) => {
    const view = views.get(parentElement) ?? build(parentElement);
    views.set(parentElement, view);
    view.send = setTriggerValue;
    show(view, unpack(data));
    return () => {
      leave(view);
      view.resize?.disconnect();
      views.delete(parentElement);
    };
  };
}
