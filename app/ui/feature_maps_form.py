"""The settings of the feature maps: network, scale, order; which layer and map are open. All live in the link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import streamlit as st

from app.ui.linked import linked, set_linked
from app.ui.network_picker import NetworkChoice, network_picker
from cnnviz.errors import LayerError

if TYPE_CHECKING:
    from app.ui.feature_maps_layers import Strip, StripLayer

STRIP = "layer_strip"
MOSAIC = "map_mosaic"
LAYER = "layer"
MAP = "map"
_NOTICE = "_layer_notice"

Order = Literal["Index", "Mean", "Maximum", "Mean of |values|"]
ORDERS: tuple[Order, ...] = ("Index", "Mean", "Maximum", "Mean of |values|")


@dataclass(frozen=True)
class Form:
    """What the learner set. `per` says whether all maps of the layer share one scale or each has its own."""

    choice: NetworkChoice
    per: Literal["layer", "map"]
    order: Order


def feature_maps_form() -> Form:
    """Draw the settings and return them."""
    choice = network_picker(on_change=_leave_layer)
    for key in (LAYER, MAP):
        linked(key, "")  # the address follows also while the network is still on its way
    scale = st.segmented_control(
        "Colour scale",
        ["Shared", "Own"],
        default="Shared",
        required=True,
        key="scale",
        bind="query-params",
        width="stretch",
        help="Shared: one scale for all maps of the layer, so that strong and weak maps can be "
        "compared. Own: each map from its own least to its own greatest value.",
    )
    order = st.selectbox(
        "Order of the maps",
        ORDERS,
        key="order",
        bind="query-params",
        help="By index: as the layer counts its channels, from 0. Otherwise the greatest first.",
    )
    return Form(choice, "layer" if scale == "Shared" else "map", order)


def open_layer(strip: Strip) -> StripLayer:
    """The layer that the link or the learner named; says so where the network has none of that name."""
    name = linked(LAYER, "")
    try:
        layer = strip.find(name) if name else strip.default
    except LayerError as error:
        layer = strip.default
        set_linked(LAYER, "")
        linked(LAYER, "")
        st.session_state[_NOTICE] = f"{error} Here is {layer.id}."
    if notice := st.session_state.get(_NOTICE):
        st.warning(notice, icon=":material/info:")
    return layer


def open_map(count: int) -> int | None:
    """The channel whose large view is open, of `count`; None for the mosaic."""
    text = linked(MAP, "")
    if text.isascii() and text.isdigit() and int(text) < count:
        return int(text)
    if text:
        set_linked(MAP, "")
        linked(MAP, "")
    return None


def layer_chosen() -> None:
    """The learner chose a layer on the strip."""
    st.session_state.pop(_NOTICE, None)
    set_linked(LAYER, str(st.session_state[STRIP].choose))
    set_linked(MAP, "")


def map_opened() -> None:
    """The learner opened a map, or closed the large view."""
    channel = st.session_state[MOSAIC].open["channel"]
    set_linked(MAP, "" if channel is None else str(int(channel)))


def _leave_layer() -> None:
    """Another network has other layers: it opens with its own first choice."""
    st.session_state.pop(_NOTICE, None)
    set_linked(LAYER, "")
    set_linked(MAP, "")
