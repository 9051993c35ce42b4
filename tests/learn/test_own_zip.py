"""A learner's classes go home as a zip, and come back as they were, whatever they are called."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.learn import Collections, Dataset, DatasetError, Example, dataset_from_zip, zip_of_pictures, zipped_files
from cnnviz.learn.own_zip import noted, places_in_zip
from tests.learn.pictures import blobs, dataset_of, png

ME, OTHER = "my secret", "another's"


def test_the_zip_added_again_gives_the_same_classes_pictures_and_bursts(tmp_path: Path) -> None:
    shelf = Collections(tmp_path)
    ids = [shelf.add_class(ME, name) for name in ("T-shirt/top", "Tasse à café", "con")]
    shelf.add(ME, ids[2], [("a.png", png(blobs(1))), ("a.webp", png(blobs(2)))])
    shelf.add(ME, ids[0], [("../../b.jpg", png(blobs(3)))])
    shelf.add(ME, ids[1], [("burst.jpg", png(blobs(4))), ("burst.jpg", png(blobs(5)))], group="burst 7")
    before = shelf.dataset(ME)
    packed = b"".join(zip_of_pictures(before))
    assert zipfile.ZipFile(BytesIO(packed)).testzip() is None
    added = shelf.add_folders(OTHER, zipped_files(packed))
    after = shelf.dataset(OTHER)
    assert len(added.kept) == 5 and not added.refused
    assert (after.classes, after.counts) == (before.classes, before.counts)
    assert (after.classes, after.counts) == (("T-shirt/top", "Tasse à café", "con"), (1, 2, 2))
    told = [
        sorted((PurePosixPath(one.name).stem, one.label, one.group) for one in data.examples)
        for data in (before, after)
    ]
    assert [one[1:] for one in told[0]] == [one[1:] for one in told[1]]
    assert {one[0] for one in told[1]} == {"a", "a (2)", "b", "burst", "burst (2)"}


def test_the_packed_data_set_is_the_same_to_the_last_bit_and_in_its_order(tmp_path: Path) -> None:
    data = dataset_of((2, 3), bursts=2)
    archive = tmp_path / "pictures.zip"
    archive.write_bytes(b"".join(zip_of_pictures(data)))
    again = dataset_from_zip(archive, data.classes, places_in_zip(data))
    assert again.classes == data.classes
    for one, other in zip(again.examples, data.examples, strict=True):
        assert (one.label, one.group) == (other.label, other.group)
        assert one.picture().tobytes() == other.picture().tobytes()
    for wrong in (tmp_path / "nothing.zip", tmp_path / "text.zip"):
        (tmp_path / "text.zip").write_bytes(b"no zip")
        with pytest.raises(DatasetError, match=f"{wrong.name} is not the zip of these pictures"):
            dataset_from_zip(wrong, data.classes, places_in_zip(data))


def test_no_more_than_a_picture_is_held_and_one_that_is_gone_is_left_out(tmp_path: Path) -> None:
    large = bytes(3_000_000)
    examples = [Example(large, 0, f"{number}") for number in range(8)]
    examples.insert(3, Example(tmp_path / "gone.jpg", 0, "gone.jpg"))
    pieces = list(zip_of_pictures(Dataset("own", "Own", ("a",), tuple(examples))))
    assert max(map(len, pieces)) < 1.1 * 2**20
    with zipfile.ZipFile(BytesIO(b"".join(pieces))) as file:
        assert len(file.namelist()) == 8 and all(entry.file_size == len(large) for entry in file.infolist())


NAMES = st.text(max_size=12) | st.sampled_from(
    ["..", "a/b", "A", "a", "a (2)", "a.", ".a", "NUL", "nul.jpg", "\\", "a:b"]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=5), st.lists(NAMES, max_size=8))
def test_no_name_leads_out_of_its_folder_and_no_two_meet(classes: list[str], names: list[str]) -> None:
    examples = tuple(Example(b"", number % len(classes), name) for number, name in enumerate(names))
    places = places_in_zip(Dataset("own", "Own", tuple(classes), examples))
    paths = [name for name, _, _ in places]
    assert len({path.casefold() for path in paths}) == len(names)
    folders: dict[int, str] = {}
    for path, label, _ in places:
        folder, _, file = path.partition("/")
        assert folders.setdefault(label, folder) == folder and file
        for part in (folder, file):
            assert part.strip(" ") and part[0] not in "./" and not set(part) & set('<>:"/\\|?*\x00\n')
            assert part.casefold() not in ("nul", "nul.jpg", "..")
    assert len({folder.casefold() for folder in folders.values()}) == len(folders)


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        (b"", (None, None)),
        (b"a remark", (None, None)),
        (b"[1]", (None, None)),
        (b"[" * 60_000, (None, None)),
        (b'{"class": 3, "burst": {}}', (None, None)),
        (b'{"class": "cup"}', ("cup", None)),
        (b'{"burst": "' + b"x" * 300 + b'"}', (None, "x" * 80)),
        (b"\xff\xfe", (None, None)),
    ],
)
def test_a_comment_of_somebody_else_is_passed_over(comment: bytes, expected: tuple[str | None, str | None]) -> None:
    entry = zipfile.ZipInfo("a/b.jpg")
    entry.comment = comment
    assert noted(entry) == expected
