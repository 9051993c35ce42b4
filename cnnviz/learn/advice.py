"""What should a learner know about a data set before a network learns from it?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cnnviz.learn.datasets import Dataset, DatasetError
from cnnviz.learn.duplicates import near_duplicates
from cnnviz.learn.splits import Split, require_classes

Kind = Literal["cannot", "larger", "copies", "two classes", "across", "tiny"]

MUCH_LARGER = 3
"""So many times as many pictures as the smallest class make a class far larger."""
TINY = 16
"""Pixels of the shorter side below which a picture shows next to nothing."""


@dataclass(frozen=True)
class Notice:
    """One thing to know.

    Attributes:
        kind: "cannot" keeps from going on; the others teach.
        sentence: what it is and what it does.
        pictures: the numbers of the pictures it is about.
    """

    kind: Kind
    sentence: str
    pictures: tuple[int, ...] = ()


def notices(dataset: Dataset, parts: Split | None = None) -> tuple[Notice, ...]:
    """All that is to be said of a data set, what keeps from going on first; with a split, of that too."""
    found: list[Notice] = []
    try:
        require_classes(dataset)
    except DatasetError as error:
        found.append(Notice("cannot", str(error)))
    return (*found, *_larger(dataset), *_tiny(dataset), *_copies(dataset), *_across(dataset, parts))


def _larger(dataset: Dataset) -> list[Notice]:
    counts = [count for count in dataset.counts if count]
    if len(counts) < 2 or max(counts) < MUCH_LARGER * min(counts):
        return []
    large, small = dataset.counts.index(max(counts)), dataset.counts.index(min(counts))
    return [
        Notice(
            "larger",
            f"{dataset.classes[large]} has {max(counts)} pictures, {dataset.classes[small]} {min(counts)}: who always "
            f"says {dataset.classes[large]} is right {100 * max(counts) / sum(counts):.0f} % of the time, so accuracy "
            "alone misleads.",
            tuple(number for number, label in enumerate(dataset.labels.tolist()) if label == large),
        )
    ]


def _tiny(dataset: Dataset) -> list[Notice]:
    if dataset.taken_singly:  # shipped, and known
        return []
    tiny = tuple(number for number, one in enumerate(dataset.examples) if min(one.size) < TINY)
    if not tiny:
        return []
    words = "picture is" if len(tiny) == 1 else "pictures are"
    return [
        Notice("tiny", f"{len(tiny)} {words} under {TINY} pixels wide or high: there is little to see in it.", tiny)
    ]


def _copies(dataset: Dataset) -> list[Notice]:
    """Of pictures that stand in the same classes together, and of each group of copies within one class."""
    found: list[Notice] = []
    torn: dict[tuple[str, ...], list[tuple[int, ...]]] = {}
    for cluster in near_duplicates(dataset):
        names = tuple(dict.fromkeys(dataset.classes[dataset.labels[number]] for number in cluster))
        if len(names) > 1:
            torn.setdefault(names, []).append(cluster)
            continue
        sentence = (
            f"{len(cluster)} pictures of {names[0]} are nearly the same: they teach hardly more than one, and stay "
            f"on one side of the split."
        )
        found.append(Notice("copies", sentence, cluster))
    return [_in_several(names, clusters) for names, clusters in torn.items()] + found


def _in_several(names: tuple[str, ...], clusters: list[tuple[int, ...]]) -> Notice:
    subject = "One picture stands" if len(clusters) == 1 else f"{len(clusters)} pictures stand"
    sentence = f"{subject} in {' and in '.join(names)}: whatever the network says, one is wrong."
    return Notice("two classes", sentence, tuple(number for cluster in clusters for number in cluster))


def _across(dataset: Dataset, parts: Split | None) -> list[Notice]:
    if parts is None:
        return []
    train, test = set(parts.train), set(parts.test)
    copied = [cluster for cluster in near_duplicates(dataset) if train & set(cluster) and test & set(cluster)]
    bursts: dict[str, list[int]] = {}
    for number, example in enumerate(dataset.examples):
        if example.group is not None:
            bursts.setdefault(example.group, []).append(number)
    torn = [burst for burst in bursts.values() if train & set(burst) and test & set(burst)]
    found = []
    if copied:
        found.append(_leak("near-duplicates of training pictures", test, copied))
    if torn:
        found.append(_leak("neighbours in a burst of training pictures", test, torn))
    return found


def _leak(what: str, test: set[int], sets: list[tuple[int, ...]] | list[list[int]]) -> Notice:
    given_away = tuple(sorted(number for together in sets for number in together if number in test))
    return Notice(
        "across",
        f"{len(given_away)} of {len(test)} test pictures are {what}: the accuracy shows in part what was learned by "
        f"heart.",
        given_away,
    )
