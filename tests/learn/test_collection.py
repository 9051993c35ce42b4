"""A collection keeps what is good of what it is given, survives whoever is killed, and opens for its learner alone."""

from __future__ import annotations

import os
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from cnnviz.image import MAX_BYTES
from cnnviz.learn import Collections, DatasetError, Example, collection, near_duplicates, notices, zipped, zipped_files
from tests.learn.pictures import blobs, png

ME, OTHER = "my secret", "another's"


@pytest.fixture
def shelf(tmp_path: Path) -> Collections:
    return Collections(tmp_path / "collections")


def files(*seeds: int) -> list[tuple[str, bytes]]:
    return [(f"photo {seed}.png", png(blobs(seed))) for seed in seeds]


def archive(entries: dict[str, bytes]) -> bytes:
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as made:
        for path, data in entries.items():
            made.writestr(path, data)
    return content.getvalue()


def test_pictures_are_there_again_for_another_program_and_nobody_else(shelf: Collections) -> None:
    cup = shelf.add_class(ME, "cup")
    added = shelf.add(ME, cup, files(0, 1), group="burst 1")
    again = Collections(shelf.folder)
    now = again.read(ME)
    assert [one.name for one in now.classes] == ["cup"]
    assert [one.id for one in now.of_class(cup)] == list(added.kept)
    assert {one.group for one in now.pictures} == {"burst 1"}
    assert [example.size for example in again.dataset(ME).examples] == [(48, 48)] * 2
    assert again.read(OTHER).classes == ()
    assert all(ME not in str(path) for path in shelf.folder.rglob("*"))


def test_a_bad_file_costs_none_of_the_good_ones(shelf: Collections) -> None:
    cup = shelf.add_class(ME, "cup")
    added = shelf.add(ME, cup, [*files(0), ("notes.txt", b"no picture"), ("cut.png", png(blobs(1))[:200]), *files(2)])
    assert len(added.kept) == 2
    assert [(one.name, one.class_name) for one in added.refused] == [("notes.txt", "cup"), ("cut.png", "cup")]
    assert all(one.reason.endswith(".") for one in added.refused)
    assert len(shelf.dataset(ME).examples) == 2


def test_no_metadata_is_stored(shelf: Collections) -> None:
    picture, file = blobs(3), BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "A telling camera"
    picture.save(file, "JPEG", exif=exif)
    assert b"A telling camera" in file.getvalue()
    shelf.add(ME, shelf.add_class(ME, "cup"), [("photo.jpg", file.getvalue())])
    (kept,) = shelf.folder.rglob("*.jpg")
    assert b"A telling camera" not in kept.read_bytes()
    assert not Image.open(kept).getexif()


def test_large_pictures_are_kept_smaller(shelf: Collections) -> None:
    large = blobs(0).resize((1400, 700))
    shelf.add(ME, shelf.add_class(ME, "cup"), [("large.png", png(large))])
    assert shelf.dataset(ME).examples[0].size == (256, 512)


def test_moving_renaming_and_deleting(shelf: Collections) -> None:
    cup, mug = shelf.add_class(ME, "cup"), shelf.add_class(ME, "mug")
    one, two, three = shelf.add(ME, cup, files(0, 1, 2)).kept
    shelf.move(ME, [one, two], mug)
    assert shelf.dataset(ME).counts == (1, 2)
    shelf.rename(ME, mug, "  big   mug ")
    shelf.remove(ME, [two, "nowhere"])
    data = shelf.dataset(ME)
    assert data.classes == ("cup", "big mug") and data.counts == (1, 1)
    shelf.remove_class(ME, cup)
    assert shelf.dataset(ME).counts == (1,)
    assert {path.stem for path in shelf.folder.rglob("*.jpg")} == {one}, "what is in no list has no file"
    shelf.clear(ME)
    assert shelf.read(ME).classes == () and not list(shelf.folder.rglob("*.jpg"))
    assert three not in str(list(shelf.folder.rglob("*")))


def test_the_data_set_is_the_same_until_something_changes(shelf: Collections) -> None:
    cup = shelf.add_class(ME, "cup")
    shelf.add(ME, cup, files(0))
    first = shelf.dataset(ME)
    assert shelf.dataset(ME) is first
    digest = shelf.read(ME).digest
    shelf.add(ME, cup, files(1))
    second = shelf.dataset(ME)
    assert shelf.read(ME).digest != digest
    assert second.examples[0] is first.examples[0], "what was found out about a picture stays known"


@pytest.mark.parametrize(("name", "said"), [("", "needs a name"), ("CUP", "already"), ("x" * 41, "41 characters")])
def test_a_class_needs_a_name_of_its_own(shelf: Collections, name: str, said: str) -> None:
    shelf.add_class(ME, "cup")
    with pytest.raises(DatasetError, match=said):
        shelf.add_class(ME, name)
    assert len(shelf.read(ME).classes) == 1


def test_a_class_that_is_gone_takes_nothing_and_loses_nothing(shelf: Collections) -> None:
    cup = shelf.add_class(ME, "cup")
    shelf.add(ME, cup, files(0))
    with pytest.raises(DatasetError, match="no longer there"):
        shelf.add(ME, "gone", files(1))
    with pytest.raises(DatasetError, match="no longer there"):
        shelf.move(ME, [one.id for one in shelf.read(ME).pictures], "gone")
    assert shelf.dataset(ME).counts == (1,)


def test_pictures_beyond_the_most_are_refused_and_the_others_stay(
    shelf: Collections, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collection, "MOST_PICTURES", 3)
    cup = shelf.add_class(ME, "cup")
    added = shelf.add(ME, cup, files(0, 1, 2, 3, 4))
    assert len(added.kept) == 3 and len(added.refused) == 2
    assert "3 pictures already" in added.refused[0].reason
    assert shelf.dataset(ME).counts == (3,)


def test_who_is_killed_between_picture_and_list_leaves_the_old_list(
    shelf: Collections, monkeypatch: pytest.MonkeyPatch
) -> None:
    cup = shelf.add_class(ME, "cup")
    shelf.add(ME, cup, files(0))
    with monkeypatch.context() as patch:
        patch.setattr(collection, "_as_json", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            shelf.add(ME, cup, files(1))
    assert len(list(shelf.folder.rglob("*.jpg"))) == 2
    assert Collections(shelf.folder).dataset(ME).counts == (1,)
    shelf.add(ME, cup, files(2))
    assert shelf.dataset(ME).counts == (2,) and len(list(shelf.folder.rglob("*.jpg"))) == 2


def test_old_collections_go_and_for_room_the_longest_unused(tmp_path: Path) -> None:
    now = [0.0]
    shelf = Collections(tmp_path, most_bytes=10**9, clock=lambda: now[0])

    def seen(secret: str, when: float) -> None:
        os.utime(shelf._of(secret) / "lock", (when, when))

    for secret, when in (("old", 0), ("new", 1000.0)):
        shelf.add(secret, shelf.add_class(secret, "cup"), files(0))
        seen(secret, when)
    now[0] = collection.KEPT_SECONDS + 500.0
    shelf.add_class(ME, "cup")
    assert shelf.read("new").classes and not shelf.read("old").classes
    seen("new", now[0])
    tight = Collections(tmp_path, most_bytes=10, clock=lambda: now[0])
    mug = tight.add_class(ME, "mug")
    assert not tight.read("new").classes and len(tight.read(ME).classes) == 2
    with pytest.raises(DatasetError, match="no room"):
        tight.add(ME, mug, files(1))
    tight.remove_class(ME, mug)
    assert len(tight.read(ME).classes) == 1, "who has too much can still delete"


def test_a_zip_of_folders_becomes_classes(shelf: Collections) -> None:
    content = archive({
        "data/cup/1.png": png(blobs(0)), "data/cup/2.png": png(blobs(1)), "data/mug/1.png": png(blobs(2)),
        "loose.png": png(blobs(3)), "data/mug/broken.png": b"\x89PNG nothing", "__MACOSX/data/cup/._1.png": b"x",
        "data/.DS_Store": b"x",
    })  # fmt: skip
    other = shelf.add_class(ME, "Mug")
    added = shelf.add_folders(ME, zipped_files(content), other)
    data = shelf.dataset(ME)
    assert dict(zip(data.classes, data.counts, strict=True)) == {"Mug": 2, "cup": 2}
    assert len(added.kept) == 4 and [one.name for one in added.refused] == ["broken.png"]


def test_a_zip_cannot_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    zeros = bytes(MAX_BYTES + 1)
    bomb = archive({"a/zeros.png": zeros, "a/good.png": png(blobs(0))})
    assert len(bomb) < 100_000
    told = {file.name: (file.content is None, file.problem) for file in zipped_files(bomb)}
    assert told["zeros.png"][0] and "larger than 25 MB" in told["zeros.png"][1]
    assert not told["good.png"][0]
    monkeypatch.setattr(zipped, "MOST_UNPACKED", 1000)
    with pytest.raises(DatasetError, match="Unpacked"):
        list(zipped_files(bomb))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut", b"not a zip at all"])
def test_what_is_no_zip_is_said_so(content: bytes) -> None:
    with pytest.raises(DatasetError, match="no zip"):
        list(zipped_files(content))


def test_one_file_in_every_class_is_found_and_a_dot_is_named(shelf: Collections) -> None:
    dot = png(Image.new("RGB", (1, 1), (200, 10, 10)))
    for name, seeds in (("cup", (0, 1)), ("mug", (0, 2))):
        shelf.add(ME, shelf.add_class(ME, name), [*files(*seeds), ("dot.png", dot)])
    data = shelf.dataset(ME)
    assert len(near_duplicates(data)) == 2
    assert [one.kind for one in notices(data)] == ["tiny", "two classes"]
    assert "2 pictures stand in cup and in mug" in notices(data)[1].sentence


def test_a_picture_is_hashed_once_however_often_others_come(
    shelf: Collections, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Example] = []
    picture = Example.picture

    def noted(example: Example) -> Image.Image:
        opened.append(example)
        return picture(example)

    monkeypatch.setattr(Example, "picture", noted)
    cup = shelf.add_class(ME, "cup")
    for seed in range(4):
        shelf.add(ME, cup, files(seed))
        near_duplicates(shelf.dataset(ME))
    assert len(opened) == 4
