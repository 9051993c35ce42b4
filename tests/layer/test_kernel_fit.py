"""Painting a kernel: what was painted by a kernel gives that kernel back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnnviz.errors import SettingsError
from cnnviz.layer import KERNELS, PADDING_MODES, convolve, fit_kernel, kernel_fit

Array = np.ndarray


@pytest.fixture(scope="module")
def photo(root: Path) -> Array:
    """A real picture, (3, 96, 128), 0 to 1."""
    with Image.open(root / "assets" / "images" / "chelsea.webp") as picture:
        return np.asarray(picture.convert("RGB").resize((128, 96)), dtype=np.float64).transpose(2, 0, 1) / 255


@pytest.mark.parametrize("name", KERNELS)
def test_painting_a_kernels_output_gives_the_kernel_back(photo: Array, name: str) -> None:
    kernel = KERNELS[name].matrix
    painted = np.zeros((96, 128), dtype=bool)
    painted[20:70, 30:100] = True
    fit = fit_kernel(photo, convolve(photo, kernel), painted, kernel.shape)
    assert fit.unique
    np.testing.assert_allclose(fit.kernel, kernel, atol=1e-8)
    assert fit.residual < 1e-10
    assert fit.equations == 3 * 50 * 70


@pytest.mark.parametrize("padding_mode", PADDING_MODES)
def test_the_border_and_the_bias_are_fitted_as_convolve_pads(photo: Array, padding_mode: str) -> None:
    kernel = np.random.default_rng(0).normal(size=(4, 3))
    targets = convolve(photo[:1], kernel, padding_mode=padding_mode, bias=0.3)[0]
    fit = fit_kernel(photo[0], targets, np.ones((96, 128), dtype=bool), (4, 3), padding_mode, bias=True)
    np.testing.assert_allclose(fit.kernel, kernel, atol=1e-8)
    assert fit.bias == pytest.approx(0.3, abs=1e-8)
    assert (fit.unknowns, fit.rank) == (13, 13)


def test_the_residual_is_the_least_there_is(photo: Array, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_fit, "BLOCK_VALUES", 9000)
    rng = np.random.default_rng(0)
    painted = rng.random((96, 128)) < 0.6  # Many blocks of equations.
    targets = rng.random((96, 128))
    fit = fit_kernel(photo, targets, painted, 3)
    miss = (convolve(photo, fit.kernel).numpy() - targets)[:, painted]
    assert fit.residual == pytest.approx(np.sqrt((miss**2).mean()))
    windows = [np.roll(np.pad(photo, ((0, 0), (1, 1), (1, 1))), (-i, -j), (1, 2)) for i in range(3) for j in range(3)]
    design = np.stack([window[:, :96, :128][:, painted].ravel() for window in windows], axis=1)
    expected = np.linalg.lstsq(design, np.tile(targets[painted], 3), rcond=None)[0]
    np.testing.assert_allclose(fit.kernel.ravel(), expected, atol=1e-9)


def test_a_flat_picture_decides_only_the_kernels_sum() -> None:
    inner = np.zeros((20, 20), dtype=bool)
    inner[5:15, 5:15] = True
    fit = fit_kernel(np.full((20, 20), 0.5), np.full((20, 20), 0.25), inner, 3)
    assert (fit.rank, fit.unknowns, fit.unique) == (1, 9, False)
    np.testing.assert_allclose(fit.kernel, 0.5 / 9)  # the smallest of all kernels that sum to a half
    assert "too much alike" in fit.reason


def test_too_few_pixels_leave_many_kernels(photo: Array) -> None:
    painted = np.zeros((96, 128), dtype=bool)
    painted[40, 40:45] = True
    targets = convolve(photo[:1], KERNELS["sharpen"].matrix)[0]
    fit = fit_kernel(photo[0], targets, painted, 3)
    assert (fit.rank, fit.equations, fit.unique) == (5, 5, False)
    assert "paint at least 4 more pixels" in fit.reason
    assert fit.residual < 1e-10  # It does fit what was painted.


def test_a_black_picture_gives_the_zero_kernel() -> None:
    fit = fit_kernel(np.zeros((9, 9)), np.ones((9, 9)), np.ones((9, 9), dtype=bool), 3)
    assert (fit.rank, fit.unique) == (0, False)
    assert not fit.kernel.any()
    assert fit.residual == pytest.approx(1.0)


def test_float32_pictures_and_targets_still_give_the_kernel(photo: Array) -> None:
    picture = photo.astype(np.float32)
    targets = convolve(picture, KERNELS["emboss"].matrix)
    fit = fit_kernel(picture, targets, np.ones((96, 128), dtype=bool), 3)
    np.testing.assert_allclose(fit.kernel, KERNELS["emboss"].matrix, atol=1e-5)


@pytest.mark.parametrize(
    ("targets", "mask", "says"),
    [
        (np.ones((8, 8)), np.zeros((8, 8), dtype=bool), "Nothing is painted"),
        (np.ones((8, 9)), np.ones((8, 8), dtype=bool), "one height and width"),
        (np.full((8, 8), np.nan), np.ones((8, 8), dtype=bool), "not a number"),
    ],
)
def test_what_cannot_be_fitted_says_why(targets: Array, mask: Array, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        fit_kernel(np.ones((8, 8)), targets, mask, 3)
