"""The settings beside the feature maps. Every widget shows what `feature_maps_state` has read and writes it back."""

from __future__ import annotations

import streamlit as st

from app.ui.feature_maps_state import ORDERS, SCALES, Form, leave_layer
from app.ui.linked import follows, hold, segments, widget_key
from app.ui.network_picker import network_picker


def feature_maps_form(form: Form) -> None:
    """Draw the network's list, the colour scale and the order of the maps."""
    network_picker(form.choice, on_change=leave_layer)
    segments(
        "scale",
        "Colour scale",
        SCALES,
        "shared" if form.per == "layer" else "own",
        help="Shared: one scale for all maps of the layer, so that strong and weak maps can be compared. "
        "Own: each map from its own least to its own greatest value.",
    )
    hold(widget_key("order"), form.order)
    st.selectbox(
        "Order of the maps",
        list(ORDERS),
        format_func=ORDERS.__getitem__,
        help="By index: as the layer counts its channels, from 0. Otherwise the greatest first.",
        **follows("order"),
    )
