// What is said of a network, a block, a layer: its shapes, its costs, what it reads and who reads it.

import { count, whole } from "../shared/format.js";

export const NAMES = { multiply_adds: "Multiply-adds", parameters: "Parameters", memory: "Memory" };

// 1.81 G, 11.7 M, 3.21 MB: three significant digits.
export function amount(value, cost) {
  const unit = cost === "memory" ? "B" : "";
  if (!value) return "0";
  const [scale, letter] = [[1e9, "G"], [1e6, "M"], [1e3, "k"]].find(([size]) => value >= 0.9995 * size) ?? [1, ""];
  const number = Number((value / scale).toPrecision(3));
  return `${letter || unit ? number : whole(number)}${letter || unit ? " " : ""}${letter}${unit}`;
}

export function overview({ items, edges }) {
  const nodes = items.filter((item) => !item.parts.length).length - 1;
  return `${count(nodes, "node")}, ${count(edges.length, "edge")}`;
}

export function itemSentence(header, totals, plan, item) {
  const named = item.path && item.path !== item.title ? `${item.title} (${item.path})` : item.title;
  const { reads, readers } = neighbours(header, plan, item.item);
  const spent = header.costs.map((cost, at) => {
    const share = totals[at] ? (100 * item.costs[at]) / totals[at] : 0;
    const full = cost === "memory" ? amount(item.costs[at], cost) : whole(item.costs[at]);
    return `${full} ${cost === "memory" ? "of activations" : NAMES[cost].toLowerCase()} (${percent(share)} of all)`;
  });
  const costs = item.kind === "picture" ? "" : ` ${spent.join(", ")}.`;
  const open = item.parts.length ? ` ${plan.byItem.get(item.item)?.open ? "Click its name to close it." : "Click to open it."}` : "";
  const from = reads.length ? ` Reads ${listed(reads)}.` : "";
  const to = readers.length ? ` Read by ${listed(readers)}.` : "";
  return `${named}: ${item.detail}.${costs}${from}${to}${open}`;
}

const percent = (share) => (share === 0 ? "0 %" : share < 0.1 ? "under 0.1 %" : `${Number(share.toPrecision(3))} %`);

// The titles of the boxes that a box reads, and of those that read it.
function neighbours({ items }, plan, item) {
  const title = (at, group, outside) => (at === -1 ? (group === -1 ? "" : `${outside} ${items[group].title}`) : items[at].title);
  const found = { reads: [], readers: [] };
  for (const wire of plan.wires) {
    if (wire.target === item) found.reads.push(title(wire.source, wire.group, "the input of"));
    if (wire.source === item) found.readers.push(title(wire.target, wire.group, "what follows"));
  }
  return found;
}

function listed(names) {
  const shown = names.slice(0, 3);
  const more = names.length - shown.length;
  return more ? `${shown.join(", ")} and ${count(more, "other")}` : shown.join(" and ");
}
