"""The settings of Receptive fields. Every widget shows what `field_state` has read and writes it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.ui.field_state import (
    ALL,
    AMOUNT,
    AMOUNTS,
    CHANNEL,
    HEAT,
    HEATS,
    LAYER,
    MODE,
    PATCH,
    PATCHES,
    STRONGEST,
    Chosen,
    Form,
    layer_taken,
    leave_layer,
    leave_pixel,
)
from app.ui.linked import follows, hold, linked, segments, set_linked, widget_key
from app.ui.network_picker import network_picker

if TYPE_CHECKING:
    from app.ui.field_layers import FieldLayer

_CLICKS = {"field": "shows who sees it", "nudge": "nudges it"}
_NAMED = {ALL: "All: mean size", STRONGEST: "The strongest at this unit"}


def field_form(form: Form, layers: tuple[FieldLayer, ...], at: Chosen | None) -> None:
    """Draw the network's list; the layer's and the channel's once the network is there; then what a click does."""
    network_picker(form.choice, on_change=leave_layer)
    if at is not None:
        _layer_setting(layers, at)
        if form.mode == "field":  # a nudge shows the largest change of all channels
            _channel_setting(at)
    segments(
        MODE,
        "A click on the picture",
        _CLICKS,
        form.mode,
        on_change=leave_pixel,
        args=(),
        help="Nudge: change a pixel, run the network once more, and see which units of the layer change.",
    )
    if form.mode == "nudge":
        _nudge_settings(form)
    else:
        hold(widget_key(HEAT), form.heat)
        st.selectbox(
            "Effective field (heat)",
            list(HEATS),
            format_func=HEATS.__getitem__,
            help="How strongly each pixel moves the unit: the size of its gradient, for this picture or on average.",
            **follows(HEAT),
        )


def _layer_setting(layers: tuple[FieldLayer, ...], at: Chosen) -> None:
    kinds = {layer.path: layer.field.kind for layer in layers}
    hold(widget_key(LAYER), at.layer.path)
    st.selectbox(
        "Layer",
        list(kinds),
        key=widget_key(LAYER),
        on_change=layer_taken,
        format_func=lambda path: f"{path} · {kinds[path]}",
        help="Layers and blocks with a map, first to last. The slider steps through those at which the field grows.",
    )


def _channel_setting(at: Chosen) -> None:
    named = linked(CHANNEL, "")
    hold(widget_key(CHANNEL), named or ALL)
    st.selectbox(
        "Channel",
        [ALL, STRONGEST, *map(str, range(at.layer.channels))],
        key=widget_key(CHANNEL),
        on_change=_channel_taken,
        format_func=lambda name: _NAMED.get(name, f"Channel {name}"),
        help="What the map shows, and whose gradient the heat is. All channels of a layer share one theoretical field.",
    )


def _channel_taken() -> None:
    taken = str(st.session_state[widget_key(CHANNEL)])
    set_linked(CHANNEL, "" if taken == ALL else taken)


def _nudge_settings(form: Form) -> None:
    segments(PATCH, "Patch, pixels a side", PATCHES, str(form.patch), help="How many pixels are changed at once.")
    hold(widget_key(AMOUNT), f"{form.amount:g}")
    st.select_slider(
        "Brightness changes by",
        list(AMOUNTS),
        help="Added to red, green and blue; 1 is the way from black to white.",
        **follows(AMOUNT),
    )
