"""Which elements does an output of a convolution, a pooling, a padding or an interpolation read?

For each axis of the map that is a table (outputs, taps) of indices into the input, negative or too large in the
padding; :func:`cnnviz.analysis.field_reach.gather` does the rest.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from cnnviz.analysis.field_reach import FAR, Array, Axis, Reach, Shape, each, gather, owner, reduce, with_axis


def windows(outputs: int, kernel: int, stride: int, padding: int, dilation: int) -> Array:
    """The taps of a convolution or pooling: o·stride − padding + k·dilation."""
    return np.arange(outputs)[:, None] * stride - padding + dilation * np.arange(kernel)


def convolved(
    reach: Reach,
    shape: Shape,
    output: Shape,
    kernel: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
) -> Reach:
    """Windows over the last ``len(kernel)`` axes. ``output`` has the tensor's shape after it, ceil mode included."""
    first = len(shape) - len(kernel)
    for i, size in enumerate(kernel):
        if size > 1 or stride[i] > 1 or padding[i]:
            taps = windows(output[first + i], size, stride[i], padding[i], dilation[i])
            reach = gather(reach, first + i, shape, taps, Fraction(stride[i]))
            shape = (*shape[: first + i], output[first + i], *shape[first + i + 1 :])
    return reach


def transposed(
    reach: Reach,
    shape: Shape,
    output: Shape,
    kernel: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
) -> Reach:
    """A transposed convolution: output o reads input i wherever o = i·stride − padding + k·dilation, k < kernel."""
    first = len(shape) - len(kernel)
    for i, size in enumerate(kernel):
        ahead = np.arange(output[first + i])[:, None] + padding[i] - dilation[i] * np.arange(size)
        reach = gather(reach, first + i, shape, ahead // stride[i], Fraction(1, stride[i]), ahead % stride[i] == 0)
        shape = (*shape[: first + i], output[first + i], *shape[first + i + 1 :])
    return reach


def over_channels(reach: Reach, channels: int, outputs: int, groups: int) -> Reach:
    """What a convolution does to axis 1: each output channel reads all input channels of its group."""

    def mixed(axis: Axis) -> Axis:
        if axis.box.shape[1] == axis.read.shape[1] == 1:
            return axis
        return Axis(_grouped(axis.box, np.minimum), _grouped(axis.read, np.bitwise_or), axis.jump)

    def _grouped(array: Array, join: np.ufunc) -> Array:
        if array.shape[1] == 1:
            return array
        grouped = array.reshape(array.shape[0], groups, channels // groups, *array.shape[2:])
        return np.repeat(join.reduce(grouped, axis=2), outputs // groups if groups > 1 else 1, axis=1)

    return Reach(mixed(reach.rows), mixed(reach.columns), reach.gated, reach.corners, reach.blocked)


def adaptive(reach: Reach, shape: Shape, sizes: Sequence[int]) -> Reach:
    """Adaptive pooling: output o reads ⌊o·in/out⌋ … ⌈(o+1)·in/out⌉ − 1; a single output sees all."""
    first = len(shape) - len(sizes)
    if all(size == 1 for size in sizes):
        return pooled_over(reach, shape, range(first, len(shape)))
    for i, size in enumerate(sizes):
        before = shape[first + i]
        starts = np.arange(size) * before // size
        ends = -(-(np.arange(size) + 1) * before // size)
        taps = starts[:, None] + np.arange((ends - starts).max())
        reach = gather(reach, first + i, shape, taps, Fraction(before, size), taps < ends[:, None])
        shape = (*shape[: first + i], size, *shape[first + i + 1 :])
    return reach


def pooled_over(reach: Reach, shape: Shape, dims: Iterable[int]) -> Reach:
    """A mean or a maximum over whole axes: over all rows or all columns, it sees the whole input there.

    So it does on a map of one pixel, where nothing shows it: global pooling is global at any size.
    """
    dims = tuple(dims)
    reduced = reduce(reach, dims, mixes=True)
    for name, dim in (("rows", len(shape) - 2), ("columns", len(shape) - 1)):
        axis: Axis = getattr(reduced, name)
        if len(shape) == 4 and dim in dims and shape[dim] == 1:
            reduced = with_axis(reduced, name, replace(axis, box=np.full_like(axis.box, -FAR)))
    return reduced


def padded(reach: Reach, shape: Shape, pads: Sequence[int]) -> Reach:
    """Constant padding, from the last axis to the front (before, after), as in ``torch.nn.functional.pad``."""
    for place in range(len(pads) // 2):
        before, after = pads[2 * place], pads[2 * place + 1]
        dim = len(shape) - 1 - place
        if before or after:
            taps = np.arange(-before, shape[dim] + after)[:, None]
            reach = gather(reach, dim, shape, taps, Fraction(1))
            shape = (*shape[:dim], len(taps), *shape[dim + 1 :])
    return reach


def mirrored(reach: Reach, shape: Shape, pads: Sequence[int], reflect: bool) -> Reach:
    """Padding that copies pixels: the box goes on into the padding, and besides it the pixel that is copied is read."""
    for place in range(len(pads) // 2):
        before, after = pads[2 * place], pads[2 * place + 1]
        dim = len(shape) - 1 - place
        index = np.arange(-before, shape[dim] + after)
        last = shape[dim] - 1
        copied = last - np.abs(last - np.abs(index)) if reflect else index.clip(0, last)
        reach = gather(reach, dim, shape, np.stack([index, copied], axis=1), Fraction(1))
        shape = (*shape[:dim], len(index), *shape[dim + 1 :])
    return reach


def unfolded(reach: Reach, shape: Shape, dim: int, size: int, step: int) -> Reach:
    """``Tensor.unfold``: windows along an axis, their elements along a new last axis."""
    count = (shape[dim] - size) // step + 1
    index = windows(count, size, step, 0, 1)

    def opened(array: Array) -> Array:
        if array.shape[dim] == 1:
            return array[..., None, :]
        return np.moveaxis(np.take(array, index, axis=dim), dim + 1, -2)

    name = owner(reach, dim, len(shape))
    opened_reach = each(reach, opened)
    if not name:
        return opened_reach
    axis: Axis = getattr(opened_reach, name)
    return with_axis(opened_reach, name, replace(axis, jump=axis.jump * step))


def interpolated(
    reach: Reach, shape: Shape, output: Shape, taps: int, scales: Sequence[float | None], align: bool, antialias: bool
) -> Reach:
    """Interpolation: nearest (1 tap), linear (2) or cubic (4); pixels of weight zero are not read.

    ``scales`` are the factors given by the caller, None where they follow from the sizes, as torch computes them.
    """
    first = len(shape) - len(scales)
    for i, scale in enumerate(scales):
        before, after = shape[first + i], output[first + i]
        index, reads = _sources(before, after, taps, scale, align, antialias)
        reach = gather(reach, first + i, shape, index, Fraction(before, after), reads)
        shape = (*shape[: first + i], after, *shape[first + i + 1 :])
    return reach


def exact_nearest(reach: Reach, shape: Shape, output: Shape, scales: Sequence[float | None]) -> Reach:
    """Nearest neighbour by pixel centres (mode "nearest-exact")."""
    first = len(shape) - len(scales)
    for i, scale in enumerate(scales):
        before, after = shape[first + i], output[first + i]
        index = np.floor((np.arange(after, dtype=np.float32) + np.float32(0.5)) * _ratio(before, after, scale))
        reach = gather(reach, first + i, shape, index.astype(int).clip(0, before - 1)[:, None], Fraction(before, after))
        shape = (*shape[: first + i], after, *shape[first + i + 1 :])
    return reach


def _ratio(before: int, after: int, scale: float | None) -> np.float32:
    return np.float32(1 / scale) if scale else np.float32(before) / np.float32(after)


def _sources(
    before: int, after: int, taps: int, scale: float | None, align: bool, antialias: bool
) -> tuple[Array, Array | None]:
    place = np.arange(after, dtype=np.float32)
    if align:
        ratio = np.float32((before - 1) / (after - 1)) if after > 1 else np.float32(0)
    else:
        ratio = _ratio(before, after, scale)
    if taps == 1:
        return np.floor(place * ratio).astype(int).clip(0, before - 1)[:, None], None
    if antialias:
        return _antialiased(before, after, taps, float(ratio), align)
    source = place * ratio if align else (place + np.float32(0.5)) * ratio - np.float32(0.5)
    if taps == 2:
        source = source.clip(0, None)
    low = np.floor(source)
    exact = source == low
    offsets = np.arange(taps) - (taps // 2 - 1)
    index = (low[:, None].astype(int) + offsets).clip(0, before - 1)
    return index, ~exact[:, None] | (offsets == 0)


def _antialiased(before: int, after: int, taps: int, ratio: float, align: bool) -> tuple[Array, Array]:
    """A triangle (linear) or a cubic of the width of an output pixel; at its ends the weight is zero."""
    support = taps / 2 * max(ratio, 1.0)
    middle = ratio * (np.arange(after) + (0.0 if align else 0.5)) + (0.5 if align else 0.0)
    starts = np.maximum((middle - support + 0.5).astype(int), 0)
    ends = np.minimum((middle + support + 0.5).astype(int), before)
    index = starts[:, None] + np.arange(max(1, math.ceil(2 * support) + 1))
    inside = np.abs(index - middle[:, None] + 0.5) < support - 1e-6
    return index.clip(0, before - 1), (index < ends[:, None]) & inside
