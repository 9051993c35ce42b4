"""What a network sees equals what torchvision's own presets make of a picture."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torchvision.models import get_model_weights

from cnnviz.network import Preprocessing, list_networks, network_info
from cnnviz.network.preprocessing import preprocessing

DIFFERENT = {preprocessing(info): info.name for info in list_networks() if info.url is not None}


def noise(width: int, height: int) -> Image.Image:
    pixels = np.random.default_rng(width * 10_007 + height).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


@pytest.mark.parametrize("name", DIFFERENT.values())
def test_every_preset_gives_torchvisions_numbers(name: str) -> None:
    picture = noise(331, 250)
    expected = get_model_weights(name).DEFAULT.transforms()(picture)
    assert torch.equal(preprocessing(network_info(name))(picture), expected)


@given(width=st.integers(5, 400), height=st.integers(5, 400), name=st.sampled_from(["resnet18", "swin_t", "resnet50"]))
def test_any_size_of_picture_gives_torchvisions_numbers(width: int, height: int, name: str) -> None:
    picture = noise(width, height)
    expected = get_model_weights(name).DEFAULT.transforms()(picture)
    very_long = max(width, height) > 10 * min(width, height)
    two_levels = 2.01 / 255 / 0.224  # of 255: Pillow rounds twice, after the rows and after the columns
    assert torch.allclose(preprocessing(network_info(name))(picture), expected, rtol=0, atol=two_levels * very_long)


def test_a_very_long_picture_costs_no_more_than_its_middle() -> None:
    assert preprocessing(network_info("resnet18")).crop(Image.new("RGB", (2_000_000, 2))).size == (224, 224)


def test_the_crop_is_the_input_before_normalisation() -> None:
    seen, picture = preprocessing(network_info("efficientnet_lite0")), noise(300, 400)
    pixels = torch.from_numpy(np.array(seen.crop(picture))).permute(2, 0, 1) / 255
    assert torch.equal(seen(picture), (pixels - 0.5) / 0.5)


def test_a_crop_larger_than_the_resized_picture_is_framed_in_black() -> None:
    seen = Preprocessing(8, 12, "bilinear", (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
    values = seen(Image.new("RGB", (20, 20), "white"))
    assert values[:, 2:10, 2:10].min() == 1
    assert values.sum() == 3 * 8 * 8


def test_a_grey_picture_becomes_three_equal_channels() -> None:
    values = preprocessing(network_info("efficientnet_lite0"))(Image.new("L", (50, 50), 128))
    assert values.shape == (3, 224, 224)
    assert values.unique().numel() == 1
