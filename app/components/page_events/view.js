// What happens to the page as a whole: it has been drawn; it turned dark or light; a picture is dropped on it or pasted
// into it.

import { unpack } from "../shared/blob.js";
import { element } from "../shared/dom.js";
import { turned } from "../shared/theme.js";

const LONGEST = 10000; // milliseconds
const ABOVE = 80; // pixels of what stands above a part, and of the frame's own bar
const FOLLOWED = [0, 800, 2500]; // milliseconds
const views = new WeakMap();

export default function mount({ data, parentElement, setTriggerValue }) {
  const view = views.get(parentElement) ?? build(parentElement);
  views.set(parentElement, view);
  view.send = setTriggerValue;
  const before = view.header?.to_top;
  view.header = unpack(data);
  if (before !== undefined && view.header.to_top > before) scrollTo(view.header.to_place);
  requestAnimationFrame(() => { if (turned(view.shade)) view.send("turned", true); }); // colour maps come anew
  if (!view.header.warm && !view.reported) reportDrawn(view);
  return () => { view.controller.abort(); views.delete(parentElement); };
}

// A question has set the page up: what there is to see stands at the part with this key, or else at the top. What stands
// above the part may come late and push it down: it is followed until the visitor does something.
function scrollTo(key) {
  const leave = new AbortController();
  for (const name of ["wheel", "touchstart", "keydown", "pointerdown"]) {
    document.addEventListener(name, () => leave.abort(), { signal: leave.signal, passive: true });
  }
  for (const wait of key ? FOLLOWED : [0]) setTimeout(() => { if (!leave.signal.aborted) bring(key); }, wait);
  setTimeout(() => leave.abort(), Math.max(...FOLLOWED) + 1);
}

function bring(key) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const main = document.querySelector('[data-testid="stMain"]');
  const part = key ? main?.querySelector(`.st-key-${CSS.escape(key)}`) : null;
  const top = part ? main.scrollTop + part.getBoundingClientRect().top - ABOVE : 0;
  main?.scrollTo({ top, behavior: calm ? "auto" : "smooth" });
}

function build(parent) {
  const view = { controller: new AbortController(), reported: false };
  view.shade = element("div", { className: "view page-events", textContent: "Drop the picture to use it on every page" });
  parent.append(view.shade);
  const listen = (name, handler) => document.addEventListener(name, handler, { signal: view.controller.signal });
  const hasFile = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  // The upload field of the picture dialog takes its own drops.
  const ours = (event) => hasFile(event) && !event.composedPath().some((node) => node.dataset?.testid === "stFileUploader");
  const over = (value) => { view.shade.dataset.over = String(value); };
  document.addEventListener("click", swallowSecond, { signal: view.controller.signal, capture: true });
  listen("paste", (event) => take(view, event.clipboardData?.files, event));
  listen("dragover", (event) => { if (ours(event)) { event.preventDefault(); over(true); } });
  listen("dragleave", (event) => { if (!event.relatedTarget) over(false); });
  listen("drop", (event) => { over(false); if (ours(event)) take(view, event.dataTransfer.files, event); });
  return view;
}

// The first press of a double click sends a form and empties it. A second one on its heels would send it empty, and a busy
// server takes the newest.
function swallowSecond(event) {
  if (event.detail < 2 || !event.target.closest?.('[data-testid="stFormSubmitButton"]')) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

async function take(view, files, event) {
  const file = files?.[0];
  if (!file) return;
  event.preventDefault();
  const megabytes = view.header.max_bytes / 1e6;
  if (file.size > view.header.max_bytes) {
    view.send("refused", `This file is larger than ${megabytes} MB: save it smaller, for example as a JPEG, and try again.`);
    return;
  }
  try {
    const address = `${view.header.base}/pictures?name=${encodeURIComponent(file.name || "pasted picture")}`;
    const answer = await fetch(address, { method: "POST", body: file, headers: { "x-cnnviz": "picture" } });
    const { key, error } = await answer.json();
    if (key) view.send("arrived", key);
    else view.send("refused", error);
  } catch {
    view.send("refused", "The picture did not reach the server: check the connection and try again.");
  }
}

// Drawn: the script has run to its end, every view says that it is drawn, every picture has its pixels, and a frame has
// passed; then the server may warm up, which slows it down for some seconds. A view that fails holds it up no longer
// than LONGEST.
async function reportDrawn(view) {
  view.reported = true;
  const latest = performance.now() + LONGEST;
  while (!isDrawn() && performance.now() < latest && !view.controller.signal.aborted) await nextFrame();
  await Promise.all([...document.images].map((image) => image.decode().catch(() => {})));
  await nextFrame();
  await nextFrame();
  if (!view.controller.signal.aborted) view.send("drawn", true);
}

const nextFrame = () => new Promise((done) => requestAnimationFrame(done));

function isDrawn() {
  const app = document.querySelector('[data-testid="stApp"]');
  const views = [...document.querySelectorAll('[data-testid="stBidiComponentIsolated"]')]
    .map((host) => host.shadowRoot?.querySelector(".view"));
  return app?.dataset.testScriptState === "notRunning"
    && views.every((one) => one && (one.dataset.cnnvizDrawn || one.classList.contains("page-events")));
}
