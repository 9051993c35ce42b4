"""How do pictures lie in a network's feature space: seen in its best plane, and by which picture is nearest to which?

Features become vectors of length 1, as for the nearest class mean, so that distances here are those of the first
answer. The plane is that of the two principal axes (Pearson, 1901): of all planes it holds the largest share of the
spread. What is near in it may still be far apart, so neighbours are looked for in all dimensions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cnnviz.learn.datasets import Dataset
from cnnviz.learn.nearest import unit_vectors

if TYPE_CHECKING:
    from cnnviz.learn.features import FeatureCache, Stem
    from cnnviz.learn.nearest import Features
    from cnnviz.learn.outcome import TaughtNetwork

Array = npt.NDArray[np.float64]

MOST = 240
"""Pictures that are shown together: more hide each other."""
NEAR = 5
"""Nearest others of a picture that a plane should keep."""


@dataclass(frozen=True, eq=False)
class Plane:
    """Where pictures lie in a plane.

    Attributes:
        points: (pictures, 2), round zero, across and up.
        shares: of all the spread of the vectors, how much lies along each of the two axes, 0..1.
        kept: see :func:`kept_neighbours`.
    """

    points: Array
    shares: tuple[float, float]
    kept: float


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Of each picture the place of the nearest other one, (pictures,), -1 for none, and how far it is, 0..2."""

    nearest: npt.NDArray[np.int64]
    distances: Array


@dataclass(frozen=True, eq=False)
class Space:
    """What a network makes of pictures: their plane and their neighbours, out of so many dimensions."""

    plane: Plane
    neighbours: Neighbours
    dimensions: int


def space_of(features: Features, among: Sequence[int]) -> Space:
    """Plane and neighbours of features (pictures, F); neighbours are looked for at the places `among`."""
    return Space(plane_of(features), neighbours_of(features, among), features.shape[1])


def plane_of(features: Features) -> Plane:
    """The plane of the two principal axes of features (pictures, F); the same features give the same plane.

    Each axis is turned so that the picture farthest out on it lies on its positive side.
    """
    vectors = unit_vectors(features)
    centred = vectors - vectors.mean(axis=0)
    squares, axes = np.linalg.eigh(centred @ centred.T)  # there are fewer pictures than features
    points = np.zeros((len(vectors), 2))
    held = min(2, len(squares))
    points[:, :held] = (axes * np.sqrt(np.clip(squares, 0, None)))[:, ::-1][:, :held]
    for axis in range(2):
        if points[np.abs(points[:, axis]).argmax(), axis] < 0:
            points[:, axis] *= -1
    total = float(np.square(centred).sum()) or 1.0
    across, up = (float(np.square(points[:, axis]).sum() / total) for axis in range(2))
    return Plane(points, (across, up), kept_neighbours(vectors, points))


def laid_like(plane: Plane, other: Plane) -> Plane:
    """The same plane with its axes flipped and exchanged so that its points lie as near to the other's as can be.

    A network that is taught further has axes of its own; which way round they are drawn means nothing.
    """

    def laid(how: tuple[bool, float, float]) -> Array:
        exchanged, across, up = how
        points: Array = plane.points[:, :: -1 if exchanged else 1] * (across, up)
        return points

    ways = list(product((False, True), (1.0, -1.0), (1.0, -1.0)))
    best = max(ways, key=lambda how: float((laid(how) * other.points).sum()))
    shares = plane.shares[::-1] if best[0] else plane.shares
    return replace(plane, points=laid(best), shares=(shares[0], shares[1]))


def neighbours_of(features: Features, among: Sequence[int]) -> Neighbours:
    """For each picture of features (pictures, F) the nearest of those at the places `among`, itself left out."""
    vectors = unit_vectors(features)
    places = np.array(among, dtype=np.int64)
    if not len(places):
        return Neighbours(np.full(len(vectors), -1), np.full(len(vectors), np.nan))
    distances = np.sqrt(np.clip(2 - 2 * vectors @ vectors[places].T, 0, None))  # of vectors of length 1
    distances[places, np.arange(len(places))] = np.inf
    best = distances.argmin(axis=1)
    least = distances[np.arange(len(vectors)), best]
    there = np.isfinite(least)
    return Neighbours(np.where(there, places[best], -1), np.where(there, least, np.nan))


def kept_neighbours(vectors: Array, points: Array) -> float:
    """Of the nearest other vectors (pictures, F), the share that are among as many nearest points (pictures, 2).

    `near_of` says how many are compared; the mean over the pictures, NaN where there are too few to tell.
    """
    near = near_of(len(vectors))
    if not near:
        return float("nan")
    true, drawn = (_nearest(rows, near) for rows in (vectors, points))
    return float(np.mean([len(set(one) & set(other)) / near for one, other in zip(true, drawn, strict=True)]))


def near_of(pictures: int) -> int:
    """How many nearest others are compared: five, or where there are few pictures half of the others."""
    return max(0, min(NEAR, (pictures - 1) // 2))


def own_share(labels: Sequence[int], found: Neighbours, of: Sequence[int]) -> float:
    """The share of the pictures at the places `of` whose nearest other one has the same label; NaN of none."""
    own = [labels[place] == labels[found.nearest[place]] for place in of if found.nearest[place] >= 0]
    return float(np.mean(own)) if own else float("nan")


def shown_pictures(
    dataset: Dataset, train: Sequence[int], test: Sequence[int], most: int = MOST
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """At most so many pictures to be shown, those to learn from and those of the test, spread evenly over the classes.

    Where there are too many, either side gives in the same proportion, and at least one of each class that it has.
    """
    total = len(train) + len(test)
    if total <= most:
        return tuple(train), tuple(test)
    return tuple(_spread(dataset, train, most / total)), tuple(_spread(dataset, test, most / total))


def taught_stem(model: TaughtNetwork, name: str, cache: FeatureCache | None = None) -> Stem:
    """What gives the features of a taught network, before its new head; kept under its network and this name."""
    from cnnviz.learn.features import Stem

    return Stem(model.network, model.body, f"taught {name}", cache)


def _nearest(rows: Array, count: int) -> npt.NDArray[np.int64]:
    """For each row the places of the nearest others, (rows, count)."""
    squared = np.square(rows).sum(axis=1)
    distances = squared[:, None] + squared - 2 * rows @ rows.T
    np.fill_diagonal(distances, np.inf)
    return np.argsort(distances, axis=1, kind="stable")[:, :count]


def _spread(dataset: Dataset, numbers: Sequence[int], share: float) -> list[int]:
    found: list[int] = []
    chosen = np.array(numbers, dtype=np.int64)
    for label in range(len(dataset.classes)):
        own = chosen[dataset.labels[chosen] == label]
        count = min(len(own), max(1, int(share * len(own))))
        found += own[np.linspace(0, max(0, len(own) - 1), count).round().astype(int)].tolist()
    return sorted(found)
