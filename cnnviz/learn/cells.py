"""Which way of teaching serves in which case: pictures like those of the first training or not, few of them or many?

The lecture's table has an advice for each of the four cells. Here stands what was measured: every arm taught for real,
on several splits, by :mod:`cnnviz.learn.cell_recording`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cnnviz.errors import SettingsError
from cnnviz.learn.arms import ARMS, TransferSettings, settings_for
from cnnviz.learn.datasets import DATASETS
from cnnviz.learn.outcome import Accuracy, Epoch
from cnnviz.paths import ASSETS

RECORDED_CELLS = ASSETS / "transfer" / "cells.json"
FEW = 5
"""Pictures of each class in the cells of few."""
MANY_FROM = 10
"""From so many to learn from in the smallest class on, pictures count as many: between the 5 of the cells of few, and
the 17 that the smallest class of stamps has in the cell of many."""
EARLIER = "earlier"
"""The arm that ``ARMS`` has not: a head on an earlier stage of the network, as the notes advise for one cell."""
CELL_ARMS: Mapping[str, str] = {
    EARLIER: "Head on earlier layers",
    **{name: ARMS[name].title for name in ("frozen", "last_block", "everything")},
}
"""The arms of a cell with their titles, from the one that leaves most of the network as it was."""


@dataclass(frozen=True)
class Cell:
    """One data set in one cell of the table.

    Attributes:
        dataset: a name in ``DATASETS``.
        per_class: pictures of each class to learn from; None for all there are.
        tests: test pictures of each class at most.
        side: pixels of the square that the network reads.
        epochs: of the arms that learn more than a head.
    """

    dataset: str
    per_class: int | None
    tests: int
    side: int
    epochs: int

    @property
    def few(self) -> bool:
        """Whether the pictures are few."""
        return self.per_class == FEW

    @property
    def similar(self) -> bool:
        """Whether the pictures are like those of the first training."""
        return DATASETS[self.dataset].like_imagenet

    @property
    def name(self) -> str:
        """Tells cells apart."""
        return f"{self.dataset} {'few' if self.few else 'many'}"

    def settings(self, arm: str, seed: int = 0) -> TransferSettings:
        """How an arm is taught here. Raises SettingsError for an arm that no cell has."""
        if arm not in CELL_ARMS:
            raise SettingsError(f"There is no arm {arm!r} in the table; there are {', '.join(CELL_ARMS)}.")
        changes: dict[str, Any] = {"seed": seed, "per_class": self.per_class}
        if arm in ("last_block", "everything"):
            changes["epochs"] = self.epochs
        return settings_for("frozen" if arm == EARLIER else arm, **changes)


@dataclass(frozen=True)
class Advice:
    """What the notes advise for a cell, in our words, and which arm does that."""

    sentence: str
    arm: str


@dataclass(frozen=True)
class CellArm:
    """One arm in one cell.

    Attributes:
        name: in ``CELL_ARMS``.
        settings: those of the first split; the further ones differ in their seed.
        accuracy: on the test pictures of each split.
        curves: the epochs of each split.
        seconds: of one core, the mean over the splits, computing features included.
        trainable_parameters, parameters: the numbers that learned, and all there are.
    """

    name: str
    settings: TransferSettings
    accuracy: Accuracy
    curves: tuple[tuple[Epoch, ...], ...]
    seconds: float
    trainable_parameters: int
    parameters: int

    @property
    def title(self) -> str:
        """What it is called."""
        return CELL_ARMS[self.name]

    @property
    def standard_error(self) -> float:
        """How far the mean accuracy may be off, in 0..1: what is larger, by the splits or by the number of answers.

        Two splits may agree by chance, and two or three say little of their spread.
        """
        answers = Accuracy((self.accuracy.mean,), self.accuracy.pictures * len(self.accuracy.values))
        return max(self.accuracy.standard_error, answers.standard_error)

    @property
    def still_rising(self) -> bool:
        """Whether no epoch before the last had as many test pictures right: more epochs would perhaps have more."""
        by_epoch = [sum(epoch.test_accuracy for epoch in epochs) for epochs in zip(*self.curves, strict=True)]
        return len(by_epoch) > 1 and by_epoch[-1] > max(by_epoch[:-1])


@dataclass(frozen=True)
class MeasuredCell:
    """A cell with the arms that were measured in it, in the order of ``CELL_ARMS``."""

    cell: Cell
    arms: tuple[CellArm, ...]

    @property
    def advised(self) -> CellArm:
        """The arm that the notes advise."""
        wanted = notes_advice(self.cell.similar, self.cell.few).arm
        return next(one for one in self.arms if one.name == wanted)

    @property
    def best(self) -> CellArm:
        """The arm with the highest mean accuracy; of equals the one that trains less."""
        return max(self.arms, key=lambda one: one.accuracy.mean)


@dataclass(frozen=True)
class MeasuredCells:
    """All that is recorded.

    Attributes:
        cells: by their names.
        sureness: of each data set that ships, how sure the untouched network is of its own answers: see ``is_similar``.
        versions: of what it was made with.
    """

    cells: Mapping[str, MeasuredCell]
    sureness: Mapping[str, float]
    versions: Mapping[str, str]

    @property
    def similar_from(self) -> float:
        """Half-way between the least sure of the similar sets and the surest of the different ones."""
        similar = [sure for name, sure in self.sureness.items() if DATASETS[name].like_imagenet]
        different = [sure for name, sure in self.sureness.items() if not DATASETS[name].like_imagenet]
        return (min(similar) + max(different)) / 2


def notes_advice(similar: bool, few: bool) -> Advice:
    """What the notes' table says of a cell."""
    if not few:
        return Advice("Fine-tune the entire network.", "everything")
    if similar:
        return Advice("No need to fine-tune: keep the layers, train a linear classifier on top.", "frozen")
    return Advice("Don't fine-tune: keep some of the first layers, train something of your own on top.", EARLIER)


@cache
def measured_cells(path: Path = RECORDED_CELLS) -> MeasuredCells:
    """All that is recorded, read once.

    Raises SettingsError where an arm was taught otherwise than ``CELLS`` says, or a cell lacks the arm that is advised.
    """
    facts = json.loads(path.read_text(encoding="utf-8"))
    cells = {cell.name: _cell(cell, facts["entries"]) for cell in CELLS}
    return MeasuredCells(cells, facts["sureness"], facts["versions"])


def _cell(cell: Cell, entries: list[dict[str, Any]]) -> MeasuredCell:
    of_arm = {name: [one for one in entries if (one["cell"], one["arm"]) == (cell.name, name)] for name in CELL_ARMS}
    measured = MeasuredCell(cell, tuple(_arm(cell, name, found) for name, found in of_arm.items() if found))
    if not {notes_advice(cell.similar, cell.few).arm, "frozen"} <= {one.name for one in measured.arms}:
        raise SettingsError(f"{cell.name} is not measured to the end; `make assets` goes on with it.")
    return measured


def _arm(cell: Cell, name: str, entries: list[dict[str, Any]]) -> CellArm:
    for one in entries:
        if not agrees(one, cell):
            raise SettingsError(f"{cell.name}, {name}: recorded with other settings; `make assets` makes it anew.")
    first = entries[0]
    return CellArm(
        name,
        TransferSettings(**first["settings"]),
        Accuracy(tuple(one["accuracy"] for one in entries), first["pictures"]),
        tuple(tuple(Epoch(**epoch) for epoch in one["epochs"]) for one in entries),
        sum(one["seconds"] for one in entries) / len(entries),
        first["trainable_parameters"],
        first["parameters"],
    )


def agrees(entry: Mapping[str, Any], cell: Cell) -> bool:
    """Whether an entry of the file was made as the cell says now."""
    settings = TransferSettings(**entry["settings"])
    return settings == cell.settings(entry["arm"], settings.seed) and entry["side"] == cell.side


CELLS = (
    Cell("stamps", FEW, tests=20, side=96, epochs=12),
    Cell("mnist", FEW, tests=20, side=64, epochs=12),
    Cell("fashion", FEW, tests=20, side=64, epochs=12),
    Cell("stamps", None, tests=20, side=96, epochs=10),
    Cell("mnist", 100, tests=20, side=64, epochs=8),
    Cell("fashion", 100, tests=20, side=64, epochs=3),
)
