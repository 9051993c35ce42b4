"""What is set on the map of the network? Which view stands on the page, what is open, by what channels are chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import streamlit as st

from app.ui.frame import foot_follows
from app.ui.linked import is_count, linked, linked_choice, set_linked
from app.ui.picture import ask_whole_page

MAP = "network_map"
VIEW = "view"
OPEN = "open"
BY = "by"
MAP_SCALE = "mapscale"
SECOND = "against"
COMPARE = "compare"
TEMPERATURE = "t"
CLASS = "class"
VIEWS = {"map": "Map of the network", "layer": "Layer by layer"}
BYS = {"answer": "Share in the answer", "mean": "Mean", "maximum": "Maximum"}
MAP_SCALES = {"layer": "One for each column", "all": "One for all"}
COMPARES = {"side": "Side by side", "difference": "Difference"}
TEMPERATURES = (0.25, 0.5, 1.0, 2.0, 4.0)
_LAYERS = ("layer", "map", "unit", "off", "ranked")  # a link that sets one of these means the view of a layer
_MOST_OPEN = 400


@dataclass(frozen=True)
class MapForm:
    """What the learner set. `opened` are stages; `second` names the other picture, "" for none; `target` a class."""

    opened: tuple[int, ...]
    by: str
    per: Literal["layer", "all"]
    second: str
    compare: Literal["side", "difference"]
    temperature: float
    target: int | None


def current_view() -> str:
    """The view that stands on the page: what was chosen, else that of a layer where the link names one."""
    named = linked(VIEW, "")
    if named in VIEWS:
        return named
    return "layer" if any(linked(key, "") for key in _LAYERS) else "map"


def read_map_form() -> MapForm:
    """All settings of the map, without drawing anything."""
    numbers = [text for text in linked(OPEN, "").split(".")[:_MOST_OPEN] if is_count(text)]
    target = linked(CLASS, "")
    text = linked(TEMPERATURE, "1")
    temperature = next((one for one in TEMPERATURES if f"{one:g}" == text), 1.0)
    return MapForm(
        tuple(sorted({int(number) for number in numbers})),
        linked_choice(BY, tuple(BYS)),
        "all" if linked_choice(MAP_SCALE, tuple(MAP_SCALES)) == "all" else "layer",
        linked(SECOND, ""),
        "difference" if linked_choice(COMPARE, tuple(COMPARES)) == "difference" else "side",
        temperature,
        int(target) if is_count(target) else None,
    )


def stages_opened() -> None:
    """The learner opened or closed stages."""
    set_linked(OPEN, ".".join(str(int(stage)) for stage in st.session_state[MAP].stages["open"]))
    foot_follows("feature_maps")


def class_asked() -> None:
    """The learner asked for which class the channels speak; None is the most probable one."""
    asked = st.session_state[MAP].target["class"]
    set_linked(CLASS, "" if asked is None else str(int(asked)))
    foot_follows("feature_maps")


def temperature_set() -> None:
    """The learner moved the temperature of the softmax."""
    set_linked(TEMPERATURE, f"{float(st.session_state[MAP].heat['temperature']):g}")
    foot_follows("feature_maps")


def layer_asked() -> None:
    """The learner asked for one layer, or one of its maps, large."""
    asked = st.session_state[MAP].layer
    for key in ("less", "off", "keep", "ranked"):
        set_linked(key, "")
    set_linked("layer", str(asked["layer"]))
    set_linked("map", "" if asked["channel"] is None else str(int(asked["channel"])))
    set_linked("unit", str(asked["unit"]))
    set_linked(VIEW, "layer")
    ask_whole_page()
