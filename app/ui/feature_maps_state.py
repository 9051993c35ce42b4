"""What is set on the Feature maps page? Network, scale, order, layer, map, unit, what is off: all lives in the link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import streamlit as st

from app.components import told
from app.ui.frame import foot_follows
from app.ui.ledger_units import UnitName, cell_of, read_unit, unit_at
from app.ui.linked import forget, is_count, linked, linked_choice, set_linked
from app.ui.network_picker import NetworkChoice, read_network
from app.ui.plain import plain
from cnnviz.errors import LayerError

if TYPE_CHECKING:
    from app.ui.feature_maps_layers import Strip, StripLayer

STRIP = "layer_strip"
MOSAIC = "map_mosaic"
FILTERS = "filters_view"
LEDGER = "ledger_view"
SWITCH = "switch_view"
SCALES = {"shared": "Shared", "own": "Own"}
ORDERS = {"index": "Index", "mean": "Mean", "maximum": "Maximum", "magnitude": "Mean of |values|"}
_LAYER = "layer"
_MAP = "map"
_UNIT = "unit"  # whose ledger is open
_LESS = "less"  # the class with which an answer is compared
_OFF = "off"
_KEEP = "keep"
_RANKED = "ranked"
_OF_MAP = ("open", "class", "pin")  # what the map of the network keeps of one network
_OF_LAYER = (_MAP, _UNIT, _LESS, _OFF, _KEEP, _RANKED)
_UNIT_MOVED = "_unit_moved"
_MAP_MOVED = "_map_moved"
_SEEN = "_layer_seen"  # on whose maps the last gesture was made: others may be on their way, in any order
_SWITCHED = "_channels_switched"
_MOST_OFF = 4096  # channels that a link may name
_NOTICE = "_layer_notice"


@dataclass(frozen=True)
class Form:
    """What the learner set. `per` says whether all maps of the layer share one scale or each has its own."""

    choice: NetworkChoice
    per: Literal["layer", "map"]
    order: str


@dataclass(frozen=True)
class Switched:
    """The channels that the learner chose: they are off, or with `keep` all others are."""

    channels: tuple[int, ...] = ()
    keep: bool = False

    @property
    def text(self) -> str:
        return f"{'but ' if self.keep else ''}{'.'.join(map(str, self.channels))}"


ALL_ON = Switched()


def read_form() -> Form:
    """All settings, without drawing anything."""
    for key in (_LAYER, *_OF_LAYER):
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
        forget(_LAYER)
        _note(f"{error} Here is {layer.id}.")
    return layer


def show_notice() -> None:
    """Say what the link asks for and this network does not have, until something else is asked."""
    if notice := st.session_state.get(_NOTICE):
        st.warning(notice, icon=":material/info:")


def open_map(count: int) -> int | None:
    """The channel whose large view is open, of `count`; None for the mosaic."""
    text = linked(_MAP, "")
    if is_count(text) and int(text) < count:
        return int(text)
    if text:
        forget(_MAP)
        _note(f"There is no map “{plain(text, 20)}” here, only 0 to {count - 1:,}; all are shown.")
    return None


def follow_unit(strip: Strip) -> None:
    """After a gesture: the map goes where the ledger went, and the ledger goes along when another map is opened.

    A gesture on the maps counts for the layer that was seen, also if the ledger was about to go to another.
    """
    moves = (_UNIT_MOVED, _MAP_MOVED, _SEEN, _SWITCHED)
    unit_moved, map_moved, seen, switched = (st.session_state.pop(key, None) for key in moves)
    before = layer = linked(_LAYER, "") or strip.default.id
    if any(one.id == seen for one in strip.layers):
        layer = seen
    unit = open_unit(strip)
    cell = cell_of(unit, strip) if unit is not None else None
    if cell is not None:
        large = cell.layer.layer.layout != "vector" and cell.layer.layer.shape[-2:] != (1, 1)
        if unit_moved and seen in (None, cell.layer.id):
            layer = cell.layer.id
            set_linked(_MAP, str(cell.channel) if large else "")
        elif map_moved and large and layer == cell.layer.id:
            channel = linked(_MAP, "")
            moved = unit_at(cell.layer, int(channel), cell.row, cell.col).text if channel.isdecimal() else ""
            set_linked(_UNIT, moved)
    if layer != before:
        set_linked(_LAYER, layer)
        if not switched:
            _leave(_OFF, _KEEP, _RANKED)


def open_unit(strip: Strip) -> UnitName | None:
    """The unit whose ledger is open; None for none. A text in the link that names none is forgotten."""
    text = linked(_UNIT, "")
    if not text:
        return None
    try:
        unit = read_unit(text, strip)
    except LayerError as error:
        close_unit()
        _note(str(error))
        return None
    if unit.text != text:
        set_linked(_UNIT, unit.text)
    return unit


def open_cell(strip: Strip, layer: StripLayer, channel: int | None) -> tuple[int, int] | None:
    """Row and column of the open unit in the open map; None where it does not stand there."""
    unit = open_unit(strip)
    cell = cell_of(unit, strip) if unit is not None else None
    return (cell.row, cell.col) if cell is not None and (cell.layer, cell.channel) == (layer, channel) else None


def less_class() -> int | None:
    """The class with which the answer of the ledger is compared."""
    text = linked(_LESS, "")
    return int(text) if is_count(text) else None


def close_unit() -> None:
    """Take an impossible unit out of the state and out of the address."""
    for key in (_UNIT, _LESS):
        forget(key)


def switched_off(count: int) -> Switched:
    """Which of a layer's `count` channels are off; what the link names in vain is left out, in words."""
    named = [text for text in linked(_OFF, "").split(".") if text][:_MOST_OFF]
    channels = sorted({int(text) for text in named if is_count(text) and int(text) < count})
    if strange := [text for text in named if not is_count(text) or int(text) >= count]:
        _note(f"There is no channel “{plain(strange[0], 20)}” to switch off here, only 0 to {count - 1:,}.")
    text = ".".join(map(str, channels))
    if text != linked(_OFF, ""):
        set_linked(_OFF, text)
        linked(_OFF, "")
    return Switched(tuple(channels), linked_choice(_KEEP, ("", "these")) == "these" and bool(channels))


def rank_asked() -> bool:
    """Whether the ranked lists are open."""
    return linked_choice(_RANKED, ("", "yes")) == "yes"


def layer_chosen() -> None:
    """The learner chose a layer on the strip."""
    chosen = told(STRIP, "choose")
    if not chosen:
        return
    st.session_state.pop(_NOTICE, None)
    set_linked(_LAYER, str(chosen))
    _leave(*_OF_LAYER)
    foot_follows("feature_maps")


def map_opened() -> None:
    """The learner opened a map, or closed the large view; a ledger goes along, or is closed."""
    asked = told(MOSAIC, "open")
    if not asked:
        return
    st.session_state.pop(_NOTICE, None)
    set_linked(_MAP, "" if asked["channel"] is None else str(int(asked["channel"])))
    if asked["channel"] is None:
        _leave(_UNIT, _LESS)
    st.session_state[_MAP_MOVED] = True
    st.session_state[_SEEN] = asked["layer"]
    foot_follows("feature_maps")


def filter_opened() -> None:
    """The learner clicked on a filter: the map of its channel opens, and a ledger goes along."""
    if asked := told(FILTERS, "open"):
        set_linked(_MAP, str(int(asked["channel"])))
        st.session_state[_MAP_MOVED] = True
        foot_follows("feature_maps")


def unit_opened() -> None:
    """The learner opened the ledger of a unit, went on to another, or closed it."""
    asked = told(LEDGER, "unit")
    if not asked:
        return
    st.session_state.pop(_NOTICE, None)
    set_linked(_UNIT, str(asked["unit"] or ""))
    set_linked(_LESS, "" if asked["less"] is None else str(int(asked["less"])))
    st.session_state[_UNIT_MOVED] = True
    foot_follows("feature_maps")


def switched_on_map() -> None:
    """The learner switched a channel off or on in the mosaic or the large view."""
    if asked := told(MOSAIC, "off"):
        _switch(asked)
        st.session_state[_SEEN] = asked["layer"]
        st.session_state[_SWITCHED] = True


def switched_below() -> None:
    """The learner switched channels under the maps."""
    if asked := told(SWITCH, "set"):
        _switch(asked)


def ranked() -> None:
    """The learner opened or closed the ranked lists."""
    if asked := told(SWITCH, "rank"):
        set_linked(_RANKED, "yes" if asked["open"] else "")
        foot_follows("feature_maps")


def leave_layer() -> None:
    """Another network has other layers: it opens with its own first choice."""
    st.session_state.pop(_NOTICE, None)
    _leave(_LAYER, *_OF_LAYER, *_OF_MAP)


def _switch(asked: Mapping[str, Any]) -> None:
    st.session_state.pop(_NOTICE, None)
    set_linked(_OFF, ".".join(str(int(channel)) for channel in asked["channels"]))
    set_linked(_KEEP, "these" if asked["keep"] and asked["channels"] else "")
    foot_follows("feature_maps")


def _note(sentence: str) -> None:
    """A link can ask for several things in vain; each is said once."""
    before = st.session_state.get(_NOTICE, "")
    if sentence not in before:
        st.session_state[_NOTICE] = f"{before} {sentence}".strip()


def _leave(*keys: str) -> None:
    for key in keys:
        set_linked(key, "")
