"""How much does a pooled map change when the picture moves by a few pixels?

Two questions in one measurement. *Invariance*: is the pooled map of the moved picture the same as before?
*Equivariance*: is it the pooled map as before, moved along? Between whole cells, "moved along" is linear interpolation
between the two nearest. Differences are root mean squares in units of the pooled map's own standard deviation: 0 is no
difference, √2 is what two unrelated maps would give.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnviz.errors import SettingsError

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class ShiftCurve:
    """One difference for each shift from 0 pixels on."""

    against_still: tuple[float, ...]
    """Moved and pooled, against pooled: what full invariance would make 0."""
    against_moved: tuple[float, ...]
    """Moved and pooled, against pooled and moved along: what full equivariance would make 0."""


def shift_curve(
    image: Tensor, reduce: Callable[[Tensor], Tensor], stride: int, most: int, margin: int = 2
) -> ShiftCurve:
    """``reduce`` the maps (C, H, W) seen through a window that moves to the right by 0 to ``most`` pixels.

    The window is ``most`` pixels narrower than the maps, so that real pixels come in at its edge; ``margin`` pooled
    cells at each edge, which padding may have touched, are left out. ``stride`` is that of ``reduce``.
    Raises SettingsError where nothing would be left to compare.
    """
    width = image.shape[2] - most
    far = -(-most // stride)  # cells by which the furthest comparison reaches to the right
    least = stride * (2 * margin + far + 2)
    if min(width, image.shape[1]) < max(1, least):
        raise SettingsError(
            f"The map is {image.shape[1]} × {image.shape[2]}: a shift test of {most} pixels with stride {stride} "
            f"needs at least {least} rows and {least + most} columns. Take a larger part of the picture."
        )
    maps = [reduce(image[:, :, n : n + width]) for n in range(most + 1)]
    rows = slice(margin, maps[0].shape[1] - margin)
    last = maps[0].shape[2] - margin - far
    if last - margin < 1 or rows.stop - rows.start < 1:
        raise SettingsError("The pooled map is too small to compare: take a larger part of the picture.")

    def part(values: Tensor, by: int = 0) -> Tensor:
        return values[:, rows, margin + by : last + by].double()

    still = part(maps[0])
    spread = float(still.std(correction=0)) or 1.0
    against_still, against_moved = [], []
    for n, moved in enumerate(maps):
        whole, rest = divmod(n, stride)
        share = rest / stride
        along = part(maps[0], whole) if not rest else (
            (1 - share) * part(maps[0], whole) + share * part(maps[0], whole + 1)
        )  # fmt: skip
        against_still.append(float((part(moved) - still).square().mean().sqrt()) / spread)
        against_moved.append(float((part(moved) - along).square().mean().sqrt()) / spread)
    return ShiftCurve(tuple(against_still), tuple(against_moved))
