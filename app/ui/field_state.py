"""What is set on the page Receptive fields: network, layer, unit, what is pointed for. All of it lives in the link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import streamlit as st

from app.ui.frame import foot_follows
from app.ui.linked import forget, is_count, linked, linked_choice, set_linked, widget_key
from app.ui.network_picker import NetworkChoice, read_network
from app.ui.plain import plain
from cnnviz.errors import LayerError

if TYPE_CHECKING:
    from app.ui.field_layers import FieldLayer

VIEW = "rf_view"
MODES = {"field": "Field", "nudge": "Nudge"}
HEATS = {"picture": "This picture", "samples": "Samples", "noise": "Noise", "off": "Off"}
PATCHES = ("1", "4", "8", "16")
LAYER = "rf_layer"
CHANNEL = "rf_channel"
PATCH = "rf_patch"
HEAT = "rf_heat"
MODE = "rf_mode"
ALL = "all"
STRONGEST = "strongest"
AMOUNTS = tuple(f"{step / 10:g}" for step in range(-10, 11))
AMOUNT = "rf_amount"
_UNIT = "rf_unit"
_PIXEL = "rf_pixel"
_PLACE = "rf_place"  # where the unit stands, 0 to 1 down and across; it stays when the layer changes
_OPENING_PLACE = (0.36, 0.44)
_NOTICE = "rf_notice"


@dataclass(frozen=True)
class Form:
    """What the learner set. `heat`: over which pictures the effective field is taken; `amount`: of the nudge."""

    choice: NetworkChoice
    mode: Literal["field", "nudge"]
    heat: str
    patch: int
    amount: float


@dataclass(frozen=True)
class Chosen:
    """The unit in hand and the pixel, if one was chosen; (row, column) each. `channel`: None for all together."""

    layer: FieldLayer
    unit: tuple[int, int]
    pixel: tuple[int, int] | None
    channel: int | None
    strongest: bool


def read_form() -> Form:
    """All settings that need no network, without drawing anything."""
    for key in (LAYER, CHANNEL, _UNIT, _PIXEL):
        linked(key, "")  # the address follows also while the network is still on its way
    mode = linked_choice(MODE, tuple(MODES))
    return Form(
        read_network(),
        "nudge" if mode == "nudge" else "field",
        linked_choice(HEAT, tuple(HEATS)),
        int(linked_choice(PATCH, PATCHES)),
        _amount(),
    )


def open_layer(layers: tuple[FieldLayer, ...]) -> FieldLayer:
    """The layer that the link or the learner named; says so where the network has none of that name."""
    from app.ui.field_layers import find_layer, opening_layer

    name = linked(LAYER, "")
    try:
        layer = find_layer(layers, name) if name else opening_layer(layers)
    except LayerError as error:
        layer = opening_layer(layers)
        forget(LAYER)
        st.session_state[_NOTICE] = f"{plain(str(error), 200)} Here is {layer.path}."
    if notice := st.session_state.get(_NOTICE):
        st.warning(notice, icon=":material/info:")
    return layer


def open_places(layer: FieldLayer, form: Form) -> Chosen:
    """The unit, the pixel and the channel in hand; what a link names beyond the map gives way to the opening."""
    from app.ui.field_layers import unit_at

    size = layer.field.input_size
    place = st.session_state.get(_PLACE, _OPENING_PLACE)
    unit = _pair(linked(_UNIT, ""), layer.map_size)
    if unit is None:
        unit = unit_at(layer, *place)
        if place != _OPENING_PLACE:
            set_linked(_UNIT, f"{unit[0]},{unit[1]}")
            linked(_UNIT, "")
        elif linked(_UNIT, ""):
            forget(_UNIT)
    elif unit != unit_at(layer, *place):
        st.session_state[_PLACE] = tuple((at + 0.5) / of for at, of in zip(unit, layer.map_size, strict=True))
    pixel = _pair(linked(_PIXEL, ""), size)
    if pixel is None and form.mode == "nudge":
        pixel = _middle(layer, unit)
    channel = _channel(layer)
    return Chosen(layer, unit, pixel, channel, linked(CHANNEL, "") == STRONGEST)


def acted() -> None:
    """The learner chose a unit, another step of the depth, or a pixel of the picture."""
    act: Mapping[str, Any] = st.session_state[VIEW].act
    st.session_state.pop(_NOTICE, None)
    set_linked(LAYER, str(act["layer"]))
    set_linked(_UNIT, f"{int(act['row'])},{int(act['col'])}")
    pixel = act["pixel"]
    set_linked(_PIXEL, "" if pixel is None else f"{int(pixel[0])},{int(pixel[1])}")
    foot_follows("receptive_fields")


def layer_taken() -> None:
    """The learner took a layer from the list: the unit stays at its place in the picture."""
    st.session_state.pop(_NOTICE, None)
    set_linked(LAYER, str(st.session_state[widget_key(LAYER)]))
    set_linked(_UNIT, "")
    set_linked(CHANNEL, "")


def leave_layer() -> None:
    """Another network has other layers: it opens with its own."""
    st.session_state.pop(_NOTICE, None)
    for key in (LAYER, _UNIT, _PIXEL, CHANNEL):
        set_linked(key, "")


def leave_pixel() -> None:
    """Another mode: pixels chosen in the one mean something else in the other."""
    set_linked(MODE, str(st.session_state[widget_key(MODE)]))
    set_linked(_PIXEL, "")


def _middle(layer: FieldLayer, unit: tuple[int, int]) -> tuple[int, int]:
    """The pixel in the middle of what the unit sees, held within the picture."""
    spans = (layer.rows[unit[0]], layer.columns[unit[1]])
    row, column = (
        min(length - 1, max(0, int(first + end - 1) // 2))
        for (first, end), length in zip(spans, layer.field.input_size, strict=True)
    )
    return row, column


def _channel(layer: FieldLayer) -> int | None:
    """A channel by number; None for all together and for the strongest, which the map itself tells."""
    text = linked(CHANNEL, "")
    if is_count(text) and int(text) < layer.channels:
        return int(text)
    if text not in ("", STRONGEST):
        forget(CHANNEL)
    return None


def _amount() -> float:
    text = linked(AMOUNT, "0.5")
    if text not in AMOUNTS:
        set_linked(AMOUNT, "0.5")
        text = linked(AMOUNT, "0.5")
    return float(text)


def _pair(text: str, size: tuple[int, int]) -> tuple[int, int] | None:
    """ "12,30" as row and column of something of this size; None where it is not there."""
    parts = text.split(",")
    if len(parts) != 2 or not all(map(is_count, parts)):
        return None
    row, column = int(parts[0]), int(parts[1])
    return (row, column) if row < size[0] and column < size[1] else None
