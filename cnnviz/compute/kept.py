"""How is what was found out about an object kept as long as the object lives, and no longer?"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

Owner = TypeVar("Owner")
Key = TypeVar("Key", bound=Hashable)
Found = TypeVar("Found")


class Kept(Generic[Owner, Key, Found]):
    """Answers by the object that they are about, and by what was asked of it, such as an input's shape.

    They go with the object; an answer that refers to its object would keep it alive, and must not. Two who ask at once
    may both find out; both get the answer of one of them.
    """

    def __init__(self) -> None:
        self._known: WeakKeyDictionary[Owner, dict[Key, Found]] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def of(self, owner: Owner, key: Key, find: Callable[[], Found]) -> Found:
        """What is known, or what `find` finds; an error of its own is raised and nothing is kept."""
        with self._lock:
            known = self._known.setdefault(owner, {})
        if key not in known:
            found = find()
            with self._lock:
                known.setdefault(key, found)
        return known[key]
