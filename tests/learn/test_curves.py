"""A learning curve is what teaching each arm alone gives, and its uncertainty is that of statistics."""

from __future__ import annotations

import statistics
from itertools import pairwise

import pytest

from cnnviz.learn import (
    Accuracy,
    DatasetError,
    FeatureCache,
    accuracy_over,
    learning_curve,
    settings_for,
    split,
    teach,
)
from tests.learn.networks import small_network
from tests.learn.pictures import dataset_of

DATA = dataset_of((8, 8))
SPLITS = [split(DATA, seed=seed) for seed in range(3)]


def test_every_point_is_what_teaching_alone_gives() -> None:
    network, cache = small_network(), FeatureCache()
    arms = [settings_for("random_features"), settings_for("frozen")]
    steps = list(learning_curve(network, DATA, SPLITS, arms, (1, 4, 10, None), cache, untrained=small_network(5)))
    assert [(point.arm, point.per_class) for point in steps[-1].points] == [
        (arm, number) for arm in ("random_features", "frozen") for number in (1, 4, None)
    ], "no class has 10 pictures to learn from"
    for point in steps[-1].of("frozen"):
        alone = [teach(network, DATA, one, settings_for("frozen", per_class=point.per_class), cache) for one in SPLITS]
        assert point.accuracy == accuracy_over(alone)
        assert point.trainable_parameters == 12 * 2 + 2
        assert point.seconds > 0


def test_progress_counts_trainings_and_keeps_what_is_there() -> None:
    steps = list(learning_curve(small_network(), DATA, SPLITS, [settings_for("frozen")], (1, 2), FeatureCache()))
    assert (steps[0].done, steps[-1].done, steps[-1].total) == (0, 6, 6)
    for before, after in pairwise(steps):
        assert before.done <= after.done
        assert after.points[: len(before.points)] == before.points


def test_no_split_and_no_possible_number_are_refused() -> None:
    with pytest.raises(DatasetError, match="no split"):
        list(learning_curve(small_network(), DATA, [], [settings_for("frozen")]))
    with pytest.raises(DatasetError, match="smallest class has 6"):
        list(learning_curve(small_network(), DATA, SPLITS, [settings_for("frozen")], (7, 9)))


def test_the_error_of_several_splits_is_that_of_their_mean() -> None:
    values = (0.9, 0.85, 0.95, 0.8)
    accuracy = Accuracy(values, 20)
    assert accuracy.mean == pytest.approx(statistics.mean(values))
    assert accuracy.standard_error == pytest.approx(statistics.stdev(values) / 2)


def test_the_error_of_one_split_shrinks_with_its_pictures_and_is_never_nought() -> None:
    assert Accuracy((0.8,), 25).standard_error == pytest.approx((22 / 29 * 7 / 29 / 29) ** 0.5)
    assert Accuracy((0.8,), 10_000).standard_error == pytest.approx((0.8 * 0.2 / 10_000) ** 0.5, rel=0.01)
    assert Accuracy((1.0,), 25).standard_error > 0.04
