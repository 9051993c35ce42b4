"""Where does a taught network come from: by which run, on which pictures, along which curve?"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from cnnviz.compute import RunFacts
from cnnviz.learn.arms import ARMS
from cnnviz.learn.datasets import DATASETS, Dataset
from cnnviz.learn.outcome import Epoch
from cnnviz.learn.own_zip import places_in_zip
from cnnviz.learn.written import Outcome, Teaching, teaching_of

_PRIVATE = ("owner", "pictures")  # a collection's secret, and what was made from it


@dataclass(frozen=True, eq=False)
class Origin:
    """All that it takes to teach a network again, and what came of it the first time.

    Attributes:
        facts: what the run was begun with.
        dataset: the pictures it learned from.
        curve: the epochs of its first split.
        outcome: what it reached on that.
    """

    facts: RunFacts
    dataset: Dataset
    curve: Sequence[Epoch]
    outcome: Outcome | None = None

    @property
    def teaching(self) -> Teaching:
        """How it was taught."""
        return teaching_of(self.facts.settings)

    @property
    def own(self) -> bool:
        """Whether the pictures are the learner's, rather than of a set that ships."""
        return self.dataset.name not in DATASETS

    def as_json(self) -> dict[str, Any]:
        """What is needed to get the same curve again; nothing that opens a run or a collection is in it."""
        facts = self.facts
        kept: Mapping[str, Any] = {name: value for name, value in facts.settings.items() if name not in _PRIVATE}
        return {
            **kept,
            "threads": facts.threads,
            "versions": dict(facts.versions),
            "pictures": [list(place) for place in places_in_zip(self.dataset)] if self.own else None,
            "curve": [asdict(epoch) for epoch in self.curve],
        }

    def curve_csv(self) -> str:
        """The curve as a table, an epoch a line."""
        return epochs_csv({ARMS[self.teaching.settings.arm].title: self.curve})


def epochs_csv(curves: Mapping[str, Sequence[Epoch]]) -> str:
    """The epochs of each arm, by its title, as one table."""
    text = io.StringIO()
    names = list(Epoch.__dataclass_fields__)
    writer = csv.DictWriter(text, ["arm", *names], lineterminator="\n")
    writer.writeheader()
    for title, epochs in curves.items():
        writer.writerows({"arm": title, **asdict(epoch)} for epoch in epochs)
    return text.getvalue()
