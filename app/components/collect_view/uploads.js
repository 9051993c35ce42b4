// Files that are more than fit are refused before they are sent: the upload field itself would send and keep them all.

import { count, whole } from "../shared/format.js";

// `limits()` is {room, most, megabytes}, or null where nothing is collected; `refuse(words)` says why; `leave` ends it.
export function watchUploads(limits, refuse, leave) {
  const look = (event) => {
    const field = event.composedPath().some((node) => node.classList && [...node.classList].some((name) => name.startsWith("st-key-tl_upload")));
    const now = field && limits();
    const why = now ? tooMuch([...((event.dataTransfer ?? event.target).files ?? [])], now) : "";
    if (field) refuse(why);
    if (!why) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (event.type === "change") event.target.value = "";
  };
  for (const name of ["change", "drop"]) document.addEventListener(name, look, { capture: true, signal: leave });
}

// Why these files cannot be taken in one go; empty where they can.
export function tooMuch(files, { room, most, megabytes }) {
  const size = files.reduce((sum, file) => sum + file.size, 0) / 1e6;
  if (files.length > room) {
    return `${count(files.length, "file")} chosen, and there is room for ${whole(room)} of ${count(most, "picture")}: choose fewer, `
      + "or delete some first. None of these were added; what you have is untouched.";
  }
  if (size > megabytes) {
    return `These files have ${whole(Math.ceil(size))} MB together: add at most ${whole(megabytes)} MB at a time. None of these were added; what you have is untouched.`;
  }
  return "";
}
