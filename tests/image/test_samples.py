"""What ships is what its table says it is."""

import hashlib
import re
import subprocess
import sys

import numpy as np
import pytest

from cnnviz.errors import ImageError
from cnnviz.image import SAMPLES, load_image, load_sample
from cnnviz.paths import ASSETS

ROW = re.compile(r"^\| `(?P<path>(?:images|datasets)/[^`]+)` \|.*\| `(?P<sum>[0-9a-f]{64})` \|$", re.MULTILINE)
LISTED = {row["path"]: row["sum"] for row in ROW.finditer((ASSETS / "README.md").read_text(encoding="utf-8"))}


def checksum(path: str) -> str:
    """Of a file; of a folder, over its sorted list of checksums, as the table describes."""
    root = ASSETS / path
    if root.is_file():
        return hashlib.sha256(root.read_bytes()).hexdigest()
    names = sorted("./" + file.relative_to(root).as_posix() for file in root.rglob("*") if file.is_file())
    lines = [f"{hashlib.sha256((root / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


@pytest.mark.parametrize("path", list(LISTED))
def test_checksum_is_the_listed_one(path):
    assert checksum(path) == LISTED[path]


def test_table_lists_everything_that_ships():
    shipped = {f"images/{file.name}" for file in (ASSETS / "images").iterdir()}
    shipped |= {f"datasets/{file.name}{'/' * file.is_dir()}" for file in (ASSETS / "datasets").iterdir()}
    assert set(LISTED) == shipped
    assert {f"images/{sample.file}" for sample in SAMPLES.values()} == {p for p in shipped if p.startswith("images/")}


def test_licences_that_the_table_names_are_there():
    named = set(re.findall(r"`(licenses/[^`]+)`", (ASSETS / "README.md").read_text(encoding="utf-8")))
    assert {"licenses/GPL-2.txt", "licenses/CC-BY-SA-3.0.txt", "licenses/CC0-1.0.txt"} <= named
    for path in named:
        assert (ASSETS / path).stat().st_size > 500, path


@pytest.mark.parametrize("name", list(SAMPLES))
def test_sample_opens_and_is_free(name):
    sample = SAMPLES[name]
    picture = load_sample(name)
    assert picture.mode == "RGB"
    assert min(picture.size) >= 150
    assert np.asarray(picture).std() > 10
    assert sample.name == name
    assert sample.licence in ("CC0", "public domain")
    assert sample.shows.endswith(".")


def test_every_stamp_opens_on_white():
    counts = {}
    for path in sorted((ASSETS / "datasets/stamps").glob("*/*.webp")):
        picture = load_image(path)
        assert picture.size == (192, 192), path
        assert (np.asarray(picture) == 255).all(axis=2).any(), path
        counts[path.parent.name] = counts.get(path.parent.name, 0) + 1
    assert counts == {"bird": 35, "flower": 25, "food": 44, "mammal": 65}


@pytest.mark.parametrize(
    ("file", "images", "labels", "each"),
    [
        ("mnist_5k", "images", "labels", 500),
        ("fashion_mnist_12k", "train_images", "train_labels", 1000),
        ("fashion_mnist_12k", "test_images", "test_labels", 200),
    ],
)
def test_data_sets_hold_the_same_number_of_every_class(file, images, labels, each):
    with np.load(ASSETS / "datasets" / f"{file}.npz") as data:
        assert data[images].shape == (10 * each, 28, 28)
        assert data[images].dtype == np.uint8
        assert np.bincount(data[labels]).tolist() == [each] * 10


def test_unknown_sample_is_refused():
    with pytest.raises(ImageError, match="chelsea"):
        load_sample("lena")


def test_pictures_are_read_and_drawn_without_torch():
    script = (
        "import sys; from cnnviz import image; p = image.load_sample('chelsea');"
        "image.encode_jpeg(p); image.encode_png(image.mosaic([[[0.0, 1.0]]]));"
        "assert not {'torch', 'scipy', 'matplotlib', 'pillow_heif'} & set(sys.modules), sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
