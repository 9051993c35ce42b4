"""What stands below the view of Receptive fields: how fields grow, own stacks, networks side by side, a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.ui.field_compare import draw_compare
from app.ui.field_growth import draw_growth
from app.ui.field_published import draw_published
from app.ui.field_stacks import draw_stacks
from app.ui.frame import guarded, live
from cnnviz.analysis import receptive_fields

if TYPE_CHECKING:
    from app.ui.field_state import Chosen
    from app.ui.picture import ChosenPicture
    from cnnviz.network import Network

_TITLES = ("How it grows", "Stacks of your own", "Networks side by side", "Published numbers")


def field_benches(network: Network, at: Chosen, chosen: ChosenPicture) -> None:
    """The benches, of which the open one is drawn; those that have settings of their own follow them by themselves."""
    growth, stacks, compare, published = st.tabs(_TITLES, on_change="rerun", key="rf_bench")
    if growth.open:
        with growth:
            guarded(lambda: draw_growth(network, receptive_fields(network), at.layer.path))
    if stacks.open:
        with stacks:
            live(lambda: guarded(draw_stacks), chosen)
    if compare.open:
        with compare:
            live(lambda: guarded(lambda: draw_compare(at.layer.field.input_size)), chosen)
    if published.open:
        with published:
            live(lambda: guarded(draw_published), chosen)
