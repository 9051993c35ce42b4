"""Pictures from outside come in upright, in sRGB and complete, or are refused in one sentence."""

import contextlib
import io
import struct
import threading
import time
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from cnnviz.errors import ImageError
from cnnviz.image import MAX_BYTES, MAX_PIXELS, fit, load_image

# Four quarters, each of one colour, not square, so that any turn or swap shows.
RED, GREEN, BLUE, YELLOW = (220, 30, 30), (30, 180, 60), (40, 60, 210), (230, 210, 40)
SIZE = (48, 32)


def quarters(size: tuple[int, int] = SIZE) -> Image.Image:
    width, height = size
    picture = Image.new("RGB", size, RED)
    picture.paste(GREEN, (width // 2, 0, width, height // 2))
    picture.paste(BLUE, (0, height // 2, width // 2, height))
    picture.paste(YELLOW, (width // 2, height // 2, width, height))
    return picture


def saved(picture: Image.Image, name: str, **settings: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, name, **settings)
    return buffer.getvalue()


def heic(picture: Image.Image, **settings: object) -> bytes:
    from pillow_heif import from_pillow

    buffer = io.BytesIO()
    from_pillow(picture).save(buffer, quality=95, **settings)
    return buffer.getvalue()


def png(width: int, height: int, depth: int, colour: int, rows: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG by hand: Pillow writes neither 16-bit RGB nor a 16-bit transparent colour."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def png_rows(values: np.ndarray) -> bytes:
    big_endian = values.astype(">u2") if values.dtype == np.uint16 else values
    return b"".join(b"\0" + row.tobytes() for row in big_endian)


def assert_quarters(picture: Image.Image, tolerance: int = 12) -> None:
    assert (picture.mode, picture.size, picture.info) == ("RGB", SIZE, {})
    found = [picture.getpixel((x, y)) for y in (8, 24) for x in (12, 36)]
    assert np.abs(np.array(found) - [RED, GREEN, BLUE, YELLOW]).max() <= tolerance, found


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


def icc_profile(red: tuple, green: tuple, blue: tuple, gamma: float = 2.2, space: bytes = b"RGB ") -> bytes:
    """A matrix profile by hand (ICC.1:2001): three primaries in XYZ under D50 and one gamma."""

    def fixed(value: float) -> bytes:
        return struct.pack(">i", round(value * 65536))

    def xyz(values: tuple) -> bytes:
        return b"XYZ \0\0\0\0" + b"".join(fixed(v) for v in values)

    text = b"test\0"
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"
    bodies = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + b"\0" * 78,
        b"wtpt": xyz((0.9642, 1.0, 0.8249)),
        b"cprt": b"text\0\0\0\0" + text,
    }
    if space == b"RGB ":
        bodies |= {b"rXYZ": xyz(red), b"gXYZ": xyz(green), b"bXYZ": xyz(blue)}
        bodies |= {b"rTRC": curve, b"gTRC": curve, b"bTRC": curve}
    else:
        bodies |= {b"kTRC": curve}
    table, data, offset = b"", b"", 132 + 12 * len(bodies)
    for name, body in bodies.items():
        body += b"\0" * (-len(body) % 4)
        table += struct.pack(">4sII", name, offset + len(data), len(body))
        data += body
    head = b"\0" * 8 + struct.pack(">I4s4s4s", 0x02100000, b"mntr", space, b"XYZ ") + b"\0" * 12 + b"acsp"
    head = head.ljust(68, b"\0") + b"".join(fixed(v) for v in (0.9642, 1.0, 0.8249))
    body = head.ljust(128, b"\0") + struct.pack(">I", len(bodies)) + table + data
    return struct.pack(">I", len(body)) + body[4:]


# Primaries of sRGB, adapted to D50.
SRGB = ((0.4360, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141))


def test_profile_with_swapped_channels_is_applied():
    swapped = icc_profile(SRGB[2], SRGB[1], SRGB[0])
    loaded = load_image(saved(quarters(), "PNG", icc_profile=swapped))
    assert np.abs(np.array(loaded.getpixel((12, 8))) - RED[::-1]).max() <= 6
    assert np.abs(np.array(loaded.getpixel((12, 24))) - BLUE[::-1]).max() <= 6


def test_wide_gamut_profile_makes_colours_stronger():
    # Adobe RGB (1998): its green is far greener than sRGB's.
    adobe = icc_profile((0.6097, 0.3111, 0.0195), (0.2053, 0.6257, 0.0609), (0.1492, 0.0632, 0.7446))
    red, green, _ = load_image(saved(quarters(), "PNG", icc_profile=adobe)).getpixel((36, 8))
    assert red < GREEN[0]
    assert abs(green - GREEN[1]) <= 4
    grey = Image.new("RGB", (4, 4), (128, 128, 128))
    assert np.ptp(load_image(saved(grey, "PNG", icc_profile=adobe)).getpixel((0, 0))) <= 2


def test_srgb_profile_leaves_every_pixel_as_it_is():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    noise = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    loaded = load_image(saved(Image.fromarray(noise), "PNG", icc_profile=profile))
    assert np.array_equal(loaded, noise)


def test_profile_is_applied_under_transparency():
    swapped = icc_profile(SRGB[2], SRGB[1], SRGB[0])
    picture = Image.new("RGBA", (2, 1), (*RED, 255))
    picture.putpixel((1, 0), (*RED, 0))
    shown, hidden = np.asarray(load_image(saved(picture, "PNG", icc_profile=swapped)))[0].astype(int)
    assert np.abs(shown - RED[::-1]).max() <= 6
    assert hidden.tolist() == [255, 255, 255]


def test_grey_profile_is_applied_and_stays_grey():
    ramp = Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16))
    loaded = np.asarray(load_image(saved(ramp, "PNG", icc_profile=icc_profile((), (), (), 1.0, b"GRAY")))).astype(int)
    assert (np.ptp(loaded, axis=2) == 0).all()
    assert loaded[8, 0, 0] > 180  # Half the light, linear, is 188 of 255 in sRGB.


@pytest.mark.parametrize(
    "profile",
    [b"not a profile", b"\0" * 200, icc_profile(*SRGB)[:150], icc_profile((), (), (), 1.0, b"GRAY")],
    ids=["text", "zeros", "cut off", "of grey, on colour"],
)
def test_unusable_profile_does_not_sink_a_good_picture(profile):
    assert_quarters(load_image(saved(quarters(), "JPEG", quality=95, subsampling=0, icc_profile=profile)))


def test_lab_tiff_keeps_its_colours():
    lab = ImageCms.profileToProfile(
        quarters(), ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )
    assert_quarters(load_image(saved(lab, "TIFF")))


def refusal(source: object) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ImageError) as caught:
            load_image(source)
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def hundred_megapixels() -> bytes:
    return png(10_000, 10_000, 1, 0, (b"\0" + b"\0" * 1250) * 10_000)


def test_picture_over_64_megapixels_is_refused_without_decoding(monkeypatch):
    data = hundred_megapixels()

    def never(*_: object) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", never)
    assert "64 megapixels" in refusal(data)
    assert "64 megapixels" in refusal(png(60_000, 60_000, 8, 2, b""))


def test_the_limit_of_pixels_is_exact(monkeypatch):
    monkeypatch.setattr("cnnviz.image.loading.MAX_PIXELS", SIZE[0] * SIZE[1])
    assert_quarters(load_image(saved(quarters(), "PNG")))
    monkeypatch.setattr("cnnviz.image.loading.MAX_PIXELS", SIZE[0] * SIZE[1] - 1)
    assert "megapixels" in refusal(saved(quarters(), "PNG"))


def test_file_over_25_mb_is_refused(tmp_path):
    data = saved(quarters(), "PNG").ljust(26_000_000, b"\0")
    path = tmp_path / "large.png"
    path.write_bytes(data)
    for source in (data, path, io.BytesIO(data)):
        assert "25 MB" in refusal(source)
    assert_quarters(load_image(data[:MAX_BYTES]))
    assert "25 MB" in refusal(data[: MAX_BYTES + 1])


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.999])
@pytest.mark.parametrize("name", ["JPEG", "PROGRESSIVE", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIC"])
def test_truncated_file_is_refused(name, share):
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8))
    if name == "HEIC":
        data = heic(noise)
    elif name == "PROGRESSIVE":
        data = saved(noise, "JPEG", progressive=True)
    else:
        data = saved(noise, name)
    sentence = refusal(data[: int(len(data) * share)])
    assert "cut off" in sentence or "damaged" in sentence
    if name in ("JPEG", "PROGRESSIVE", "PNG", "WEBP"):
        assert "cut off" in sentence


@pytest.mark.parametrize(
    "data",
    [b"\xff\xd8" + b"\xff\xe0\0\2" * 6_000_000, b"\x89PNG\r\n\x1a\n" + b"\0\0\0\0tEXt\0\0\0\0" * 2_000_000],
    ids=["jpeg", "png"],
)
def test_file_made_of_millions_of_parts_is_turned_away_at_once(data):
    begin = time.process_time()
    assert "damaged" in refusal(data)
    assert time.process_time() - begin < 1


def test_truncation_is_seen_although_another_library_told_pillow_to_forgive_it(monkeypatch):
    monkeypatch.setattr("PIL.ImageFile.LOAD_TRUNCATED_IMAGES", True)
    data = saved(quarters((256, 256)), "JPEG")
    assert "cut off" in refusal(data[: len(data) // 2])


def test_film_behind_a_photo_does_not_matter():
    tail = b"\0\0\0\x18ftypmp42" + b"\xff\xda\0\x0c" * 50
    assert_quarters(load_image(saved(quarters(), "JPEG", quality=95, subsampling=0) + tail))


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "empty"),
        (b"Dear diary, this is no picture.", "not a picture"),
        (b"<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"\xef\xbb\xbf<!-- drawn by hand --><SVG></SVG>", "SVG"),
        ("<svg></svg>".encode("utf-16"), "SVG"),
        (b"%PDF-1.7\n...", "PDF"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "not a picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a picture"),
        (b"\x89PNG\r\n\x1a\n", "cut off"),
        (b"\xff\xd8\xff", "cut off"),
        (b"BM", "damaged"),
        (b"II*\0", "damaged"),
    ],
)
def test_what_is_no_picture_is_named(tmp_path, data, word):
    path = tmp_path / "photo.jpg"
    path.write_bytes(data)
    assert word in refusal(path)
    assert word in refusal(data)


def test_missing_file_folder_and_text_file_are_refused(tmp_path):
    assert "cannot be opened" in refusal(tmp_path / "nowhere.png")
    assert "cannot be opened" in refusal(tmp_path)
    assert "cannot be opened" in refusal("a\0b")
    assert "binary" in refusal(io.StringIO("text"))
    assert "not from int" in refusal(3)
    closed = io.BytesIO(b"x")
    closed.close()
    assert "cannot be read" in refusal(closed)


def test_random_damage_never_escapes_as_another_error():
    random = np.random.default_rng(2)
    names = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
    wholes = [heic(quarters()), *(saved(quarters(), name) for name in names)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for whole in wholes:
            for _ in range(30):
                data = bytearray(whole)
                for at in random.integers(0, len(data), 8):
                    data[at] = random.integers(0, 256)
                try:
                    loaded = load_image(data)
                except ImageError:
                    continue
                assert loaded.mode == "RGB"


def test_warning_filters_are_as_before_after_many_threads():
    before = list(warnings.filters)
    data = [saved(quarters(), "PNG"), hundred_megapixels()]

    def work(number: int) -> None:
        for _ in range(10):
            with contextlib.suppress(ImageError):
                load_image(data[number % 2])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(warnings.filters) == before


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


def test_limits_are_the_stated_ones():
    assert (MAX_BYTES, MAX_PIXELS) == (25_000_000, 64_000_000)
