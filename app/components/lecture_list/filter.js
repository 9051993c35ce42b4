// Which figures are shown, and what is said of them. No drawing here.

export const SHOWN = [["differ", "Differ"], ["all", "All"], ["agree", "Agree"]];

// The rows of the blob as objects; `text` is what the search looks through.
export function figuresOf(fields, rows, notes) {
  return rows.map((row) => {
    const figure = Object.fromEntries(fields.map((name, i) => [name, row[i]]));
    const parts = [figure.topic, figure.what, figure.quote, figure.given, figure.computed, figure.why, notes[figure.note - 1]];
    figure.text = plain(parts.join(" "));
    return figure;
  });
}

// Every word of the search must occur, in any order.
export function matches(figure, { show, note, search }) {
  if (show !== "all" && figure.agrees !== (show === "agree")) return false;
  if (note && figure.note !== note) return false;
  return plain(search).split(/\s+/).every((word) => figure.text.includes(word));
}

export const plain = (text) => text.toLowerCase().replaceAll("×", "x").replaceAll("’", "'");

export function summary(figures, shown, state) {
  const differing = figures.filter((figure) => !figure.agrees).length;
  const counted = `${differing} of the ${figures.length} figures in the five notes differ from what is computed, `
    + `${figures.length - differing} agree.`;
  const narrowed = state.search.trim() || state.note;
  return narrowed || state.show === "all" ? `${counted} ${shown.length} ${shown.length === 1 ? "is" : "are"} shown.` : counted;
}

export function sentence(figure) {
  const verdict = figure.agrees ? "which agrees" : "which differs";
  return `${figure.topic}, ${figure.what}: the notes say ${figure.given}, computed ${figure.computed}, ${verdict}.`;
}

// The figure to go to from the one at `at` with a key; null where the key means nothing.
export function step(key, at, count) {
  const to = { ArrowUp: at - 1, ArrowDown: at + 1, PageUp: at - 10, PageDown: at + 10, Home: 0, End: count - 1 }[key];
  return to === undefined || !count ? null : Math.min(count - 1, Math.max(0, to));
}
