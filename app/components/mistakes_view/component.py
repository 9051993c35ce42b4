"""The surest mistakes of a taught network, and where it looked: checks and packs what the view draws."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from app.components import view
from app.components.blob import pack
from app.components.colour_bar import ColourBar

_render = view("mistakes_view")


@dataclass(frozen=True)
class Mistake:
    """One picture: its name and class, what it was taken for, and the probability of either, 0..1."""

    name: str
    is_class: str
    said: str
    probability: float
    probability_of_own: float


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything the view shows.

    Attributes:
        title: whose mistakes these are.
        mistakes: the surest first; `total` are there in all.
        sheet: as JPEG, a row for each: the picture, with the map for what was said, with the map for what it is; each
            `side` pixels square.
        maps: (mistakes, 2, h, w), float32: the two maps at the layer, in shares of the greater of their greatest.
        bar: the colours of such a share.
    """

    title: str
    mistakes: tuple[Mistake, ...]
    total: int
    sheet: bytes
    side: int
    maps: npt.NDArray[np.float32]
    bar: ColourBar


def mistakes_view(key: str, scene: Scene) -> None:
    """Mount the view."""
    if scene.maps.shape[:2] != (len(scene.mistakes), 2):
        raise ValueError(f"{len(scene.mistakes)} mistakes need two maps each, not {scene.maps.shape}.")
    header: dict[str, Any] = {
        "title": scene.title,
        "mistakes": [asdict(one) for one in scene.mistakes],
        "total": scene.total,
        "side": scene.side,
        "bar": asdict(scene.bar),
    }
    _render(key=key, data=pack(header, sheet=scene.sheet, maps=scene.maps.astype(np.float32)))
