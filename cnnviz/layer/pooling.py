"""What does pooling keep of a map, and where did each kept number come from?

A window slides over every channel by itself and leaves one number at each place: the largest, the mean, the sum, or an
Lp norm. ``pool`` gives torch's numbers, ``pool_trace`` one window with all that is in it, ``pool_readers`` the other
way round which windows read a cell. ``blur_pool`` is the anti-aliased way to stride (Zhang, *Making Convolutional
Networks Shift-Invariant Again*, 2019).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from cnnviz.errors import SettingsError
from cnnviz.layer.windows import Pair, pair, placed
from cnnviz.layer.windows import window as checked_window

if TYPE_CHECKING:
    from torch import Tensor

PoolKind = Literal["max", "average", "sum", "lp", "global average"]
POOL_KINDS: tuple[PoolKind, ...] = ("max", "average", "sum", "lp", "global average")


@dataclass(frozen=True)
class PoolTrace:
    """One pooled value and the window it came from, in float64."""

    row: int
    col: int
    channel: int
    rows: NDArray[np.int64]
    """The window's rows in the map; negative, or from its height on, where they lie in the padding."""
    cols: NDArray[np.int64]
    """The window's columns, likewise."""
    patch: NDArray[np.float64]
    """(rows, cols): what stands under the window; 0 in the padding."""
    padded: NDArray[np.bool_]
    """(rows, cols): True where the cell lies outside the map. A maximum never takes such a cell."""
    winners: tuple[tuple[int, int], ...]
    """Of a maximum: every cell (row, col) of the map that holds it, in reading order; torch passes the gradient to the
    first. Empty for the other kinds, where every cell counts."""
    divisor: float
    """What the sum is divided by: the number of cells for a mean, 1 for a sum; for an Lp norm the share of the window
    that a cut window still has, because torch scales its sum up to a full window."""
    value: float


def pool(
    image: Any,
    kind: PoolKind = "max",
    window: Pair = 2,
    stride: Pair | None = None,
    padding: Pair = 0,
    ceil_mode: bool = False,
    p: float = 2.0,
    count_include_pad: bool = True,
) -> Tensor:
    """The maps ``image`` (C, H, W), pooled each by itself → (C, H', W'), as torch does it.

    ``max`` is ``max_pool2d`` (padding never wins); ``average`` is ``avg_pool2d``, in which padded zeros count unless
    ``count_include_pad`` is False; ``sum`` adds up; ``lp`` is ``lp_pool2d`` of the absolute values, which also takes
    odd and broken ``p`` for negative numbers and zero padding, both of which torch's own lacks; ``global average``
    takes no window and gives (C, 1, 1).

    ``stride`` None is the window's size. ``padding`` is at most half the window. With ``ceil_mode`` a last window may
    hang over the end. Works in the map's floating dtype (integers become float32). Raises SettingsError.
    """
    import torch
    import torch.nn.functional as F

    maps = torch.as_tensor(image)
    maps = maps if maps.is_floating_point() else maps.float()
    if maps.ndim != 3:
        raise SettingsError(f"The maps have shape {tuple(maps.shape)}: they have to be (channels, height, width).")
    _check_kind(kind, p)
    if kind == "global average":
        return maps.mean((1, 2), keepdim=True)
    kernel, step, pad = _settings((maps.shape[1], maps.shape[2]), window, stride, padding)
    if kind == "max":
        return F.max_pool2d(maps[None], kernel, step, pad, ceil_mode=ceil_mode)[0]
    if kind == "average":
        return F.avg_pool2d(maps[None], kernel, step, pad, ceil_mode, count_include_pad)[0]
    if kind == "sum":
        return F.avg_pool2d(maps[None], kernel, step, pad, ceil_mode, divisor_override=1)[0]
    means = F.avg_pool2d(maps[None].abs().pow(p), kernel, step, pad, ceil_mode)[0]
    return (means * (kernel[0] * kernel[1])).pow(1 / p)


def pooled_size(
    size: Pair, window: Pair, stride: Pair | None = None, padding: Pair = 0, ceil_mode: bool = False
) -> tuple[int, int]:
    """(height, width) after pooling: floor((H + 2P − K) / S) + 1, or with ``ceil_mode`` the ceiling of the quotient.

    A window that would begin beyond the map and its padding on the near side is dropped, as torch does.
    """
    height, width = pair("The input size", size, least=1)
    kernel, step, pad = _settings((height, width), window, stride, padding)
    lengths = zip((height, width), kernel, step, pad, strict=True)
    rows, cols = (_places(length, k, s, q, ceil_mode) for length, k, s, q in lengths)
    return rows, cols


def pool_trace(
    image: Any,
    row: int,
    col: int,
    channel: int = 0,
    *,
    kind: PoolKind = "max",
    window: Pair = 2,
    stride: Pair | None = None,
    padding: Pair = 0,
    ceil_mode: bool = False,
    p: float = 2.0,
    count_include_pad: bool = True,
) -> PoolTrace:
    """How the value [channel, row, col] of ``pool`` with these settings came about; ``image`` is (C, H, W).

    Raises SettingsError for impossible settings and for a place that the output does not have.
    """
    maps = _array(image)
    _check_kind(kind, p)
    size = (maps.shape[1], maps.shape[2])
    if kind == "global average":
        window, stride, padding, ceil_mode = size, size, 0, False
    kernel, step, pad = _settings(size, window, stride, padding)
    _check_place((channel, row, col), (maps.shape[0], *pooled_size(size, window, stride, padding, ceil_mode)))
    rows, cols = (
        _reach(place, size[axis], kernel[axis], step[axis], pad[axis]) for axis, place in enumerate((row, col))
    )
    outside = _outside(rows, size[0])[:, None] | _outside(cols, size[1])[None, :]
    near = np.ix_(np.clip(rows, 0, size[0] - 1), np.clip(cols, 0, size[1] - 1))
    patch = np.where(outside, 0.0, maps[channel][near])
    winners: tuple[tuple[int, int], ...] = ()
    divisor = 1.0
    if kind == "max":
        value = float(patch[~outside].max())
        winners = tuple((int(rows[i]), int(cols[j])) for i, j in np.argwhere((patch == value) & ~outside))
    elif kind == "lp":
        divisor = patch.size / (kernel[0] * kernel[1])
        value = float((np.abs(patch) ** p).sum() / divisor) ** (1 / p)
    else:
        if kind != "sum":
            divisor = float(patch.size if count_include_pad else (~outside).sum())
        value = float(patch.sum() / divisor)
    return PoolTrace(row, col, channel, rows, cols, patch, outside, winners, divisor, value)


def pool_readers(
    size: Pair, row: int, col: int, window: Pair, stride: Pair | None = None, padding: Pair = 0, ceil_mode: bool = False
) -> tuple[range, range]:
    """The rows and columns of the output whose windows read cell [row, col] of a map of ``size``."""
    places = pooled_size(size, window, stride, padding, ceil_mode)
    kernel, step, pad = _settings(pair("The input size", size, least=1), window, stride, padding)

    def along(axis: int, at: int) -> range:
        first = max(0, -(-(at + pad[axis] - kernel[axis] + 1) // step[axis]))
        return range(first, min(places[axis] - 1, (at + pad[axis]) // step[axis]) + 1)

    return along(0, row), along(1, col)


def blur_pool(image: Any, taps: int = 3, stride: Pair = 2) -> Tensor:
    """The maps (C, H, W) blurred with a binomial kernel of ``taps`` × ``taps`` and then strided: Zhang's BlurPool.

    3 taps are [1, 2, 1] / 4 both ways, 5 taps [1, 4, 6, 4, 1] / 16, and so on; 1 tap only strides. The border is
    mirrored, the extra pixel of even kernels goes to the end.
    """
    import torch
    import torch.nn.functional as F

    maps = torch.as_tensor(image)
    if not 1 <= taps <= 15:
        raise SettingsError(f"The blur has {taps} taps: use 1 to 15.")
    step = pair("The stride", stride, least=1)
    before, after = (taps - 1) // 2, taps // 2
    if min(maps.shape[1:]) <= after:
        raise SettingsError(f"A blur of {taps} taps needs a map of at least {after + 1} rows and columns.")
    row = torch.tensor([math.comb(taps - 1, i) for i in range(taps)]).to(maps) / 2 ** (taps - 1)
    kernel = (row[:, None] * row[None, :]).expand(maps.shape[0], 1, -1, -1)
    padded = F.pad(maps[None], (before, after, before, after), mode="reflect" if taps > 1 else "constant")
    return F.conv2d(padded, kernel, stride=step, groups=maps.shape[0])[0]


def _array(image: Any) -> NDArray[np.float64]:
    maps = np.asarray(image.detach().cpu() if hasattr(image, "detach") else image, dtype=np.float64)
    if maps.ndim != 3:
        raise SettingsError(f"The maps have shape {maps.shape}: they have to be (channels, height, width).")
    return maps


def _check_kind(kind: str, p: float) -> None:
    if kind not in POOL_KINDS:
        raise SettingsError(f"Pooling {kind!r} does not exist: use one of {', '.join(POOL_KINDS)}.")
    if kind == "lp" and not (math.isfinite(p) and p > 0):
        raise SettingsError(f"The power p is {p}: an Lp norm needs a number above 0.")


def _settings(
    size: tuple[int, int], window: Pair, stride: Pair | None, padding: Pair
) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]]:
    """Window, stride and padding, checked, each as (height, width)."""
    kernel = pair("The window", window, least=1)
    step = kernel if stride is None else pair("The stride", stride, least=1)
    pad = pair("The padding", padding, least=0)
    for axis in (0, 1):
        if 2 * pad[axis] > kernel[axis]:
            raise SettingsError(
                f"Padding {pad[axis]} is more than half the window of {kernel[axis]}, and a window has to "
                f"hold a cell: use padding of at most {kernel[axis] // 2}, or a window of at least {2 * pad[axis]}."
            )
    placed(size, checked_window(kernel, step, pad))  # says what to change where no window fits
    return kernel, step, pad


def _places(length: int, kernel: int, stride: int, padding: int, ceil_mode: bool) -> int:
    room = length + 2 * padding - kernel
    if not ceil_mode:
        return room // stride + 1
    places = -(-room // stride) + 1
    return places - 1 if (places - 1) * stride >= length + padding else places


def _reach(place: int, length: int, kernel: int, stride: int, padding: int) -> NDArray[np.int64]:
    """The cells of a window along one axis; one that hangs over the end is cut off behind the padding."""
    start = place * stride - padding
    return np.arange(start, min(start + kernel, length + padding), dtype=np.int64)


def _outside(positions: NDArray[np.int64], length: int) -> NDArray[np.bool_]:
    return (positions < 0) | (positions >= length)


def _check_place(place: tuple[int, int, int], shape: tuple[int, int, int]) -> None:
    for what, index, length in zip(("channel", "row", "column"), place, shape, strict=True):
        if not 0 <= index < length:
            raise SettingsError(f"The pooled map has no {what} {index}: use one from 0 to {length - 1}.")
