"""What a result holds is the sum of its arrays, wherever in it they stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from cnnviz.compute import bytes_held


@dataclass(frozen=True)
class Found:
    maps: tuple[Any, ...]
    named: dict[str, Any]
    said: str = "four letters or more"


def test_arrays_count_in_fields_mappings_and_sequences_and_once() -> None:
    array = np.zeros((3, 5), np.float32)
    other = np.zeros(7, np.uint8)
    assert bytes_held(array) == 60
    assert bytes_held(Found((array, [other, None]), {"again": array, "raw": b"12345"})) == 60 + 7 + 5


def test_what_is_no_data_counts_nothing() -> None:
    assert bytes_held(None) == bytes_held("text") == bytes_held(Found) == bytes_held(object()) == 0


def test_what_contains_itself_is_counted_to_its_end() -> None:
    ring: list[Any] = [b"123"]
    ring.append(ring)
    assert bytes_held(ring) == 3
