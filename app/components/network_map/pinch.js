// Two fingers on a view: how much farther apart are they than before, and where is their middle?

// `zoom(factor, x, y)` hears every move, x and y in CSS pixels from the node's corner. One finger scrolls as ever.
export function onPinch(node, zoom) {
  let apart = null;
  const fingers = ({ touches: [one, two] }) => {
    const box = node.getBoundingClientRect();
    return {
      apart: Math.hypot(one.clientX - two.clientX, one.clientY - two.clientY),
      x: (one.clientX + two.clientX) / 2 - box.left,
      y: (one.clientY + two.clientY) / 2 - box.top,
    };
  };
  const begin = (event) => { apart = event.touches.length === 2 ? fingers(event).apart : null; };
  for (const name of ["touchstart", "touchend", "touchcancel"]) node.addEventListener(name, begin, { passive: true });
  node.addEventListener("touchmove", (event) => {
    if (event.touches.length !== 2 || !apart) return;
    event.preventDefault();
    const now = fingers(event);
    if (now.apart < 1) return;
    zoom(now.apart / apart, now.x, now.y);
    apart = now.apart;
  }, { passive: false });
}
