// What is said of the picture at a step.

import { count, short } from "../shared/format.js";

export const SOURCES = {
  recorded: "recorded, ships with the app", made: "made here", forming: "forming now", stopped: "stopped",
};

// At the last frame the finished picture's own value is known; before it, that of the picture as it was moved.
export function sentence(header, index) {
  const step = header.frames[index];
  const those = header.count > 1 ? `these ${header.count} pictures` : "this picture";
  const untrained = header.trained ? "" : " The network is untrained: its weights are random numbers.";
  if (step === 0) {
    const value = header.start_value ?? header.curve[0];
    return `Step 0: noise of low contrast; ${header.goal} is ${short(value)}.${untrained}`;
  }
  const last = index === header.frames.length - 1 && header.value !== null;
  if (!last) return `After ${count(step, "step")} of ${header.steps}: ${header.goal} is ${short(header.curve[step])} in ${those}, moved and turned a little.${untrained}`;
  const from = header.start_value === null ? "" : `, ${short(header.start_value)} in the noise at the start`;
  return `After ${count(step, "step")}: ${header.goal} is ${short(header.value)} in ${those}${from}.${alike(header)}${untrained}`;
}

function alike({ similarity }) {
  return similarity === null ? "" : ` Which channels go together is ${Math.round(100 * similarity)} % alike in them.`;
}
