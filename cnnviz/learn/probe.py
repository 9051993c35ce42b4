"""Which layer's features serve best for classes of one's own: a small classifier on every stage, from edges to objects.

Linear probes (Alain and Bengio, "Understanding intermediate layers using linear classifier probes", 2016). On what each
stage says of a picture on average stands the head that the frozen arm has, taught on the training pictures, and beside
it the nearest class mean; both are asked about the test pictures, on several splits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from cnnviz.compute.device import one_thread
from cnnviz.learn.arms import TransferSettings, settings_for
from cnnviz.learn.datasets import Dataset, DatasetError
from cnnviz.learn.features import FeatureCache, FeatureProgress
from cnnviz.learn.learner import Head, head_solver, learning_step
from cnnviz.learn.nearest import class_means
from cnnviz.learn.outcome import Accuracy
from cnnviz.learn.splits import Split
from cnnviz.learn.stages import Stage, StageReader
from cnnviz.network import Network


@dataclass(frozen=True)
class ProbedStage:
    """How well the features of one stage serve on the test pictures: by a linear head, and by the nearest mean."""

    stage: Stage
    linear: Accuracy
    nearest: Accuracy


@dataclass(frozen=True)
class Lead:
    """By how much one stage is right more often than another, in shares of the test pictures, and how sure that is."""

    mean: float
    standard_error: float

    @property
    def clear(self) -> bool:
        """Whether it is more than chance explains."""
        return self.mean > 2 * self.standard_error


@dataclass(frozen=True)
class Probe:
    """What probing found.

    Attributes:
        stages: from the picture to what goes into the head.
        guess: the accuracy of who always says the class with the most test pictures, the mean over the splits.
        trained, tested: how many pictures the first split has to learn from and to test with.
    """

    stages: tuple[ProbedStage, ...]
    guess: float
    trained: int
    tested: int

    @property
    def best(self) -> ProbedStage:
        """The stage whose linear head is right most often, the earliest of equals."""
        return max(self.stages, key=lambda one: one.linear.mean)

    def lead(self, one: ProbedStage, other: ProbedStage) -> Lead:
        """One stage's lead over another by their linear heads, split by split.

        Splits share pictures, so that they differ less than chance would have it: the variance is corrected for that
        (Nadeau and Bengio, "Inference for the Generalization Error", 2003). Of a single split nothing is sure.
        """
        differences = np.subtract(one.linear.values, other.linear.values)
        if len(differences) < 2:
            return Lead(float(differences[0]), float("inf"))
        variance = (1 / len(differences) + self.tested / self.trained) * differences.var(ddof=1)
        return Lead(float(differences.mean()), float(np.sqrt(variance)))


def probe(
    network: Network, dataset: Dataset, splits: Sequence[Split], cache: FeatureCache | None = None
) -> Iterator[FeatureProgress | Probe]:
    """Probe every stage: progress after some pictures and after each head, and the result at the end.

    Raises:
        DatasetError: there is no split.
        NetworkError: the network has no head that could be replaced.
    """
    if not splits:
        raise DatasetError("There is no split to probe on; give at least one.")
    reader = StageReader(network, cache)
    numbers = sorted({number for one in splits for number in (*one.train, *one.test)})
    examples = [dataset.examples[number] for number in numbers]
    heads = len(reader.stages) * len(splits)
    missing = 0
    for progress in reader.filling(examples):
        missing = progress.total
        yield FeatureProgress(progress.done, progress.total + heads)
    places = {number: place for place, number in enumerate(numbers)}
    labels = torch.from_numpy(dataset.labels[numbers])
    stages: list[ProbedStage] = []
    for features, stage in zip(reader(examples), reader.stages, strict=True):
        found = []
        for number, parts in enumerate(splits):
            sides = [torch.tensor([places[one] for one in side]) for side in (parts.train, parts.test)]
            found.append(_accuracies(features, labels, sides, dataset.classes))
            yield FeatureProgress(missing + len(stages) * len(splits) + number + 1, missing + heads)
        linear, nearest = (tuple(values) for values in zip(*found, strict=True))
        tested = len(splits[0].test)
        stages.append(ProbedStage(stage, Accuracy(linear, tested), Accuracy(nearest, tested)))
    yield Probe(tuple(stages), _guess(dataset, splits), len(splits[0].train), len(splits[0].test))


def solved_head(features: Tensor, labels: Tensor, classes: int, settings: TransferSettings | None = None) -> Head:
    """A head taught on features (N, F) as the frozen arm teaches its own, with all pictures at once by L-BFGS."""
    settings = settings or settings_for("frozen")
    head = Head(features.shape[1], classes)
    head.measure(features)
    solver = head_solver(head)
    for _ in range(settings.epochs):
        learning_step(solver, lambda: head(features), labels, (head, settings.weight_decay))
    return head.requires_grad_(False)


def _accuracies(
    features: Tensor, labels: Tensor, sides: Sequence[Tensor], classes: Sequence[str]
) -> tuple[float, float]:
    """The shares of the test pictures that are recognised, by the head and by the nearest mean."""
    train, test = sides
    with one_thread():  # its steps are so short that threads would only wait for each other
        head = solved_head(features[train], labels[train], len(classes))
        linear = float((head(features[test]).argmax(1) == labels[test]).float().mean())
    means = class_means(features[train], labels[train].tolist(), classes)
    asked = [means.ask(row, reasons=1).nearest for row in features[test]]
    own = [classes[label] for label in labels[test].tolist()]
    return linear, float(np.mean([said == name for said, name in zip(asked, own, strict=True)]))


def _guess(dataset: Dataset, splits: Sequence[Split]) -> float:
    shares = [np.bincount(dataset.labels[list(parts.test)]).max() / len(parts.test) for parts in splits]
    return float(np.mean(shares))
