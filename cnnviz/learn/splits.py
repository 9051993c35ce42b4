"""Which pictures are learned from, and which are kept to test what was learned?

Pictures that give each other away stay on one side: near-duplicates always, unless a leak is asked for, and whole
groups (bursts) when the split is by group. Every class is split in the same share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from cnnviz.learn.datasets import Dataset, DatasetError
from cnnviz.learn.duplicates import Union, near_duplicates

By = Literal["picture", "group", "published"]


@dataclass(frozen=True)
class Split:
    """The numbers of the pictures on either side, ascending, and how they were chosen."""

    train: tuple[int, ...]
    test: tuple[int, ...]
    seed: int = 0
    by: By = "picture"
    leaky: bool = False


def split(dataset: Dataset, test_share: float = 0.3, seed: int = 0, by: By = "picture", leaky: bool = False) -> Split:
    """Split a data set class by class; the same seed gives the same split.

    Args:
        dataset: at least two classes, each with two pictures that may come apart.
        test_share: of every class about this share is for testing, in 0 to 1; at least one picture on either side.
        seed: any whole number from 0.
        by: "picture": each by itself. "group": those of a group together. "published": as the set's authors did.
        leaky: let near-duplicates fall on both sides, as they do for who does not look for them.

    Raises:
        DatasetError: a class has too few pictures, or all of them belong together.
    """
    if not 0 < test_share < 1:
        raise DatasetError(f"The share for testing is {test_share}; it lies between 0 and 1, for example 0.3.")
    require_classes(dataset)
    if by == "published":
        return _as_published(dataset, seed)
    units = units_of(dataset, by, leaky)
    random = np.random.default_rng(seed)
    test: list[int] = []
    for label, name in enumerate(dataset.classes):
        own = [unit for unit in units if all(dataset.labels[number] == label for number in unit)]
        if len(own) < 2 and not (own and _also_elsewhere(dataset, own, label)):
            raise DatasetError(_inseparable(dataset, label, name, by))
        order = [own[place] for place in random.permutation(len(own))]
        test += _fill(order, test_share * dataset.counts[label], all_may_go=_also_elsewhere(dataset, own, label))
    train = sorted(set(range(len(dataset.examples))) - set(test))
    return Split(tuple(train), tuple(sorted(test)), seed, by, leaky)


def fewer(dataset: Dataset, parts: Split, per_class: int | None) -> Split:
    """The split with at most this many pictures of each class to learn from; all of them for None. The test stays.

    What is chosen for a smaller number is part of what is chosen for a larger one.

    Raises:
        DatasetError: a class has not that many pictures in training, or fewer than 1 are asked for.
    """
    if per_class is None:
        return parts
    if per_class < 1:
        raise DatasetError(f"{per_class} pictures per class are too few; take at least 1.")
    random = np.random.default_rng((parts.seed, 1))
    kept: list[int] = []
    for label, name in enumerate(dataset.classes):
        own = [number for number in parts.train if dataset.labels[number] == label]
        if len(own) < per_class:
            raise DatasetError(
                f"The class {name} has {len(own)} pictures to learn from, fewer than the {per_class} asked for; "
                f"ask for fewer or add some."
            )
        kept += [own[place] for place in random.permutation(len(own))[:per_class]]
    return replace(parts, train=tuple(sorted(kept)))


def held_back(dataset: Dataset, parts: Split, share: float = 0.2) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Training pictures in two: to learn from, and to decide by when to stop, so that the test decides nothing.

    Pictures that belong together stay together here, too.

    Raises:
        DatasetError: a class has no two training pictures that may come apart.
    """
    part = replace(dataset, examples=tuple(dataset.examples[number] for number in parts.train), published_test=())
    inner = split(part, share, parts.seed, "group" if parts.by == "group" else "picture", parts.leaky)
    return tuple(parts.train[place] for place in inner.train), tuple(parts.train[place] for place in inner.test)


def require_classes(dataset: Dataset) -> None:
    """Raises DatasetError, with a sentence, where there are not two classes with two pictures each."""
    if len(dataset.classes) < 2:
        raise DatasetError("One class alone cannot be told from anything; add a second one.")
    for name, count in zip(dataset.classes, dataset.counts, strict=True):
        if count == 0:
            raise DatasetError(f"The class {name} is empty; add pictures to it, or take it away.")
        if count == 1:
            raise DatasetError(f"The class {name} has one picture; add a second, one to learn from and one to test.")


def units_of(dataset: Dataset, by: By = "picture", leaky: bool = False) -> tuple[tuple[int, ...], ...]:
    """What stays on one side of a split: sets of picture numbers that are disjoint and hold every picture."""
    union = Union(len(dataset.examples))
    if by == "group":
        first: dict[str, int] = {}
        for number, example in enumerate(dataset.examples):
            if example.group is not None:
                union.join(first.setdefault(example.group, number), number)
    for cluster in () if leaky else near_duplicates(dataset):
        for number in cluster[1:]:
            union.join(cluster[0], number)
    return union.sets()


def _as_published(dataset: Dataset, seed: int) -> Split:
    if not dataset.published_test:
        raise DatasetError(f"The authors of {dataset.title} name no pictures for testing; split by picture or group.")
    train = sorted(set(range(len(dataset.examples))) - set(dataset.published_test))
    return Split(tuple(train), dataset.published_test, seed, "published")


def _fill(units: Sequence[tuple[int, ...]], wanted: float, all_may_go: bool) -> list[int]:
    """Numbers for testing: units, in their order, as long as they bring the number nearer to what is wanted.

    At least one unit is taken, the smallest if none fits; one is left for training.
    """
    taken: list[tuple[int, ...]] = []
    held = 0
    most = len(units) - (not all_may_go)
    for unit in units:
        if len(taken) < most and abs(held + len(unit) - wanted) < abs(held - wanted):
            taken.append(unit)
            held += len(unit)
    if not taken:
        taken.append(min(units, key=len))
    return [number for unit in taken for number in unit]


def _also_elsewhere(dataset: Dataset, own: Sequence[tuple[int, ...]], label: int) -> bool:
    """Whether the class has pictures besides its own units: those that belong together with another class's.

    They are always learned from, so that the test asks nothing that has two answers.
    """
    return sum(map(len, own)) < dataset.counts[label]


def _inseparable(dataset: Dataset, label: int, name: str, by: By) -> str:
    own = [example for example in dataset.examples if example.label == label]
    if by == "group" and len({example.group for example in own}) == 1 and own[0].group is not None:
        return f"All pictures of {name} are of one burst; take a second one, or split by picture."
    return (
        f"All pictures of {name} are nearly the same, or stand in other classes too; add others, so that one can be "
        f"kept for the test."
    )
