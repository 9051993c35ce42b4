// What is said under the answers: what the network saw, and whether their order means anything.

import { short, whole } from "../shared/format.js";

const CHANCE = 10; // times the share of one class: below that no answer stands out

export const percent = (probability) => `${short(100 * probability)} %`;

export const saw = ({ side }) => `The picture was scaled, then its middle cut out: the network saw these ${side} × ${side} pixels.`;

export function note({ trained, rows, classes }) {
  const [first, last] = [rows[0][1], rows.at(-1)[1]];
  if (trained) return percent(first) === percent(last) ? "To the digits shown these are equally likely: no ranking." : "";
  const about = first * classes < CHANCE ? `All ${whole(classes)} answers are about equally likely and mean nothing.` : "Its answers mean nothing.";
  return `Untrained: random weights. ${about}`;
}
