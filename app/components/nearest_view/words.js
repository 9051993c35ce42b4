// What is said of the answer, of one class, and of one training picture.

import { count, full } from "../shared/format.js";

export const NONE = "none of these";

export const verdict = ({ answer }) => answer ?? NONE;

// A distance, 0 to 2, with three digits, so that 1.00 stands beside 1.02.
export const away = (distance) => (distance === 0 ? "0" : distance.toPrecision(3));

export function sentence(scene) {
  const { asked, answer, rows, near, limit, known, total } = scene;
  const [first, second] = [...rows].sort((a, b) => a.mean - b.mean);
  const means = `${first.name} has the nearest mean, ${away(first.mean)} away${second ? `; the next is ${second.name}, ${away(second.mean)} away` : ""}.`;
  const reason = `Its nearest training picture is ${near[0].title} (${near[0].className}) at ${away(near[0].distance)}; up to ${away(limit)} counts as near.`;
  const said = answer === null ? `${asked}: ${NONE}, for no training picture is near enough.` : `${asked}: ${answer}.`;
  return `${said} ${means} ${reason}${known < total ? ` So far ${known} of ${count(total, "training picture")}.` : ""}`;
}

export const classSentence = ({ name, mean, nearest, pictures }, { limit }) =>
  `${name}: ${away(mean)} to the mean of its ${count(pictures, "picture")}, ${away(nearest)} to the nearest of them, which ${
    nearest <= limit ? "is near" : "is not near"} (the limit is ${away(limit)}).`;

export const nearSentence = ({ title, className, distance }, place, { limit }) =>
  `${title}, of ${className}: ${away(distance)} away, number ${place + 1} from the asked picture${
    distance > limit ? ", too far to count as near" : ""}.`;

export function csv({ rows }) {
  const quoted = (text) => `"${text.replaceAll('"', '""')}"`;
  return `class,distance to mean,distance to nearest picture,pictures\n${rows.map((row) =>
    [quoted(row.name), full(row.mean), full(row.nearest), row.pictures].join(",")).join("\n")}\n`;
}
