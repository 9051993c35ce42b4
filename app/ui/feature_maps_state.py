"""What is set on the Feature maps page: network, scale, order, layer, open map. All of it lives in the link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import streamlit as st

from app.ui.frame import foot_follows
from app.ui.linked import linked, linked_choice, set_linked
from app.ui.network_picker import NetworkChoice, read_network
from cnnviz.errors import LayerError

if TYPE_CHECKING:
    from app.ui.feature_maps_layers import Strip, StripLayer

STRIP = "layer_strip"
MOSAIC = "map_mosaic"
SCALES = {"shared": "Shared", "own": "Own"}
ORDERS = {"index": "Index", "mean": "Mean", "maximum": "Maximum", "magnitude": "Mean of |values|"}
_LAYER = "layer"
_MAP = "map"
_MOST_DIGITS = 6  # of a channel in a link; Python refuses to read a number of thousands of digits
_NOTICE = "_layer_notice"


@dataclass(frozen=True)
class Form:
    """What the learner set. `per` says whether all maps of the layer share one scale or each has its own."""

    choice: NetworkChoice
    per: Literal["layer", "map"]
    order: str


def read_form() -> Form:
    """All settings, without drawing anything."""
    for key in (_LAYER, _MAP):
        linked(key, "")  # the address follows also while the network is still on its way
    scale = linked_choice("scale", tuple(SCALES))
    return Form(read_network(), "layer" if scale == "shared" else "map", linked_choice("order", tuple(ORDERS)))


def open_layer(strip: Strip) -> StripLayer:
    """The layer that the link or the learner named; says so where the network has none of that name."""
    name = linked(_LAYER, "")
    try:
        layer = strip.find(name) if name else strip.default
    except LayerError as error:
        layer = strip.default
        _forget(_LAYER)
        st.session_state[_NOTICE] = f"{error} Here is {layer.id}."
    if notice := st.session_state.get(_NOTICE):
        st.warning(notice, icon=":material/info:")
    return layer


def open_map(count: int) -> int | None:
    """The channel whose large view is open, of `count`; None for the mosaic."""
    text = linked(_MAP, "")
    if len(text) <= _MOST_DIGITS and text.isascii() and text.isdigit() and int(text) < count:
        return int(text)
    if text:
        _forget(_MAP)
    return None


def layer_chosen() -> None:
    """The learner chose a layer on the strip."""
    st.session_state.pop(_NOTICE, None)
    set_linked(_LAYER, str(st.session_state[STRIP].choose))
    set_linked(_MAP, "")
    foot_follows("feature_maps")


def map_opened() -> None:
    """The learner opened a map, or closed the large view."""
    channel = st.session_state[MOSAIC].open["channel"]
    set_linked(_MAP, "" if channel is None else str(int(channel)))
    foot_follows("feature_maps")


def leave_layer() -> None:
    """Another network has other layers: it opens with its own first choice."""
    st.session_state.pop(_NOTICE, None)
    set_linked(_LAYER, "")
    set_linked(_MAP, "")


def _forget(key: str) -> None:
    """Take an impossible value out of the state and out of the address."""
    set_linked(key, "")
    linked(key, "")
