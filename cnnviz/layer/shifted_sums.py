"""How does a small kernel cross a large picture without waiting for memory?

A kernel's answer is a sum of shifted copies of the picture, one for each tap, times the tap's weight. Done one band of
rows at a time, so that picture and sum stay in the processor's cache, that beats every memory layout of ``conv2d`` for
small kernels on large pictures, whose time goes into fetching fresh memory. The numbers are the same up to rounding.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from cnnviz.layer.windows import Window, placed

# Large enough that starting an operation costs nothing beside doing it, small enough for the cache; measured.
BAND_BYTES = 1 << 21


def shifted_sums(
    picture: Tensor, kernel: Tensor, view: Window, bias: float = 0.0, finish: Callable[[Tensor], Tensor] | None = None
) -> Tensor:
    """Each channel of ``picture`` (C, H, W) under ``kernel`` (kh, kw), with stride 1 and zeros around it → (C, H', W').

    The sums are kept in the kernel's dtype; the picture may have another, such as uint8. ``finish`` turns each band of
    sums into what is wanted and may work in place; by default they are returned as they are. The result lies in
    memory as the picture does: planes one after another, or channels last.
    """
    height, width = placed((picture.shape[1], picture.shape[2]), view)
    sheets, step = _sheets(picture)
    (top, _), (left, right) = view.padding
    band = max(1, min(height, BAND_BYTES // (width * step * kernel.element_size())))
    pixels = kernel.new_zeros((band + view.span[0] - 1, (picture.shape[2] + left + right) * step))
    sums = kernel.new_empty((band, width * step))
    taps = _taps(kernel, view.dilation, step)
    result: Tensor | None = None
    for index, sheet in enumerate(sheets):
        for first in range(0, height, band):
            count = min(band, height - first)
            _load(pixels[: count + view.span[0] - 1], sheet, first - top, left * step)
            _add_up(sums[:count], pixels, taps)
            if bias:
                sums[:count] += bias
            done = finish(sums[:count]) if finish else sums[:count]
            if result is None:
                result = done.new_empty((len(sheets), height, width * step))
            result[index, first : first + count] = done
    assert result is not None  # A picture has at least one channel and one row of output.
    return result.view(height, width, step).permute(2, 0, 1) if step > 1 else result


def _sheets(picture: Tensor) -> tuple[Tensor, int]:
    """The picture as sheets (S, H, W·step) of neighbours in memory: one sheet where channels come last, else C."""
    channels, height, width = picture.shape
    last = picture.permute(1, 2, 0)
    if channels > 1 and last.is_contiguous():
        return last.view(1, height, width * channels), channels
    return picture, 1


def _taps(kernel: Tensor, dilation: tuple[int, int], step: int) -> list[tuple[int, int, float]]:
    """(rows down, numbers to the right, weight) of each tap."""
    weights = kernel.tolist()
    return [
        (row * dilation[0], col * dilation[1] * step, weight)
        for row, line in enumerate(weights)
        for col, weight in enumerate(line)
    ]


def _load(pixels: Tensor, sheet: Tensor, first: int, left: int) -> None:
    """Copy the sheet's rows from ``first`` on into ``pixels``, ``left`` numbers in; rows outside the sheet are zero."""
    above = min(max(0, -first), len(pixels))
    below = min(max(above, sheet.shape[0] - first), len(pixels))
    pixels[:above] = 0
    pixels[above:below, left : left + sheet.shape[1]] = sheet[first + above : first + below]
    pixels[below:] = 0


def _add_up(sums: Tensor, pixels: Tensor, taps: list[tuple[int, int, float]]) -> None:
    count, width = sums.shape
    for index, (down, right, weight) in enumerate(taps):
        shifted = pixels[down : down + count, right : right + width]
        if index == 0:
            torch.mul(shifted, weight, out=sums)
        else:
            sums.add_(shifted, alpha=weight)
