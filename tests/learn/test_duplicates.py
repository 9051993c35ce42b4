"""Copies of a picture are found, however saved; other pictures, and bursts, are not taken for copies."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageEnhance

from cnnviz.learn import Dataset, Example, duplicates, load_dataset, near_duplicates
from cnnviz.learn.duplicates import ALIKE, TINT, Union, clusters
from tests.learn.pictures import blobs, dataset_of, saved_again


def of(*pictures: Image.Image) -> Dataset:
    return Dataset("test", "Test", ("a",), tuple(Example(picture, 0) for picture in pictures))


def moved(picture: Image.Image) -> Image.Image:
    width, height = picture.size
    return picture.crop((round(0.03 * width), 0, width, height)).resize(picture.size)


@pytest.mark.parametrize("change", [saved_again, moved, lambda picture: ImageEnhance.Brightness(picture).enhance(0.9)])
def test_a_copy_of_a_photograph_is_found(change) -> None:
    stamps = [example.picture() for example in load_dataset("stamps").examples[::20]]
    found = near_duplicates(of(*stamps, *map(change, stamps)))
    assert found == tuple((n, n + len(stamps)) for n in range(len(stamps)))


def test_the_stamps_hold_no_copies() -> None:
    assert near_duplicates(load_dataset("stamps")) == ()


def test_pictures_of_one_colour_are_alike_only_in_that_colour() -> None:
    colours = ["white", "white", "black", "red", (250, 4, 2)]
    assert near_duplicates(of(*(Image.new("RGB", (9, 9), colour) for colour in colours))) == ((0, 1), (3, 4))


def test_the_same_drawing_in_another_colour_is_another_picture() -> None:
    grey = blobs(3).convert("L")
    tinted = Image.merge("RGB", [grey, grey.point(lambda value: value // 2), grey.point(lambda value: value // 4)])
    assert near_duplicates(of(grey.convert("RGB"), tinted)) == ()


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.integers(2, 40))
def test_clusters_are_the_connected_parts_of_brute_force(seed: int, count: int) -> None:
    random = np.random.default_rng(seed)
    hashes = random.normal(size=(count, 3)).astype(np.float32)  # three numbers: many are near each other by chance
    hashes /= np.linalg.norm(hashes, axis=1, keepdims=True)
    tints = random.uniform(-0.1, 0.1, (count, 3)).astype(np.float32)
    reached = np.array(
        [[float(a @ b) >= ALIKE and abs(s - t).max() <= TINT for b, t in zip(hashes, tints, strict=True)]
         for a, s in zip(hashes, tints, strict=True)]
    ) | np.eye(count, dtype=bool)  # fmt: skip
    for _ in range(count):
        reached = reached @ reached
    parts = {tuple(np.flatnonzero(row).tolist()) for row in reached}
    assert set(clusters(hashes, tints)) == {part for part in parts if len(part) > 1}


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=12))
def test_joined_numbers_share_a_set_and_no_number_is_lost(pairs: list[tuple[int, int]]) -> None:
    union = Union(10)
    for one, other in pairs:
        union.join(one, other)
    sets = union.sets()
    assert sorted(number for members in sets for number in members) == list(range(10))
    assert all(any({one, other} <= set(members) for members in sets) for one, other in pairs)


def test_pictures_that_were_looked_at_are_not_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = dataset_of((3, 2))
    assert duplicates.not_looked_at(dataset) == 5
    assert list(duplicates.looking(dataset)) == [1, 2, 3, 4, 5] and duplicates.not_looked_at(dataset) == 0
    monkeypatch.setattr(duplicates, "_hash", lambda picture: pytest.fail("looked at again"))
    assert near_duplicates(dataset) == ()
