"""What can each element of a tensor see of the input, and how is that joined, gathered and reduced?

Boxes are separable, so rows and columns are followed apart. For each of the two a tensor of shape (N, C, H, W) carries
two small arrays of shape (1, 1, H, 1, payload): any axis along which nothing changes has size 1, as in broadcasting.

- ``box``: int32 (…, 2), the first row and minus the last one, not clipped. With that sign every union is a minimum.
- ``read``: uint64 (…, words), one bit for each row of the input that is really read. Every union is an "or".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Shape = tuple[int, ...]

FAR = 1 << 28
"""A box from −FAR to FAR sees everything; one from FAR to −FAR nothing. No true coordinate comes near."""


@dataclass(frozen=True, slots=True)
class Axis:
    """The rows (or the columns) that each element sees; ``jump`` is the mean step between neighbours, in pixels."""

    box: Array
    read: Array
    jump: Fraction


@dataclass(frozen=True, slots=True)
class Reach:
    """What each element of one tensor sees.

    Attributes:
        rows, columns: see the module's text.
        gated: a gate that sees the whole input was held constant on the way.
        corners: the union of branches of different shape is smaller than its box.
        blocked: bool (…, 1), where an attention mask holds elements at zero; None for nowhere.
    """

    rows: Axis
    columns: Axis
    gated: bool = False
    corners: bool = False
    blocked: Array | None = None


def pixels(shape: Shape) -> Reach:
    """The reach of the input itself, (N, C, H, W): each pixel sees itself. Without rows and columns all see all."""
    if len(shape) < 3 or shape[-2:] == (1, 1):
        box = np.full((1,) * len(shape) + (2,), -FAR, np.int32)
        axis = Axis(box, np.ones((1,) * len(shape) + (1,), np.uint64), Fraction(1))
        return Reach(axis, axis)
    return Reach(_identity(shape, len(shape) - 2), _identity(shape, len(shape) - 1))


def nothing(ndim: int, like: Reach) -> Reach:
    """The reach of a constant."""
    rows, columns = (_empty(axis, (1,) * ndim) for axis in (like.rows, like.columns))
    return Reach(rows, columns)


def each(reach: Reach, arrange: Callable[[Array], Array]) -> Reach:
    """The same elements in another arrangement: ``arrange`` is done to every array; it leaves the last axis alone."""
    rows, columns = (Axis(arrange(axis.box), arrange(axis.read), axis.jump) for axis in (reach.rows, reach.columns))
    return Reach(rows, columns, reach.gated, reach.corners, None if reach.blocked is None else arrange(reach.blocked))


def union(reaches: Sequence[Reach]) -> Reach:
    """Elementwise: each element sees what the elements at its place see in all of them, after broadcasting."""
    joined = reaches[0]
    for other in reaches[1:]:
        if other is not joined:
            joined = _join(joined, other)
    return joined


def reduce(reach: Reach, dims: Iterable[int], mixes: bool = False) -> Reach:
    """Union over some axes, which keep size 1. With ``mixes``, who sees all positions sees the whole input."""
    dims = tuple(dims)
    rows, columns = (_reduce_axis(axis, dims, reach.blocked, mixes) for axis in (reach.rows, reach.columns))
    return replace(reach, rows=rows, columns=columns, blocked=None)


def everything(reach: Reach) -> Reach:
    """All elements see the whole input: box without end, and every pixel that any element has read."""
    full = reduce(reach, range(reach.rows.box.ndim - 1))
    rows, columns = (replace(axis, box=np.full_like(axis.box, -FAR)) for axis in (full.rows, full.columns))
    return replace(full, rows=rows, columns=columns)


def sees_all(axis: Axis) -> bool:
    """Whether every element sees the whole input along this axis."""
    return bool((axis.box <= -FAR).all())


def owner(reach: Reach, dim: int, ndim: int) -> str:
    """Which of "rows" and "columns" runs along an axis of a tensor: what changes there, or else the usual place."""
    along = {name: getattr(reach, name).box.shape[dim] > 1 for name in ("rows", "columns")}
    if along["rows"] != along["columns"]:
        return "rows" if along["rows"] else "columns"
    return {ndim - 2: "rows", ndim - 1: "columns"}.get(dim, "")


def gather(reach: Reach, dim: int, shape: Shape, taps: Array, scale: Fraction, reads: Array | None = None) -> Reach:
    """Windows along one axis: element o of the result sees the elements ``taps[o]`` (outputs, taps) of ``reach``.

    Args:
        shape: of the tensor before.
        taps: indices; those outside 0 … n − 1 lie in the padding, where boxes go on at the same step and nothing is
            read.
        scale: by how much the step between neighbours grows.
        reads: bool like ``taps``; where False, the tap does not exist. By default all do.
    """
    name = owner(reach, dim, len(shape))

    def gathered(axis: Axis, along: bool) -> Axis:
        jump = _jump(axis, dim, shape[dim]) if along else Fraction(0)
        if axis.box.shape[dim] == axis.read.shape[dim] == 1 and not jump:
            return axis
        return Axis(
            _gather_box(axis.box, dim, shape[dim], taps, jump, reads),
            _gather_read(axis.read, dim, shape[dim], taps, reads),
            jump * scale if along else axis.jump,
        )

    rows, columns = gathered(reach.rows, name == "rows"), gathered(reach.columns, name == "columns")
    return Reach(rows, columns, reach.gated, reach.corners)


def agreed(reach: Reach) -> Reach:
    """The same reach; where all rows lie in the padding no column is read either, and the other way round."""
    if reach.rows.read.any() and reach.columns.read.any():
        return reach
    rows, columns = (replace(axis, read=np.zeros_like(axis.read)) for axis in (reach.rows, reach.columns))
    return replace(reach, rows=rows, columns=columns)


def with_axis(reach: Reach, name: str, axis: Axis) -> Reach:
    """The reach with other "rows" or "columns"."""
    return replace(reach, rows=axis) if name == "rows" else replace(reach, columns=axis)


def _identity(shape: Shape, dim: int) -> Axis:
    size = shape[dim]
    along = [1] * len(shape)
    along[dim] = size
    index = np.arange(size)
    box = np.stack([index, -index], axis=-1).astype(np.int32)
    read = np.zeros((size, -(-size // 64)), np.uint64)
    read[index, index // 64] = np.uint64(1) << (index % 64).astype(np.uint64)
    return Axis(box.reshape(*along, -1), read.reshape(*along, -1), Fraction(1))


def _empty(axis: Axis, dims: Shape) -> Axis:
    return Axis(np.full((*dims, 2), FAR, np.int32), np.zeros((*dims, axis.read.shape[-1]), np.uint64), axis.jump)


def lifted(array: Array, ndim: int) -> Array:
    """The array with axes of size 1 in front, for a tensor of ``ndim`` axes."""
    missing = ndim + 1 - array.ndim
    return array.reshape((1,) * missing + array.shape) if missing else array


def _join(one: Reach, other: Reach) -> Reach:
    ndim = max(one.rows.box.ndim, other.rows.box.ndim) - 1
    one, other = (_of_axes(agreed(reach), ndim) for reach in (one, other))
    rows, columns = (_join_axis(a, b) for a, b in ((one.rows, other.rows), (one.columns, other.columns)))
    return Reach(rows, columns, one.gated or other.gated, corners(one, other))


def _of_axes(reach: Reach, ndim: int) -> Reach:
    return reach if reach.rows.box.ndim == ndim + 1 else each(reach, lambda array: lifted(array, ndim))


def _join_axis(one: Axis, other: Axis) -> Axis:
    return Axis(np.minimum(one.box, other.box), one.read | other.read, max(one.jump, other.jump))


def corners(one: Reach, other: Reach) -> bool:
    """Whether the union of two reaches leaves corners of its box unread."""
    boxes = [(a.rows.box, a.columns.box) for a in (one, other)]
    inside = [all((mine <= its).all() for mine, its in zip(a, b, strict=True)) for a, b in (boxes, boxes[::-1])]
    if inside[0]:
        return one.corners
    if inside[1]:
        return other.corners
    alike = any(np.array_equal(*pair) for pair in zip(*boxes, strict=True))
    return one.corners or other.corners or not alike


def _reduce_axis(axis: Axis, dims: Shape, blocked: Array | None, mixes: bool) -> Axis:
    box, read = axis.box, axis.read
    if blocked is not None:
        box, read = np.where(blocked, FAR, box).astype(np.int32), np.where(blocked, np.uint64(0), read)
    dims = tuple(dim for dim in dims if box.shape[dim] > 1 or read.shape[dim] > 1)
    if not dims:
        return replace(axis, box=box, read=read)
    reduced = box.min(axis=dims, keepdims=True)
    if mixes:
        everywhere = axis.box.min(axis=tuple(range(box.ndim - 1)), keepdims=True)
        reduced = np.where((reduced == everywhere).all(axis=-1, keepdims=True), -FAR, reduced).astype(np.int32)
    return replace(axis, box=reduced, read=np.bitwise_or.reduce(read, axis=dims, keepdims=True))


def _jump(axis: Axis, dim: int, size: int) -> Fraction:
    """The step between neighbours: measured where it is even, else as it was followed."""
    if size == 1 or axis.box.shape[dim] == 1:
        return axis.jump
    steps = np.diff(axis.box, axis=dim)
    first = steps.reshape(-1, 2)[0]
    even = first[0] == -first[1] and (steps == first).all()
    return Fraction(int(first[0])) if even else axis.jump


def _gather_box(box: Array, dim: int, size: int, taps: Array, jump: Fraction, reads: Array | None) -> Array:
    source, moved = _continued(size, taps, jump)
    if box.shape[dim] == 1:
        source = np.zeros_like(source)
    found = np.take(box, source, axis=dim)
    if moved.any():
        sign = np.array([1, -1], np.int32)
        shift = (moved[..., None] * sign).reshape(*moved.shape, *(1,) * (box.ndim - dim - 2), 2)
        found = np.where(np.abs(found) >= FAR, found, found + shift).astype(np.int32)
    return _windowed(found, dim, reads, FAR).min(axis=dim + 1)


def _gather_read(read: Array, dim: int, size: int, taps: Array, reads: Array | None) -> Array:
    inside = (taps >= 0) & (taps < size)
    exists = inside if reads is None else inside & reads
    found = np.take(read, np.zeros_like(taps) if read.shape[dim] == 1 else taps.clip(0, size - 1), axis=dim)
    return np.bitwise_or.reduce(_windowed(found, dim, None if exists.all() else exists, 0), axis=dim + 1)


def _windowed(found: Array, dim: int, exists: Array | None, empty: int) -> Array:
    if exists is None:
        return found
    mask = exists.reshape(*exists.shape, *(1,) * (found.ndim - dim - 2))
    return np.where(mask, found, found.dtype.type(empty))


def _continued(size: int, taps: Array, jump: Fraction) -> tuple[Array, Array]:
    """For each tap an element on the map, and by how many pixels its box is to be moved.

    With a jump of p/q, q elements on is p pixels on, so boxes repeat with period q beyond the map's edge; on a map
    smaller than q, they go on from its first or last element.
    """
    period, pixels = jump.denominator, jump.numerator
    if period > size:
        source = taps.clip(0, size - 1)
        return source, np.floor((taps - source) * float(jump)).astype(np.int32)
    below = np.maximum(0, -(taps // period))
    above = np.maximum(0, -((size - 1 - taps) // period))
    times = above - below
    return taps - times * period, (times * pixels).astype(np.int32)
