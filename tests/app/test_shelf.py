"""A visitor's pictures: theirs alone, without metadata, bounded in number, size and time."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest
from PIL import Image

from app.ui import shelf
from app.ui.shelf import DECODING, LIFETIME, LONGEST, PER_VISITOR, PictureStore
from cnnviz.errors import ImageError
from cnnviz.image import load_image


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


def test_expiring_needs_nobody_to_come(store: PictureStore, clock: Clock) -> None:
    key = store.add("ann", png(), "red.png")
    gone: list[frozenset[str]] = []
    store.on_gone(gone.append)
    clock.now += LIFETIME - 1
    store.expire()
    assert gone == []
    clock.now += 2
    store.expire()
    assert gone == [frozenset({key})]
    assert not store.holds(key)


def test_who_is_seen_keeps_their_pictures_two_hours_more(store: PictureStore, clock: Clock) -> None:
    key = store.add("ann", png(), "red.png")
    clock.now += LIFETIME - 1
    store.seen("ann")
    clock.now += LIFETIME - 1
    store.expire()
    assert store.holds(key)


def test_deleting_tells_what_went_and_only_that(store: PictureStore) -> None:
    mine = {store.add("ann", png(), "a.png"), store.add("ann", png(), "b.png")}
    store.add("ben", png(), "c.png")
    gone: list[frozenset[str]] = []
    store.on_gone(gone.append)
    store.clear("ann")
    store.clear("ann")
    assert gone == [frozenset(mine)]


def test_both_limits_tell_what_went(clock: Clock) -> None:
    store = PictureStore(clock, total_bytes=3 * 8 * 6 * PER_VISITOR)
    gone: list[frozenset[str]] = []
    store.on_gone(gone.append)
    keys = [store.add("ann", png(), "a.png") for _ in range(PER_VISITOR + 1)]
    assert gone == [frozenset(keys[:1])]
    clock.now += 1
    store.add("ben", png(), "b.png")
    assert gone[1:] == [frozenset(keys[1:])]


def test_who_is_told_may_ask_the_store(store: PictureStore) -> None:
    key = store.add("ann", png(), "a.png")
    answers: list[bool] = []
    store.on_gone(lambda gone: answers.extend(store.holds(one) for one in gone))
    store.clear("ann")
    assert answers == [False]
    assert store.get("ann", key) is None


def test_only_so_many_pictures_are_decoded_at_once(store: PictureStore, monkeypatch: pytest.MonkeyPatch) -> None:
    under_way, most, lock, full = 0, 0, threading.Lock(), threading.Barrier(DECODING)

    def load(content: bytes) -> Image.Image:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        full.wait(60)  # as many as may be are at it at once
        time.sleep(0.02)
        with lock:
            under_way -= 1
        return load_image(content)

    monkeypatch.setattr(shelf, "load_image", load)
    with ThreadPoolExecutor(3 * DECODING) as pool:
        keys = list(pool.map(lambda number: store.add("ann", png(), f"{number}.png"), range(3 * DECODING)))
    assert most == DECODING
    assert len(store.all("ann")) == len(set(keys)) == 3 * DECODING


def test_png_gives_the_exact_pixels_that_pages_work_on(store: PictureStore) -> None:
    own = store.get("ann", store.add("ann", png("#123456", (40, 20)), "x.png"))
    served = Image.open(BytesIO(store.png("ann", own.key, 512)))
    assert served.size == (40, 20)
    assert served.convert("RGB").getpixel((3, 3)) == (0x12, 0x34, 0x56)
    assert store.png(None, "chelsea", 64) is not None
