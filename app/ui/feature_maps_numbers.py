"""What is there to say about each map of a layer in numbers, and in which order do they stand?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Maps = npt.NDArray[np.float32]

MOST_PIXELS = 1_300_000
"""Of a mosaic; more than a screen shows. Larger layers show every second (third, ...) row and column."""


@dataclass(frozen=True, eq=False)
class MapNumbers:
    """One number a map, each (C,) float32. `zeros` is a share from 0 to 1; `place` counts values row by row."""

    mean: Maps
    least: Maps
    greatest: Maps
    place: npt.NDArray[np.int32]
    zeros: Maps
    magnitude: Maps


def map_numbers(maps: Maps) -> MapNumbers:
    """The numbers of maps (C, H, W); not-a-number makes a map's own numbers not-a-number."""
    flat = maps.reshape(len(maps), -1)
    with np.errstate(invalid="ignore", over="ignore"):
        return MapNumbers(
            mean=flat.mean(axis=1),
            least=flat.min(axis=1),
            greatest=flat.max(axis=1),
            place=flat.argmax(axis=1).astype(np.int32),
            zeros=(flat == 0).mean(axis=1, dtype=np.float32),
            magnitude=np.abs(flat).mean(axis=1),
        )


def map_order(numbers: MapNumbers, order: str) -> npt.NDArray[np.int32]:
    """The channels by "index", "mean", "maximum" or "magnitude" (of |values|); greatest first, equal ones by index."""
    by = {"mean": numbers.mean, "maximum": numbers.greatest, "magnitude": numbers.magnitude}.get(order)
    if by is None:
        return np.arange(len(numbers.mean), dtype=np.int32)
    return np.argsort(-np.nan_to_num(by, nan=-np.inf), kind="stable").astype(np.int32)


def kind_of(numbers: MapNumbers) -> Literal["signed", "magnitude"]:
    """A signed scale where any value is negative, else one for magnitudes."""
    return "signed" if (numbers.least < 0).any() else "magnitude"


def stride_for(shape: tuple[int, ...]) -> int:
    """Every how many rows and columns the mosaic shows, so that it stays within `MOST_PIXELS`."""
    count, height, width = shape
    stride = 1
    while count * -(-height // stride) * -(-width // stride) > MOST_PIXELS and stride < max(height, width):
        stride += 1
    return stride
