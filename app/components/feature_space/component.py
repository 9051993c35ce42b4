"""Pictures where a network sees them, before and after it was taught: checks and packs what the view draws."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from app.components import view
from app.components.blob import pack

_render = view("feature_space")


@dataclass(frozen=True)
class Item:
    """A picture: its name, the number of its class, whether it is of the test, and the class it was taken for.

    `said` is None where nobody was asked about it.
    """

    name: str
    label: int
    test: bool
    said: int | None = None


@dataclass(frozen=True, eq=False)
class Pane:
    """One network's view of all items.

    Attributes:
        title: which network.
        points: (items, 2), across and up.
        shares: of the spread, how much each axis holds, 0..1; None where the axes mean nothing.
        kept: of each item's nearest others the share that are nearest here, too; None where there are too few.
        nearest: of each item the place of its nearest training picture, -1 for none.
        distances: how far that is, 0..2.
        own: the share of the asked items whose nearest training picture is of their class; None where none has one.
    """

    title: str
    points: npt.NDArray[np.float64]
    shares: tuple[float, float] | None
    kept: float | None
    nearest: npt.NDArray[np.int64]
    distances: npt.NDArray[np.float64]
    own: float | None


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything the view shows.

    Attributes:
        classes: the names of the classes.
        colours: CSS colours for them, again from the first where there are more classes.
        items: the pictures.
        panes: one, or before and after.
        near: how many nearest others the shares `kept` are of.
        asked: how many items the shares `own` are of; `testing` says whether these are the test pictures, or all.
        dimensions: of the feature space.
        total: how many pictures there are, of which the items may be some.
        sheet: all pictures as JPEG, each `side` pixels square, `columns` in a row.
        at: the place of the item that is held, or None.
        pictures: whether pictures are drawn for marks.
    """

    classes: tuple[str, ...]
    colours: tuple[str, ...]
    items: tuple[Item, ...]
    panes: tuple[Pane, ...]
    near: int
    asked: int
    testing: bool
    dimensions: int
    total: int
    sheet: bytes
    side: int
    columns: int
    at: int | None = None
    pictures: bool = False


def feature_space(key: str, scene: Scene, on_state: Callable[[], None]) -> None:
    """Mount the view. `on_state`: `st.session_state[key].state` is {at, pictures}: `at` is -1 where none is held."""
    _require(scene.panes, len(scene.items))
    header: dict[str, Any] = {
        "classes": scene.classes,
        "colours": scene.colours,
        "items": [asdict(item) for item in scene.items],
        "panes": [{"title": one.title, "shares": one.shares, "kept": one.kept, "own": one.own} for one in scene.panes],
        "near": scene.near,
        "asked": scene.asked,
        "testing": scene.testing,
        "dimensions": scene.dimensions,
        "total": scene.total,
        "side": scene.side,
        "columns": scene.columns,
    }
    arrays: dict[str, Any] = {"sheet": scene.sheet}
    for number, one in enumerate(scene.panes):
        arrays[f"points{number}"] = one.points.astype(np.float32)
        arrays[f"nearest{number}"] = one.nearest.astype(np.int32)
        arrays[f"distances{number}"] = one.distances.astype(np.float32)
    aside = {"at": -1 if scene.at is None else scene.at, "pictures": scene.pictures}
    _render(key=key, data=pack(header, aside, **arrays), on_state_change=on_state)


def _require(panes: Sequence[Pane], items: int) -> None:
    if not 1 <= len(panes) <= 2:
        raise ValueError(f"The view has one pane or two, not {len(panes)}.")
    for one in panes:
        if one.points.shape != (items, 2) or not len(one.nearest) == len(one.distances) == items:
            raise ValueError(f"{items} pictures need a point, a neighbour and a distance each: {one.title}.")
