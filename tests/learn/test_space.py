"""The feature space of a network: its plane, its neighbours, and what a probe on every stage finds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.learn import (
    DatasetError,
    FeatureCache,
    FeatureProgress,
    Probe,
    Split,
    StageReader,
    kept_neighbours,
    laid_like,
    near_of,
    neighbours_of,
    own_share,
    picture_features,
    plane_of,
    probe,
    settings_for,
    shown_pictures,
    split,
    taught_stem,
    teach,
)
from cnnviz.network import load_network
from tests.learn.networks import small_network
from tests.learn.pictures import dataset_of

DATA = dataset_of((6, 6, 7))


def some(pictures: int, features: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(pictures, features)).astype(np.float32)


@given(st.integers(2, 30), st.integers(3, 20), st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_the_plane_is_that_of_torchs_singular_vectors(pictures: int, features: int, seed: int) -> None:
    values = some(pictures, features, seed)
    unit = torch.nn.functional.normalize(torch.from_numpy(values).double(), dim=1)
    left, sizes, _ = torch.linalg.svd(unit - unit.mean(0), full_matrices=False)
    plane = plane_of(values)
    for axis in range(min(2, len(sizes))):
        own = (left[:, axis] * sizes[axis]).abs()
        if np.diff(sizes[: axis + 2]).max() < -1e-3:  # else the axes are any of a plane
            assert np.allclose(np.abs(plane.points[:, axis]), own.numpy(), atol=1e-6)
        assert plane.shares[axis] == pytest.approx(float(sizes[axis] ** 2 / (sizes**2).sum()), abs=1e-6)
    assert (plane.points.max(axis=0) >= -plane.points.min(axis=0) - 1e-9).all()


def test_one_picture_lies_in_the_middle_of_its_plane() -> None:
    plane = plane_of(some(1, 5))
    assert plane.points.tolist() == [[0, 0]] and plane.shares == (0, 0)


def test_axes_are_flipped_and_exchanged_to_lie_like_others() -> None:
    plane = plane_of(some(9, 6))
    turned = replace(plane, points=plane.points[:, ::-1] * (-1, 1), shares=plane.shares[::-1])
    back = laid_like(turned, plane)
    assert np.allclose(back.points, plane.points) and back.shares == pytest.approx(plane.shares)


def test_neighbours_are_those_of_a_search_by_hand() -> None:
    values, among = some(8, 5), (0, 2, 5, 7)
    unit = values / np.linalg.norm(values, axis=1, keepdims=True)
    found = neighbours_of(values, among)
    for place in range(8):
        distances = {other: float(np.linalg.norm(unit[place] - unit[other])) for other in among if other != place}
        best = min(distances, key=distances.__getitem__)
        assert found.nearest[place] == best and found.distances[place] == pytest.approx(distances[best], abs=1e-6)


def test_kept_neighbours_are_those_of_a_count_by_hand() -> None:
    vectors, points = some(8, 20).astype(np.float64), some(8, 2, 1).astype(np.float64)
    kept = []
    for at in range(8):
        others = [other for other in range(8) if other != at]
        true, drawn = (
            sorted(others, key=lambda other: float(np.linalg.norm(rows[at] - rows[other])))[:3]
            for rows in (vectors, points)
        )
        kept.append(len({*true} & {*drawn}) / 3)
    assert kept_neighbours(vectors, points) == pytest.approx(np.mean(kept))
    assert kept_neighbours(vectors, vectors) == 1.0
    assert [near_of(count) for count in (1, 2, 3, 8, 11, 240)] == [0, 0, 1, 3, 5, 5]
    assert np.isnan(plane_of(some(2, 5)).kept)


def test_the_only_picture_has_no_neighbour_and_counts_for_no_share() -> None:
    found = neighbours_of(some(2, 3), (0,))
    assert found.nearest.tolist() == [-1, 0]
    assert own_share([1, 1], found, (0, 1)) == 1.0
    assert np.isnan(own_share([1, 1], neighbours_of(some(2, 3), ()), (0, 1)))


def test_many_pictures_are_thinned_evenly_and_no_class_is_left_out() -> None:
    data = dataset_of((3, 40, 8))
    parts = split(data)
    train, test = shown_pictures(data, parts.train, parts.test, most=20)
    assert len(train) + len(test) <= 22 and not set(train) & set(test)
    assert set(train) <= set(parts.train) and set(test) <= set(parts.test)
    for side in (train, test):
        assert set(data.labels[list(side)]) == {0, 1, 2}
    assert shown_pictures(data, parts.train, parts.test, most=51) == (parts.train, parts.test)


def test_a_frozen_network_has_the_features_it_had_and_a_taught_one_others() -> None:
    network, parts, cache = small_network(), split(DATA), FeatureCache()
    before = picture_features(network, DATA.examples, cache)
    wanted = [(one, 0) for one in DATA.examples]
    frozen = teach(network, DATA, parts, settings_for("frozen"), cache).model
    assert torch.equal(taught_stem(frozen, "a", cache)(wanted), before)
    taught = teach(network, DATA, parts, settings_for("everything", epochs=2), cache).model
    after = taught_stem(taught, "b", cache)(wanted)
    assert not torch.allclose(after, before)
    assert torch.equal(picture_features(network, DATA.examples, cache), before)


def test_stages_are_blocks_with_the_averages_that_torch_gives() -> None:
    network = small_network()
    reader = StageReader(network, FeatureCache())
    assert [one.path for one in reader.stages] == ["", "stem.2", "blocks.0", "blocks.1", "last", "features"]
    module: Any = network.module
    batch = torch.cat([network.batch(one.picture()) for one in DATA.examples[:3]])
    with torch.no_grad():
        stem = module.stem(batch)
        first = module.blocks[0](stem)
        last = module.last(module.blocks(stem))
    expected = {
        "": batch.mean((2, 3)), "stem.2": stem.mean((2, 3)), "blocks.0": first.mean((2, 3)), "last": last.mean((2, 3)),
        "features": last.relu().mean((2, 3)),
    }  # fmt: skip
    found = dict(zip([one.path for one in reader.stages], reader(DATA.examples[:3]), strict=True))
    for path, values in expected.items():
        assert torch.allclose(found[path], values, atol=1e-5), path
    assert not any(part._forward_hooks for part in network.module.modules())


@pytest.mark.parametrize(
    ("name", "some_of_them"),
    [
        ("efficientnet_lite0", {"bn1": (32, 112, 112), "blocks.3.2": (80, 14, 14), "blocks.6.0": (320, 7, 7)}),
        ("resnet18", {"layer1.1": (64, 56, 56), "layer3.1": (256, 14, 14)}),
        ("swin_t", {"features.3.1": (28, 28, 192)}),
    ],
)
def test_networks_fall_into_their_stages(name: str, some_of_them: dict[str, tuple[int, ...]]) -> None:
    stages = StageReader(load_network(name, weights="none"), FeatureCache()).stages
    shapes = {one.path: one.shape for one in stages}
    assert shapes.items() >= some_of_them.items() and len(stages) <= 14
    assert all(one.channels == (one.shape[-1] if name == "swin_t" else one.shape[0]) for one in stages[4:])


def test_the_probe_of_the_last_stage_is_the_frozen_arm() -> None:
    network, cache = small_network(), FeatureCache()
    splits = [split(DATA, seed=seed) for seed in range(2)]
    *steps, found = probe(network, DATA, splits, cache)
    assert isinstance(found, Probe) and found.stages[-1].stage.path == "features"
    frozen = [teach(network, DATA, parts, settings_for("frozen"), cache).accuracy for parts in splits]
    assert found.stages[-1].linear.values == pytest.approx(frozen)
    done = [one.done for one in steps if not isinstance(one, Probe)]
    assert done == sorted(done) and done[-1] == cast(FeatureProgress, steps[-1]).total
    assert found.tested == len(splits[0].test) and found.best in found.stages


def test_a_probe_finds_classes_that_differ_in_colour_alone_in_the_picture_itself() -> None:
    from PIL import Image

    from cnnviz.learn import Dataset, Example

    colours = [(200 + n, 30 + n, 30) for n in range(5)], [(30, 30 + n, 200 + n) for n in range(5)]
    examples = [Example(Image.new("RGB", (20, 20), c), label) for label, own in enumerate(colours) for c in own]
    data = Dataset("two", "Two", ("red", "blue"), tuple(examples), taken_singly=True)
    *_, found = probe(small_network(), data, [split(data)], FeatureCache())
    assert cast(Probe, found).stages[0].linear.mean == 1.0
    assert cast(Probe, found).stages[0].nearest.mean == 1.0 and cast(Probe, found).guess == 0.5


def test_without_a_split_there_is_nothing_to_probe() -> None:
    with pytest.raises(DatasetError, match="at least one"):
        list(probe(small_network(), DATA, list[Split]()))
