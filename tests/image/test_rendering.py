"""What is laid over, enlarged and encoded is exact to the pixel."""

import io
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cnnviz import image
from cnnviz.errors import SettingsError
from cnnviz.image import rendering


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


@given(st.integers(1, 6), st.integers(1, 6), st.integers(1, 40), st.integers(1, 40))
def test_overlay_covers_the_picture_exactly(rows, columns, height, width):
    values = noise(rows, columns)
    laid = np.asarray(image.overlay(Image.new("RGB", (width, height)), values, opacity=1.0))
    # The cell under the middle of each pixel, in exact fractions so that no rounding decides.
    down = [math.floor(Fraction(2 * y + 1, 2) * rows / height) for y in range(height)]
    across = [math.floor(Fraction(2 * x + 1, 2) * columns / width) for x in range(width)]
    assert np.array_equal(laid, image.colourise(values)[down][:, across])


def test_overlay_points_at_the_right_corner_of_a_long_picture():
    values = np.zeros((3, 5))
    values[0, 4] = 1
    laid = np.asarray(image.overlay(Image.new("RGB", (500, 90), "white"), values, opacity=1.0))
    blue = (laid != 255).any(axis=2)
    assert blue[:30, 400:].all()
    assert blue.sum() == 30 * 100


def test_opacity_mixes_picture_and_map():
    picture = Image.new("RGB", (4, 4), (100, 100, 100))
    values = np.ones((2, 2))
    colour = image.palette("signed")[252].astype(float)
    for opacity in (0.0, 0.25, 1.0):
        pixel = np.asarray(image.overlay(picture, values, opacity=opacity))[0, 0]
        assert np.abs(pixel - (100 + (colour - 100) * opacity)).max() <= 1
    assert np.asarray(picture).max() == 100


@pytest.mark.parametrize(
    "settings", [{"values": np.zeros(3)}, {"values": np.zeros((0, 2))}, {"values": np.zeros((2, 2)), "opacity": 1.5}]
)
def test_impossible_overlays_are_refused(settings):
    with pytest.raises(SettingsError, match=r"\.$"):
        image.overlay(Image.new("RGB", (4, 4)), **settings)


def test_enlarged_pixels_stay_pixels():
    pixels = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    large = image.enlarge(pixels, 3)
    assert large.shape == (6, 6, 3)
    assert np.array_equal(large[1::3, 1::3], pixels)
    assert np.array_equal(large[::3, ::3], large[2::3, 2::3])
    with pytest.raises(SettingsError):
        image.enlarge(pixels, 0)


def decoded(data: bytes, name: str) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    assert picture.format == name
    return picture


@pytest.mark.parametrize("factor", [1, 4])
def test_png_of_a_mosaic_is_indexed_and_exact(factor):
    sheet = image.mosaic(noise(10, 5, 7))
    picture = decoded(image.encode_png(sheet, factor), "PNG")
    assert picture.mode == "P"
    assert np.array_equal(np.asarray(picture.convert("RGB")), image.enlarge(sheet.pixels, factor))


def test_png_of_pixels_is_exact():
    colour = np.random.default_rng(0).integers(0, 256, (9, 5, 3), dtype=np.uint8)
    for pixels in (colour, colour[..., 0], Image.fromarray(colour)):
        assert np.array_equal(np.asarray(decoded(image.encode_png(pixels), "PNG")), np.asarray(pixels))


def test_jpeg_keeps_colour_at_full_resolution():
    stripes = np.zeros((64, 64, 3), dtype=np.uint8)
    stripes[:, ::2] = (255, 0, 0)
    stripes[:, 1::2] = (0, 0, 255)
    picture = decoded(image.encode_jpeg(stripes), "JPEG")
    assert [component[1:3] for component in picture.layer] == [(1, 1)] * 3
    assert np.abs(np.asarray(picture).astype(int) - stripes).mean() < 4
    assert len(image.encode_jpeg(stripes, quality=50)) < len(image.encode_jpeg(stripes, quality=95))


@pytest.mark.parametrize("pixels", [np.zeros((4, 4, 3)), np.zeros((4, 4, 4), np.uint8), np.zeros(4, np.uint8)])
def test_other_arrays_are_refused_by_both_encoders(pixels):
    for encode in (image.encode_png, image.encode_jpeg):
        with pytest.raises(SettingsError, match="uint8"):
            encode(pixels)


def test_rendering_names_all_that_draws():
    assert rendering.mosaic is image.mosaic
    for name in rendering.__all__:
        assert getattr(rendering, name) is not None
