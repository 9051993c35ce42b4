"""Where do the arms stand on the page? In a part of its own, which waits for torch without holding up the rest."""

from __future__ import annotations

import streamlit as st

from app.ui.network_picker import NetworkChoice
from app.ui.transfer_data import TransferData
from cnnviz.compute import warm_up

ARMS_ANCHOR = "four-arms"
_NEEDED = ("torch", "torchvision.models", "captum.attr")


def runs_part(data: TransferData, choice: NetworkChoice) -> None:
    """Everything from *Four arms, one split* on: for these pictures and this network, and for the runs of the link."""

    @st.fragment
    def part() -> None:
        st.subheader("Four arms, one split", anchor=ARMS_ANCHOR)
        warm_up().wait_for(_NEEDED)
        from app.ui.transfer_run_bench import runs_bench  # brings torch

        runs_bench(data, choice)

    part()


def link_note() -> str:
    """What the page's link is said to give away; empty where it is a link as any other."""
    if not any(key in st.query_params for key in ("runs", "curve", "hidden")):
        return ""
    return (
        "Who opens this link can also pause, cancel and continue the runs that you began; *Links* beside the arms has "
        "one that only shows them."
    )
