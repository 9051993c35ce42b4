"""What did the network answer, and what does each method say about it? Answers are kept, maps are made by jobs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import torch

from app.ui.byte_cache import ByteCache
from app.ui.feature_maps_passes import kept
from app.ui.jobs import JOBS, QUICK, SLOW
from app.ui.picture import ChosenPicture
from app.ui.shelf import PICTURES
from cnnviz.analysis import METHODS, attribute
from cnnviz.compute import Job, Task, Work, at_work, warm_up
from cnnviz.network import logits

if TYPE_CHECKING:
    from app.ui.network_picker import NetworkChoice
    from app.ui.why_state import Form
    from cnnviz.analysis import Attribution
    from cnnviz.network import Network, Prediction

S = TypeVar("S")
T = TypeVar("T")

CANDIDATES = 10
"""Answers that can be asked about by a menu, most probable first."""

MANY = 25
"""Steps of integrated gradients from which on it waits with the slow methods for its turn."""

_LOGITS: ByteCache[torch.Tensor] = ByteCache(4_000_000)
PICTURES.drop_from(_LOGITS)
_NEEDED = ("captum.attr",)


@dataclass(frozen=True)
class Question:
    """What is asked: why `target`, rather than `against`, of which network, on which picture.

    `layer` is for the methods that need one; None for the network's last with maps.
    """

    network: tuple[str, str]
    chosen: ChosenPicture
    target: int
    against: int | None
    layer: str | None = None

    @property
    def key(self) -> tuple[Any, ...]:
        return (*self.network, self.chosen.key, self.target, self.against)

    def layer_of(self, method: str) -> str | None:
        """The layer as the method takes it: None where it works on pixels."""
        return self.layer if METHODS[method].needs_layer else None


def answer_logits(network: Network, choice: NetworkChoice, chosen: ChosenPicture) -> torch.Tensor:
    """The network's logits (N,) for the picture."""

    def make() -> tuple[torch.Tensor, int]:
        with at_work(), torch.inference_mode():
            values = logits(network.module(network.batch(chosen.picture)))[0].detach().cpu()
        return values, values.nbytes

    return kept(_LOGITS, (*choice.key, chosen.key), chosen, make)


def answers_at(values: torch.Tensor, network: Network, temperature: float, count: int) -> list[Prediction]:
    """The most probable answers when all logits are divided by the temperature first."""
    from cnnviz.network import predictions_from_logits

    return predictions_from_logits(values / temperature, network.categories, count)


def map_job(network: Network, form: Form, question: Question, method: str, watcher: str) -> Job[Any, Attribution]:
    """The job that makes one method's map; its result is an Attribution without its colour channels."""
    settings = dict(form.settings[method])

    def work(task: Task[Any]) -> Attribution:
        found = attribute(
            network, question.chosen.picture, question.target, method, question.layer_of(method),
            against=question.against, progress=task.tell, cancelled=task.unwanted, **settings,
        )  # fmt: skip
        return replace(found, channels=None)

    slow = METHODS[method].slow and settings.get("steps", MANY) >= MANY
    return start(map_key(form, question, method), watcher, work, slow, question.chosen)


def map_key(form: Form, question: Question, method: str) -> tuple[Any, ...]:
    """The key of the job of one method's map: the question, the method with its layer, and its settings."""
    return ("map", *question.key, method, question.layer_of(method), *sorted(form.settings[method].items()))


def start(key: tuple[Any, ...], watcher: str, work: Work[S, T], slow: bool, chosen: ChosenPicture) -> Job[S, T]:
    """Ask for a job about a picture; of an own picture that went in the meantime, nothing stays behind."""

    def prepared(task: Task[S]) -> T:
        warm_up().wait_for(_NEEDED)
        return work(task)

    job = JOBS.watch(key, watcher, prepared, SLOW if slow else QUICK)
    if chosen.own and not PICTURES.holds(chosen.key):
        JOBS.drop(lambda other: isinstance(other, tuple) and chosen.key in other)
    return job
