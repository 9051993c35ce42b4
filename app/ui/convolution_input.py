"""Which numbers go into the convolution? A made grid, or the middle of the picture, small enough to read."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image

from app.ui.convolution_state import Layer
from app.ui.picture import ChosenPicture
from cnnviz.image import fit, to_tensor

_LARGEST_NUMBER = 9


@dataclass(frozen=True)
class Given:
    """`values` (C, H, W): float32, or uint8 for 0..1 in steps of 1/255; `low` and `high` end its colours."""

    values: np.ndarray
    names: tuple[str, ...]
    low: float
    high: float


@dataclass(frozen=True)
class Crop:
    """A part of the picture fitted to `side`: from (`top`, `left`) on, `height` × `width` pixels."""

    side: int
    top: int
    left: int
    height: int
    width: int


def given_input(layer: Layer, chosen: ChosenPicture) -> Given:
    """The input of `layer`."""
    if layer.input == "numbers":
        return Given(number_grid(layer.side)[None], ("Input",), 0, _LARGEST_NUMBER)
    if layer.input == "point":
        return Given(point_grid(layer.side)[None], ("Input",), 0, 1)
    crop = middle(chosen.picture, layer.side)
    part = fit(chosen.picture, crop.side).crop((crop.left, crop.top, crop.left + crop.width, crop.top + crop.height))
    if layer.input == "grey":
        return Given(to_tensor(part, "grey").numpy(), ("Input, grey",), 0, 1)
    return Given(np.asarray(part.convert("RGB")).transpose(2, 0, 1), ("Red", "Green", "Blue"), 0, 1)


def number_grid(side: int) -> np.ndarray:
    """A hill of whole numbers 0 to 9, a little off the middle, float32 (side, side)."""
    row, col = np.mgrid[:side, :side] / max(1, side - 1)
    hill = np.exp(-((row - 0.42) ** 2 + (col - 0.6) ** 2) / 0.16)
    return np.rint(_LARGEST_NUMBER * hill).astype(np.float32)


def point_grid(side: int) -> np.ndarray:
    """Zeros and, in the middle, a one, float32 (side, side)."""
    grid = np.zeros((side, side), dtype=np.float32)
    grid[side // 2, side // 2] = 1
    return grid


def middle(picture: Image.Image, side: int) -> Crop:
    """The square in the middle, over the whole shorter side, with `side` pixels; a small picture gives what it has."""
    longer, shorter = max(picture.size), min(picture.size)
    fitted = min(longer, math.ceil(side * longer / shorter))
    width, height = fit(picture, fitted).size
    cut_height, cut_width = min(side, height), min(side, width)
    return Crop(fitted, (height - cut_height) // 2, (width - cut_width) // 2, cut_height, cut_width)
