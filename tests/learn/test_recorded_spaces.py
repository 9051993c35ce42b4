"""The recorded spaces are those of the recorded arms, and agree with the features that ship."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from cnnviz.learn import PERPLEXITIES, few_of, load_dataset, neighbour_map, recorded_features, space_of, split
from cnnviz.learn.nearest import unit_vectors
from cnnviz.learn.recorded_arms import RECORDED_NAMES
from cnnviz.learn.recorded_spaces import CAME, RECORDED_SPACES, record_spaces, recorded_spaces
from cnnviz.paths import ASSETS


def test_each_arm_that_changes_the_features_has_a_space_of_its_own() -> None:
    parts, found = split(load_dataset("stamps")), recorded_spaces()
    assert (found.train, found.test) == (parts.train, parts.test)
    assert tuple(found.named) == (CAME, *(name for name in RECORDED_NAMES if name != "frozen"))
    count = len(parts.train) + len(parts.test)
    for one in found.named.values():
        assert one.space.plane.points.shape == (count, 2) and one.space.dimensions == 1280
        assert set(one.space.neighbours.nearest) <= set(range(len(parts.train)))
        assert tuple(one.maps) == PERPLEXITIES
        assert all(laid.points.shape == (count, 2) and laid.kept > one.space.plane.kept for laid in one.maps.values())


def test_the_space_that_nobody_taught_is_that_of_the_features_that_ship() -> None:
    stamps, found = load_dataset("stamps"), recorded_spaces()
    numbers = [*found.train, *found.test]
    vectors = dict(zip(few_of(stamps), unit_vectors(recorded_features().datasets["stamps"]), strict=True))
    near = found.named[CAME].space.neighbours
    told = [(number, numbers[near.nearest[place]], near.distances[place]) for place, number in enumerate(numbers)]
    both = [one for one in told if one[0] in vectors and one[1] in vectors]
    assert len(both) > 20
    for number, other, distance in both:
        assert np.linalg.norm(vectors[number] - vectors[other]) == pytest.approx(distance, abs=1e-4)


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    features = np.random.default_rng(0).normal(size=(9, 6)).astype(np.float32)
    record_spaces({CAME: features}, (3, 1, 4, 5, 9, 2), (6, 8, 7), tmp_path / "spaces.npz")
    found = recorded_spaces(tmp_path / "spaces.npz")
    assert (found.train, found.test) == ((3, 1, 4, 5, 9, 2), (6, 8, 7))
    one, space = found.named[CAME], space_of(features, range(6))
    np.testing.assert_allclose(one.space.plane.points, space.plane.points, atol=1e-6)
    assert (*one.space.plane.shares, one.space.plane.kept) == pytest.approx((*space.plane.shares, space.plane.kept))
    np.testing.assert_array_equal(one.space.neighbours.nearest, space.neighbours.nearest)
    np.testing.assert_allclose(one.space.neighbours.distances, space.neighbours.distances, atol=1e-6)
    laid = neighbour_map(features, 5)
    np.testing.assert_allclose(one.maps[5].points, laid.points, rtol=1e-5)
    assert (one.maps[5].perplexity, one.maps[5].kept) == pytest.approx((laid.perplexity, laid.kept))


def test_the_list_of_what_ships_has_its_checksum() -> None:
    content = RECORDED_SPACES.read_bytes()
    assert hashlib.sha256(content).hexdigest() in (ASSETS / "README.md").read_text(encoding="utf-8")
