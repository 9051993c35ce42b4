"""How far can a map be trusted? The tests behind the page: weights drawn anew, pixels taken or given, noise and shift.

Each method is tested by a job of its own, so that what is quick does not wait for what is slow. All of them take their
turns with the slow methods: even of a quick method it is many maps, and a map that is asked for is to come at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch import Tensor

from app.ui.why_maps import Question, map_key, start
from app.ui.why_state import NOISE, SHIFTS, STAGES, STEPS
from cnnviz.analysis import (
    Curve,
    Trial,
    deletion_curve,
    insertion_curve,
    randomised_attributions,
    stability,
)
from cnnviz.compute import Job, Task

if TYPE_CHECKING:
    from app.ui.why_state import Form
    from cnnviz.network import Network


@dataclass(frozen=True, eq=False)
class Trials:
    """The map as it was, (H, W), and the maps made under other conditions, as far as they are there."""

    original: Tensor | None
    trials: tuple[Trial, ...]
    stages: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, eq=False)
class Curves:
    """Of one map: what the answer's probability does when its strongest pixels go, and when only they are there."""

    map: Tensor
    deletion: Curve
    insertion: Curve


def test_key(form: Form, question: Question, test: str, method: str) -> tuple[Any, ...]:
    """The key of the job that tests one method."""
    return (test, *map_key(form, question, method)[1:])


def forget_job(network: Network, form: Form, question: Question, method: str, watcher: str) -> Job[Trials, Trials]:
    """Draw the weights anew from the answer down, in STAGES stages; the result is Trials."""
    settings = dict(form.settings[method])

    def work(task: Task[Trials]) -> Trials:
        found = randomised_attributions(
            network, question.chosen.picture, question.target, [method], STAGES,
            against=question.against, layer=question.layer,
            progress=_gathered(task), cancelled=task.unwanted, **settings,
        )  # fmt: skip
        original = found.originals[method].map
        return Trials(original, found.trials[method], found.stages)

    return start(test_key(form, question, "forget", method), watcher, work, True, question.chosen)


def steady_job(network: Network, form: Form, question: Question, method: str, watcher: str) -> Job[Trials, Trials]:
    """Make the map of the picture with noise on it and of the picture shifted; the result is Trials."""
    settings = dict(form.settings[method])

    def work(task: Task[Trials]) -> Trials:
        found = stability(
            network, question.chosen.picture, question.target, method, noise=NOISE, shifts=SHIFTS,
            against=question.against, layer=question.layer_of(method),
            progress=_gathered(task), cancelled=task.unwanted, **settings,
        )  # fmt: skip
        trials = (*found.noise, *found.shifts)
        return Trials(found.original.map, trials)

    return start(test_key(form, question, "steady", method), watcher, work, True, question.chosen)


def cut_job(
    network: Network, form: Form, question: Question, method: str, heat: Tensor, watcher: str
) -> Job[Any, Curves]:
    """Take away, and give, the pixels of a finished map, highest values first; the result is Curves."""

    def work(task: Task[Any]) -> Curves:
        curves = []
        for number, curve in enumerate((deletion_curve, insertion_curve)):
            past = number * (STEPS + 1)

            def tell(done: int, total: int, so_far: Any, past: int = past) -> None:
                task.tell(past + done, 2 * (STEPS + 1))

            found = curve(
                network, question.chosen.picture, question.target, heat, against=question.against, steps=STEPS,
                progress=tell, cancelled=task.unwanted,
            )  # fmt: skip
            curves.append(found)
        return Curves(heat, *curves)

    return start(test_key(form, question, "cut", method), watcher, work, True, question.chosen)


def _gathered(task: Task[Trials]) -> Callable[[int, int, Trial | None], None]:
    """Collects what the library tells one by one, so that a view can show all there is."""
    trials: list[Trial] = []

    def tell(done: int, total: int, trial: Trial | None) -> None:
        if trial is not None:
            trials.append(trial)
        task.tell(done, total, Trials(None, tuple(trials)))

    return tell
