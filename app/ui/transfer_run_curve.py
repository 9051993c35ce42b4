"""How many pictures does each arm need? A learning curve over 1, 2, 5, 10 and all pictures of each class, as a run."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.ui.charts import show_chart
from app.ui.linked import linked, set_linked
from app.ui.network_picker import NetworkChoice
from app.ui.picture_picker import picker_is_open
from app.ui.sheets import csv_of, save_csv
from app.ui.theme import chart_colours
from app.ui.transfer_data import TransferData
from app.ui.transfer_run_form import AskedRuns
from app.ui.transfer_run_jobs import CurveRun, begin, look
from app.ui.transfer_run_view import show_steering
from app.ui.visitor import visitor
from cnnviz.learn import ARMS, CurvePoint, CurveTeaching
from cnnviz.plot import pictures_figure

CURVE = "curve"
LOOK = 1.0
_START = "_tr_start_curve"


def curve_part(data: TransferData, choice: NetworkChoice, asked: AskedRuns) -> None:
    """The curve of the link, and the button that begins one with the arms and settings of the form."""
    if st.session_state.get(_START) and asked.teachings:
        former = [link for link in (linked(CURVE, ""),) if link]
        set_linked(CURVE, begin(data, choice, [curve_asked(asked)], former, visitor())[0])
        st.session_state[_START] = False
    st.markdown(
        "Each chosen arm learns from 1, 2, 5, 10 and all pictures of each class, and is tested on the same pictures. "
        "With more splits the uncertainty shows."
    )
    ready = bool(asked.teachings) and choice.trained
    st.button(
        "Measure the curve", on_click=_start, disabled=not ready, key="tr_start_curve", icon=":material/timeline:"
    )
    now = _looked()
    if now is None:
        return
    live = now.live

    @st.fragment(run_every=LOOK if live else None)
    def progress() -> None:
        one = _looked()
        if one is None:
            return
        _show(one)
        if one.live != live and not picker_is_open():
            st.rerun()

    progress()


def curve_asked(asked: AskedRuns) -> CurveTeaching:
    """The chosen arms with their settings, on the splits of the form."""
    first = asked.teachings[0]
    return CurveTeaching(tuple(one.settings for one in asked.teachings), first.seed, first.by, first.splits)


def _show(one: CurveRun) -> None:
    titles = {arm.arm: ARMS[arm.arm].title for arm in one.asked.arms}
    places = {arm: list(ARMS).index(arm) for arm in titles}
    show_chart(pictures_figure(one.points, titles, places, _most(one), chart_colours()), "tr_curve")
    show_steering([one])
    if one.points:
        save_csv("Save as CSV", _csv(one.points), "learning_curve.csv", "tr_curve_csv")


def _most(one: CurveRun) -> int:
    """How many pictures of each class "all" are, about: the rest of the mean class beside the test."""
    counts = one.facts.settings["counts"]
    return max(11, round(0.7 * sum(counts) / max(1, len(counts))))


def _csv(points: Sequence[CurvePoint]) -> str:
    headings = (
        "arm", "pictures of each class", "accuracy", "standard error", "splits", "seconds", "trainable parameters",
    )  # fmt: skip

    def line(point: CurvePoint) -> list[object]:
        found = point.accuracy
        return [
            point.arm, point.per_class or "all", found.mean, found.standard_error, len(found.values), point.seconds,
            point.trainable_parameters,
        ]  # fmt: skip

    return csv_of(headings, map(line, points))


def _looked() -> CurveRun | None:
    link = linked(CURVE, "")
    one = look(link, visitor()) if link else None
    return one if isinstance(one, CurveRun) else None


def _start() -> None:
    st.session_state[_START] = True
