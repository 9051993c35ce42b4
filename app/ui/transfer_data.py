"""Which pictures does the page Transfer learning teach from? What its parts hand to each other."""

from __future__ import annotations

from dataclasses import dataclass

from cnnviz.learn import DATASETS, Dataset, load_dataset

OWN = "own"
"""The name of the learner's own classes among the data sets."""


@dataclass(frozen=True, eq=False)
class TransferData:
    """The pictures on the page.

    Attributes:
        key: changes when a picture or a class does; gives nothing away.
        title: for people.
        dataset: the pictures with their classes; of own ones only those that can be read, and perhaps none yet.
        source: a name in ``DATASETS``, or ``OWN``.
        owner: of own pictures, the secret under which `find_data` opens them again, also after a restart; never in a
            view link, never on the screen. None for a set that ships.
    """

    key: str
    title: str
    dataset: Dataset
    source: str
    owner: str | None = None

    @property
    def own(self) -> bool:
        """Whether these are the learner's own pictures."""
        return self.source == OWN

    @property
    def has_bursts(self) -> bool:
        """Whether some pictures were taken in one go, so that a split by burst differs from a random one."""
        groups = [example.group for example in self.dataset.examples if example.group is not None]
        return len(set(groups)) < len(groups)


def find_data(source: str, owner: str | None = None) -> TransferData | None:
    """The pictures of that name as they are now; None where there are none (any more)."""
    if source not in DATASETS:
        return None
    return TransferData(source, DATASETS[source].title, load_dataset(source), source)
