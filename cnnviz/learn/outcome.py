"""What is known while a network is taught, and after: curves, answers, what it cost, and how sure its accuracy is?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor, nn

from cnnviz.compute.device import at_work
from cnnviz.learn.arms import TransferSettings
from cnnviz.network import Network, Prediction, logits, predictions_from_logits

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Step:
    """A little of the work is done: so much of so much of one stage of one epoch; epoch 0 is the preparation."""

    stage: Literal["features", "learning", "testing"]
    epoch: int
    done: int
    total: int


@dataclass(frozen=True)
class Epoch:
    """One epoch is done.

    Attributes:
        number: from 1.
        of: how many there are to be.
        train_loss, train_accuracy: over the epoch's batches, each as it was before its step; mean cross-entropy, 0..1.
        test_loss, test_accuracy: of the test pictures after the epoch.
        deciding_loss: of the pictures that decide when to stop; None where nothing stops early.
        seconds: of work until then, all epochs and the preparation together.
    """

    number: int
    of: int
    train_loss: float
    train_accuracy: float
    test_loss: float
    test_accuracy: float
    deciding_loss: float | None
    seconds: float


def kept_epoch(epochs: Sequence[Epoch]) -> Epoch | None:
    """The epoch whose weights early stopping keeps: the first with the lowest loss on the pictures that decide.

    None where nothing stops early: then the last weights are kept.
    """
    decided = [(epoch.deciding_loss, place) for place, epoch in enumerate(epochs) if epoch.deciding_loss is not None]
    return epochs[min(decided)[1]] if decided else None


@dataclass(frozen=True, eq=False)
class TaughtNetwork:
    """A network that knows own classes: its body, which gives features, and its head. Only read it."""

    network: Network
    classes: tuple[str, ...]
    body: nn.Module
    head: nn.Module

    def __call__(self, batch: Tensor) -> Tensor:
        """Logits (N, classes) for a batch of pictures, prepared as for the network itself."""
        answer: Tensor = self.head(logits(self.body(batch)))
        return answer

    def predict(self, picture: Image.Image, k: int = 5) -> list[Prediction]:
        """The most probable classes of a picture, most probable first."""
        with at_work(), torch.no_grad():
            answer = self(self.network.batch(picture))[0]
        return predictions_from_logits(answer, self.classes, k)


@dataclass(frozen=True, eq=False)
class Answers:
    """What a network says of test pictures.

    Attributes:
        test: the numbers of the test pictures in the data set.
        labels: their classes, (pictures,).
        probabilities: what the network says of them, (pictures, classes).
    """

    test: tuple[int, ...]
    labels: npt.NDArray[np.int64]
    probabilities: Array

    @property
    def said(self) -> npt.NDArray[np.int64]:
        """The most probable class of each test picture, (pictures,)."""
        return self.probabilities.argmax(axis=1)

    @property
    def accuracy(self) -> float:
        """The share of the test pictures whose most probable class is theirs."""
        return float((self.said == self.labels).mean())

    @property
    def confusion(self) -> npt.NDArray[np.int64]:
        """(classes, classes): how many test pictures of the row's class were taken for the column's."""
        classes = self.probabilities.shape[1]
        pairs = self.labels * classes + self.said
        return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)

    def taken_for(self, label: int, said: int) -> tuple[int, ...]:
        """The places among the test pictures of one cell of the confusion matrix, the surest answers first."""
        return self._surest(np.flatnonzero((self.labels == label) & (self.said == said)))

    def mistakes(self) -> tuple[int, ...]:
        """The places among the test pictures of all that are wrong, the surest first."""
        return self._surest(np.flatnonzero(self.said != self.labels))

    def _surest(self, places: npt.NDArray[np.intp]) -> tuple[int, ...]:
        sure = self.probabilities[places, self.said[places]]
        return tuple(places[np.argsort(-sure, kind="stable")].tolist())


@dataclass(frozen=True, eq=False)
class TransferResult(Answers):
    """What came of teaching a network.

    Attributes:
        settings: what it was taught with.
        history: every epoch.
        best: the number of the epoch whose weights these are.
        trainable_parameters, parameters: the numbers that learned, and all there are, the new head among both.
        seconds: of work.
        model: the network as it was taught.
    """

    settings: TransferSettings
    history: tuple[Epoch, ...]
    best: int
    trainable_parameters: int
    parameters: int
    seconds: float
    model: TaughtNetwork


@dataclass(frozen=True)
class Accuracy:
    """Accuracy in 0..1 over several splits, each of so many test pictures."""

    values: tuple[float, ...]
    pictures: int

    @property
    def mean(self) -> float:
        """The mean over the splits."""
        return float(np.mean(self.values))

    @property
    def standard_error(self) -> float:
        """How far the mean may be off: of several splits by how they differ, of one by the number of its pictures.

        Splits share pictures, so the true uncertainty is rather larger than what several of them show. Of one split it
        is that of Agresti and Coull (1998), with two right and two wrong answers added: all right is not certainty.
        """
        if len(self.values) > 1:
            return float(np.std(self.values, ddof=1) / math.sqrt(len(self.values)))
        share = (self.mean * self.pictures + 2) / (self.pictures + 4)
        return math.sqrt(share * (1 - share) / (self.pictures + 4))


def accuracy_over(results: Sequence[TransferResult]) -> Accuracy:
    """The accuracy of the same arm on several splits."""
    return Accuracy(tuple(result.accuracy for result in results), len(results[0].test))
