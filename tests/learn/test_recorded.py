"""What is recorded is what the network says; and few pictures stand for all classes alike."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from cnnviz.image import load_sample
from cnnviz.learn import RECORDED_NETWORK, Example, few_of, load_dataset, picture_features, recorded_features
from cnnviz.learn.recorded import RECORDED
from cnnviz.network import load_network
from cnnviz.paths import ASSETS
from tests.learn.pictures import dataset_of


@pytest.mark.parametrize("name", ["stamps", "mnist", "fashion"])
def test_the_recorded_features_are_those_of_the_network(name: str) -> None:
    dataset = load_dataset(name)
    numbers = few_of(dataset)
    recorded = recorded_features().datasets[name]
    assert recorded.shape == (len(numbers), 1280) and recorded.dtype == np.float32
    places = [0, len(numbers) - 1]
    found = picture_features(load_network(RECORDED_NETWORK), [dataset.examples[numbers[place]] for place in places])
    np.testing.assert_allclose(recorded[places], found.cpu().numpy(), rtol=1e-3, atol=1e-3)


def test_the_samples_are_recorded_too() -> None:
    found = picture_features(load_network(RECORDED_NETWORK), [Example(load_sample("coffee"), 0)])[0]
    np.testing.assert_allclose(recorded_features().samples["coffee"], found.cpu().numpy(), rtol=1e-3, atol=1e-3)


def test_the_file_is_the_one_that_is_listed() -> None:
    assert hashlib.sha256(RECORDED.read_bytes()).hexdigest() in (ASSETS / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("counts", "most", "taken"), [((9, 4, 1), 6, (2, 2, 1)), ((5, 0), 100, (5, 0)), ((3, 3), 1, (1, 1))]
)
def test_each_class_gives_as_many(counts: tuple[int, ...], most: int, taken: tuple[int, ...]) -> None:
    dataset = dataset_of(counts)
    numbers = few_of(dataset, most)
    assert tuple(np.bincount(dataset.labels[list(numbers)], minlength=len(counts))) == taken
    assert len(set(numbers)) == len(numbers)
