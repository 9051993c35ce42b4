// The webcam beside the answer: record bursts into a class, or ask live. Nothing is sent before one asks for it.

import { button, element } from "../shared/dom.js";
import { mounting } from "../shared/mount.js";
import { going, NOT_SECURE, OFF, refusal } from "./words.js";

const PACE = 200; // milliseconds between two pictures of a burst
const REST = 250; // at least, between an answer and the next question
const PATIENCE = 10_000; // without an answer, such as after a lost connection, one asks again
const WIDTH = 320;

export default mounting(build, (view, header) => {
  view.header = header;
  if (header.answered >= view.number && view.live) askIn(view, REST);
  tell(view);
  view.root.dataset.cnnvizDrawn = header.token;
}, stop);

function build(parent) {
  const view = { number: 0, live: false, recording: 0, stream: null, problem: "" };
  view.start = button("Webcam", "", () => start(view));
  view.record = button("", "", () => record(view));
  view.ask = button("Ask live", "", () => toggle(view));
  view.end = button("Webcam off", "", () => stop(view));
  view.video = element("video", { muted: true, autoplay: true, playsInline: true, "aria-label": "What the webcam sees" });
  view.sentence = element("p", { className: "said", "aria-live": "polite" });
  view.frame = element("div", { className: "frame" }, view.video);
  view.root = element("section", { className: "view webcam-view", "aria-label": "Webcam" }, view.frame,
    element("div", { className: "side" }, element("div", { className: "buttons" }, view.start, view.record, view.ask, view.end), view.sentence));
  parent.append(view.root);
  return view;
}

async function start(view) {
  if (!window.isSecureContext || !navigator.mediaDevices?.getUserMedia) return problem(view, NOT_SECURE);
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 640 }, facingMode: "environment" } });
    Object.assign(view, { stream, problem: "" });
    view.video.srcObject = stream;
    await view.video.play();
  } catch (error) {
    return problem(view, refusal(error));
  }
  return tell(view);
}

function problem(view, words) {
  stop(view);
  view.problem = words;
  tell(view);
}

function stop(view) {
  if (view.live) toggle(view);
  for (const track of view.stream?.getTracks() ?? []) track.stop();
  Object.assign(view, { stream: null, recording: 0 });
  view.video.srcObject = null;
  tell(view);
}

// What the webcam sees now, as a JPEG file in base64 without its prefix.
function shot(view) {
  const { videoWidth: width, videoHeight: height } = view.video;
  const canvas = new OffscreenCanvas(WIDTH, Math.max(1, Math.round((WIDTH * height) / Math.max(1, width))));
  canvas.getContext("2d").drawImage(view.video, 0, 0, canvas.width, canvas.height);
  return canvas.convertToBlob({ type: "image/jpeg", quality: 0.92 }).then(asText);
}

const asText = (blob) => new Promise((done) => {
  const reader = new FileReader();
  reader.onload = () => done(reader.result.split(",")[1]);
  reader.readAsDataURL(blob);
});

async function record(view) {
  if (view.recording) return;
  const frames = [];
  for (let taken = 1; taken <= view.header.frames && view.stream; taken += 1) {
    view.recording = taken;
    tell(view);
    frames.push(await shot(view));
    await new Promise((done) => { setTimeout(done, PACE); });
  }
  view.recording = 0;
  tell(view);
  if (frames.length) view.send("burst", { frames, number: Date.now() });
}

function toggle(view) {
  view.live = !view.live;
  clearTimeout(view.next);
  if (view.live) ask(view);
  else view.send("frame", { frame: "", number: (view.number += 1) });
  tell(view);
}

async function ask(view) {
  if (!view.live || !view.stream) return;
  const frame = await shot(view);
  if (!view.live) return;
  view.send("frame", { frame, number: (view.number = Math.max(view.number, view.header.answered) + 1) });
  askIn(view, PATIENCE);
}

function askIn(view, milliseconds) {
  clearTimeout(view.next);
  view.next = setTimeout(() => ask(view), milliseconds);
}

function tell(view) {
  const on = view.stream !== null;
  view.start.hidden = on;
  view.frame.hidden = view.ask.hidden = view.end.hidden = !on;
  view.record.hidden = !on || !view.header?.into;
  view.record.disabled = view.recording > 0;
  view.record.textContent = `Record a burst into ${view.header?.into}`;
  view.ask.textContent = view.live ? "End live" : "Ask live";
  view.ask.setAttribute("aria-pressed", String(view.live));
  view.sentence.textContent = view.problem || (on ? going(view, view.header) : OFF);
  view.root.dataset.webcam = on ? "on" : "off";
}
