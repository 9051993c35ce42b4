"""How are results shared between learners without filling the memory? What was least recently used goes first."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Generic, TypeVar

T = TypeVar("T")

IN_USE = 60.0  # seconds; what was asked for in this time is in use


def share_of_memory(share: float, least: int, most: int) -> int:
    """This share of the machine's memory in bytes, or of what the control group grants; between `least` and `most`."""
    memory = float("inf")
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    with contextlib.suppress(OSError, ValueError):  # no control group, or "max"
        memory = min(memory, float(Path("/sys/fs/cgroup/memory.max").read_text()))
    return int(min(max(share * memory, least), most)) if memory < float("inf") else least


class ByteCache(Generic[T]):
    """Values by key, at most `limit` bytes together. Who asks for what somebody else is making waits for that one."""

    def __init__(self, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._entries: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()
        self._used: dict[Hashable, float] = {}
        self._making: dict[Hashable, threading.Event] = {}
        self._unwanted: set[Hashable] = set()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], tuple[T, int]]) -> T:
        """The value of `key`; `make()` gives it with its size in bytes where it is not kept."""
        while True:
            with self._lock:
                if key in self._entries:
                    self._entries.move_to_end(key)
                    self._used[key] = self._clock()
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
                self._unwanted.discard(key)
            mine.set()
        return value

    def worth(self, key: Hashable, size: int) -> bool:
        """Whether `key` is kept, or would fit without driving out what others are using."""
        with self._lock:
            since = self._clock() - IN_USE
            in_use = sum(kept for other, (_, kept) in self._entries.items() if self._used[other] >= since)
            return key in self._entries or in_use + size <= self._limit

    def drop(self, which: Callable[[Hashable], bool]) -> None:
        """Let go of everything whose key satisfies `which`; what is being made under such a key is not kept."""
        with self._lock:
            for key in [key for key in self._entries if which(key)]:
                del self._entries[key], self._used[key]
            self._unwanted.update(key for key in self._making if which(key))

    @property
    def nbytes(self) -> int:
        """The size of all that is kept."""
        with self._lock:
            return sum(size for _, size in self._entries.values())

    def _keep(self, key: Hashable, value: T, size: int) -> None:
        if size > self._limit:
            return
        with self._lock:
            if key in self._unwanted:
                return
            self._entries[key] = (value, size)
            self._used[key] = self._clock()
            total = sum(kept for _, kept in self._entries.values())
            while total > self._limit:
                oldest, (_, freed) = self._entries.popitem(last=False)
                del self._used[oldest]
                total -= freed
