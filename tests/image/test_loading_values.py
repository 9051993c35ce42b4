"""Every kind of pixel a file can hold becomes the same colour in 8-bit RGB: alpha, palettes, 16 bits, floats, inks."""

import struct

import numpy as np
import pytest
from PIL import Image

from cnnviz.image import load_image
from tests.image.pictures import SIZE, assert_quarters, png, png_rows, quarters, saved


def test_alpha_is_laid_over_white():
    picture = Image.new("RGBA", (3, 1), (200, 0, 0, 255))
    picture.putpixel((1, 0), (200, 0, 0, 0))
    picture.putpixel((2, 0), (200, 0, 0, 51))
    for name, settings in (("PNG", {}), ("WEBP", {"lossless": True, "exact": True}), ("TIFF", {})):
        pixels = np.asarray(load_image(saved(picture, name, **settings)))[0].tolist()
        assert pixels == [[200, 0, 0], [255, 255, 255], [244, 204, 204]], name


def test_palette_with_alpha_is_laid_over_white():
    picture = Image.new("P", (3, 1))
    picture.putpalette([10, 20, 30, 200, 0, 0, 0, 0, 200])
    picture.putdata([0, 1, 2])
    data = saved(picture, "PNG", transparency=bytes([255, 0, 51]))
    assert np.asarray(load_image(data))[0].tolist() == [[10, 20, 30], [255, 255, 255], [204, 204, 244]]


@pytest.mark.parametrize("depth", [1, 8])
def test_transparent_grey_becomes_white(depth):
    rows = b"\0" + (b"\x80" if depth == 1 else b"\xff\0")
    data = png(2, 1, depth, 0, rows, (b"tRNS", b"\0\0"))
    assert np.asarray(load_image(data))[0].tolist() == [[255] * 3, [255] * 3]
    assert np.asarray(load_image(png(2, 1, depth, 0, rows)))[0].tolist() == [[255] * 3, [0] * 3]


def test_grey_with_alpha_stays_grey():
    picture = Image.new("LA", (2, 1), (100, 255))
    picture.putpixel((1, 0), (100, 0))
    assert np.asarray(load_image(saved(picture, "PNG")))[0].tolist() == [[100] * 3, [255] * 3]


def test_transparent_colour_of_a_gif_becomes_white():
    picture = Image.new("P", (2, 1))
    picture.putpalette([10, 20, 30, 200, 0, 0])
    picture.putdata([0, 1])
    assert np.asarray(load_image(saved(picture, "GIF", transparency=1)))[0].tolist() == [[10, 20, 30], [255] * 3]


@pytest.mark.parametrize("name", ["GIF", "PNG", "WEBP", "TIFF"])
def test_first_frame_of_an_animation(name):
    settings = {"lossless": True} if name == "WEBP" else {}
    other = Image.new("RGB", SIZE, (0, 0, 0))
    assert_quarters(load_image(saved(quarters(), name, save_all=True, append_images=[other, other], **settings)))


def test_16_bit_grey_is_scaled_not_clipped():
    values = np.array([[0, 257, 32896, 65278, 65535, 300, 12345]], dtype=np.uint16)
    expected = np.rint(values / 257)
    sources = {
        "png": png(7, 1, 16, 0, png_rows(values)),
        "tiff": saved(Image.fromarray(values), "TIFF"),
        "tiff of the other byte order": saved(Image.frombytes("I;16B", (7, 1), values.astype(">u2").tobytes()), "TIFF"),
        "compressed tiff": saved(Image.fromarray(values), "TIFF", compression="tiff_lzw"),
    }
    for name, data in sources.items():
        pixels = np.asarray(load_image(data)).astype(int)
        assert np.array_equal(pixels, np.repeat(expected[..., None], 3, axis=2)), name


def test_16_bit_colour_is_scaled_not_clipped():
    values = np.array([[[0, 32896, 65535], [65535, 300, 12850]]], dtype=np.uint16)
    pixels = np.asarray(load_image(png(2, 1, 16, 2, png_rows(values.reshape(1, 6))))).astype(int)
    assert np.abs(pixels - values / 257).max() <= 1


def test_16_bit_alpha_is_laid_over_white():
    values = np.array([[[65535, 0, 0, 65535], [65535, 0, 0, 0]]], dtype=np.uint16)
    pixels = np.asarray(load_image(png(2, 1, 16, 6, png_rows(values.reshape(1, 8)))))
    assert pixels.tolist() == [[[255, 0, 0], [255, 255, 255]]]


def test_transparent_colour_in_16_bits_becomes_white():
    grey = png(2, 1, 16, 0, png_rows(np.array([[2570, 30000]], dtype=np.uint16)), (b"tRNS", struct.pack(">H", 30000)))
    assert np.asarray(load_image(grey))[0, :, 0].tolist() == [10, 255]
    row = np.array([[2570, 2570, 2570, 30000, 40000, 50000]], dtype=np.uint16)
    colour = png(2, 1, 16, 2, png_rows(row), (b"tRNS", struct.pack(">HHH", 30000, 40000, 50000)))
    assert np.asarray(load_image(colour))[0].tolist() == [[10, 10, 10], [255, 255, 255]]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0, 0.5, 1.0], [0, 128, 255]),
        ([-2.0, 0.0, 2.0], [0, 128, 255]),
        ([0.0, 1000.0, 4000.0], [0, 64, 255]),
        ([0.0, float("nan"), 1.0], [0, 0, 255]),
        ([-3.4e38, 0.0, 3.4e38], [0, 128, 255]),
        ([-float("inf"), 0.0, 10.0, 5.0, float("inf")], [0, 0, 255, 128, 255]),
        ([7.0, 7.0, 7.0], [255, 255, 255]),
    ],
)
def test_float_tiff_is_scaled(values, expected):
    data = saved(Image.fromarray(np.array([values], dtype=np.float32)), "TIFF")
    assert np.asarray(load_image(data))[0, :, 0].tolist() == expected


def test_1_bit_and_8_bit_grey_become_three_equal_channels():
    ramp = Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16))
    for picture in (ramp, ramp.convert("1")):
        pixels = np.asarray(load_image(saved(picture, "PNG")))
        assert np.array_equal(pixels, np.repeat(np.asarray(picture.convert("L"))[..., None], 3, axis=2))


def test_cmyk_jpeg_is_neither_inverted_nor_grey():
    # Cyan, magenta, yellow and black ink alone, then no ink, by R = 255 (1 - C)(1 - K). In JPEG, Pillow writes Adobe's
    # inverted form.
    inks = [(255, 0, 0, 0), (0, 255, 0, 0), (0, 0, 255, 0), (0, 0, 0, 255), (0, 0, 0, 0)]
    expected = [(0, 255, 255), (255, 0, 255), (255, 255, 0), (0, 0, 0), (255, 255, 255)]
    picture = Image.new("CMYK", (80, 16))
    for number, ink in enumerate(inks):
        picture.paste(ink, (number * 16, 0, number * 16 + 16, 16))
    data = saved(picture, "JPEG", quality=98)
    assert b"Adobe" in data[:200]
    for source in (data, saved(picture, "TIFF")):
        loaded = load_image(source)
        found = [loaded.getpixel((number * 16 + 8, 8)) for number in range(5)]
        assert np.abs(np.array(found) - expected).max() <= 6, found
