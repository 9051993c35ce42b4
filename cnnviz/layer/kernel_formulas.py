"""Which matrix does a kernel with settings have?

Each function returns a (size, size) float64 matrix for cross-correlation: laid on the picture as it stands, row 0 at
the top, column 0 at the left. Sizes are odd, so that a matrix has a centre.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


def box(size: int) -> Matrix:
    """The mean of ``size``·``size`` pixels: every entry 1/size²."""
    return np.full((size, size), 1.0 / size**2)


def gaussian(size: int, sigma: float) -> Matrix:
    """exp(−(x² + y²) / 2σ²) at whole pixels, divided by its sum; ``sigma`` in pixels."""
    offsets = _offsets(size)
    bell = np.exp(-(offsets**2) / (2.0 * sigma**2))
    bell /= bell.sum()
    return np.outer(bell, bell)


def laplacian_of_gaussian(size: int, sigma: float) -> Matrix:
    """(r² − 2σ²)/σ⁴ times the Gaussian, less its mean, so that it sums to 0; ``sigma`` in pixels.

    The centre is negative, as in the Laplacian itself (Marr and Hildreth, 1980).
    """
    offsets = _offsets(size)
    squared = offsets[:, None] ** 2 + offsets[None, :] ** 2
    matrix = (squared - 2.0 * sigma**2) / sigma**4 * gaussian(size, sigma)
    # The bell is cut off at the edge and sampled, so its second derivative sums to almost 0; a flat area has to give 0.
    return matrix - matrix.mean()


def motion_blur(length: int, angle: float) -> Matrix:
    """The mean of ``length`` points one pixel apart on a line through the centre.

    ``angle`` in degrees, anticlockwise from pointing right. A point between pixels is shared by its four neighbours in
    proportion to their nearness.
    """
    matrix = np.zeros((length, length))
    turn = math.radians(angle)
    for step in _offsets(length):
        # Rounded so that a line along an axis stays on whole pixels: cos 90° is 6e-17 in floating point.
        row = round(length // 2 - step * math.sin(turn), 12)
        col = round(length // 2 + step * math.cos(turn), 12)
        for r, row_share in _neighbours(row):
            for c, col_share in _neighbours(col):
                matrix[r, c] += row_share * col_share / length
    return matrix


def unsharp_mask(amount: float, size: int, sigma: float) -> Matrix:
    """identity + amount · (identity − Gaussian): the picture plus ``amount`` times what a blur takes away."""
    return (1.0 + amount) * identity(size) - amount * gaussian(size, sigma)


def high_boost(boost: float) -> Matrix:
    """A · identity − box, 3×3: A times the picture less its blur (Gonzalez and Woods); it sums to A − 1."""
    return boost * identity(3) - box(3)


def identity(size: int) -> Matrix:
    """1 in the centre, 0 elsewhere."""
    matrix = np.zeros((size, size))
    matrix[size // 2, size // 2] = 1.0
    return matrix


def _offsets(size: int) -> Matrix:
    """Distances of ``size`` pixels from the middle one: −1, 0, 1 for size 3."""
    return np.arange(size, dtype=np.float64) - size // 2


def _neighbours(position: float) -> list[tuple[int, float]]:
    """The whole pixels on either side of ``position`` and the share of each; a share of 0 is left out."""
    below = math.floor(position)
    share = position - below
    return [(below, 1.0 - share)] + ([(below + 1, share)] if share else [])
