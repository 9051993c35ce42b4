"""Each fault of a data set is said once, in a sentence, with the pictures it is about."""

from __future__ import annotations

import pytest

from cnnviz.learn import Dataset, Example, load_dataset, notices, split
from tests.learn.pictures import blobs, dataset_of, saved_again


def kinds(dataset: Dataset) -> list[str]:
    return [notice.kind for notice in notices(dataset)]


def test_good_pictures_are_passed_over_in_silence() -> None:
    stamps = load_dataset("stamps")
    assert notices(stamps, split(stamps)) == ()


@pytest.mark.parametrize("counts", [(4,), (4, 0), (4, 1)])
def test_what_keeps_from_going_on_comes_first(counts: tuple[int, ...]) -> None:
    assert kinds(dataset_of(counts))[0] == "cannot"


def test_a_class_far_larger_is_named_with_what_guessing_it_gives() -> None:
    (notice,) = notices(dataset_of((9, 3)))
    assert notice.kind == "larger"
    assert "a has 9 pictures, b 3" in notice.sentence and "75 %" in notice.sentence
    assert notice.pictures == tuple(range(9))
    assert notices(dataset_of((8, 3))) == ()


def test_copies_in_one_class_and_in_two_are_told_apart() -> None:
    good = dataset_of((3, 3))
    copies = (Example(saved_again(blobs(0)), 0), Example(saved_again(blobs(1)), 1))
    found = {notice.kind: notice for notice in notices(Dataset("x", "X", good.classes, good.examples + copies))}
    assert found.keys() == {"copies", "two classes"}
    assert found["copies"].pictures == (0, 6)
    assert found["two classes"].pictures == (1, 7)
    assert "in a and in b" in found["two classes"].sentence


def test_pictures_in_the_same_two_classes_are_said_together() -> None:
    good = dataset_of((3, 3))
    copies = tuple(Example(saved_again(blobs(number)), 1) for number in (0, 2))
    (notice,) = notices(Dataset("x", "X", good.classes, good.examples + copies))
    assert notice.sentence.startswith("2 pictures stand in a and in b:")
    assert sorted(notice.pictures) == [0, 2, 6, 7]


def test_a_picture_of_one_pixel_is_small() -> None:
    good = dataset_of((3, 3))
    (notice,) = notices(Dataset("x", "X", good.classes, (*good.examples, Example(blobs(9, side=1), 1))))
    assert (notice.kind, notice.pictures) == ("tiny", (6,))


def test_a_leak_across_the_split_counts_the_test_pictures_given_away() -> None:
    dataset = dataset_of((12, 12), bursts=4)
    assert notices(dataset, split(dataset, by="group")) == ()
    parts = split(dataset, seed=3)
    (notice,) = notices(dataset, parts)
    torn = {n // 4 for n in parts.train} & {n // 4 for n in parts.test}
    assert notice.kind == "across" and "burst" in notice.sentence
    assert notice.pictures == tuple(n for n in parts.test if n // 4 in torn)
