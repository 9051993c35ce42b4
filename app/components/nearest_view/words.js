// What is said of the answer, of one class, and of one training picture.

import { count, full, short } from "../shared/format.js";

export const NONE = "none of these";

export const verdict = ({ answer }) => answer ?? NONE;

export function sentence(scene) {
  const { asked, answer, rows, near, limit, known, total } = scene;
  const [first, second] = [...rows].sort((a, b) => a.mean - b.mean);
  const means = `${first.name} has the nearest mean, ${short(first.mean)} away${second ? `; the next is ${second.name}, ${short(second.mean)} away` : ""}.`;
  const reason = `Its nearest training picture is ${near[0].title} (${near[0].className}) at ${short(near[0].distance)}; up to ${short(limit)} counts as near.`;
  const said = answer === null ? `${asked}: ${NONE}, for no training picture is near enough.` : `${asked}: ${answer}.`;
  return `${said} ${means} ${reason}${known < total ? ` So far ${known} of ${count(total, "training picture")}.` : ""}`;
}

export const classSentence = ({ name, mean, nearest, pictures }, { limit }) =>
  `${name}: ${short(mean)} to the mean of its ${count(pictures, "picture")}, ${short(nearest)} to the nearest of them, which ${
    nearest <= limit ? "is near" : "is not near"} (the limit is ${short(limit)}).`;

export const nearSentence = ({ title, className, distance }, place, { limit }) =>
  `${title}, of ${className}: ${short(distance)} away, number ${place + 1} from the asked picture${
    distance > limit ? ", too far to count as near" : ""}.`;

export function csv({ rows }) {
  const quoted = (text) => `"${text.replaceAll('"', '""')}"`;
  return `class,distance to mean,distance to nearest picture,pictures\n${rows.map((row) =>
    [quoted(row.name), full(row.mean), full(row.nearest), row.pictures].join(",")).join("\n")}\n`;
}
