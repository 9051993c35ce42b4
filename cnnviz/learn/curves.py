"""How does accuracy grow with the number of pictures of each class, for each arm, and how sure is that?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from cnnviz.learn.arms import TransferSettings
from cnnviz.learn.datasets import Dataset, DatasetError
from cnnviz.learn.features import FeatureCache
from cnnviz.learn.outcome import Accuracy, TransferResult, accuracy_over
from cnnviz.learn.splits import Split
from cnnviz.learn.transfer import Training
from cnnviz.network import Network

PER_CLASS: tuple[int | None, ...] = (1, 2, 5, 10, None)
"""Pictures of each class; None for all there are."""


@dataclass(frozen=True)
class CurvePoint:
    """One arm with one number of pictures.

    Attributes:
        arm: its name.
        per_class: the pictures of each class it learned from; None for all there were.
        accuracy: on the test pictures of each split.
        seconds: of work, the mean over the splits; what the frozen part costs is in the first that needs it.
        trainable_parameters: the numbers that learned.
    """

    arm: str
    per_class: int | None
    accuracy: Accuracy
    seconds: float
    trainable_parameters: int


@dataclass(frozen=True)
class LearningCurve:
    """The points so far, arm by arm and by the number of pictures; `done` of `total` trainings are over."""

    points: tuple[CurvePoint, ...]
    done: int
    total: int

    def of(self, arm: str) -> tuple[CurvePoint, ...]:
        """The points of one arm."""
        return tuple(point for point in self.points if point.arm == arm)


def learning_curve(
    network: Network,
    dataset: Dataset,
    splits: Sequence[Split],
    arms: Sequence[TransferSettings],
    per_class: Sequence[int | None] = PER_CLASS,
    cache: FeatureCache | None = None,
    untrained: Network | None = None,
) -> Iterator[LearningCurve]:
    """Teach every arm with every number of pictures on every split; yields after each step of the work.

    All arms meet the same splits, and of each split the same pictures, of which fewer are always part of more. Numbers
    that a class does not have in every split are left out.

    Raises:
        DatasetError: there is no split, or no number of pictures that every class has.
    """
    numbers = possible_numbers(dataset, splits, per_class)
    total, done = len(arms) * len(numbers) * len(splits), 0
    points: tuple[CurvePoint, ...] = ()
    for settings in arms:
        for number in numbers:
            results: list[TransferResult] = []
            for parts in splits:
                chosen = replace(settings, per_class=number)
                for event in Training(network, dataset, parts, chosen, cache, untrained).run():
                    yield LearningCurve(points, done, total)
                    if isinstance(event, TransferResult):
                        results.append(event)
                done += 1
            points = (*points, _point(settings.arm, number, results))
    yield LearningCurve(points, done, total)


def possible_numbers(dataset: Dataset, splits: Sequence[Split], per_class: Sequence[int | None]) -> list[int | None]:
    """Those numbers of pictures that every class has in every split; raises DatasetError where there are none."""
    if not splits:
        raise DatasetError("There is no split to learn on; give at least one.")
    labels = range(len(dataset.classes))
    least = min(sum(dataset.labels[n] == label for n in parts.train) for parts in splits for label in labels)
    numbers = [number for number in per_class if number is None or number <= least]
    if not numbers:
        raise DatasetError(f"The smallest class has {least} pictures to learn from; ask for so many or fewer.")
    return numbers


def _point(arm: str, number: int | None, results: Sequence[TransferResult]) -> CurvePoint:
    accuracy = accuracy_over(results)
    seconds = sum(result.seconds for result in results) / len(results)
    return CurvePoint(arm, number, accuracy, seconds, results[0].trainable_parameters)
