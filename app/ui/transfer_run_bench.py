"""Which way of teaching serves best? Arms taught on one split as runs: curves, answers, and what comes next."""

from __future__ import annotations

import streamlit as st

from app.ui.frame import guarded
from app.ui.linked import follows, hold, linked, linked_choice, set_linked, widget_key
from app.ui.network_picker import NetworkChoice
from app.ui.picture_picker import picker_is_open
from app.ui.plain import plain
from app.ui.transfer_backgrounds import backgrounds_part
from app.ui.transfer_cells import cells_part
from app.ui.transfer_data import TransferData
from app.ui.transfer_probe import probe_part
from app.ui.transfer_run_answers import chosen_run, show_confusion
from app.ui.transfer_run_curve import curve_part
from app.ui.transfer_run_form import AskedRuns, arms_form, read_runs_form, runs_form
from app.ui.transfer_run_home import home_part, links_part
from app.ui.transfer_run_jobs import ArmRun, begin, look
from app.ui.transfer_run_mistakes import mistakes_part
from app.ui.transfer_run_recorded import is_recorded, recorded_runs
from app.ui.transfer_run_sabotage import hidden_runs, sabotage_part
from app.ui.transfer_run_view import show_curves, show_steering, show_table
from app.ui.transfer_space import space_part
from app.ui.visitor import visitor
from cnnviz.learn import DatasetError
from cnnviz.learn.splits import require_classes

RUNS = "runs"
LOOK = 1.0
"""Seconds between two looks at runs that go on."""
VIEW = "tr_view"
_START = "_tr_start"


def runs_bench(data: TransferData, choice: NetworkChoice) -> None:
    """Settings on the left, beside them what the runs of the link say, and what can be asked of them."""
    settings, picture = st.columns([1.2, 3.6], gap="medium")
    with settings:
        asked = guarded(lambda: _settings(data, choice)) or AskedRuns(())
    with picture:
        recorded = recorded_runs(data, choice)
        _runs(recorded)
        guarded(lambda: _understand(data, choice, asked, recorded))


def links() -> tuple[str, ...]:
    """The links of the runs that the address names."""
    return tuple(dict.fromkeys(filter(None, linked(RUNS, "").split("."))))


def _settings(data: TransferData, choice: NetworkChoice) -> AskedRuns:
    asked = read_runs_form(data)
    arms_form()
    if st.session_state.get(_START):
        begun = begin(data, choice, asked.teachings, links(), visitor())
        set_linked(RUNS, ".".join(begun))
        st.session_state[_START] = False
    missing = _missing(data)
    ready = bool(asked.teachings) and choice.trained and not missing
    st.button(
        "Start", type="primary", icon=":material/play_arrow:", on_click=_start, disabled=not ready, key="tr_start",
        width="stretch",
    )  # fmt: skip
    if not choice.trained:
        st.caption("Arms begin from published weights; choose a network that has them.")
    elif missing:
        st.caption(plain(missing, longest=300))
    elif not asked.teachings:
        st.caption("Choose an arm.")
    runs_form(data)
    return asked


def _missing(data: TransferData) -> str:
    """What the pictures lack to be taught from and tested with; empty where nothing."""
    try:
        require_classes(data.dataset)
    except DatasetError as error:
        return str(error)
    return ""


def _start() -> None:
    st.session_state[_START] = True


def _runs(recorded: list[ArmRun]) -> None:
    runs = _looked()
    if not runs and recorded:
        show_curves(recorded)
        st.caption(
            "Recorded with the settings the page opens with; the seconds are those of one core. Start teaches the "
            "chosen arms here and now."
        )
        show_table(recorded)
        return
    if not runs:
        st.info("Choose arms and press Start: curves come here as the networks learn.", icon=":material/timeline:")
        return
    going = [one.id for one in runs if one.live]

    @st.fragment(run_every=LOOK if going else None)
    def progress() -> None:
        now = _looked()
        show_curves(now)
        show_steering(now)
        show_table(now)
        if [one.id for one in now if one.live] != going and not picker_is_open():
            st.rerun()

    progress()


def _looked() -> list[ArmRun]:
    watcher = visitor()
    found = [one for link in links() if isinstance(one := look(link, watcher), ArmRun)]
    return [*found, *hidden_runs()]


def _understand(data: TransferData, choice: NetworkChoice, asked: AskedRuns, recorded: list[ArmRun]) -> None:
    """What is asked of the arms; one question at a time, since each takes its time."""
    view = linked_choice(VIEW, tuple(_VIEWS))
    hold(widget_key(VIEW), view)
    st.radio(
        "What to look at", tuple(_VIEWS), format_func=lambda name: _VIEWS[name], horizontal=True,
        label_visibility="collapsed", **follows(VIEW),
    )  # fmt: skip
    if view == "curve":
        curve_part(data, choice, asked)
    elif view == "hidden":
        sabotage_part(data, choice, asked)
    elif view == "cells":
        cells_part(data, choice, asked, _looked() or recorded, _START)
    elif view == "space":
        space_part(data, choice, asked, chosen_run(_looked() or recorded))
    elif view == "stages":
        probe_part(data, choice, asked)
    elif view == "grounds":
        backgrounds_part(choice)
    elif view == "links":
        _links()
    else:
        _answers(view, recorded)


def _answers(view: str, recorded: list[ArmRun]) -> None:
    chosen = chosen_run(_looked() or recorded)
    if chosen is None:
        st.caption("As soon as an arm is taught, this stands here.")
    elif view == "confusion":
        show_confusion(*chosen)
    elif is_recorded(chosen[0]):
        st.info("This needs the taught network itself: press Start first.", icon=":material/play_arrow:")
    elif view == "mistakes":
        mistakes_part(*chosen)
    else:
        home_part(chosen[0])


def _links() -> None:
    runs = _looked()
    if runs:
        links_part([one for one in runs if not one.name] or runs, RUNS)
    else:
        st.caption("Runs have links as soon as they are begun.")


_VIEWS = {
    "confusion": "Confusion",
    "mistakes": "Worst mistakes",
    "space": "Feature space",
    "stages": "Which layer",
    "curve": "More pictures",
    "cells": "Similar or different",
    "grounds": "Object or background",
    "hidden": "Find the mistake",
    "home": "Take it home",
    "links": "Links",
}
