"""What is set on the map of the network? Which view stands on the page, what is open, by what channels are chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from app.components import told
from app.ui.frame import foot_follows
from app.ui.link_notice import LinkNotice
from app.ui.linked import is_count, linked, linked_choice, set_linked
from app.ui.picture import ask_whole_page
from app.ui.plain import plain
from cnnviz.image import SAMPLES

MAP = "network_map"
VIEW = "view"
OPEN = "open"
BY = "by"
MAP_SCALE = "mapscale"
SECOND = "against"
COMPARE = "compare"
TEMPERATURE = "t"
CLASS = "class"
PIN = "pin"
VIEWS = {"map": "Map of the network", "layer": "Layer by layer"}
BYS = {"answer": "Share in the answer", "mean": "Mean", "maximum": "Maximum"}
MAP_SCALES = {"layer": "One for each column", "all": "One for all"}
COMPARES = {"side": "Side by side", "difference": "Difference"}
TEMPERATURES = (0.25, 0.5, 1.0, 2.0, 4.0)
NOTICE = LinkNotice("_map_notice", (CLASS, PIN, SECOND))
_LAYERS = ("layer", "map", "unit", "off", "ranked")  # a link that sets one of these means the view of a layer
_MOST_OPEN = 400


@dataclass(frozen=True)
class MapForm:
    """What the learner set. `opened` are stages; `second` names the other picture, "" for none; `target` a class.

    `pinned` is (column, channel, side): whose feeders stay lit, and in which of two pictures.
    """

    opened: tuple[int, ...]
    by: str
    per: Literal["layer", "all"]
    second: str
    compare: Literal["side", "difference"]
    temperature: float
    target: int | None
    pinned: tuple[int, int, int] | None = None


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
    if target and not is_count(target):
        NOTICE.replace(CLASS, f"“{plain(target, 40)}” is no number of a class; classes are counted from 0.")
    text = linked(TEMPERATURE, "1")
    temperature = next((one for one in TEMPERATURES if f"{one:g}" == text), 1.0)
    return MapForm(
        tuple(sorted({int(number) for number in numbers})),
        linked_choice(BY, tuple(BYS)),
        "all" if linked_choice(MAP_SCALE, tuple(MAP_SCALES)) == "all" else "layer",
        _second(),
        "difference" if linked_choice(COMPARE, tuple(COMPARES)) == "difference" else "side",
        temperature,
        int(target) if is_count(target) else None,
        _pinned(),
    )


def stages_opened() -> None:
    """The learner opened or closed stages."""
    if asked := told(MAP, "stages"):
        set_linked(OPEN, ".".join(str(int(stage)) for stage in asked["open"]))
        foot_follows("feature_maps")


def class_asked() -> None:
    """The learner asked for which class the channels speak; None is the most probable one."""
    if asked := told(MAP, "target"):
        set_linked(CLASS, "" if asked["class"] is None else str(int(asked["class"])))
        foot_follows("feature_maps")


def channel_pinned() -> None:
    """The learner pinned a channel, or none any more."""
    if asked := told(MAP, "pin"):
        _pin(asked["at"])
        foot_follows("feature_maps")


def temperature_set() -> None:
    """The learner moved the temperature of the softmax."""
    if asked := told(MAP, "heat"):
        set_linked(TEMPERATURE, f"{float(asked['temperature']):g}")
        foot_follows("feature_maps")


def layer_asked() -> None:
    """The learner asked for one layer, or one of its maps, large."""
    asked = told(MAP, "layer")
    if not asked:
        return
    for key in ("less", "off", "keep", "ranked"):
        set_linked(key, "")
    set_linked("layer", str(asked["layer"]))
    set_linked("map", "" if asked["channel"] is None else str(int(asked["channel"])))
    set_linked("unit", str(asked["unit"]))
    _pin(asked["pin"])
    set_linked(VIEW, "layer")
    ask_whole_page()


def _pinned() -> tuple[int, int, int] | None:
    """Column, channel and side of "12.5", or "12.5.1" for the second picture; None for any other text."""
    text = linked(PIN, "")
    numbers = text.split(".")
    if len(numbers) not in (2, 3) or not all(is_count(number) for number in numbers):
        if text:
            NOTICE.replace(PIN, f"“{plain(text, 40)}” names no column and channel, so none is pinned.")
        return None
    column, channel, side = (*map(int, numbers), 0)[:3]
    return column, channel, min(side, 1)


def _second() -> str:
    """The sample that the link compares with; an own picture is never in a link."""
    name = linked(SECOND, "")
    if name and name not in SAMPLES:
        NOTICE.replace(SECOND, f"There is no sample picture named “{plain(name, 40)}” to compare with.")
        return ""
    return name


def _pin(at: Sequence[float] | None) -> None:
    """Column, channel and side into the link, the first side unsaid."""
    column, channel, side = (int(number) for number in at) if at else (0, 0, 0)
    set_linked(PIN, f"{column}.{channel}{f'.{side}' if side else ''}" if at else "")
