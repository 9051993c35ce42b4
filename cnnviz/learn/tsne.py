"""Which pictures are neighbours in feature space, laid out in a plane so that most of them are neighbours there, too?

By t-SNE (van der Maaten and Hinton, "Visualizing Data using t-SNE", 2008), as scikit-learn has it, in its exact form.
It begins with the plane of the principal axes, which keeps more of the large order than a random start (Kobak and
Berens, "The art of using t-SNE for single-cell transcriptomics", 2019). Only who is near whom means something: how far
groups lie apart, how large they are, and which way round they lie does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cnnviz.learn.nearest import unit_vectors
from cnnviz.learn.space import kept_neighbours, plane_of

if TYPE_CHECKING:
    from cnnviz.learn.nearest import Features

Array = npt.NDArray[np.float64]

PERPLEXITY = 30.0
PERPLEXITIES = (5.0, 15.0, PERPLEXITY, 50.0)
"""Those worth comparing: what stays from one to the next is in the pictures."""
_FEWEST = 3  # pictures: two have no order of neighbours that a map could keep
_LEAST_PERPLEXITY = 1.5
_ALIKE = 1e-6  # of vectors of length 1: a spread that is none
_EXAGGERATION = 12.0  # of nearness while the large order forms; it also sets the learning rate (Belkina et al., 2019)
_START = 1e-4  # spread of the first layout, as scikit-learn has it
_UNREST = 1e-3  # of that spread: chance that takes points apart that begin at one place


@dataclass(frozen=True, eq=False)
class NeighbourMap:
    """Where pictures lie among their neighbours.

    Attributes:
        points: (pictures, 2), round zero; neither axis means anything.
        perplexity: as how many neighbours each picture was taken to have.
        kept: see :func:`cnnviz.learn.space.kept_neighbours`.
    """

    points: Array
    perplexity: float
    kept: float


def neighbour_map(features: Features, perplexity: float = PERPLEXITY, seed: int = 0) -> NeighbourMap:
    """The map of features (pictures, F) as vectors of length 1; the same settings give the same. Loads scikit-learn.

    Args:
        features: of any number of pictures; fewer than three, or all alike, lie as in the plane of principal axes.
        perplexity: about how many neighbours each picture is laid beside; at most a third of the other pictures count.
        seed: of the little chance in the beginning.
    """
    vectors = unit_vectors(features)
    perplexity = perplexity_for(len(vectors), perplexity)
    start = plane_of(features).points
    spread = float(start[:, 0].std())
    if len(vectors) < _FEWEST or spread < _ALIKE:
        return NeighbourMap(start, perplexity, kept_neighbours(vectors, start))
    from sklearn.manifold import TSNE

    chance = np.random.default_rng(seed).normal(size=start.shape)
    begin = _START * (start / spread + _UNREST * chance)
    rate = max(len(vectors) / _EXAGGERATION / 4, 1.0)
    layout = TSNE(
        perplexity=perplexity, early_exaggeration=_EXAGGERATION, learning_rate=rate, init=begin.astype(np.float32),
        method="exact", random_state=seed,
    )  # fmt: skip
    points = layout.fit_transform(vectors).astype(np.float64)
    return NeighbourMap(points - points.mean(axis=0), perplexity, kept_neighbours(vectors, points))


def perplexity_for(pictures: int, wanted: float = PERPLEXITY) -> float:
    """The perplexity that so many pictures allow: three times as many others are needed, and with few a little is left.

    Below 1.5 each picture would have one neighbour alone, and the map would fall apart into pairs.
    """
    return min(wanted, max((pictures - 1) / 3, _LEAST_PERPLEXITY))


def turned_like(points: Array, other: Array) -> Array:
    """Points (pictures, 2) turned, and flipped where that helps, to lie as near to the other's as can be.

    The orthogonal Procrustes problem (Schönemann, 1966). Of a map only distances between points mean something, and
    these stay.
    """
    left, _, right = np.linalg.svd(points.T @ other)
    turned: Array = points @ (left @ right)
    return turned
