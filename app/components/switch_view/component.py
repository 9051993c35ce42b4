"""What switching channels off does to the answer: checks and packs what the view draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from app.components import view
from app.components.blob import pack

_render = view("switch_view")


@dataclass(frozen=True)
class Moved:
    """The most probable classes (label, probability before, after), and the answers before and after."""

    rows: tuple[tuple[str, float, float], ...]
    before: str
    after: str


@dataclass(frozen=True)
class Place:
    """One channel in a ranked list.

    `probability` is the answer's without the channel, `change` that of its log-odds, `mean` the map's; `by_effect` and
    `by_mean` are its ranks from 1.
    """

    channel: int
    probability: float
    change: float
    mean: float
    by_effect: int
    by_mean: int


@dataclass(frozen=True, eq=False)
class Ranking:
    """The channels that move the answer most, beside those with the brightest maps, of `count`; `shared` are in both.

    `thumbs` (n, h, w) are the maps of the channels in `shown`, thinned, `limits` the values of the colours' ends.
    """

    target: str
    probability: float
    count: int
    shared: int
    effect: tuple[Place, ...]
    bright: tuple[Place, ...]
    shown: tuple[int, ...]
    thumbs: npt.NDArray[np.float32]
    limits: tuple[float, float]
    palette: npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class SwitchScene:
    """What the view shows. `listed` are the channels that the learner chose: off, or with `keep` the only ones on.

    `waiting`: the ranked lists are on their way.
    """

    layer: str
    trained: bool
    count: int
    listed: tuple[int, ...]
    keep: bool
    moved: Moved | None
    ranking: Ranking | None
    waiting: bool = False


def switch_view(key: str, scene: SwitchScene, on_set: Callable[[], None], on_rank: Callable[[], None]) -> None:
    """Mount the view. `on_set`: `state[key].set` = {channels, keep}; `on_rank`: `.rank` = {open}, the lists."""
    header: dict[str, Any] = {
        name: getattr(scene, name) for name in ("layer", "trained", "count", "listed", "keep", "waiting")
    }
    header |= {"moved": None if scene.moved is None else asdict(scene.moved), "ranking": None}
    arrays: dict[str, np.ndarray | bytes] = {}
    if (ranking := scene.ranking) is not None:
        plain = ("target", "probability", "count", "shared", "shown", "limits")
        header["ranking"] = {name: getattr(ranking, name) for name in plain}
        header["ranking"] |= {"effect": [asdict(place) for place in ranking.effect]}
        header["ranking"] |= {"bright": [asdict(place) for place in ranking.bright]}
        arrays = {"thumbs": ranking.thumbs, "palette": ranking.palette}
    _render(key=key, data=pack(header, **arrays), on_set_change=on_set, on_rank_change=on_rank)
