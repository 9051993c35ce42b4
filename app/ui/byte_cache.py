"""How are results shared between learners without filling the memory? What was least recently used goes first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class ByteCache(Generic[T]):
    """Values by key, at most `limit` bytes together. Who asks for what somebody else is making waits for that one."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._entries: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()
        self._making: dict[Hashable, threading.Event] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], tuple[T, int]]) -> T:
        """The value of `key`; `make()` gives it with its size in bytes where it is not kept."""
        while True:
            with self._lock:
                if key in self._entries:
                    self._entries.move_to_end(key)
                    return self._entries[key][0]
                others = self._making.get(key)
                if others is None:
                    mine = self._making[key] = threading.Event()
                    break
            others.wait()
        try:
            value, size = make()
            self._keep(key, value, size)
        finally:
            with self._lock:
                del self._making[key]
            mine.set()
        return value

    @property
    def nbytes(self) -> int:
        """The size of all that is kept."""
        with self._lock:
            return sum(size for _, size in self._entries.values())

    def _keep(self, key: Hashable, value: T, size: int) -> None:
        if size > self._limit:
            return
        with self._lock:
            self._entries[key] = (value, size)
            total = sum(kept for _, kept in self._entries.values())
            while total > self._limit:
                total -= self._entries.popitem(last=False)[1][1]
