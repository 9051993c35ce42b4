"""The catalogue: the notes' own numbers, what the records say of themselves, and the formulas behind the settings."""

from __future__ import annotations

import subprocess
import sys

import cv2
import numpy as np
import pytest
from scipy import ndimage

from cnnviz.errors import SettingsError
from cnnviz.layer import KERNELS

TUNABLE = [(kernel.name, setting.name) for kernel in KERNELS.values() for setting in kernel.settings]

# Copied from the lecture notes' table, not from the catalogue.
NOTES = {
    "identity": np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]]),
    "edge_corner": np.array([[1, 0, -1], [0, 0, 0], [-1, 0, 1]]),
    "laplacian_4": np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]]),
    "laplacian_8": np.array([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]]),
    "sharpen": np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
    "box_blur": np.ones((3, 3)) / 9,
    "gaussian_blur": np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]]) / 16,
}


@pytest.mark.parametrize("name", NOTES)
def test_the_notes_kernels_have_the_notes_numbers(name: str) -> None:
    np.testing.assert_allclose(KERNELS[name].matrix, NOTES[name], rtol=1e-15)


@pytest.mark.parametrize("name", KERNELS)
def test_every_record_is_complete_and_read_only(name: str) -> None:
    kernel = KERNELS[name]
    assert kernel.name == name
    assert kernel.matrix.dtype == np.float64
    assert kernel.matrix.shape[0] == kernel.matrix.shape[1]
    assert all((kernel.title, kernel.group, kernel.source, kernel.what.endswith("."), kernel.why.endswith(".")))
    with pytest.raises(ValueError, match="read-only"):
        kernel.matrix[0, 0] = 7


@pytest.mark.parametrize("name", KERNELS)
def test_flat_areas_bear_out_what_a_kernel_sums_to(name: str) -> None:
    kernel = KERNELS[name]
    flat = ndimage.correlate(np.full((20, 20), 3.0), kernel.matrix, mode="nearest")
    expected = {"zero": 0.0, "one": 3.0}.get(kernel.sums_to or "", 3.0 * kernel.total)
    np.testing.assert_allclose(flat, expected, atol=1e-12)


def test_edge_kernels_vanish_on_flat_areas_and_the_others_keep_brightness() -> None:
    for kernel in KERNELS.values():
        assert kernel.sums_to == ("zero" if kernel.group == "Edges" else "one"), kernel.name


@pytest.mark.parametrize("name", KERNELS)
def test_whole_numbers_times_scale_are_the_matrix(name: str) -> None:
    kernel = KERNELS[name]
    if kernel.integers is not None:
        np.testing.assert_allclose(kernel.integers * float(kernel.scale), kernel.matrix, atol=1e-12)
    assert (kernel.integers is None) == (name in {"gaussian", "motion_blur", "laplacian_of_gaussian", "unsharp_mask"})


def test_x_kernels_are_positive_where_brightness_rises_to_the_right_and_y_where_it_rises_downwards() -> None:
    down, right = np.mgrid[0:9, 0:9].astype(float)
    for family in ("sobel", "prewitt", "scharr"):
        for axis, ramp, level in (("x", right, down), ("y", down, right)):
            kernel = KERNELS[f"{family}_{axis}"].matrix
            assert ndimage.correlate(ramp, kernel)[4, 4] > 0
            assert ndimage.correlate(level, kernel)[4, 4] == 0


def test_gradient_kernels_equal_opencvs() -> None:
    picture = np.random.default_rng(0).normal(size=(12, 13))
    for name, theirs in {
        "sobel_x": cv2.Sobel(picture, -1, 1, 0), "sobel_y": cv2.Sobel(picture, -1, 0, 1),
        "scharr_x": cv2.Scharr(picture, -1, 1, 0), "scharr_y": cv2.Scharr(picture, -1, 0, 1),
        "laplacian_4": cv2.Laplacian(picture, -1, ksize=1),
    }.items():  # fmt: skip
        np.testing.assert_allclose(ndimage.correlate(picture, KERNELS[name].matrix, mode="mirror"), theirs, atol=1e-12)


@pytest.mark.parametrize(("name", "setting"), TUNABLE)
def test_every_setting_builds_over_its_whole_range(name: str, setting: str) -> None:
    kernel = KERNELS[name]
    (record,) = [one for one in kernel.settings if one.name == setting]
    for value in np.arange(record.minimum, record.maximum + record.step / 2, record.step):
        matrix = kernel.build(**{setting: min(value, record.maximum)})
        assert matrix.ndim == 2
        assert matrix.shape[0] == matrix.shape[1]
        assert matrix.shape[0] % 2 == 1
        assert np.isfinite(matrix).all()
        if name != "high_boost":  # its sum is A − 1 by design
            assert matrix.sum() == pytest.approx(0.0 if kernel.sums_to == "zero" else 1.0, abs=1e-9)


@pytest.mark.parametrize("name", KERNELS)
def test_building_with_the_defaults_gives_the_matrix(name: str) -> None:
    kernel = KERNELS[name]
    np.testing.assert_array_equal(kernel.build(), kernel.matrix)
    defaults = {setting.name: setting.default for setting in kernel.settings}
    np.testing.assert_array_equal(kernel.build(**defaults), kernel.matrix)


@pytest.mark.parametrize(("size", "sigma"), [(3, 0.5), (7, 1.5), (15, 5.0)])
def test_gaussian_equals_opencvs(size: int, sigma: float) -> None:
    bell = cv2.getGaussianKernel(size, sigma, cv2.CV_64F)
    np.testing.assert_allclose(KERNELS["gaussian"].build(size=size, sigma=sigma), bell @ bell.T, rtol=1e-6)


def test_laplacian_of_gaussian_is_the_second_derivative_of_the_bell() -> None:
    size, sigma, h = 15, 1.6, 1e-4
    grid = np.arange(size) - size // 2
    x, y = np.meshgrid(grid, grid)

    def bell(dx: float, dy: float) -> np.ndarray:
        return np.exp(-((x + dx) ** 2 + (y + dy) ** 2) / (2 * sigma**2)) / (2 * np.pi * sigma**2)

    derivative = (bell(h, 0) + bell(-h, 0) + bell(0, h) + bell(0, -h) - 4 * bell(0, 0)) / h**2
    ours = KERNELS["laplacian_of_gaussian"].build(size=size, sigma=sigma)
    np.testing.assert_allclose(ours, derivative, atol=2e-4)
    assert ours[7, 7] < 0


@pytest.mark.parametrize(
    ("angle", "line"),
    [
        (0, [[0, 0, 0], [1, 1, 1], [0, 0, 0]]),
        (90, [[0, 1, 0], [0, 1, 0], [0, 1, 0]]),
    ],
)
def test_motion_blur_along_an_axis_is_a_clean_line(angle: float, line: list[list[int]]) -> None:
    np.testing.assert_array_equal(KERNELS["motion_blur"].build(length=3, angle=angle), np.array(line) / 3)


def test_motion_blur_turns_anticlockwise() -> None:
    matrix = KERNELS["motion_blur"].build(length=9, angle=45)
    assert matrix[np.arange(9), 8 - np.arange(9)].sum() > 0.5  # from lower left to upper right
    np.testing.assert_allclose(matrix, matrix.T[::-1, ::-1])


def test_unsharp_mask_adds_what_the_blur_takes_away() -> None:
    picture = np.random.default_rng(0).normal(size=(30, 30))
    blur = ndimage.correlate(picture, KERNELS["gaussian"].build(size=5, sigma=1.2))
    ours = ndimage.correlate(picture, KERNELS["unsharp_mask"].build(amount=0.7, size=5, sigma=1.2))
    np.testing.assert_allclose(ours, picture + 0.7 * (picture - blur))


def test_high_boost_is_a_times_the_picture_less_its_blur() -> None:
    picture = np.random.default_rng(0).normal(size=(30, 30))
    ours = ndimage.correlate(picture, KERNELS["high_boost"].build(boost=1.5))
    np.testing.assert_allclose(ours, 1.5 * picture - ndimage.uniform_filter(picture, 3), atol=1e-12)


@pytest.mark.parametrize(
    ("name", "settings", "says"),
    [
        ("gaussian", {"size": 4}, "an odd whole number from 3 to 15"),
        ("gaussian", {"size": 17}, "from 3 to 15"),
        ("gaussian", {"sigma": 0.0}, "a number from 0.3 to 5"),
        ("gaussian", {"sigma": float("nan")}, "a number from 0.3 to 5"),
        ("gaussian", {"width": 3}, "it has size, sigma"),
        ("sharpen", {"amount": 1}, "it has none"),
    ],
)
def test_settings_out_of_range_say_what_would_work(name: str, settings: dict[str, float], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        KERNELS[name].build(**settings)


def test_the_catalogue_loads_without_torch() -> None:
    code = (
        "import sys; from cnnviz import layer; layer.KERNELS['sharpen'].factors; layer.output_size(8, 3); "
        "sys.exit(any(name in sys.modules for name in ('torch', 'scipy', 'plotly')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
