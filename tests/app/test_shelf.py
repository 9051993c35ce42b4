"""A visitor's pictures: theirs alone, without metadata, bounded in number, size and time."""

from io import BytesIO

import pytest
from PIL import Image

from app.ui.shelf import LIFETIME, LONGEST, PER_VISITOR, PictureStore
from cnnviz.errors import ImageError


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(clock: Clock) -> PictureStore:
    return PictureStore(clock)


def png(colour: str = "red", size: tuple[int, int] = (8, 6), **options: object) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", size, colour).save(buffer, "PNG", **options)
    return buffer.getvalue()


def test_a_picture_is_found_again_by_its_visitor_only(store: PictureStore) -> None:
    key = store.add("ann", png(), "red.png")
    assert store.get("ann", key).picture.getpixel((0, 0)) == (255, 0, 0)
    assert store.get("ben", key) is None
    assert store.get(None, key) is None
    assert store.png("ben", key, 512) is None
    assert store.all("ben") == ()


def test_the_newest_picture_is_current_and_comes_first(store: PictureStore) -> None:
    store.add("ann", png("red"), "red.png")
    newest = store.add("ann", png("blue"), "blue.png")
    assert store.current("ann") == newest
    assert [one.name for one in store.all("ann")] == ["blue.png", "red.png"]


def test_pictures_expire_two_hours_after_the_visitor_was_last_seen(store: PictureStore, clock: Clock) -> None:
    key = store.add("ann", png(), "red.png")
    clock.now += LIFETIME - 1
    assert store.get("ann", key) is not None
    clock.now += LIFETIME - 1
    assert store.get("ann", key) is not None
    clock.now += LIFETIME + 1
    store.add("ben", png(), "other.png")
    assert store.get("ann", key) is None


def test_clearing_deletes_everything_of_one_visitor(store: PictureStore) -> None:
    mine, theirs = store.add("ann", png(), "a.png"), store.add("ben", png(), "b.png")
    store.clear("ann")
    assert store.get("ann", mine) is None
    assert store.current("ann") is None
    assert store.get("ben", theirs) is not None


def test_a_refused_picture_leaves_the_shelf_as_it_was(store: PictureStore) -> None:
    key = store.add("ann", png(), "a.png")
    with pytest.raises(ImageError):
        store.add("ann", b"these are words", "words.jpg")
    assert store.current("ann") == key


def test_a_large_picture_is_kept_smaller_and_without_metadata(store: PictureStore) -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    key = store.add("ann", png(size=(3000, 1500), exif=exif), "C:\\holiday\\large.png")
    own = store.get("ann", key)
    assert own.picture.size == (LONGEST, LONGEST // 2)
    assert own.name == "large.png"
    assert not own.picture.getexif()
    assert not own.picture.info


def test_the_oldest_picture_goes_when_there_are_too_many(store: PictureStore) -> None:
    first = store.add("ann", png(), "first.png")
    for number in range(PER_VISITOR):
        store.add("ann", png(), f"{number}.png")
    assert store.get("ann", first) is None
    assert len(store.all("ann")) == PER_VISITOR


def test_over_the_total_the_visitor_away_longest_loses_theirs(clock: Clock) -> None:
    store = PictureStore(clock, total_bytes=3 * 8 * 6 * 2)
    keys = {}
    for visitor in ("ann", "ben", "cem"):
        clock.now += 1
        keys[visitor] = store.add(visitor, png(), "red.png")
    assert store.get("ann", keys["ann"]) is None
    assert store.get("ben", keys["ben"]) is not None
    assert store.get("cem", keys["cem"]) is not None


def test_png_gives_the_exact_pixels_that_pages_work_on(store: PictureStore) -> None:
    own = store.get("ann", store.add("ann", png("#123456", (40, 20)), "x.png"))
    served = Image.open(BytesIO(store.png("ann", own.key, 512)))
    assert served.size == (40, 20)
    assert served.convert("RGB").getpixel((3, 3)) == (0x12, 0x34, 0x56)
    assert store.png(None, "chelsea", 64) is not None
