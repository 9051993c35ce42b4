"""Pictures from outside come in upright and complete, whatever the format, and large ones are made to fit."""

import io

import numpy as np
import pytest
from PIL import Image

from cnnviz.image import fit, load_image
from tests.image.pictures import SIZE, assert_quarters, heic, quarters, saved


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("PNG", {}),
        ("JPEG", {"quality": 95, "subsampling": 0}),
        ("JPEG", {"quality": 95, "progressive": True, "subsampling": 0}),
        ("WEBP", {"lossless": True}),
        ("WEBP", {"quality": 95}),
        ("GIF", {}),
        ("BMP", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("AVIF", {"quality": 95, "subsampling": "4:4:4"}),
    ],
)
def test_every_format_keeps_its_colours(name, settings):
    assert_quarters(load_image(saved(quarters(), name, **settings)))


def test_first_picture_of_a_phone_s_multi_picture_jpeg():
    settings = {"quality": 95, "subsampling": 0}
    data = saved(quarters(), "MPO", save_all=True, append_images=[Image.new("RGB", SIZE)], **settings)
    assert_quarters(load_image(data))


def test_heic_keeps_its_colours():
    assert_quarters(load_image(heic(quarters(), chroma=444)))


def test_path_bytes_and_file_give_the_same_picture(tmp_path):
    data = saved(quarters(), "PNG")
    path = tmp_path / "any name.dat"
    path.write_bytes(data)
    half_read = io.BytesIO(data)
    half_read.read(20)
    with path.open("rb") as file:
        for source in (str(path), path, data, bytearray(data), memoryview(data), half_read, file):
            assert np.array_equal(load_image(source), quarters())


def stored_as(picture: Image.Image, orientation: int) -> Image.Image:
    """The pixels a camera would store for ``picture`` under that orientation; undoing them is written out in NumPy."""
    pixels = np.asarray(picture)
    stored = {
        1: pixels,
        2: pixels[:, ::-1],
        3: pixels[::-1, ::-1],
        4: pixels[::-1],
        5: pixels.swapaxes(0, 1),
        6: np.rot90(pixels, 1),
        7: pixels[::-1, ::-1].swapaxes(0, 1),
        8: np.rot90(pixels, -1),
    }[orientation]
    return Image.fromarray(np.ascontiguousarray(stored))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIC"])
def test_exif_orientation_is_undone(name, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    turned = stored_as(quarters(), orientation)
    if name == "HEIC":
        data = heic(turned, exif=exif.tobytes(), chroma=444)
    else:
        data = saved(turned, name, exif=exif, **({} if name in ("PNG", "TIFF") else {"quality": 95}))
    assert_quarters(load_image(data), tolerance=40)


def test_nothing_of_the_exif_remains():
    exif = Image.Exif()
    exif[0x010F] = "Camera of somebody"
    exif.get_ifd(0x8825)[1] = "N"
    loaded = load_image(saved(quarters(), "JPEG", exif=exif, comment=b"secret", dpi=(72, 72)))
    assert loaded.info == {}
    assert len(loaded.getexif()) == 0


@pytest.mark.parametrize("exif", [b"garbage", b"II*\0\xff\xff\xff\xff", b"MM\0*\0\0\0\x08\xff\xff\0\0"])
def test_broken_exif_does_not_sink_a_good_picture(exif):
    assert_quarters(load_image(saved(quarters(), "JPEG", quality=95, subsampling=0, exif=b"Exif\0\0" + exif)))


def test_fit_makes_smaller_never_larger():
    assert fit(Image.new("RGB", (1000, 500)), 512).size == (512, 256)
    assert fit(Image.new("RGB", (30, 3000)), 512).size == (5, 512)
    assert fit(Image.new("RGB", (5000, 1)), 512).size == (512, 1)
    small = Image.new("RGB", (512, 40))
    assert fit(small, 512) is small


def test_fit_averages_fine_patterns():
    checks = np.indices((1024, 1024)).sum(0) % 2 * 255
    small = np.asarray(fit(Image.fromarray(checks.astype(np.uint8)).convert("RGB"), 128))
    assert np.abs(small.astype(int) - 127).max() <= 3
