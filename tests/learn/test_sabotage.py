"""Each sabotage changes what it says, nothing else, and nothing that others share."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from cnnviz.learn import (
    AUGMENTATIONS,
    SABOTAGES,
    Dataset,
    Example,
    FeatureCache,
    Plan,
    picture_features,
    settings_for,
    split,
)
from cnnviz.learn.augmentation import view
from tests.learn.networks import small_network
from tests.learn.pictures import blobs, dataset_of, saved_again

DATA = dataset_of((6, 6))
WIDE = blobs(3).resize((90, 30))


@pytest.fixture
def run() -> Plan:
    return Plan(small_network(), DATA, split(DATA), settings_for("last_block"))


def prepared(run: Plan, name: str, picture: Image.Image) -> np.ndarray:
    return SABOTAGES[name].apply(run).network.preprocess(picture).numpy()


def test_one_thing_changes_and_the_run_itself_does_not(run: Plan) -> None:
    before = run.network.preprocess(WIDE)
    changed = {
        name: {part for part in ("network", "parts", "settings") if getattr(one.apply(run), part) != getattr(run, part)}
        for name, one in SABOTAGES.items()
    }
    assert changed == {
        "normalisation": {"network"}, "bgr": {"network"}, "squeezed": {"network"}, "leak": {"parts"},
        "batch norm": {"settings"},
    }  # fmt: skip
    assert torch.equal(run.network.preprocess(WIDE), before)
    assert all(one.apply(run).network.module is run.network.module for one in SABOTAGES.values())


def test_pictures_come_as_the_sabotage_says(run: Plan) -> None:
    seen = np.asarray(run.network.crop(WIDE)).transpose(2, 0, 1)
    np.testing.assert_allclose(prepared(run, "normalisation", WIDE), seen, atol=1e-3)
    mean, std = (
        np.array(values)[:, None, None] for values in (run.network.preprocess.mean, run.network.preprocess.std)
    )
    np.testing.assert_allclose(prepared(run, "bgr", WIDE), (seen[::-1] / 255 - mean) / std, rtol=1e-4, atol=1e-5)
    squeezed = np.asarray(WIDE.resize((16, 16), Image.Resampling.BILINEAR)).transpose(2, 0, 1)
    np.testing.assert_allclose(prepared(run, "squeezed", WIDE), (squeezed / 255 - mean) / std, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["normalisation", "bgr", "squeezed"])
def test_a_shared_cache_never_gives_the_sabotaged_features_to_others(run: Plan, name: str) -> None:
    cache, example = FeatureCache(), [Example(WIDE, 0)]
    wrong = picture_features(SABOTAGES[name].apply(run).network, example, cache)
    right = picture_features(run.network, example, cache)
    assert not torch.allclose(wrong, right)
    assert torch.equal(right, picture_features(run.network, example, FeatureCache()))


def test_a_leak_puts_copies_on_both_sides_with_as_many_for_the_test() -> None:
    copies = [Example(saved_again(example.picture()), example.label) for example in DATA.examples]
    data = Dataset("copies", "Copies", DATA.classes, (*DATA.examples, *copies))
    run = Plan(small_network(), data, split(data, 0.5), settings_for("frozen"))
    leaked = SABOTAGES["leak"].apply(run).parts
    assert len(leaked.test) == len(run.parts.test)
    assert any((number in leaked.test) != (number + 12 in leaked.test) for number in range(12))


def test_augmented_views_are_sabotaged_too(run: Plan) -> None:
    how, example = AUGMENTATIONS["crop"], Example(WIDE, 0)
    for number in range(3):
        right = np.asarray(view(example, number, run.network.preprocess, how))
        wrong = np.asarray(view(example, number, SABOTAGES["bgr"].apply(run).network.preprocess, how))
        np.testing.assert_array_equal(wrong, right[..., ::-1])
