"""A picture's way to an answer on the screen: checks and packs the stations, side by side with arrows between them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from app.components import view
from app.components.blob import pack
from cnnviz.image import palette

_render = view("journey")


@dataclass(frozen=True)
class Scale:
    """The values of the first and last colour of a map."""

    low: float
    high: float


@dataclass(frozen=True)
class Station:
    """One station. It shows `image` (a picture, or for maps a grey PNG of palette entries on `scale`), or `answers`
    (label, probability), or while these are missing the sentence `waiting` in the same place.

    `link` is what the button under it says, `target` what `go` reports, `href` the same for a new tab.
    """

    kind: Literal["picture", "maps", "answers"]
    title: str
    note: str
    sentence: str
    alt: str
    link: str
    target: str
    href: str = ""
    image: bytes | None = None
    mime: str = "image/png"
    scale: Scale | None = None
    answers: Sequence[tuple[str, float]] = ()
    waiting: str = ""


@dataclass(frozen=True)
class Scene:
    """Everything the view shows. `source` says whether the stations are `recorded`, `live` or still `waiting`."""

    stations: Sequence[Station]
    source: Literal["recorded", "live", "waiting"]
    remark: str


def journey_view(key: str, scene: Scene, on_go: Callable[[], None]) -> None:
    """Mount the view. `on_go`: `state[key].go` is the `target` of the station whose link was followed.

    Both palettes travel with it: the browser knows first on which ground the maps stand.
    """
    images: dict[str, bytes] = {}
    stations: list[dict[str, Any]] = []
    for number, station in enumerate(scene.stations):
        entry = asdict(station)
        entry["image"] = None
        if station.image is not None:
            entry["image"] = f"image{number}"
            images[entry["image"]] = station.image
        stations.append(entry)
    header = {"stations": stations, "source": scene.source, "remark": scene.remark}
    blob = pack(header, light=palette("signed", "light"), dark=palette("signed", "dark"), **images)
    _render(key=key, data=blob, on_go_change=on_go)
