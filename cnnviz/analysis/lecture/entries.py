"""What is a figure of the lecture notes, and when does a computed number agree with it?

A figure agrees if it is the computed number, rounded or cut off to the digits that the notes give. Of a number with a
suffix (800 K) zeros at the end are not counted as digits.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

SUFFIXES = {
    "": 1.0, "x": 1.0, "%": 1.0, "K": 1e3, "Thousand": 1e3, "M": 1e6, "Million": 1e6, "B": 1e9, "G": 1e9,
    "KB": 1024.0, "MB": 1024.0**2,
}  # fmt: skip
"""What the notes write behind a number; their kilobytes and megabytes are those of 1024."""

_NUMBER = re.compile(r"[~≈]?\s*(\d[\d,]*)(\.\d+)?(?:e(-?\d+))?\s*([A-Za-z%]*)")
_SHAPE = re.compile(r"\d+(?: ?[x×] ?\d+)+")


@dataclass(frozen=True)
class Found:
    """A recomputed number, or several that belong together (a shape), with the way to it.

    Attributes:
        values: the numbers, in units of one (bytes, operations, pixels).
        working: the way, in numbers; where it is one sum, ``left = right``.
        source: what it was computed from.
    """

    values: tuple[float, ...]
    working: str
    source: str


@dataclass(frozen=True)
class Entry:
    """One figure of the notes, and how it is computed anew.

    Attributes:
        note: which of the five notes, from 1.
        topic: what the notes speak of there.
        quote: the line in which it stands, or a part of it.
        what: what the figure counts.
        given: the figure, as the notes write it.
        find: computes it.
        why: where it differs the explanation; else a remark, or nothing.
        reference: the paper that the explanation rests on.
        scale: one unit of ``given``, where its suffix does not say.
        step: one unit of the last digit that counts, in units of ``given``, where the rule above does not hold.
    """

    note: int
    topic: str
    quote: str
    what: str
    given: str
    find: Callable[[], Found]
    why: str = ""
    reference: str = ""
    scale: float | None = None
    step: float | None = None


@dataclass(frozen=True)
class Written:
    """A figure as written, read: its numbers, one unit of them, and one unit of the last digit that counts."""

    numbers: tuple[float, ...]
    scale: float
    step: float

    def agrees(self, values: tuple[float, ...]) -> bool:
        """Whether ``values`` come to the same, to the digits that are written."""
        if len(values) != len(self.numbers):
            return False
        pairs = zip(values, self.numbers, strict=True)
        return all(abs(value / self.scale - number) < self.step * (1 - 1e-9) for value, number in pairs)


def read(entry: Entry) -> Written:
    """The numbers that a figure's text stands for; ValueError where it is none."""
    if _SHAPE.fullmatch(entry.given):
        numbers = tuple(float(number) for number in re.findall(r"\d+", entry.given))
        return Written(numbers, entry.scale or 1.0, entry.step or 1.0)
    if entry.given.startswith("["):
        texts = entry.given.strip("[]").split(",")
        return Written(tuple(float(text) for text in texts), 1.0, entry.step or min(_step(text) for text in texts))
    found = _NUMBER.fullmatch(entry.given)
    if found is None or found[4] not in SUFFIXES:
        raise ValueError(f"{entry.given!r} is no figure.")
    digits = found[1].replace(",", "") + (found[2] or "")
    number = float(f"{digits}e{found[3] or 0}")
    step = _step(digits, zeros_count=not found[4]) * 10.0 ** int(found[3] or 0)
    return Written((number,), entry.scale or SUFFIXES[found[4]], entry.step or step)


def _step(digits: str, zeros_count: bool = True) -> float:
    """One unit of the last digit."""
    decimals = len(digits.strip().partition(".")[2])
    if decimals or zeros_count:
        return 10.0**-decimals
    return 10.0 ** (len(digits) - len(digits.rstrip("0"))) if digits.strip("0") else 1.0
