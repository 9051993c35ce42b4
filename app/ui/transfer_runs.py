"""Which way of teaching serves best? Arms taught on one split as runs: curves, answers, and what comes next."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.ui.frame import guarded
from app.ui.linked import linked, set_linked
from app.ui.network_picker import NetworkChoice
from app.ui.transfer_data import TransferData
from app.ui.transfer_run_answers import chosen_run, show_confusion
from app.ui.transfer_run_form import read_runs_form, runs_form
from app.ui.transfer_run_jobs import ArmRun, begin, look
from app.ui.transfer_run_view import show_curves, show_steering, show_table
from app.ui.visitor import visitor

RUNS = "runs"
LOOK = 1.0
"""Seconds between two looks at runs that go on."""
_START = "_tr_start"


def runs_part(data: TransferData, choice: NetworkChoice) -> None:
    """Everything from *Four arms, one split* on: for these pictures and this network, and for the runs of the link."""

    @st.fragment
    def part() -> None:
        st.subheader("Four arms, one split", anchor=False)
        settings, picture = st.columns([1.2, 3.6], gap="medium")
        with settings:
            guarded(lambda: _settings(data, choice))
        with picture:
            _runs(data)

    part()


def links() -> tuple[str, ...]:
    """The links of the runs that the address names."""
    return tuple(dict.fromkeys(filter(None, linked(RUNS, "").split("."))))


def _settings(data: TransferData, choice: NetworkChoice) -> None:
    runs_form(data)
    asked = read_runs_form(data)
    if st.session_state.get(_START):
        begun = begin(data, choice, asked.teachings, links(), visitor())
        set_linked(RUNS, ".".join(begun))
        st.session_state[_START] = False
    ready = bool(asked.teachings) and choice.trained
    st.button(
        "Start", type="primary", icon=":material/play_arrow:", on_click=_start, disabled=not ready, key="tr_start",
        width="stretch",
    )  # fmt: skip
    if not choice.trained:
        st.caption("Arms begin from published weights; choose a network that has them.")
    elif not asked.teachings:
        st.caption("Choose an arm.")


def _start() -> None:
    st.session_state[_START] = True


def _runs(data: TransferData) -> None:
    runs = _looked()
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
        if [one.id for one in now if one.live] != going:
            st.rerun()

    progress()
    _understand(runs)


def _looked() -> list[ArmRun]:
    return [one for link in links() if (one := look(link, visitor())) is not None]


def _understand(runs: Sequence[ArmRun]) -> None:
    """What can be asked once an arm is taught."""
    chosen = chosen_run(runs)
    if chosen is not None:
        guarded(lambda: show_confusion(*chosen))
