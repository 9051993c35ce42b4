// Dragging a row to another place: a line shows where it would go, Escape lets it stay.

// `rows()` gives the rows' elements in order; `drop(from, to)` is called once at the end.
export function letDrag(list, { rows, drop }) {
  let from = null;
  const line = document.createElement("div");
  line.className = "drop-line";
  const end = () => {
    from = null;
    line.remove();
    list.classList.remove("dragging");
  };
  list.addEventListener("pointerdown", (event) => {
    const handle = event.target.closest(".handle");
    if (!handle || event.button !== 0) return;
    event.preventDefault();
    from = { at: rows().indexOf(handle.closest(".row")), to: null };
    list.setPointerCapture(event.pointerId);
    list.classList.add("dragging");
  });
  list.addEventListener("pointermove", (event) => {
    if (!from) return;
    const boxes = rows().map((row) => row.getBoundingClientRect());
    const before = boxes.findIndex((box) => event.clientY < (box.top + box.bottom) / 2);
    from.to = before < 0 ? boxes.length : before;
    const top = list.getBoundingClientRect().top;
    line.style.top = `${(from.to < boxes.length ? boxes[from.to].top : boxes.at(-1).bottom) - top}px`;
    list.append(line);
  });
  list.addEventListener("pointerup", () => {
    if (from && from.to !== null) {
      const to = from.to > from.at ? from.to - 1 : from.to;
      if (to !== from.at) drop(from.at, to);
    }
    end();
  });
  list.addEventListener("pointercancel", end);
  list.addEventListener("keydown", (event) => { if (event.key === "Escape") end(); });
}
