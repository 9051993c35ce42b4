// Walk through all positions: play, pause, step, scrub. What a position is the caller knows.

import { button, element, setText } from "../shared/dom.js";
import { whole } from "../shared/format.js";

const FOLLOW = 100; // ms

// `go(position)` shows a position. The player calls it at most once a frame; `player.pause()` is for pointing.
export function buildPlayer(go) {
  const player = { count: 0, position: 0, playing: false, written: 0 };
  const tool = (text, said, act) => button(text, said, act, { "aria-label": said });
  const slider = (label, properties) => element("input", { type: "range", "aria-label": label, title: label, ...properties });
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  player.toggle = tool("Play", "Play", () => (player.playing ? player.pause() : play(player, go)));
  player.scrubber = slider("Position", { className: "scrubber", min: 0, max: 0, value: 0 });
  player.where = element("output", { className: "where" });
  // Positions a second, from 1 to 64. With reduced motion asked for, it begins slowly, one step at a time.
  player.speed = slider("Speed, positions a second", { min: 0, max: 6, step: 0.5, value: still ? 0 : 2 });
  const step = (by) => () => { player.pause(); go(Math.max(0, Math.min(player.count - 1, player.position + by))); };
  player.scrubber.oninput = () => { player.pause(); go(Number(player.scrubber.value)); };
  player.pause = () => stop(player);
  player.node = element("div", { className: "player", role: "group", "aria-label": "Walk through the positions" },
    player.toggle, tool("◀", "One step back", step(-1)), tool("▶", "One step on", step(1)),
    player.scrubber, player.where, element("label", { className: "speed" }, "Speed", player.speed));
  return player;
}

// While the view plays, scrubber and words follow a few times a second: each change of them costs the page a layout.
export function showPosition(player, position, count) {
  Object.assign(player, { position, count });
  if (!player.playing || performance.now() - player.written >= FOLLOW) write(player);
}

function write(player) {
  const { scrubber, position, count } = player;
  player.written = performance.now();
  const last = String(Math.max(0, count - 1));
  if (scrubber.max !== last) scrubber.max = last;
  scrubber.value = position;
  setText(player.where, `${whole(position + 1)} of ${whole(count)}`);
}

function play(player, go) {
  player.playing = true;
  player.toggle.textContent = "Pause";
  player.toggle.setAttribute("aria-label", "Pause");
  let from = player.position >= player.count - 1 ? -1 : player.position;
  let last = performance.now();
  let due = 0;
  if (from < 0) { go(0); from = 0; }
  const tick = (now) => {
    if (!player.playing) return;
    due += ((now - last) / 1000) * 2 ** Number(player.speed.value);
    last = now;
    const steps = Math.floor(due);
    if (steps > 0) {
      due -= steps;
      const next = Math.min(player.count - 1, player.position + steps);
      go(next);
      if (next === player.count - 1) { player.pause(); return; }
    }
    player.frame = requestAnimationFrame(tick);
  };
  player.frame = requestAnimationFrame(tick);
}

function stop(player) {
  if (!player.playing) return;
  player.playing = false;
  write(player);
  cancelAnimationFrame(player.frame);
  player.toggle.textContent = "Play";
  player.toggle.setAttribute("aria-label", "Play");
}
