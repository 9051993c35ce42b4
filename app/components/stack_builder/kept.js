// What can be taken back outlives the view: it is kept for as long as the browser's tab, whatever page comes between.

import { history, parse, remember } from "./stack.js";

const KEY = "cnnviz.stack_builder";

export function keep({ past, future }, now) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ past, future, now }));
  } catch { /* no room, or not allowed: then it ends with the view */ }
}

// The history as it was left. Where another stack stands on the screen by now, undoing brings back the one of then.
export function recalled(now, kinds) {
  const known = (text) => typeof text === "string" && parse(text).layers.every(({ code }) => kinds.has(code));
  try {
    const { past, future, now: then } = JSON.parse(sessionStorage.getItem(KEY));
    if (![...past, ...future, then].every(known)) return history();
    return then === now ? { past, future } : remember({ past }, then);
  } catch {
    return history(); // nothing was kept, or nothing that can be read
  }
}
