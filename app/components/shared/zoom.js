// The gestures that zoom a view: the wheel with Ctrl held, as a touchpad sends it too, and two fingers.

const PER_EFOLD = 300; // pixels of wheel that make things e times larger

// `zoom(factor, x, y)` hears every step: how many times larger, and what stays where it is, in CSS pixels from the
// node's corner. One finger and the plain wheel scroll as ever; the node wants `touch-action: pan-x pan-y`.
export function onZoom(node, zoom) {
  onWheel(node, zoom);
  onPinch(node, zoom);
}

function onWheel(node, zoom) {
  node.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    const box = node.getBoundingClientRect();
    zoom(Math.exp(-event.deltaY / PER_EFOLD), event.clientX - box.left, event.clientY - box.top);
  }, { passive: false });
}

function onPinch(node, zoom) {
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
