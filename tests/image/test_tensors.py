"""Bytes and tensors translate into each other exactly."""

import numpy as np
import pytest
import torch
from PIL import Image

from cnnviz.errors import SettingsError
from cnnviz.image import to_picture, to_tensor


def noise(height: int = 7, width: int = 5) -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8))


def test_colour_is_the_byte_over_255():
    tensor = to_tensor(noise())
    expected = torch.from_numpy(np.array(noise())).permute(2, 0, 1) / 255
    assert tensor.dtype == torch.float32
    assert tensor.is_contiguous()
    assert torch.equal(tensor, expected)


def test_colour_equals_torchvision():
    from torchvision.transforms.functional import to_tensor as reference

    assert torch.equal(to_tensor(noise()), reference(noise()))


def test_grey_is_luma_without_rounding():
    red, green, blue = np.array(noise(), dtype=np.float64).transpose(2, 0, 1)
    expected = (0.299 * red + 0.587 * green + 0.114 * blue) / 255
    tensor = to_tensor(noise(), "grey")
    assert tensor.shape == (1, 7, 5)
    assert np.abs(tensor[0].numpy() - expected).max() < 1e-7
    assert not torch.equal((tensor * 255).round(), tensor * 255)


def test_grey_of_equal_channels_keeps_every_value():
    ramp = Image.fromarray(np.arange(256, dtype=np.uint8)[None]).convert("RGB")
    assert torch.equal(to_tensor(ramp, "grey")[0, 0], torch.arange(256) / 255)


def test_picture_to_tensor_and_back_is_exact():
    every_byte = Image.fromarray(np.arange(768, dtype=np.uint16).astype(np.uint8).reshape(16, 16, 3))
    assert np.array_equal(to_picture(to_tensor(every_byte)), every_byte)


def test_values_are_clamped_and_rounded():
    tensor = torch.tensor([[-1.0, 0.4 / 255, 0.6 / 255, 2.0, float("nan"), float("inf")]], requires_grad=True)
    picture = to_picture(tensor)
    assert (picture.mode, picture.size) == ("RGB", (6, 1))
    assert np.asarray(picture)[0, :, 1].tolist() == [0, 0, 1, 255, 0, 255]


@pytest.mark.parametrize("shape", [(2, 4, 4), (4,), (1, 3, 4, 4)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(SettingsError, match="shape"):
        to_picture(torch.zeros(shape))


def test_other_modes_are_refused():
    with pytest.raises(SettingsError, match="'cmyk'"):
        to_tensor(noise(), "cmyk")
