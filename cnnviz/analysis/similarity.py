"""How alike are two heat maps: do they order the pixels alike, and do they look alike?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cnnviz.errors import SettingsError

if TYPE_CHECKING:
    from torch import Tensor

WINDOW = 7
"""Side of the squares in which SSIM compares; 7 is customary for evenly weighted ones."""


def rank_correlation(first: Tensor, second: Tensor) -> float:
    """Spearman's rank correlation of two maps of one size, −1 to 1; equal values share the mean of their ranks.

    Of maps of which one is constant it is 0, since that one orders nothing; two constant ones agree, 1.
    """
    from scipy.stats import rankdata

    a, b = _arrays(first, second)
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return float(np.ptp(a) == np.ptp(b))
    return float(np.clip(np.corrcoef(rankdata(a), rankdata(b))[0, 1], -1, 1))


def structural_similarity(first: Tensor, second: Tensor) -> float:
    """The mean SSIM of two maps of one size, −1 to 1, each divided by its largest size of value before.

    Means, variances and covariance are those of squares of 7 × 7 pixels that lie inside, each pixel counted alike
    (Wang, Bovik, Sheikh, Simoncelli 2004, doi:10.1109/TIP.2003.819861, with K1 = 0.01, K2 = 0.03). The range of values
    is 2 where one map has negative values, else 1.
    """
    from scipy.ndimage import uniform_filter

    a, b = (array / max(float(np.abs(array).max()), np.finfo(float).tiny) for array in _arrays(first, second))
    side = min(WINDOW, *a.shape)
    span = 2.0 if min(a.min(), b.min()) < 0 else 1.0
    inner = tuple(slice(side // 2, length - (side - 1) // 2) for length in a.shape)

    def mean(values: np.ndarray) -> np.ndarray:
        blurred: np.ndarray = uniform_filter(values, side)[inner]
        return blurred

    mean_a, mean_b = mean(a), mean(b)
    unbiased = side**2 / max(side**2 - 1, 1)
    var_a, var_b = unbiased * (mean(a * a) - mean_a**2), unbiased * (mean(b * b) - mean_b**2)
    both = unbiased * (mean(a * b) - mean_a * mean_b)
    c1, c2 = (0.01 * span) ** 2, (0.03 * span) ** 2
    alike = (2 * mean_a * mean_b + c1) * (2 * both + c2) / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2))
    return float(alike.mean())


def _arrays(first: Tensor, second: Tensor) -> tuple[np.ndarray, np.ndarray]:
    if first.shape != second.shape or first.ndim != 2 or not first.numel():
        raise SettingsError(
            f"Maps of {tuple(first.shape)} and {tuple(second.shape)} cannot be compared; give one size."
        )
    a, b = (tensor.detach().double().cpu().numpy() for tensor in (first, second))
    return a, b
