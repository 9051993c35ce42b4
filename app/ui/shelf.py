"""Where are a visitor's own pictures? In this process's memory, under the visitor's id, for two hours."""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from PIL import Image

from app.ui.byte_cache import ByteCache
from cnnviz.image import SAMPLES, fit, load_image, load_sample

LONGEST = 1024  # pixels; every page works on less
PER_VISITOR = 24
TOTAL_BYTES = 1_000_000_000
LIFETIME = 2 * 60 * 60  # seconds after the visitor was last seen
DECODING = 2  # pictures at once: one of 64 megapixels takes some 200 MB until it is fitted


@dataclass(frozen=True)
class OwnPicture:
    """One picture of a visitor: upright RGB without metadata, at most LONGEST on its longer side."""

    key: str
    name: str
    picture: Image.Image

    @property
    def nbytes(self) -> int:
        return self.picture.width * self.picture.height * 3


@dataclass
class _Shelf:
    pictures: OrderedDict[str, OwnPicture] = field(default_factory=OrderedDict)
    current: str | None = None
    seen: float = 0.0


class PictureStore:
    """Everybody's pictures, each reachable only with its visitor's id. Safe to call from any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, total_bytes: int = TOTAL_BYTES) -> None:
        self._shelves: OrderedDict[str, _Shelf] = OrderedDict()
        self._lock = threading.Lock()
        self._decoding = threading.BoundedSemaphore(DECODING)
        self._hooks: list[Callable[[frozenset[str]], None]] = []
        self._gone: set[str] = set()
        self._clock = clock
        self._total_bytes = total_bytes

    def on_gone(self, hook: Callable[[frozenset[str]], None]) -> None:
        """Call `hook` with the keys of pictures that went: deleted, expired, or driven out by newer ones."""
        self._hooks.append(hook)

    def drop_from(self, cache: ByteCache[Any]) -> None:
        """Let what `cache` keeps go with its picture; its keys are tuples, an own picture's key among their parts."""
        self.on_gone(lambda gone: cache.drop(lambda key: isinstance(key, tuple) and not gone.isdisjoint(key)))

    def add(self, visitor: str, content: bytes, name: str) -> str:
        """Decode `content`, put it on the visitor's shelf and make it current; returns its key.

        Raises
        ------
        ImageError
            When the content is refused; the shelf stays as it was.
        """
        with self._decoding:
            picture = fit(load_image(content), LONGEST)
        own = OwnPicture(
            secrets.token_urlsafe(24), name.replace("\\", "/").rsplit("/", 1)[-1][:80] or "picture", picture
        )
        with self._open():
            shelf = self._touch(visitor)
            shelf.pictures[own.key] = own
            shelf.current = own.key
            while len(shelf.pictures) > PER_VISITOR:
                self._gone.add(shelf.pictures.popitem(last=False)[0])
            self._bound()
        return own.key

    def get(self, visitor: str | None, key: str) -> OwnPicture | None:
        """The visitor's picture under `key`; None when it expired or belongs to somebody else."""
        with self._open():
            shelf = self._touch(visitor) if visitor in self._shelves and visitor else None
            return shelf.pictures.get(key) if shelf else None

    def all(self, visitor: str) -> tuple[OwnPicture, ...]:
        """The visitor's pictures, newest first."""
        with self._open():
            return tuple(reversed(self._touch(visitor).pictures.values()))

    def current(self, visitor: str) -> str | None:
        """The key of the picture that the visitor last chose, if it is one of their own."""
        with self._open():
            return self._touch(visitor).current

    def choose(self, visitor: str, key: str | None) -> None:
        """Remember which own picture is in use; None for a sample."""
        with self._open():
            self._touch(visitor).current = key

    def clear(self, visitor: str) -> None:
        """Delete everything of this visitor."""
        with self._open():
            self._note_gone(self._shelves.pop(visitor, None))

    def holds(self, key: str) -> bool:
        """Whether anybody still has the picture `key`: what was made from it is kept no longer than that."""
        with self._open():
            self._expire()
            return any(key in shelf.pictures for shelf in self._shelves.values())

    def seen(self, visitor: str) -> None:
        """The visitor is here: the two hours begin anew."""
        with self._open():
            if visitor in self._shelves:
                self._touch(visitor)

    def expire(self) -> None:
        """Let go of what belongs to visitors who have been away for too long."""
        with self._open():
            self._expire()

    def png(self, visitor: str | None, key: str, side: int) -> bytes | None:
        """A picture fitted into `side` pixels as lossless PNG: a sample's, or the visitor's own."""
        if key in SAMPLES:
            picture = load_sample(key)
        else:
            own = self.get(visitor, key)
            if own is None:
                return None
            picture = own.picture
        buffer = BytesIO()
        fit(picture, max(1, min(side, LONGEST))).save(buffer, "PNG", compress_level=1)
        return buffer.getvalue()

    @contextmanager
    def _open(self) -> Iterator[None]:
        """Hold the lock; once it is free again, those who keep copies are told what went."""
        with self._lock:
            yield
            gone, self._gone = frozenset(self._gone), set()
        if gone:
            for hook in self._hooks:
                hook(gone)

    def _note_gone(self, shelf: _Shelf | None) -> None:
        self._gone.update(shelf.pictures if shelf else ())

    def _touch(self, visitor: str) -> _Shelf:
        self._expire()
        shelf = self._shelves.setdefault(visitor, _Shelf())
        shelf.seen = self._clock()
        self._shelves.move_to_end(visitor)
        return shelf

    def _expire(self) -> None:
        oldest_allowed = self._clock() - LIFETIME
        while self._shelves and next(iter(self._shelves.values())).seen < oldest_allowed:
            self._note_gone(self._shelves.popitem(last=False)[1])

    def _bound(self) -> None:
        """Over the total, those who have been away longest lose theirs first."""
        total = sum(own.nbytes for shelf in self._shelves.values() for own in shelf.pictures.values())
        while total > self._total_bytes and len(self._shelves) > 1:
            _, gone = self._shelves.popitem(last=False)
            self._note_gone(gone)
            total -= sum(own.nbytes for own in gone.pictures.values())


PICTURES = PictureStore()
