"""How do the stamps lie in feature space, before a recorded arm was taught and after? Recorded by ``make assets``.

Planes, neighbours and maps are kept, not the features, which would be a hundred times as large. Reading it needs no
torch and no scikit-learn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cnnviz.learn.space import Neighbours, Plane, Space, space_of
from cnnviz.learn.tsne import PERPLEXITIES, NeighbourMap, neighbour_map
from cnnviz.paths import ASSETS

if TYPE_CHECKING:
    from cnnviz.learn.nearest import Features

Arrays = dict[str, npt.NDArray[np.generic]]

RECORDED_SPACES = ASSETS / "transfer" / "spaces.npz"
CAME = "as it came"
"""The name of the space that nobody taught, among those of the arms."""
_NUMBERS, _TRAINED = "numbers", "trained"


@dataclass(frozen=True, eq=False)
class RecordedSpace:
    """One network's space, and its maps by their perplexity."""

    space: Space
    maps: Mapping[float, NeighbourMap]


@dataclass(frozen=True, eq=False)
class RecordedSpaces:
    """The spaces by name: ``CAME`` and arms.

    Attributes:
        train, test: the numbers of the pictures: those to learn from, then those of the test.
        named: the spaces; arms that leave the features as they came have none of their own.
    """

    train: tuple[int, ...]
    test: tuple[int, ...]
    named: Mapping[str, RecordedSpace]


@cache
def recorded_spaces(path: Path = RECORDED_SPACES) -> RecordedSpaces:
    """All that is recorded, read once."""
    with np.load(path) as content:
        arrays = dict(content)
    numbers, trained = arrays[_NUMBERS].tolist(), int(arrays[_TRAINED])
    names = [key.removesuffix(" points") for key in arrays if key.endswith(" points")]
    named = {name: _space(name, arrays) for name in names}
    return RecordedSpaces(tuple(numbers[:trained]), tuple(numbers[trained:]), named)


def record_spaces(
    features: Mapping[str, Features], train: Sequence[int], test: Sequence[int], path: Path = RECORDED_SPACES
) -> None:
    """Lay out the features (pictures, F) of each name, training pictures first, and write the file."""
    arrays: Arrays = {_NUMBERS: np.array([*train, *test], np.int32), _TRAINED: np.array(len(train), np.int32)}
    for name, values in features.items():
        arrays |= _arrays(name, values, len(train))
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, allow_pickle=False, **arrays)


def _arrays(name: str, features: Features, trained: int) -> Arrays:
    space = space_of(features, range(trained))
    maps = [neighbour_map(features, perplexity) for perplexity in PERPLEXITIES]
    found = {
        "points": space.plane.points,
        "shares": [*space.plane.shares, space.plane.kept],
        "distances": space.neighbours.distances,
        "maps": [one.points for one in maps],
        "settings": [
            (asked, one.perplexity, one.kept) for asked, one in zip(PERPLEXITIES, maps, strict=True)
        ],
    }  # fmt: skip
    arrays: Arrays = {f"{name} {key}": np.asarray(values, np.float32) for key, values in found.items()}
    arrays[f"{name} nearest"] = space.neighbours.nearest.astype(np.int16)
    arrays[f"{name} dimensions"] = np.array(space.dimensions, np.int32)
    return arrays


def _space(name: str, arrays: Arrays) -> RecordedSpace:
    def values(key: str) -> npt.NDArray[np.float64]:
        return arrays[f"{name} {key}"].astype(np.float64)

    across, up, kept = values("shares").tolist()
    neighbours = Neighbours(arrays[f"{name} nearest"].astype(np.int64), values("distances"))
    space = Space(Plane(values("points"), (across, up), kept), neighbours, int(values("dimensions")))
    maps = zip(values("settings").tolist(), values("maps"), strict=True)
    return RecordedSpace(
        space, {asked: NeighbourMap(points, perplexity, kept) for (asked, perplexity, kept), points in maps}
    )
