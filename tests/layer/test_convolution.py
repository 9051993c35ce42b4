"""Convolution: equal to torch's own operation for every setting, clear where a setting cannot be."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from cnnviz.errors import SettingsError
from cnnviz.layer import KERNELS, PADDING_MODES, convolve, filter_picture, shifted_sums
from cnnviz.layer.windows import window

SHARPEN = KERNELS["sharpen"].matrix


def torch_layer(image: Tensor, weights: Tensor, bias: Tensor, flip: bool, **settings: Any) -> Tensor:
    """The same through an ``nn.Conv2d`` that holds these weights."""
    per_channel = weights.ndim == 2
    maps = weights.expand(len(image), 1, -1, -1) if per_channel else weights.reshape(-1, *weights.shape[-3:])
    layer = nn.Conv2d(
        len(image), len(maps), tuple(maps.shape[-2:]), groups=len(image) if per_channel else 1, **settings
    )
    with torch.no_grad():
        layer.weight.copy_(maps.flip(-1, -2) if flip else maps)
        assert layer.bias is not None
        layer.bias.copy_(bias.expand(len(maps)))
        return layer.to(image.dtype)(image[None])[0]


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    """Sizes from 1, kernels 1 to 11 of any shape, stride to 8, padding to 10, dilation to 5, all modes, all uses."""
    small = st.integers(1, 40)
    kernel = draw(st.tuples(st.integers(1, 11), st.integers(1, 11)))
    stride = draw(st.tuples(st.integers(1, 8), st.integers(1, 8)))
    padding = draw(st.one_of(st.sampled_from(["same", "valid"]), st.tuples(st.integers(0, 10), st.integers(0, 10))))
    return {
        "size": (draw(small), draw(small)),
        "channels": draw(st.integers(1, 4)),
        "kernel": kernel,
        "use": draw(st.sampled_from(["each", "one map", "maps"])),
        "stride": (1, 1) if padding == "same" else stride,
        "padding": padding,
        "padding_mode": draw(st.sampled_from(PADDING_MODES)),
        "dilation": draw(st.tuples(st.integers(1, 5), st.integers(1, 5))),
        "flip": draw(st.booleans()),
        "seed": draw(st.integers(0, 1000)),
    }


@settings(max_examples=300)
@given(cases())
def test_convolve_equals_torch_for_any_settings(case: dict[str, Any]) -> None:
    torch.manual_seed(case["seed"])
    image = torch.randn(case["channels"], *case["size"])
    lead = {"each": (), "one map": (case["channels"],), "maps": (3, case["channels"])}[case["use"]]
    weights = torch.randn(*lead, *case["kernel"])
    bias = torch.randn({"each": case["channels"], "one map": 1, "maps": 3}[case["use"]])
    shared = {name: case[name] for name in ("stride", "padding", "padding_mode", "dilation")}
    try:
        expected = torch_layer(image, weights, bias, case["flip"], **shared)
    except RuntimeError:  # torch finds the settings impossible, and so must we
        with pytest.raises(SettingsError):
            convolve(image, weights, bias=bias, flip=case["flip"], **shared)
        return
    ours = convolve(image, weights, bias=bias, flip=case["flip"], **shared)
    torch.testing.assert_close(ours, expected, rtol=1e-4, atol=1e-4)


@settings(max_examples=60)
@given(
    size=st.tuples(st.integers(1, 60), st.integers(1, 60)),
    kernel=st.tuples(st.integers(1, 7), st.integers(1, 7)),
    padding=st.tuples(st.integers(0, 6), st.integers(0, 6)),
    dilation=st.integers(1, 3),
    interleaved=st.booleans(),
    band=st.integers(1, 4000),
)
def test_bands_of_any_height_join_without_a_seam(
    size: tuple[int, int],
    kernel: tuple[int, int],
    padding: tuple[int, int],
    dilation: int,
    interleaved: bool,
    band: int,
) -> None:
    assume(all(s + 2 * p >= dilation * (k - 1) + 1 for s, p, k in zip(size, padding, kernel, strict=True)))
    image = torch.randn(3, *size)
    if interleaved:
        image = image.permute(1, 2, 0).contiguous().permute(2, 0, 1)
    weights = torch.randn(*kernel)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shifted_sums, "BAND_BYTES", band)
        ours = shifted_sums.shifted_sums(image, weights, window(kernel, 1, padding, dilation))
    expected = F.conv2d(image[:, None], weights[None, None], padding=padding, dilation=dilation)[:, 0]
    torch.testing.assert_close(ours, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("padding_mode", PADDING_MODES)
@pytest.mark.parametrize("interleaved", [False, True])
def test_a_large_picture_equals_torch(padding_mode: str, interleaved: bool) -> None:
    image = torch.rand(3, 1200, 1201)
    if interleaved:
        image = image.permute(1, 2, 0).contiguous().permute(2, 0, 1)
    weights = torch.tensor(KERNELS["emboss"].matrix)
    expected = torch_layer(image, weights, torch.zeros(1), False, padding=1, padding_mode=padding_mode)
    torch.testing.assert_close(convolve(image, weights, padding_mode=padding_mode), expected, rtol=1e-5, atol=1e-5)


def test_large_pictures_still_carry_gradients() -> None:
    image = torch.rand(3, 1200, 1201, requires_grad=True)
    convolve(image, SHARPEN).sum().backward()
    assert image.grad is not None
    assert image.grad[0, 5, 5] == pytest.approx(1.0)  # Each inner pixel counts with the kernel's sum.


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_floating_pictures_keep_their_dtype(dtype: torch.dtype) -> None:
    assert convolve(torch.rand(3, 8, 8, dtype=dtype), SHARPEN).dtype == dtype


def test_bytes_are_summed_as_float32_without_wrapping_round() -> None:
    image = np.full((1, 5, 5), 200, dtype=np.uint8)
    result = convolve(image, np.ones((3, 3)))
    assert result.dtype == torch.float32
    assert result[0, 2, 2] == 1800


def test_python_numbers_keep_64_bits() -> None:
    image = torch.ones(1, 1, 1, dtype=torch.float64)
    assert convolve(image, [[0.1]], bias=0.2).item() == 0.1 + 0.2
    assert convolve([[[1.0]]], [[0.1]], bias=[0.2]).item() == 0.1 + 0.2


def test_read_only_and_mirrored_arrays_are_taken() -> None:
    image = np.random.default_rng(0).normal(size=(3, 6, 7))
    mirrored = image[:, ::-1, ::-1]
    torch.testing.assert_close(
        convolve(mirrored, KERNELS["emboss"].matrix), convolve(mirrored.copy(), KERNELS["emboss"].matrix.copy())
    )


def test_flip_turns_the_kernel_round() -> None:
    dot = torch.zeros(1, 5, 5)
    dot[0, 2, 2] = 1.0
    weights = torch.arange(9.0).reshape(3, 3)
    assert torch.equal(convolve(dot, weights, flip=True)[0, 1:4, 1:4], weights)
    assert torch.equal(convolve(dot, weights)[0, 1:4, 1:4], weights.flip(0, 1))


def test_settings_leave_image_and_weights_untouched() -> None:
    image, weights = torch.rand(3, 9, 9), torch.rand(3, 3)
    before = image.clone(), weights.clone()
    convolve(image, weights, padding_mode="reflect", bias=0.5, flip=True)
    assert torch.equal(image, before[0])
    assert torch.equal(weights, before[1])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"weights": np.ones((2, 3, 3))}, "for 2 channels and the picture has 3"),
        ({"weights": np.ones(3)}, r"shape \(3,\)"),
        ({"image": np.ones((8, 8))}, "channels, height, width"),
        ({"stride": 2}, "needs stride 1"),
        ({"stride": 0}, "at least 1"),
        ({"stride": 1.5}, "whole number"),
        ({"padding": -1}, "at least 0"),
        ({"padding": "full"}, "'same', 'valid'"),
        ({"padding_mode": "mirror"}, "use one of zeros"),
        ({"padding": 8, "padding_mode": "reflect"}, "at most 7"),
        ({"padding": 9, "padding_mode": "circular"}, "at most 8"),
        ({"bias": [1.0, 2.0]}, "2 biases for 3 output maps"),
        ({"padding": "valid", "dilation": 4}, "spans 9 pixels but the input is only 8 high"),
    ],
)
def test_impossible_settings_say_what_would_work(change: dict[str, Any], says: str) -> None:
    arguments: dict[str, Any] = {"image": np.ones((3, 8, 8)), "weights": np.ones((3, 3))} | change
    with pytest.raises(SettingsError, match=says):
        convolve(**arguments)


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("shape", [(40, 61, 3), (40, 61)])
def test_a_filtered_picture_equals_opencv(name: str, shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    kernel = KERNELS[name].matrix
    theirs = cv2.filter2D(pixels, -1, kernel, borderType=cv2.BORDER_CONSTANT)
    ours = filter_picture(pixels, kernel)
    assert ours.shape == pixels.shape
    assert ours.dtype == np.uint8
    difference = np.abs(ours.astype(int) - theirs)
    # Sums that end on a half may round either way, as the order of adding up differs.
    assert difference.max() <= (0 if KERNELS[name].scale == 1 and KERNELS[name].integers is not None else 1)
    assert (difference > 0).mean() < 0.01


@settings(max_examples=60)
@given(
    weights=st.lists(st.sampled_from([-200.0, -1.0, 0.0, 0.3, 1.0, 40.0]), min_size=9, max_size=9),
    bias=st.sampled_from([0.0, 0.25, -40.0, 128.0]),
    padding_mode=st.sampled_from(PADDING_MODES),
    flip=st.booleans(),
)
def test_a_filtered_picture_is_the_convolution_rounded_and_clipped(
    weights: list[float], bias: float, padding_mode: str, flip: bool
) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (7, 9, 3), dtype=np.uint8)
    kernel = np.array(weights).reshape(3, 3)
    exact = convolve(pixels.transpose(2, 0, 1).astype(float), kernel, padding_mode=padding_mode, bias=bias, flip=flip)
    ours = filter_picture(pixels, kernel, padding_mode=padding_mode, bias=bias, flip=flip)
    np.testing.assert_allclose(ours, exact.permute(1, 2, 0).clamp(0, 255).numpy(), atol=0.501)


def test_filtering_pictures_refuses_floats() -> None:
    with pytest.raises(SettingsError, match="bytes"):
        filter_picture(np.ones((4, 4)), SHARPEN)
