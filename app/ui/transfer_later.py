"""When do the arms come onto the page? Once torch is in: nobody's first look at the page waits for it."""

from __future__ import annotations

import streamlit as st

from app.ui.network_picker import NetworkChoice
from app.ui.picture_picker import picker_is_open
from app.ui.transfer_data import TransferData
from app.ui.transfer_runs import ARMS_ANCHOR, runs_part
from cnnviz import compute

PATIENCE = 0.0
"""Seconds that a run of the page waits for torch. A run that waits holds up what the learner clicks meanwhile."""
LOOK = 0.5
_LAST = "captum.attr"  # of all that is loaded


def teaching_part(data: TransferData, choice: NetworkChoice) -> None:
    """The arms, or as long as the libraries are being loaded, which begins once the page is drawn, that they are."""
    if PATIENCE:
        compute.warm_up().wait(PATIENCE)
    if _loaded():
        runs_part(data, choice)
        return
    st.subheader("Four arms, one split", anchor=ARMS_ANCHOR)

    @st.fragment(run_every=LOOK)
    def part() -> None:
        if _loaded() and not picker_is_open():
            st.rerun()
        st.caption("What teaches a network is being loaded; that takes some seconds, once.")

    part()


def _loaded() -> bool:
    warming = compute.under_way()
    return warming is not None and _LAST in warming.seconds
