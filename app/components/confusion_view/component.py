"""Which class was taken for which, and which pictures are in a cell? Checks and packs what the view draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from app.components import view
from app.components.blob import pack
from app.components.colour_bar import ColourBar

_render = view("confusion_view")


@dataclass(frozen=True)
class CellPicture:
    """One picture of the cell that is open: what it is called, and what was said of it with how much probability."""

    name: str
    said: str
    probability: float


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything the view shows.

    Attributes:
        title: whose answers these are.
        classes: their names.
        counts: (classes, classes): pictures of the row's class that were taken for the column's.
        bar: the colours of a cell by its share of its row, in per cent.
        cell: row and column of the cell that is open.
        pictures: of that cell, some of them perhaps; `sheet` has them side by side as JPEG, each `side` pixels square.
        why_none: why no pictures can be shown, or empty.
    """

    title: str
    classes: tuple[str, ...]
    counts: npt.NDArray[np.int64]
    bar: ColourBar
    cell: tuple[int, int]
    pictures: tuple[CellPicture, ...] = ()
    sheet: bytes = b""
    side: int = 0
    why_none: str = ""


def confusion_view(key: str, scene: Scene, on_cell: Callable[[], None]) -> None:
    """Mount the view; after a click on a cell `st.session_state[key].cell` is {"row": …, "column": …}."""
    count = len(scene.classes)
    if scene.counts.shape != (count, count):
        raise ValueError(f"{count} classes need counts of shape ({count}, {count}), not {scene.counts.shape}.")
    header: dict[str, Any] = {
        "title": scene.title,
        "classes": scene.classes,
        "bar": asdict(scene.bar),
        "cell": scene.cell,
        "pictures": [asdict(one) for one in scene.pictures],
        "side": scene.side,
        "why_none": scene.why_none,
    }
    _render(key=key, data=pack(header, counts=scene.counts.astype(np.int32), sheet=scene.sheet), on_cell_change=on_cell)
