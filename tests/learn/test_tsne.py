"""The map of neighbours: from few pictures and many, always the same, with more neighbours than a plane keeps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.learn import neighbour_map, plane_of, recorded_features, turned_like
from cnnviz.learn.tsne import perplexity_for


def groups(counts: tuple[int, ...], features: int = 20, seed: int = 0) -> np.ndarray:
    """Features of some groups, each round a place of its own."""
    random = np.random.default_rng(seed)
    return np.concatenate(
        [6 * random.normal(size=features) + random.normal(size=(count, features)) for count in counts]
    ).astype(np.float32)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("pictures", [1, 2, 3, 4, 8])
def test_few_pictures_have_a_map(pictures: int) -> None:
    found = neighbour_map(groups((pictures,)))
    assert found.points.shape == (pictures, 2) and np.isfinite(found.points).all()
    assert np.allclose(found.points.mean(axis=0), 0, atol=1e-4)
    assert len(np.unique(found.points.round(3), axis=0)) == pictures
    assert np.abs(found.points).max() < 100  # too long a step throws few pictures far apart


def test_the_same_settings_give_the_same_map_and_another_perplexity_another() -> None:
    features = groups((6, 6, 7))
    points = neighbour_map(features, 6).points
    assert np.array_equal(points, neighbour_map(features, 6).points)
    assert not np.allclose(points, neighbour_map(features, 3).points, atol=0.1)


def test_groups_stay_together() -> None:
    points = neighbour_map(groups((8,) * 4)).points
    own = np.repeat(np.arange(4), 8)
    distances = np.linalg.norm(points[:, None] - points, axis=2) + np.diag(np.full(len(points), np.inf))
    assert (own[distances.argmin(axis=1)] == own).all()


def test_of_pictures_more_neighbours_are_kept_than_in_the_plane_of_the_axes() -> None:
    features = recorded_features().datasets["stamps"][::2]
    assert neighbour_map(features).kept > plane_of(features).kept + 0.1 > 5 / 49 + 0.1  # the last by chance alone


def test_pictures_that_are_all_alike_lie_in_one_place_and_copies_beside_each_other() -> None:
    alike = np.repeat(groups((1,)), 5, axis=0)
    assert np.allclose(neighbour_map(alike).points, 0, atol=1e-6)
    points = neighbour_map(np.concatenate([alike, groups((3,), seed=1)])).points
    copies, others = points[:5], points[5:]
    assert np.isfinite(points).all() and len(np.unique(copies.round(3), axis=0)) == 5
    assert np.linalg.norm(copies - copies.mean(0), axis=1).max() < np.linalg.norm(others - copies.mean(0), axis=1).min()


@given(st.integers(1, 500), st.floats(2, 100))
def test_the_perplexity_is_what_the_pictures_allow(pictures: int, wanted: float) -> None:
    found = perplexity_for(pictures, wanted)
    assert 1.5 <= found <= wanted
    assert found == wanted or found == 1.5 or found == (pictures - 1) / 3
    if pictures >= 3:
        assert found < pictures  # else scikit-learn refuses


@given(st.integers(3, 30), st.floats(0, 6.28), st.booleans(), st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_a_turned_and_flipped_map_is_turned_back(pictures: int, angle: float, flipped: bool, seed: int) -> None:
    points = np.random.default_rng(seed).normal(size=(pictures, 2))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    other = (points * (-1 if flipped else 1, 1)) @ turn
    assert np.allclose(turned_like(other, points), points)
