"""The nearest class is that of brute force, its reasons are the nearest pictures, and far away is none of these."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.learn import DatasetError, class_means, few_of, load_dataset, recorded_features


def on_circle(*degrees: float) -> torch.Tensor:
    """Vectors of different lengths in these directions."""
    turns = [math.radians(one) for one in degrees]
    return torch.tensor([[(2 + n) * math.cos(t), (2 + n) * math.sin(t)] for n, t in enumerate(turns)])


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.integers(2, 5), st.integers(1, 6))
def test_the_nearest_mean_is_that_of_a_loop(seed: int, classes: int, each: int) -> None:
    random = np.random.default_rng(seed)
    features = random.normal(size=(classes * each, 7))
    labels = [label for label in range(classes) for _ in range(each)]
    asked = random.normal(size=7)
    unit = features / np.sqrt((features**2).sum(1, keepdims=True))
    point = asked / np.sqrt((asked**2).sum())
    expected = []
    for label in range(classes):
        mean = sum(unit[n] for n in range(len(labels)) if labels[n] == label) / each
        expected.append(math.dist(mean, point))
    names = [str(label) for label in range(classes)]
    found = class_means(torch.from_numpy(features), labels, names).ask(torch.from_numpy(asked))
    assert found.distances == pytest.approx(expected)
    assert found.nearest == str(int(np.argmin(expected)))
    by_distance = sorted(range(len(labels)), key=lambda n: math.dist(unit[n], point))
    assert [reason.picture for reason in found.reasons] == by_distance[:3]
    assert found.reasons[0].class_name == str(labels[by_distance[0]])
    assert (found.class_name is None) == (math.dist(unit[by_distance[0]], point) > found.limit)


def test_after_one_picture_of_each_class_there_is_an_answer() -> None:
    known = class_means(on_circle(0, 90), [0, 1], ["flat", "steep"])
    assert known.limit == pytest.approx(math.sqrt(2))  # the distance between the two
    assert known.ask(on_circle(20)[0]).class_name == "flat"
    assert known.ask(on_circle(80)[0]).class_name == "steep"
    assert known.ask(on_circle(200)[0]).class_name is None


def test_the_limit_is_mean_and_standard_deviation_of_the_way_to_the_next_of_a_class() -> None:
    known = class_means(on_circle(0, 10, 40, 90), [0, 0, 0, 1], ["flat", "steep"])
    chords = [2 * math.sin(math.radians(apart) / 2) for apart in (10, 10, 30)]  # of each its nearest; 90° is alone
    assert known.limit == pytest.approx(np.mean(chords) + np.std(chords))
    assert known.ask(on_circle(90)[0]).class_name == "steep"
    away = known.ask(on_circle(140)[0])
    assert (away.class_name, away.nearest) == (None, "steep")


def test_the_length_of_features_does_not_matter() -> None:
    known = class_means(on_circle(0, 90), [0, 1], ["a", "b"])
    one, other = known.ask(torch.tensor([3.0, 1.0])), known.ask(torch.tensor([30.0, 10.0]))
    assert one.distances == pytest.approx(other.distances)


def test_a_picture_without_any_feature_gets_an_answer() -> None:
    answer = class_means(on_circle(0, 90), [0, 1], ["a", "b"]).ask(torch.zeros(2))
    assert all(math.isfinite(distance) for distance in answer.distances)


def test_one_class_and_an_empty_class_are_refused() -> None:
    with pytest.raises(DatasetError, match="One class alone"):
        class_means(on_circle(0), [0], ["a"])
    with pytest.raises(DatasetError, match="class b is empty"):
        class_means(on_circle(0, 1), [0, 0], ["a", "b"])


def test_what_the_limit_gets_wrong_on_stamps_is_as_told() -> None:
    """The figures of the module and of the lesson: by the recorded features, each class left out in turn."""
    stamps = load_dataset("stamps")
    labels, features = stamps.labels[list(few_of(stamps))], recorded_features().datasets["stamps"]
    belong, strangers = [], []
    for number, label in enumerate(labels):
        others = np.arange(len(labels)) != number
        belong.append(class_means(features[others], labels[others].tolist(), stamps.classes).ask(features[number]))
        if number == np.flatnonzero(labels == label)[0]:
            known = labels != label
            three = class_means(features[known], np.unique(labels[known], return_inverse=True)[1].tolist(), "abc")
            strangers += [three.ask(row) for row in features[~known]]
    turned_away = np.mean([answer.class_name is None for answer in belong])
    let_in = np.mean([answer.class_name is not None for answer in strangers])
    assert (turned_away, let_in) == pytest.approx((0.11, 0.27))
