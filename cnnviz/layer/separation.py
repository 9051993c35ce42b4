"""Can a kernel be run as two thin passes, a column and then a row?

It can when its matrix has rank 1: then it is the outer product of a column and a row, and k·k multiply-adds per output
value become 2k. The rank is read off the singular values.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnnviz.layer.windows import Pair, pair


class Factors(NamedTuple):
    """``np.outer(column, row)`` is the matrix; column (kh,), row (kw,), float64."""

    column: NDArray[np.float64]
    row: NDArray[np.float64]


@dataclass(frozen=True)
class PassCost:
    """Multiply-adds per output value of one channel: the whole kernel at once, or a column pass and a row pass."""

    one_pass: int
    two_pass: int


def separate(matrix: ArrayLike, tol: float = 1e-9) -> Factors | None:
    """The column and the row whose outer product is ``matrix`` (kh, kw), or None where its rank is not 1.

    Rank 1 means that the second singular value is at most ``tol`` times the first. Small fractions come out as one
    would write them: whole numbers (Sobel: [1, 2, 1] and [−1, 0, 1]), and where the matrix sums to 1 so does each
    factor (Gaussian: [1, 2, 1]/4 twice). Anything else is split evenly between the two factors.
    """
    matrix = np.asarray(matrix, dtype=np.float64)
    left, singular, right = np.linalg.svd(matrix)
    if singular[0] == 0 or (len(singular) > 1 and singular[1] > tol * singular[0]):
        return None
    written = _as_fractions(matrix)
    if written is not None:
        return _nice_factors(written)
    # The SVD fixes the pair only up to a sign: the row's largest entry is made positive.
    sign = math.copysign(1.0, right[0][np.argmax(np.abs(right[0]))])
    half = math.sqrt(singular[0]) * sign
    return Factors(left[:, 0] * half, right[0] * half)


def two_pass_cost(kernel: Pair) -> PassCost:
    """Multiply-adds per output value for a kernel of ``kernel`` (one int or (height, width)): k·k against 2k."""
    height, width = pair("The kernel size", kernel, least=1)
    return PassCost(one_pass=height * width, two_pass=height + width)


def _as_fractions(matrix: NDArray[np.float64]) -> list[list[Fraction]] | None:
    """Every entry as a fraction with a denominator up to 1024, or None where one is no such fraction."""
    rows = [[Fraction(float(value)).limit_denominator(1024) for value in row] for row in matrix]
    shown = np.array([[float(value) for value in row] for row in rows])
    return rows if np.allclose(shown, matrix, rtol=1e-12, atol=1e-15) else None


def _nice_factors(rows: list[list[Fraction]]) -> Factors | None:
    pivot_row = next(row for row in rows if any(row))
    row = _smallest_integers(pivot_row)
    tap = next(index for index, value in enumerate(row) if value)
    scaled = [values[tap] / row[tap] for values in rows]
    if any(values[j] != c * r for c, values in zip(scaled, rows, strict=True) for j, r in enumerate(row)):
        return None  # Rank 1 only to within the tolerance: close to these fractions, but not equal to them.
    column = _smallest_integers(scaled)
    factor = next(a / b for a, b in zip(scaled, column, strict=True) if b)
    if factor * sum(column) * sum(row) == 1:
        return Factors(_floats(column, Fraction(1, sum(column))), _floats(row, Fraction(1, sum(row))))
    return Factors(_floats(column, factor), _floats(row, Fraction(1)))


def _smallest_integers(values: list[Fraction]) -> list[int]:
    """The shortest whole-number vector in this direction, its last entry that is not zero positive."""
    common = math.lcm(*(value.denominator for value in values))
    whole = [int(value * common) for value in values]
    shared = math.gcd(*whole)
    sign = 1 if next(value for value in reversed(whole) if value) > 0 else -1
    return [sign * value // shared for value in whole]


def _floats(values: list[int], scale: Fraction) -> NDArray[np.float64]:
    return np.array([float(value * scale) for value in values])
