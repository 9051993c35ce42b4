"""How did one output value of a convolution come about?

The window's pixels, the weights that lie on them, the products, one sum per input channel, and the bias: everything
that is added up, in float64.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz.errors import SettingsError
from cnnviz.layer.windows import Padding, Pair, Window, check_padding_mode, placed, window

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Trace:
    """One output value and all that went into it; I input channels, a window of (kh, kw) taps."""

    row: int
    col: int
    channel: int
    inputs: tuple[int, ...]
    """Which input channels were read: one alone, or all."""
    patch: Array
    """(I, kh, kw): the pixels under the window."""
    padded: NDArray[np.bool_]
    """(kh, kw): True where the tap lies outside the picture."""
    weights: Array
    """(I, kh, kw): the weights as they lie on the pixels, turned round already where ``flip`` was asked for."""
    products: Array
    """(I, kh, kw): patch times weights."""
    channel_sums: Array
    """(I,): the sum of the products of each input channel."""
    bias: float
    value: float
    """The sum of ``channel_sums`` plus ``bias``."""
    rows: NDArray[np.int64]
    """(kh,): the taps' rows in the picture; negative, or from its height on, where they lie in the padding."""
    cols: NDArray[np.int64]
    """(kw,): the taps' columns in the picture, likewise."""
    source_rows: NDArray[np.int64]
    """(kh,): the picture's row that each tap's pixel was taken from; −1 where the padding is zero."""
    source_cols: NDArray[np.int64]
    """(kw,): the picture's column that each tap's pixel was taken from, likewise."""


def trace(
    image: Any,
    weights: Any,
    row: int,
    col: int,
    channel: int = 0,
    *,
    stride: Pair = 1,
    padding: Padding = "same",
    padding_mode: str = "zeros",
    dilation: Pair = 1,
    bias: Any = 0.0,
    flip: bool = False,
) -> Trace:
    """What ``convolve`` with these settings adds up for its output value [channel, row, col].

    ``image`` is (C, H, W), ``weights`` (kh, kw), (C, kh, kw) or (O, C, kh, kw), as in ``convolve``, tensors or arrays.
    Raises SettingsError for impossible settings and for a place that the output does not have.
    """
    picture, kernel = _array(image), _array(weights)
    if picture.ndim != 3 or kernel.ndim not in (2, 3, 4):
        raise SettingsError("A trace needs a picture (C, H, W) and weights (kh, kw), (C, kh, kw) or (O, C, kh, kw).")
    view = window(kernel.shape[-2:], stride, padding, dilation)
    size = (picture.shape[1], picture.shape[2])
    check_padding_mode(size, view, padding_mode)
    channels = {2: picture.shape[0], 3: 1, 4: kernel.shape[0]}[kernel.ndim]
    _check_place(channel, row, col, (channels, *placed(size, view)))

    inputs = (channel,) if kernel.ndim == 2 else tuple(range(picture.shape[0]))
    applied = _applied_weights(kernel, channel, flip)
    if applied.shape[0] != len(inputs):
        raise SettingsError(
            f"The weights are for {applied.shape[0]} channels and the picture has {picture.shape[0]}: "
            "give one kernel matrix for each channel."
        )
    rows, source_rows = _taps(view, 0, row, size[0], padding_mode)
    cols, source_cols = _taps(view, 1, col, size[1], padding_mode)
    blank = (source_rows < 0)[:, None] | (source_cols < 0)[None, :]
    patch = np.where(blank, 0.0, picture[np.ix_(np.array(inputs), source_rows, source_cols)])
    products = patch * applied
    sums = products.sum(axis=(1, 2))
    offsets = _array(bias).ravel()
    offset = float(offsets[channel if offsets.size > 1 else 0])
    outside = ((rows < 0) | (rows >= size[0]))[:, None] | ((cols < 0) | (cols >= size[1]))[None, :]
    return Trace(
        row, col, channel, inputs, patch, outside, applied, products, sums, offset, float(sums.sum() + offset),
        rows, cols, source_rows, source_cols,
    )  # fmt: skip


def _array(value: Any) -> Array:
    """A tensor or an array as float64 NumPy; torch is not imported for it."""
    if hasattr(value, "detach"):
        value = value.detach().cpu().double().numpy()
    return np.asarray(value, dtype=np.float64)


def _check_place(channel: int, row: int, col: int, shape: tuple[int, int, int]) -> None:
    for what, index, length in zip(("channel", "row", "column"), (channel, row, col), shape, strict=True):
        if not 0 <= index < length:
            raise SettingsError(f"The output has no {what} {index}: use one from 0 to {length - 1}.")


def _applied_weights(kernel: Array, channel: int, flip: bool) -> Array:
    chosen = kernel[None] if kernel.ndim == 2 else kernel if kernel.ndim == 3 else kernel[channel]
    return chosen[:, ::-1, ::-1] if flip else chosen


def _taps(view: Window, axis: int, place: int, size: int, mode: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The window's positions along one axis, and the picture's rows or columns whose pixels stand there."""
    start = place * view.stride[axis] - view.padding[axis][0]
    taps = start + np.arange(view.kernel[axis], dtype=np.int64) * view.dilation[axis]
    if mode == "zeros":
        return taps, np.where((taps >= 0) & (taps < size), taps, -1)
    if mode == "reflect":
        return taps, np.where(taps < 0, -taps, np.where(taps >= size, 2 * (size - 1) - taps, taps))
    return taps, np.clip(taps, 0, size - 1) if mode == "replicate" else taps % size
