// Small helpers for building a view's elements and reading the theme.

export function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role" || name === "for") node.setAttribute(name, value);
    else node[name] = value;
  }
  node.append(...children);
  return node;
}

// A button: its words, what pointing at it explains ("" for nothing), what a press does, and what else is to be set.
export function button(text, explained, act, properties = {}) {
  return element("button", { className: "plain", type: "button", textContent: text, title: explained, onclick: act, ...properties });
}

// The one at the end of a caption that saves what stands below.
export const saveButton = (explained, act) => button("Save", explained, act, { className: "plain push" });

// Change a node's only text in place: a quarter of the cost of setting textContent, which makes a new node.
export function setText(node, text) {
  if (!node.firstChild) node.append(text);
  else if (node.firstChild.data !== text) node.firstChild.data = text;
}

export function themeColour(root, name) {
  return getComputedStyle(root).getPropertyValue(`--st-${name}`).trim();
}

// The page's ground as [red, green, blue]: what zero looks like in signed colours.
export function ground(root) {
  const colour = themeColour(root, "background-color");
  const hex = /^#([0-9a-f]{6})$/i.exec(colour);
  if (hex) return [0, 2, 4].map((i) => parseInt(hex[1].slice(i, i + 2), 16));
  return colour.match(/\d+/g)?.slice(0, 3).map(Number) ?? [255, 255, 255];
}

// One drawing per frame, however many events came in.
export function onNextFrame(draw) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => { asked = false; draw(); });
  };
}
