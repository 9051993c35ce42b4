"""Either side gets its share of every class, and pictures that give each other away stay together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.learn import Dataset, DatasetError, Example, fewer, held_back, load_dataset, split
from cnnviz.learn import splits as splits_module
from tests.learn.pictures import blobs, dataset_of, saved_again


def bare(counts: list[int], clusters: tuple[tuple[int, ...], ...] = ()) -> Dataset:
    """Examples without pictures, for what never looks at them."""
    labels = [label for label, count in enumerate(counts) for _ in range(count)]
    names = tuple(str(n) for n in range(len(counts)))
    return Dataset("bare", "Bare", names, tuple(Example(b"", label) for label in labels), taken_singly=not clusters)


@settings(max_examples=30)
@given(st.lists(st.integers(2, 40), min_size=2, max_size=5), st.floats(0.05, 0.95), st.integers(0, 99))
def test_every_picture_is_on_one_side_and_every_class_on_both(counts: list[int], share: float, seed: int) -> None:
    dataset = bare(counts)
    parts = split(dataset, share, seed)
    assert sorted(parts.train + parts.test) == list(range(sum(counts)))
    for label, count in enumerate(counts):
        tested = sum(dataset.labels[number] == label for number in parts.test)
        assert 1 <= tested <= count - 1
        assert abs(tested - share * count) <= 1
    assert split(dataset, share, seed) == parts


def test_another_seed_gives_another_split() -> None:
    stamps = load_dataset("stamps")
    assert len({split(stamps, seed=seed).test for seed in range(5)}) == 5


@settings(max_examples=30)
@given(st.data())
def test_near_duplicates_never_straddle_a_split_but_when_asked(data: st.DataObject) -> None:
    counts = data.draw(st.lists(st.integers(6, 20), min_size=2, max_size=4))
    total = sum(counts)
    cuts = sorted(data.draw(st.sets(st.integers(1, total - 1), max_size=total // 2)))
    order = data.draw(st.permutations(range(total)))
    pieces = [order[a:b] for a, b in zip([0, *cuts], [*cuts, total], strict=True)]
    clusters = tuple(tuple(sorted(piece[:3])) for piece in pieces if len(piece) > 1)
    dataset = bare(counts, clusters or ((0, 1),))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(splits_module, "near_duplicates", lambda _: clusters)
        try:
            parts = split(dataset, 0.4, data.draw(st.integers(0, 9)))
        except DatasetError as error:
            assert "nearly the same" in str(error)
            return
    for cluster in clusters:
        assert set(cluster) <= set(parts.train) or set(cluster) <= set(parts.test)


def test_a_copy_stays_with_its_picture_unless_a_leak_is_asked_for() -> None:
    pictures = [blobs(n) for n in range(8)]
    examples = [Example(p, n % 2) for n, p in enumerate(pictures)] + [
        Example(saved_again(p), n % 2) for n, p in enumerate(pictures)
    ]
    dataset = Dataset("copies", "Copies", ("a", "b"), tuple(examples))
    honest = [split(dataset, 0.5, seed) for seed in range(5)]
    leaky = [split(dataset, 0.5, seed, leaky=True) for seed in range(5)]
    assert not any((n in parts.test) != (n + 8 in parts.test) for parts in honest for n in range(8))
    assert any((n in parts.test) != (n + 8 in parts.test) for parts in leaky for n in range(8))


def test_bursts_stay_together_by_group_and_are_torn_by_picture() -> None:
    dataset = dataset_of((12, 12), bursts=4)

    def torn(parts: splits_module.Split) -> int:
        sides = [{n in parts.test for n in range(start, start + 4)} for start in range(0, 24, 4)]
        return sum(len(side) == 2 for side in sides)

    assert torn(split(dataset, seed=3, by="group")) == 0
    assert torn(split(dataset, seed=3)) > 0


def test_one_burst_alone_cannot_be_split_by_group() -> None:
    with pytest.raises(DatasetError, match="of one burst"):
        split(dataset_of((4, 4), bursts=4), by="group")


def test_a_picture_in_two_classes_is_never_asked_about() -> None:
    good = dataset_of((5, 5))
    same = blobs(77)
    dataset = Dataset("same", "Same", good.classes, (*good.examples, Example(same, 0), Example(same, 1)))
    assert all({10, 11} <= set(split(dataset, 0.6, seed).train) for seed in range(10))


def test_the_same_file_in_every_class_is_refused_in_a_sentence() -> None:
    dataset = Dataset("same", "Same", ("a", "b"), tuple(Example(blobs(1), n % 2) for n in range(6)))
    with pytest.raises(DatasetError, match="nearly the same, or stand in other classes"):
        split(dataset)


@pytest.mark.parametrize(
    ("counts", "sentence"), [([5], "One class alone"), ([5, 0], "1 is empty"), ([1, 5], "0 has one picture")]
)
def test_too_little_is_refused_in_a_sentence(counts: list[int], sentence: str) -> None:
    with pytest.raises(DatasetError, match=sentence):
        split(bare(counts))


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1])
def test_a_share_that_leaves_a_side_empty_is_refused(share: float) -> None:
    with pytest.raises(DatasetError, match="between 0 and 1"):
        split(bare([4, 4]), share)


def test_the_published_test_pictures_are_the_authors() -> None:
    parts = split(load_dataset("fashion"), by="published")
    assert parts.test == tuple(range(10_000, 12_000)) and len(parts.train) == 10_000
    with pytest.raises(DatasetError, match="name no pictures for testing"):
        split(load_dataset("stamps"), by="published")


@settings(max_examples=30)
@given(st.lists(st.integers(4, 20), min_size=2, max_size=4), st.integers(0, 9))
def test_fewer_pictures_are_so_many_of_each_class_and_part_of_more(counts: list[int], seed: int) -> None:
    dataset = bare(counts)
    parts = split(dataset, 0.3, seed)
    most = min(sum(dataset.labels[number] == label for number in parts.train) for label in range(len(counts)))
    before: set[int] = set()
    for per_class in range(1, most + 1):
        some = fewer(dataset, parts, per_class)
        assert some.test == parts.test
        assert before < set(some.train) <= set(parts.train)
        assert [sum(dataset.labels[n] == label for n in some.train) for label in range(len(counts))] == (
            [per_class] * len(counts)
        )
        before = set(some.train)
    assert fewer(dataset, parts, None) is parts
    for wrong in (0, max(counts) + 1):
        with pytest.raises(DatasetError):
            fewer(dataset, parts, wrong)


def test_what_decides_when_to_stop_is_of_the_training_pictures_with_their_bursts_whole() -> None:
    dataset = dataset_of((20, 20), bursts=2)
    parts = split(dataset, seed=1, by="group")
    learned, deciding = held_back(dataset, parts)
    assert sorted(learned + deciding) == list(parts.train)
    assert not {number // 2 for number in learned} & {number // 2 for number in deciding}
    assert {dataset.labels[number] for number in deciding} == {0, 1}


def test_a_random_split_of_bursts_flatters_and_a_split_by_burst_does_not() -> None:
    """What a burst shows says nothing of its class here: only who saw its neighbours can know the class."""
    scenes = [blobs(burst, side=64) for burst in range(30)]
    examples = [
        Example(scene.crop((left, 0, left + 40, 40)), burst % 2, group=f"burst {burst}")
        for burst, scene in enumerate(scenes)
        for left in (0, 6, 12, 18)  # the camera moves: no frame is a near-duplicate of another
    ]
    dataset = Dataset("bursts", "Bursts", ("a", "b"), tuple(examples))
    pixels = np.array([np.asarray(example.picture().resize((8, 8)), float).ravel() for example in examples])

    def accuracy(parts: splits_module.Split) -> float:
        train = list(parts.train)
        nearest = [train[np.abs(pixels[train] - pixels[number]).sum(1).argmin()] for number in parts.test]
        return float(
            np.mean([examples[a].label == examples[b].label for a, b in zip(nearest, parts.test, strict=True)])
        )

    assert np.mean([accuracy(split(dataset, seed=seed)) for seed in range(5)]) > 0.8
    assert np.mean([accuracy(split(dataset, seed=seed, by="group")) for seed in range(5)]) < 0.65
