"""How do the arms come along? Their curves in one chart, what each cost in a table, and how each is steered."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import streamlit as st

from app.ui.charts import show_chart
from app.ui.plain import plain
from app.ui.sheets import csv_of, save_csv
from app.ui.theme import chart_colours, current_theme
from app.ui.transfer_run_jobs import ArmRun, SeenRun, go_on, pause, stop
from app.ui.visitor import visitor
from cnnviz.image import Theme
from cnnviz.learn import ARMS, Accuracy, Epoch, epochs_csv, kept_epoch
from cnnviz.plot import epochs_figure

_Curves = tuple[tuple[str, tuple[Epoch, ...]], ...]
_drawing = threading.Lock()
_ICONS = {
    "waiting": ":material/hourglass_top:",
    "running": ":material/play_arrow:",
    "paused": ":material/pause:",
    "done": ":material/check:",
    "stopped": ":material/stop:",
    "failed": ":material/error:",
}


def show_curves(runs: Sequence[ArmRun]) -> None:
    """Accuracy and loss of all arms over their epochs; of a run on several splits those of the first."""
    curves = tuple((one.title, one.found.epochs) for one in runs)
    places = tuple((one.title, place_of(one)) for one in runs)
    with _drawing:  # the figure is everybody's
        show_chart(_figure(curves, places, chart_colours(), current_theme()), "tr_curves")


@lru_cache(32)
def _figure(curves: _Curves, places: tuple[tuple[str, int], ...], colours: tuple[str, ...], theme: Theme) -> Any:
    """The chart, made once for all who look at the same curves again and again; a theme has its own."""
    return epochs_figure(dict(curves), dict(places), colours)


def place_of(one: ArmRun) -> int:
    """Which colour, dash and marker a run has: its arm's, whichever others are there."""
    if not one.name:
        return list(ARMS).index(one.teaching.settings.arm)
    return len(ARMS) + (one.teaching.sabotage is not None)


def show_steering(runs: Sequence[SeenRun]) -> None:
    """One line a run: what it does, how far it is, and what its owner can do about it."""
    for one in runs:
        line = st.container(horizontal=True, vertical_alignment="center", key=f"tr_line_{one.id}")
        line.markdown(f"{_ICONS[one.state]} **{one.title}** {plain(one.words, 300)}", width="stretch")
        tools = line.container(horizontal=True, vertical_alignment="center", width="content")  # wrap together
        if one.live:
            tools.progress(min(1.0, one.share), width=120)
        if one.owned:
            with tools:
                _buttons(one)


def show_table(runs: Sequence[ArmRun]) -> None:
    """What each arm reached and cost, and whether the difference is more than chance."""
    st.markdown(verdict(runs) or "&nbsp;")
    kept = kept_words(runs)
    if kept:
        st.markdown(kept)
    rows = [_row(one) for one in runs]
    st.table(rows, border="horizontal", width="content")
    curves = epochs_csv({one.title: one.found.epochs for one in runs})
    with st.container(horizontal=True):
        save_csv("Save the table as CSV", csv_of(rows[0], (row.values() for row in rows)), "arms.csv", "tr_arms_csv")
        save_csv("Save the curves as CSV", curves, "curves.csv", "tr_curves_csv")
    if any(one.state == "done" and len(one.found.outcomes) == 1 for one in runs):
        st.caption("± of one split: from the number of its test pictures. More splits tell how much chance there was.")


def verdict(runs: Sequence[ArmRun]) -> str:
    """Which arm leads, and by how much; empty as long as fewer than two are taught."""
    known = [(accuracy, one.title) for one in runs if (accuracy := accuracy_of(one)) is not None]
    if len(known) < 2:
        return ""
    (best, title), (second, other), *_ = sorted(known, key=lambda pair: -pair[0].mean)
    lead = best.mean - second.mean
    if lead == 0:
        level = [f"**{title}**" for accuracy, title in known if accuracy.mean == best.mean]
        together = f"{', '.join(level[:-1])} and {level[-1]}"
        return f"{together} are level at {accuracy_words(best)}: these test pictures do not tell them apart."
    error = math.hypot(best.standard_error, second.standard_error)
    words = f"**{title}** leads with {accuracy_words(best)}; **{other}** follows with {accuracy_words(second)}"
    chance = "more than chance explains" if lead > 2 * error else "no more than chance explains"
    return f"{words}: {100 * lead:.1f} ± {100 * error:.1f} points apart, {chance}."


def kept_words(runs: Sequence[ArmRun]) -> str:
    """Whose weights early stopping took, and why; empty where nothing stops early."""
    kept = [(one.title, epoch) for one in runs if (epoch := kept_epoch(one.found.epochs)) is not None]
    if not kept:
        return ""
    each = ", ".join(f"**{title}** epoch {epoch.number}" for title, epoch in kept)
    return f"Early stopping keeps the weights ringed above ({each}): the pictures held back had the lowest loss there."


def accuracy_of(one: ArmRun) -> Accuracy | None:
    """Over the splits that are over."""
    outcomes = one.found.outcomes
    return Accuracy(tuple(each.accuracy for each in outcomes), outcomes[0].pictures) if outcomes else None


def accuracy_words(accuracy: Accuracy | None) -> str:
    """In per cent, with its uncertainty and on how many splits it was measured."""
    if accuracy is None:
        return "–"
    splits = f", {len(accuracy.values)} splits" if len(accuracy.values) > 1 else ""
    return f"{100 * accuracy.mean:.1f} ± {100 * accuracy.standard_error:.1f} %{splits}"


def _buttons(one: SeenRun) -> None:
    if one.state in ("waiting", "running"):
        st.button("Pause", on_click=pause, args=(one.id, True), key=f"tr_pause_{one.id}", icon=":material/pause:")
    if one.state == "paused":
        st.button("Go on", on_click=pause, args=(one.id, False), key=f"tr_on_{one.id}", icon=":material/play_arrow:")
    if one.live:
        st.button("Cancel", on_click=stop, args=(one.id,), key=f"tr_stop_{one.id}", icon=":material/stop:")
    elif one.state != "done":
        args = (one.link, visitor())
        st.button("Continue", on_click=go_on, args=args, key=f"tr_continue_{one.id}", icon=":material/resume:")


def _row(one: ArmRun) -> dict[str, Any]:
    epochs, outcomes = one.found.epochs, one.found.outcomes
    seconds = outcomes[0].seconds if outcomes else epochs[-1].seconds if epochs else None
    trained = f"{outcomes[0].trainable_parameters:,} of {outcomes[0].parameters:,}" if outcomes else "–"
    return {
        "Arm": one.title,
        "Test accuracy": accuracy_words(accuracy_of(one)),
        "Seconds": "–" if seconds is None else f"{seconds:.3g}",
        "Trainable parameters": trained,
        "Epochs": f"{len(epochs)} of {one.teaching.settings.epochs}",
    }
