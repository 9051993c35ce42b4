"""Which class is a picture nearest to, because of which training pictures, and is it near anything at all?

One picture of each class is enough for an answer, and there is nothing to train: features become vectors of length 1, a
class is the mean of its pictures (nearest class mean; Mensink et al., "Distance-Based Image Classification", 2013).

The rule for *none of these*: a picture is none when it is farther from every training picture than the limit. The
limit is mean plus one standard deviation of the distances between each training picture and the nearest other one of
its class. While no class has two pictures, it is the mean distance between the pictures there are.

What it gets wrong, by the recorded features of 100 stamps, each asked about by the others: 11 count as none of these
though their class is there, and of those whose class is left out 27 are answered all the same. A wider limit trades
one for the other: no distance tells a face from a body, and a close-up of a cat is as far from whole animals on white
as a page of text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cnnviz.learn.datasets import DatasetError

if TYPE_CHECKING:
    import torch

    Features = torch.Tensor | npt.NDArray[np.float32]

Array = npt.NDArray[np.float64]

SPREAD = 1.0
"""Standard deviations beyond the mean."""


@dataclass(frozen=True)
class Reason:
    """A training picture near the asked one: its number among the training pictures, its class, and how far it is."""

    picture: int
    class_name: str
    distance: float


@dataclass(frozen=True)
class NearestAnswer:
    """What a picture is nearest to.

    Attributes:
        class_name: the class with the nearest mean; None for none of these.
        nearest: the class with the nearest mean, whether near or not.
        distances: to the mean of each class, in the order of the classes; vectors have length 1, so 0 to 2.
        limit: how far the nearest training picture may be.
        reasons: the nearest training pictures, nearest first.
    """

    class_name: str | None
    nearest: str
    distances: tuple[float, ...]
    limit: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, eq=False)
class ClassMeans:
    """What training pictures tell: their vectors (pictures, F) of length 1, the means (classes, F), the limit."""

    classes: tuple[str, ...]
    vectors: Array
    labels: npt.NDArray[np.int64]
    means: Array
    limit: float

    def ask(self, features: Features, reasons: int = 3) -> NearestAnswer:
        """The answer for the features (F,) of one picture."""
        asked = unit_vectors(features[None])[0]
        to_means = np.linalg.norm(self.means - asked, axis=1)
        to_pictures = np.linalg.norm(self.vectors - asked, axis=1)
        order = np.argsort(to_pictures, kind="stable")[:reasons]
        nearest = self.classes[int(to_means.argmin())]
        return NearestAnswer(
            class_name=nearest if to_pictures.min() <= self.limit else None,
            nearest=nearest,
            distances=tuple(to_means.tolist()),
            limit=self.limit,
            reasons=tuple(Reason(int(n), self.classes[self.labels[n]], float(to_pictures[n])) for n in order),
        )


def class_means(features: Features, labels: Sequence[int], classes: Sequence[str]) -> ClassMeans:
    """Learn from features (pictures, F) and the class of each.

    Raises:
        DatasetError: there are fewer than two classes, or one has no picture.
    """
    known = np.array(labels, dtype=np.int64)
    if len(classes) < 2:
        raise DatasetError("One class alone cannot be told from anything; add a second one.")
    empty = [name for label, name in enumerate(classes) if not (known == label).any()]
    if empty:
        raise DatasetError(f"The class {empty[0]} is empty; add a picture to it, or take it away.")
    vectors = unit_vectors(features)
    means = np.stack([vectors[known == label].mean(axis=0) for label in range(len(classes))])
    return ClassMeans(tuple(classes), vectors, known, means, _limit(vectors, known))


def _limit(vectors: Array, labels: npt.NDArray[np.int64]) -> float:
    """How far from its nearest training picture a picture may be, see above."""
    squared = np.clip(2 - 2 * vectors @ vectors.T, 0, None)  # |a − b|² of vectors of length 1
    distances = np.sqrt(squared)
    own = labels[:, None] == labels[None]
    np.fill_diagonal(own, False)
    nearest = np.where(own, distances, np.inf).min(axis=1)
    nearest = nearest[np.isfinite(nearest)]
    if len(nearest):
        return float(nearest.mean() + SPREAD * nearest.std())
    return float(distances[np.triu_indices(len(vectors), 1)].mean())


def unit_vectors(features: Features) -> Array:
    """Features (pictures, F) as vectors of length 1; zeros stay zeros."""
    return _unit(_array(features))


def _array(features: Features) -> Array:
    plain = features if isinstance(features, np.ndarray) else features.detach().cpu().numpy()
    values: Array = plain.astype(np.float64)
    return values


def _unit(vectors: Array) -> Array:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Array = vectors / np.where(lengths > 0, lengths, 1.0)
    return unit
