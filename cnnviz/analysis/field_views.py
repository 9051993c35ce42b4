"""How does what is known of each element follow when a tensor is reshaped, cut, permuted or put together?

Each function does to arrays with a last axis of payload what torch does to the tensor. Axes of size 1 stay so, as long
as nothing changes along them: that keeps the arrays small.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from cnnviz.analysis.field_reach import Array, Axis, Reach, Shape, agreed, corners, lifted, nothing, reduce


def reshaped(array: Array, old: Shape, new: Shape) -> Array:
    """The array of a tensor of shape ``old`` that is viewed as ``new``; only axes that mix are written out."""
    payload = array.shape[-1]
    full: list[int] = []
    target: list[int] = []
    written: list[int] = []
    for before, after in _groups(old, new):
        if all(array.shape[dim] == 1 for dim in before):
            full += [1] * len(before)
            target += [1] * len(after)
            continue
        full += [old[dim] for dim in before]
        if len(before) > 1 or len(after) > 1:
            written += after
        target += [new[dim] for dim in after]
    out = np.broadcast_to(array, (*full, payload)).reshape(*target, payload)
    return compact(out, written)


def compact(array: Array, dims: Sequence[int]) -> Array:
    """The array with size 1 along those axes along which nothing changes."""
    for dim in dims:
        if array.shape[dim] > 1:
            first = array.take([0], axis=dim)
            if (array == first).all():
                array = first
    return array


def repeated(array: Array, shape: Shape, times: Sequence[int]) -> Array:
    """The array of a tensor of ``shape`` that is laid out several times along its axes, new ones in front."""
    array = lifted(array, len(times))
    return np.tile(array, [count if array.shape[dim] > 1 else 1 for dim, count in enumerate(times)] + [1])


def sliced(array: Array, dim: int, part: slice) -> Array:
    """The array of a part along one axis; a view of it."""
    return array if array.shape[dim] == 1 else array[(slice(None),) * dim + (part,)]


def selected(array: Array, dim: int, index: int) -> Array:
    """The array of one place along an axis, which is gone then; a view of it."""
    view: Array = array[(slice(None),) * dim + (0 if array.shape[dim] == 1 else index,)]
    return view


def rolled(array: Array, shifts: Sequence[int], dims: Sequence[int]) -> Array:
    """The array of a tensor that is turned round along some axes."""
    for shift, dim in zip(shifts, dims, strict=True):
        if array.shape[dim] > 1:
            array = np.roll(array, shift, axis=dim)
    return array


def indexed(array: Array, shape: Shape, index: Sequence[Array | None]) -> Array:
    """The array of ``tensor[index]`` with arrays of integers or truth values along the first axes, None for all."""
    full = [
        size if place < len(index) and index[place] is not None else array.shape[place]
        for place, size in enumerate(shape)
    ]
    array = np.broadcast_to(array, (*full, array.shape[-1]))
    found: Array = array[tuple(slice(None) if part is None else part for part in index)]
    return found


def concatenated(parts: Sequence[tuple[Reach | None, Shape]], dim: int) -> Reach:
    """The reach of tensors put together along an axis; those without a reach are constants."""
    like = next(reach for reach, _ in parts if reach is not None)
    ndim = len(parts[0][1])
    reaches = [nothing(ndim, like) if reach is None else agreed(reach) for reach, _ in parts]
    sizes = [shape[dim] for _, shape in parts]
    rows, columns = (
        Axis(
            _put_together([getattr(reach, name).box for reach in reaches], sizes, dim),
            _put_together([getattr(reach, name).read for reach in reaches], sizes, dim),
            max(
                getattr(reach, name).jump for reach, (known, _) in zip(reaches, parts, strict=True) if known is not None
            ),
        )
        for name in ("rows", "columns")
    )
    return Reach(rows, columns, any(reach.gated for reach in reaches), _corners_of_all(reaches, dim))


def _put_together(arrays: Sequence[Array], sizes: Sequence[int], dim: int) -> Array:
    first = arrays[0]
    if all(array.shape[dim] == 1 and np.array_equal(array, first) for array in arrays):
        return first
    dims = np.broadcast_shapes(*((*array.shape[:dim], 1, *array.shape[dim + 1 :]) for array in arrays))
    return np.concatenate(
        [np.broadcast_to(a, (*dims[:dim], size, *dims[dim + 1 :])) for a, size in zip(arrays, sizes, strict=True)], dim
    )


def _corners_of_all(reaches: Sequence[Reach], dim: int) -> bool:
    """Whether the tensors together see less than a box: taken one after the other, the largest so far against each."""
    largest = reduce(reaches[0], [dim])
    for reach in reaches[1:]:
        other = reduce(reach, [dim])
        if corners(largest, other):
            return True
        if (other.rows.box <= largest.rows.box).all() and (other.columns.box <= largest.columns.box).all():
            largest = other
    return largest.corners


def _groups(old: Shape, new: Shape) -> list[tuple[list[int], list[int]]]:
    """Axes before and after a reshape in the smallest groups of the same number of elements."""
    if math.prod(old) != math.prod(new):
        raise ValueError(f"A tensor of shape {old} cannot be viewed as {new}.")
    groups = []
    i = j = 0
    while i < len(old) and j < len(new):
        before, after = [i], [j]
        left, right = old[i], new[j]
        i, j = i + 1, j + 1
        while left != right:
            if left < right:
                left *= old[i]
                before.append(i)
                i += 1
            else:
                right *= new[j]
                after.append(j)
                j += 1
        groups.append((before, after))
    groups += [([dim], []) for dim in range(i, len(old))]
    groups += [([], [dim]) for dim in range(j, len(new))]
    return groups
