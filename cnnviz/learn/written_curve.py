"""How is a learning curve over more and more pictures written down, point by point, so that it outlives the program?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from cnnviz.compute import Metric, Run, RunError, fixed_threads
from cnnviz.learn.arms import TransferSettings
from cnnviz.learn.curves import PER_CLASS, CurvePoint, learning_curve, possible_numbers
from cnnviz.learn.datasets import Dataset
from cnnviz.learn.features import FeatureCache
from cnnviz.learn.outcome import Accuracy
from cnnviz.learn.splits import By, split
from cnnviz.network import Network

_ALL = 0  # in a metric: all pictures there are


@dataclass(frozen=True)
class CurveTeaching:
    """All that decides a learning curve but network and pictures: the arms, and the splits, from `seed` on."""

    arms: tuple[TransferSettings, ...]
    seed: int = 0
    by: By = "picture"
    splits: int = 1
    per_class: tuple[int | None, ...] = PER_CLASS

    def as_json(self) -> dict[str, Any]:
        """For the settings of a run; :func:`curve_teaching_of` reads it."""
        return asdict(self) | {"arms": [asdict(one) for one in self.arms], "per_class": list(self.per_class)}


def teach_curve(
    run: Run,
    network: Network,
    dataset: Dataset,
    tell: Callable[[int, int], None],
    untrained: Network | None = None,
    cache: FeatureCache | None = None,
) -> None:
    """Do a run's work, or what is left of it; `tell(done, total)` after every step, in hundredths of a point.

    Raises what :func:`learning_curve` and the run raise, and what `tell` does.
    """  # fmt: skip
    asked = curve_teaching_of(run.facts.settings)
    splits = [split(dataset, seed=asked.seed + number, by=asked.by) for number in range(asked.splits)]
    numbers = possible_numbers(dataset, splits, asked.per_class)
    wanted = [(arm, number) for arm in asked.arms for number in numbers]
    there = {(point.arm, point.per_class) for point in written_curve(run)}
    with run.writing() as pen, fixed_threads(run.facts.threads):
        for place, (arm, number) in enumerate(wanted):
            if (arm.arm, number) in there:
                continue
            for now in learning_curve(network, dataset, splits, [arm], [number], cache, untrained):
                tell(100 * place + 100 * now.done // now.total, 100 * len(wanted) + 1)
            pen.log(**_numbers(asked.arms.index(arm), now.points[0]))


def curve_teaching_of(settings: Mapping[str, Any]) -> CurveTeaching:
    """What :meth:`CurveTeaching.as_json` gave, among the settings of a run. Raises RunError for other settings."""
    try:
        arms = tuple(TransferSettings(**one) for one in settings["arms"])
        further = {name: settings[name] for name in ("seed", "by", "splits")}
        return CurveTeaching(arms, **further, per_class=tuple(settings["per_class"]))
    except (KeyError, TypeError):
        raise RunError("This run is no learning curve; open its link where it was begun.") from None


def written_curve(run: Run) -> tuple[CurvePoint, ...]:
    """The points so far."""
    arms = curve_teaching_of(run.facts.settings).arms
    return tuple(_point(arms, metric) for metric in run.metrics())


def _numbers(arm: int, point: CurvePoint) -> dict[str, float]:
    found: dict[str, float] = {"arm": arm, "per_class": point.per_class or _ALL, "pictures": point.accuracy.pictures}
    found |= {"seconds": point.seconds, "trainable_parameters": point.trainable_parameters}
    return found | {f"accuracy_{number}": value for number, value in enumerate(point.accuracy.values)}


def _point(arms: Sequence[TransferSettings], metric: Metric) -> CurvePoint:
    values = metric.values
    accuracies = tuple(values[f"accuracy_{number}"] for number in range(len(values)) if f"accuracy_{number}" in values)
    return CurvePoint(
        arms[int(values["arm"])].arm,
        int(values["per_class"]) or None,
        Accuracy(accuracies, int(values["pictures"])),
        values["seconds"],
        int(values["trainable_parameters"]),
    )
