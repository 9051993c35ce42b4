"""Which pictures, which network and which split do the views of features show: those of a run, or what is set?"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.ui.transfer_run_answers import dataset_to_show
from cnnviz.learn import Dataset, DatasetError, Split, fewer, split
from cnnviz.network import network_info

if TYPE_CHECKING:
    from app.ui.network_picker import NetworkChoice
    from app.ui.transfer_data import TransferData
    from app.ui.transfer_run_form import AskedRuns
    from app.ui.transfer_run_jobs import ArmRun
    from cnnviz.learn import Answers


@dataclass(frozen=True, eq=False)
class Shown:
    """What is shown.

    Attributes:
        title: of the network as it came.
        network: its name and weights, as the store of networks takes them.
        key: what the keys of jobs hold of the pictures.
        train, test: the numbers of the pictures; all are in `train` where no split is possible.
        run, answers: the arm that is looked at, and what it says of its test pictures.
    """

    title: str
    network: tuple[str, str]
    key: tuple[str, ...]
    dataset: Dataset
    train: tuple[int, ...]
    test: tuple[int, ...]
    run: ArmRun | None = None
    answers: Answers | None = None

    @property
    def numbers(self) -> tuple[int, ...]:
        """All shown pictures: those to learn from first."""
        return (*self.train, *self.test)

    @property
    def roles(self) -> str:
        """Tells other choices and splits of the same pictures apart."""
        return hashlib.blake2b(repr((self.train, self.test)).encode(), digest_size=8).hexdigest()


def shown_of(
    data: TransferData, choice: NetworkChoice, asked: AskedRuns, chosen: tuple[ArmRun, Answers] | None
) -> tuple[Shown | None, str]:
    """The pictures of the chosen arm, else those that are set with the split of the form; or None, and why."""
    if chosen is not None:
        return _of_run(*chosen)
    if len(data.dataset.examples) < 2:
        return None, "Give two classes some pictures: then each stands here where the network sees it."
    train, test = _split(data, asked)
    return Shown(choice.title, choice.key, (data.key, data.owner or ""), data.dataset, train, test), ""


def _of_run(one: ArmRun, answers: Answers) -> tuple[Shown | None, str]:
    dataset, why = dataset_to_show(one)
    if dataset is None:
        return None, why
    settings, teaching = one.facts.settings, one.teaching
    rest = tuple(sorted(set(range(len(dataset.examples))) - set(answers.test)))
    parts = Split(rest, answers.test, teaching.seed, teaching.by)
    train = fewer(dataset, parts, teaching.settings.per_class).train
    key = (settings["pictures"], settings["owner"] or "")
    title = f"{network_info(settings['network']).title} as it came"
    return Shown(title, (settings["network"], "auto"), key, dataset, train, answers.test, one, answers), ""


def _split(data: TransferData, asked: AskedRuns) -> tuple[tuple[int, ...], tuple[int, ...]]:
    first = asked.teachings[0] if asked.teachings else None
    try:
        parts = split(data.dataset, seed=first.seed if first else 0, by=first.by if first else "picture")
    except DatasetError:
        return tuple(range(len(data.dataset.examples))), ()
    return parts.train, parts.test
