"""How many bytes does a result hold?"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any


def bytes_held(value: Any) -> int:
    """The bytes of all arrays, tensors and byte strings in `value`: in it itself, its fields, its parts.

    What is neither of these, nor a dataclass, mapping, tuple or list, counts nothing. What stands in it twice counts
    once.
    """
    return _bytes_held(value, set())


def _bytes_held(value: Any, seen: set[int]) -> int:
    if id(value) in seen:
        return 0
    seen.add(id(value))
    if isinstance(value, bytes | bytearray):
        return len(value)
    size = getattr(value, "nbytes", None)
    if isinstance(size, int):
        return size
    parts: list[Any] = []
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        parts = [getattr(value, field.name) for field in dataclasses.fields(value)]
    elif isinstance(value, Mapping):
        parts = list(value.values())
    elif isinstance(value, tuple | list):
        parts = list(value)
    return sum(_bytes_held(part, seen) for part in parts)
