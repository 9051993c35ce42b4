"""Where are a visitor's own pictures? In this process's memory, under the visitor's id, for two hours."""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO

from PIL import Image

from cnnviz.image import SAMPLES, fit, load_image, load_sample

LONGEST = 1024  # pixels; every page works on less
PER_VISITOR = 24
TOTAL_BYTES = 1_000_000_000
LIFETIME = 2 * 60 * 60  # seconds after the visitor was last seen


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
        self._lock = threading.RLock()
        self._clock = clock
        self._total_bytes = total_bytes

    def add(self, visitor: str, content: bytes, name: str) -> str:
        """Decode `content`, put it on the visitor's shelf and make it current; returns its key.

        Raises
        ------
        ImageError
            When the content is refused; the shelf stays as it was.
        """
        picture = fit(load_image(content), LONGEST)
        own = OwnPicture(
            secrets.token_urlsafe(24), name.replace("\\", "/").rsplit("/", 1)[-1][:80] or "picture", picture
        )
        with self._lock:
            shelf = self._touch(visitor)
            shelf.pictures[own.key] = own
            shelf.current = own.key
            while len(shelf.pictures) > PER_VISITOR:
                shelf.pictures.popitem(last=False)
            self._bound()
        return own.key

    def get(self, visitor: str | None, key: str) -> OwnPicture | None:
        """The visitor's picture under `key`; None when it expired or belongs to somebody else."""
        with self._lock:
            shelf = self._touch(visitor) if visitor in self._shelves and visitor else None
            return shelf.pictures.get(key) if shelf else None

    def all(self, visitor: str) -> tuple[OwnPicture, ...]:
        """The visitor's pictures, newest first."""
        with self._lock:
            return tuple(reversed(self._touch(visitor).pictures.values()))

    def current(self, visitor: str) -> str | None:
        """The key of the picture that the visitor last chose, if it is one of their own."""
        with self._lock:
            return self._touch(visitor).current

    def choose(self, visitor: str, key: str | None) -> None:
        """Remember which own picture is in use; None for a sample."""
        with self._lock:
            self._touch(visitor).current = key

    def clear(self, visitor: str) -> None:
        """Delete everything of this visitor."""
        with self._lock:
            self._shelves.pop(visitor, None)

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

    def _touch(self, visitor: str) -> _Shelf:
        self._expire()
        shelf = self._shelves.setdefault(visitor, _Shelf())
        shelf.seen = self._clock()
        self._shelves.move_to_end(visitor)
        return shelf

    def _expire(self) -> None:
        oldest_allowed = self._clock() - LIFETIME
        while self._shelves and next(iter(self._shelves.values())).seen < oldest_allowed:
            self._shelves.popitem(last=False)

    def _bound(self) -> None:
        """Over the total, those who have been away longest lose theirs first."""
        total = sum(own.nbytes for shelf in self._shelves.values() for own in shelf.pictures.values())
        while total > self._total_bytes and len(self._shelves) > 1:
            _, gone = self._shelves.popitem(last=False)
            total -= sum(own.nbytes for own in gone.pictures.values())


PICTURES = PictureStore()
