"""How is teaching written down, so that its curves, its answers and the taught network outlive the program?

A run holds what was taught and how, an epoch's numbers as soon as it is over with a checkpoint, the outcome of every
split, and the answers of the first one. Who goes on begins after the last whole epoch of the first split, or at the
beginning of the split that was broken off.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cnnviz.compute import Metric, Run, RunError, RunWriter, fixed_threads
from cnnviz.learn.arms import TransferSettings
from cnnviz.learn.datasets import Dataset
from cnnviz.learn.features import FeatureCache
from cnnviz.learn.outcome import Answers, Epoch, Step, TaughtNetwork, TransferResult
from cnnviz.learn.sabotage import SABOTAGES, Plan
from cnnviz.learn.splits import By, split
from cnnviz.learn.transfer import Training, taught_network
from cnnviz.network import Network

_BEGUN, _EPOCH, _ANSWERS = "begun", "epoch", "answers"
_EPOCH_NUMBERS = ("number", "of", "train_loss", "train_accuracy", "test_loss", "test_accuracy", "seconds")


@dataclass(frozen=True)
class Teaching:
    """All that decides a run but network and pictures.

    Attributes:
        settings: how the network is taught.
        seed, by: of the first split; the further ones have the seeds that follow.
        splits: how many are taught on, one after the other.
        sabotage: a name in ``SABOTAGES`` of a mistake to make on purpose.
    """

    settings: TransferSettings
    seed: int = 0
    by: By = "picture"
    splits: int = 1
    sabotage: str | None = None

    def plan(self, network: Network, dataset: Dataset, number: int = 0) -> Plan:
        """What the split of this number is taught with, the sabotage done."""
        parts = split(dataset, seed=self.seed + number, by=self.by)
        plan = Plan(network, dataset, parts, self.settings)
        return plan if self.sabotage is None else SABOTAGES[self.sabotage].apply(plan)

    def as_json(self) -> dict[str, Any]:
        """For the settings of a run; :func:`teaching_of` reads it."""
        return asdict(self)


@dataclass(frozen=True)
class Outcome:
    """What came of one split: the accuracy on so many test pictures in 0..1, what it cost, what learned of all."""

    accuracy: float
    pictures: int
    seconds: float
    trainable_parameters: int
    parameters: int


@dataclass(frozen=True)
class Written:
    """What a run says so far: the epochs of its first split, and the outcome of each split that is over."""

    epochs: tuple[Epoch, ...]
    outcomes: tuple[Outcome, ...]


Tell = Callable[[int, int, Step], None]
"""Called after every step of the work with what is done, of how much, and the step; it may wait, or raise Cancelled."""


def teach_run(
    run: Run,
    network: Network,
    dataset: Dataset,
    tell: Tell,
    untrained: Network | None = None,
    cache: FeatureCache | None = None,
    check: Callable[[], None] | None = None,
) -> None:
    """Do a run's work, or what is left of it, with the number of threads that it was begun with.

    `check` is called within long steps. Raises what :class:`Training`, the run, `tell` and `check` raise.
    """
    teaching = teaching_of(run.facts.settings)
    first, start = _left_off(run, teaching)
    checkpoint = run.load(_EPOCH) if start == _EPOCH else None
    with run.writing(start) as pen, fixed_threads(run.facts.threads):
        for number in range(first, teaching.splits):
            if checkpoint is None:
                pen.save(_BEGUN, str(number).encode())
            plan = teaching.plan(network, dataset, number)
            training = Training(plan.network, dataset, plan.parts, plan.settings, cache, untrained, checkpoint, check)
            checkpoint = None
            result = _go_through(training, teaching, number, pen, tell)
            if number == 0:
                pen.save(_ANSWERS, _answers_as_json(result))
            pen.log(split=number, accuracy=result.accuracy, pictures=len(result.test), taken=result.seconds,
                    trainable_parameters=result.trainable_parameters, parameters=result.parameters)  # fmt: skip


def teaching_of(settings: Mapping[str, Any]) -> Teaching:
    """What :meth:`Teaching.as_json` gave, among the settings of a run. Raises RunError for other settings."""
    try:
        known = {name: settings[name] for name in ("seed", "by", "splits", "sabotage")}
        return Teaching(TransferSettings(**settings["settings"]), **known)
    except (KeyError, TypeError):
        raise RunError("This run taught no network; open its link where it was begun.") from None


def written(run: Run) -> Written:
    """What there is so far; a run that was just begun has nothing yet."""
    epochs: list[Epoch] = []
    outcomes: list[Outcome] = []
    for metric in run.metrics():
        values = metric.values
        if "accuracy" in values:
            outcomes.append(_outcome(metric))
        elif values.get("split") == 0:
            numbers: dict[str, Any] = {name: values[name] for name in _EPOCH_NUMBERS}
            numbers |= {name: int(values[name]) for name in ("number", "of")}
            epochs.append(Epoch(**numbers, deciding_loss=values.get("deciding_loss")))
    return Written(tuple(epochs), tuple(outcomes))


def answers_of(run: Run) -> Answers | None:
    """What the network of the first split says of the test pictures; None until it is taught."""
    try:
        facts = json.loads(run.load(_ANSWERS))
    except RunError:
        return None
    probabilities: npt.NDArray[np.float64] = np.array(facts["probabilities"], dtype=np.float64)
    return Answers(tuple(facts["test"]), np.array(facts["labels"], dtype=np.int64), probabilities)


def network_of(run: Run, network: Network, dataset: Dataset, untrained: Network | None = None) -> TaughtNetwork:
    """The network that the first split taught, also one that is not taught to the end. Raises RunError before."""
    teaching = teaching_of(run.facts.settings)
    plan = teaching.plan(network, dataset)
    return taught_network(plan.network, dataset.classes, plan.settings, run.load(_EPOCH), untrained)


def _left_off(run: Run, teaching: Teaching) -> tuple[int, str | None]:
    """The number of the split to go on with, and the checkpoint to begin at; None for a run without one."""
    found = run.checkpoints()
    begun = [one for one in found if one.name == _BEGUN]
    if not begun:
        return 0, None
    number = int(run.load(_BEGUN))
    whole = number == 0 and any(one.name == _EPOCH for one in found)
    # L-BFGS keeps no memory over a checkpoint: it begins again and takes the same way.
    return (0, _EPOCH) if whole and teaching.settings.optimiser != "lbfgs" else (number, _BEGUN)


def _go_through(training: Training, teaching: Teaching, number: int, pen: RunWriter, tell: Tell) -> TransferResult:
    road = _Road(teaching, number)
    for event in training.run():
        if isinstance(event, TransferResult):
            return event
        if isinstance(event, Epoch):
            values = {name: value for name, value in asdict(event).items() if value is not None}
            pen.log(split=number, **values)
            if number == 0:
                pen.save(_EPOCH, training.checkpoint())
        else:
            tell(*road.at(event), event)
    raise AssertionError("Training ends with its result.")


class _Road:
    """How far the work is, in thousandths of a split: the preparation counts as so many epochs as it costs about."""

    def __init__(self, teaching: Teaching, number: int) -> None:
        self._epochs = teaching.settings.epochs
        self._prepared = {"head": 50, "block": 3, "everything": 0.3}[teaching.settings.learns]  # in epochs
        self._before, self._splits = number, teaching.splits

    def at(self, step: Step) -> tuple[int, int]:
        """What is done, of how much."""
        share = step.done / step.total if step.total else 1.0
        if step.stage == "features":
            way = share * self._prepared
        else:
            way = self._prepared + step.epoch - 1 + (0.8 * share if step.stage == "learning" else 0.8 + 0.2 * share)
        return int(1000 * (self._before + way / (self._prepared + self._epochs))), 1000 * self._splits + 1


def _answers_as_json(result: TransferResult) -> bytes:
    content = {"test": result.test, "labels": result.labels.tolist(), "probabilities": result.probabilities.tolist()}
    return json.dumps(content, separators=(",", ":")).encode()


def _outcome(metric: Metric) -> Outcome:
    values = metric.values
    return Outcome(
        values["accuracy"], int(values["pictures"]), values["taken"], int(values["trainable_parameters"]),
        int(values["parameters"]),
    )  # fmt: skip
