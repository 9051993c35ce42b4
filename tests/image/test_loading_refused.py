"""What is no picture, too large, cut off or damaged is refused in one sentence."""

import contextlib
import io
import threading
import time
import warnings

import numpy as np
import pytest
from PIL import Image

from cnnviz.errors import ImageError
from cnnviz.image import MAX_BYTES, MAX_PIXELS, load_image
from tests.image.pictures import SIZE, assert_quarters, heic, png, quarters, saved


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


def test_limits_are_the_stated_ones():
    assert (MAX_BYTES, MAX_PIXELS) == (25_000_000, 64_000_000)
