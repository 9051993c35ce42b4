"""The patches named are those with the greatest and the least value, by brute force over all units of all pictures."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from cnnviz.analysis import capture, layer_extremes, looking_through, receptive_fields, top_patches
from cnnviz.errors import LayerError, SettingsError
from cnnviz.image import load_sample
from cnnviz.network import Network

NAMES = ("chelsea", "coffee", "rocket")
LAYER = "blocks.2.0.bn3.drop"


@pytest.fixture(scope="module")
def pictures() -> dict[str, Image.Image]:
    return {name: load_sample(name) for name in NAMES}


def test_values_places_and_boxes_are_those_of_brute_force(lite0: Network, pictures: dict[str, Image.Image]) -> None:
    field = receptive_fields(lite0)[LAYER]
    for channel in (0, 9, 39):
        top = top_patches(lite0, LAYER, channel, pictures)
        by_hand = {name: capture(lite0, picture, [LAYER])[LAYER][channel] for name, picture in pictures.items()}
        assert [patch.picture for patch in top.most] == sorted(by_hand, key=lambda name: -by_hand[name].max())
        assert [patch.picture for patch in top.least] == sorted(by_hand, key=lambda name: by_hand[name].min())
        for patch in (*top.most, *top.least):
            values = by_hand[patch.picture]
            assert patch.value == pytest.approx(values[patch.unit].item(), rel=1e-4, abs=1e-4)
            assert patch.mean == pytest.approx(values.mean().item(), rel=1e-3, abs=1e-3)
            assert patch.box == field.region(*patch.unit)
        for patch in top.most:
            assert patch.value == pytest.approx(by_hand[patch.picture].max().item(), rel=1e-4)
        for patch in top.least:
            assert patch.value == pytest.approx(by_hand[patch.picture].min().item(), rel=1e-4)


def test_the_unit_reads_nothing_outside_its_box(lite0: Network, pictures: dict[str, Image.Image]) -> None:
    patch = top_patches(lite0, "blocks.1.0.bn3.drop", 5, pictures, count=1).most[0]
    ready = lite0.preprocess(pictures[patch.picture])
    box = patch.box
    masked = torch.zeros_like(ready)
    masked[:, box.top : box.bottom, box.left : box.right] = ready[:, box.top : box.bottom, box.left : box.right]
    value = capture(lite0, masked, ["blocks.1.0.bn3.drop"])["blocks.1.0.bn3.drop"][5][patch.unit].item()
    assert value == pytest.approx(patch.value, rel=1e-4)


def test_equal_values_name_the_first_unit(lite0: Network) -> None:
    silent = layer_extremes(lite0, "bn1.act", {"black": Image.new("RGB", (224, 224))})
    inner = silent.least[0] == 0
    assert inner.any()
    maps = capture(lite0, Image.new("RGB", (224, 224)), ["bn1.act"])["bn1.act"].flatten(1)
    np.testing.assert_array_equal(silent.least_at[0][inner], maps.argmin(1).numpy()[inner])


def test_it_grows_batch_by_batch_and_joins_to_the_same(lite0: Network, pictures: dict[str, Image.Image]) -> None:
    many = {f"{name} {number}": picture for number in range(4) for name, picture in pictures.items()}
    steps = list(looking_through(lite0, LAYER, many))
    assert [len(found.pictures) for found in steps] == [4, 8, 12]
    whole = steps[-1]
    first = layer_extremes(lite0, LAYER, dict(list(many.items())[:5]))
    rest = layer_extremes(lite0, LAYER, dict(list(many.items())[5:]))
    joined = first.joined(rest)
    assert joined.pictures == whole.pictures
    np.testing.assert_allclose(joined.greatest, whole.greatest, rtol=1e-4, atol=1e-4)
    with pytest.raises(SettingsError, match="different layers"):
        joined.joined(layer_extremes(lite0, "conv_stem", pictures))


def test_a_layer_that_sees_everything_names_the_whole_picture(lite0: Network, pictures: dict[str, Image.Image]) -> None:
    top = top_patches(lite0, "classifier", 285, pictures)
    assert top.most[0].picture == "chelsea", "class 285 is the Egyptian cat"
    assert (top.most[0].box.height, top.most[0].box.width) == lite0.input_size[1:]


def test_what_is_not_there_is_said(lite0: Network, pictures: dict[str, Image.Image]) -> None:
    with pytest.raises(LayerError, match="no channel 40"):
        top_patches(lite0, LAYER, 40, pictures)
    with pytest.raises(LayerError, match="no layer"):
        top_patches(lite0, "nowhere", 0, pictures)
    with pytest.raises(SettingsError, match="no picture"):
        top_patches(lite0, LAYER, 0, {})
