"""Which pictures does the page Transfer learning teach from? What its parts hand to each other."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from cnnviz.learn import DATASETS, Collection, Collections, Dataset, load_dataset

OWN = "own"
"""The name of the learner's own classes among the data sets."""
SOURCES = {**{name: info.title for name, info in DATASETS.items()}, OWN: "My own classes"}
COLLECTIONS = Collections()
"""Everybody's own pictures."""


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
    """The pictures of that name as they are now; None where there is no such set. `owner`: see `owner_of`."""
    if source in DATASETS:
        return TransferData(source, DATASETS[source].title, load_dataset(source), source)
    if source != OWN or owner is None:
        return None
    return TransferData(f"own {collected(owner).digest}", SOURCES[OWN], COLLECTIONS.dataset(owner), OWN, owner)


def collected(owner: str) -> Collection:
    """The learner's own classes with the ids of their pictures."""
    return COLLECTIONS.read(owner)


def owner_of(visitor: str) -> str:
    """The secret of a visitor's collection: a run may keep it, and it does not tell the visitor's own."""
    return hashlib.blake2b(visitor.encode(), digest_size=24, person=b"cnnviz owner").hexdigest()
