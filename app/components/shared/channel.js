// How do two views on one page hear of each other? One says a value under a name; others are told, also who comes later.
// Or one asks another to do something, and waits until it is done.

const said = new Map();
const listeners = new Map();
const answerers = new Map();

export function say(name, value) {
  said.set(name, value);
  for (const listener of listeners.get(name) ?? []) listener(value);
}

// Calls `listener` with every value said under `name`, at once with the last one. Returns a function that ends it.
export function hear(name, listener) {
  if (!listeners.has(name)) listeners.set(name, new Set());
  listeners.get(name).add(listener);
  if (said.has(name)) listener(said.get(name));
  return () => listeners.get(name).delete(listener);
}

// Asks the view that answers to `name`; resolves when it has done, at once where there is none.
export async function ask(name, value) {
  await answerers.get(name)?.(value);
}

// `answer` is called with every value asked under `name`. Returns a function that ends it.
export function answers(name, answer) {
  answerers.set(name, answer);
  return () => { if (answerers.get(name) === answer) answerers.delete(name); };
}
