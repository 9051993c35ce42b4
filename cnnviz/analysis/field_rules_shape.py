"""Receptive fields through operations that rearrange: what each element sees goes where the element goes."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
from torch import Tensor

from cnnviz.analysis import field_views as views
from cnnviz.analysis import field_windows as window
from cnnviz.analysis.field_calls import Call, Untraceable
from cnnviz.analysis.field_reach import Array, Axis, Reach, Shape, each, lifted, owner, reduce, with_axis


def same(call: Call) -> Reach:
    """Every element stays where it is: ``clone``, ``detach``, ``dropout`` and the like."""
    if call.shape != call.result:
        raise Untraceable(f"{call.name} changes the shape.")
    return call.reach


def viewed(call: Call) -> Reach:
    """``view``, ``reshape``, ``flatten``, ``squeeze`` and the like: the same elements in the same order."""
    old, new = call.shape, call.result
    return call.reach if old == new else each(call.reach, lambda array: views.reshaped(array, old, new))


def permuted(call: Call) -> Reach:
    """``permute``, ``transpose`` and ``t``: the same elements, axes in another order."""
    ndim = len(call.shape)
    if call.name == "permute":
        order = [dim % ndim for dim in call["dims"]]
    else:
        order = list(range(ndim))
        one, other = (call["dim0"], call["dim1"]) if call.name == "transpose" else (0, -1)
        order[one], order[other] = order[other], order[one]
    return each(call.reach, lambda array: array.transpose(*order, ndim))


def expanded(call: Call) -> Reach:
    """``expand``: what is repeated along an axis sees the same."""
    ndim = len(call.result)
    return each(call.reach, lambda array: lifted(array, ndim))


def repeated(call: Call) -> Reach:
    """``repeat``: the tensor laid out several times along its axes."""
    return each(call.reach, lambda array: views.repeated(array, call.shape, call["repeats"]))


def cut(call: Call) -> Reach:
    """``slice``: a part along one axis, of which every ``step``-th element may be taken."""
    dim, step = call["dim"] % len(call.shape), call["step"]
    part = slice(call["start"], call["end"], step)
    return stepped(each(call.reach, lambda array: views.sliced(array, dim, part)), call.reach, dim, call.shape, step)


def stepped(reach: Reach, before: Reach, dim: int, shape: Shape, step: int) -> Reach:
    """The reach with its jump grown, where only every ``step``-th element along an axis was taken."""
    name = owner(before, dim, len(shape))
    if step == 1 or not name:
        return reach
    axis: Axis = getattr(reach, name)
    return with_axis(reach, name, replace(axis, jump=axis.jump * step))


def picked(call: Call) -> Reach:
    """``select``: one place along an axis, which is gone then."""
    dim = call["dim"] % len(call.shape)
    return each(call.reach, lambda array: views.selected(array, dim, call["index"]))


def parted(call: Call) -> list[Reach]:
    """``split``, ``chunk`` and ``unbind``: consecutive parts along one axis, one reach for each."""
    dim = call["dim"] % len(call.shape)
    found, start = [], 0
    for part in call.output:
        end = start + (1 if call.name == "unbind" else part.shape[dim])
        reach = each(call.reach, lambda array, cut=slice(start, end): views.sliced(array, dim, cut))  # type: ignore[misc]
        if call.name == "unbind":
            reach = each(reach, lambda array: views.selected(array, dim, 0))
        found.append(reach)
        start = end
    return found


def put_together(call: Call) -> Reach:
    """``cat``, and ``stack`` as the same of tensors with one more axis."""
    tensors = [tensor for tensor in call["tensors"] if tensor.ndim > 1 or tensor.numel()]
    parts = [(call.reach_of(tensor), tuple(tensor.shape)) for tensor in tensors]
    dim = call["dim"] % len(call.result)
    if call.name == "stack":
        parts = [_opened(reach, old, (*old[:dim], 1, *old[dim:])) for reach, old in parts]
    return views.concatenated(parts, dim)


def _opened(reach: Reach | None, old: Shape, new: Shape) -> tuple[Reach | None, Shape]:
    return None if reach is None else each(reach, lambda array: views.reshaped(array, old, new)), new


def rolled(call: Call) -> Reach:
    """``roll``: what leaves a tensor at one end comes in at the other."""
    if not call["dims"]:
        raise Untraceable("roll without axes runs over the edges of rows.")
    ndim = len(call.shape)
    dims = [dim % ndim for dim in call["dims"]]
    shifts = call["shifts"] if isinstance(call["shifts"], list | tuple) else [call["shifts"]]
    return each(call.reach, lambda array: views.rolled(array, shifts, dims))


def flipped(call: Call) -> Reach:
    """``flip``: axes run the other way."""
    dims = tuple(dim % len(call.shape) for dim in call["dims"])
    return each(call.reach, lambda array: np.flip(array, dims))


def indexed(call: Call) -> Reach:
    """``tensor[index]`` with constant arrays of integers or truth values."""
    index = [None if part is None else _values(part) for part in call["indices"]]
    return each(call.reach, lambda array: views.indexed(array, call.shape, index))


def index_selected(call: Call) -> Reach:
    """``index_select``: constant places along one axis."""
    dim, index = call["dim"] % len(call.shape), _values(call["index"])
    return each(call.reach, lambda array: array if array.shape[dim] == 1 else array.take(index, axis=dim))


def _values(tensor: Tensor) -> Array:
    if tensor.is_meta:
        raise Untraceable("An index hangs on values.")
    return tensor.cpu().numpy()


def any_along(call: Call) -> Reach:
    """Which element along an axis is taken hangs on values, or on more than one of them."""
    return reduce(call.reach, [call["dim"] % len(call.shape)])


def unfolded(call: Call) -> Reach:
    """``Tensor.unfold``: windows along one axis."""
    return window.unfolded(call.reach, call.shape, call["dimension"] % len(call.shape), call["size"], call["step"])


def padded(call: Call) -> Reach:
    """Constant, reflecting and repeating padding."""
    if call.name == "constant_pad_nd":
        return window.padded(call.reach, call.shape, call["pad"])
    return window.mirrored(call.reach, call.shape, call["padding"], call.name.startswith("reflection"))


def pixels_shuffled(call: Call) -> Reach:
    """``pixel_shuffle`` and its inverse: blocks of channels become, or come from, neighbouring pixels."""
    *lead, channels, height, width = call.shape
    if call.name == "pixel_shuffle":
        r, n = call["upscale_factor"], len(lead)
        opened = (*lead, channels // r**2, r, r, height, width)
        order, jump = (*range(n), n, n + 3, n + 1, n + 4, n + 2), Fraction(1, r)
    else:
        r, n = call["downscale_factor"], len(lead)
        opened = (*lead, channels, height // r, r, width // r, r)
        order, jump = (*range(n), n, n + 2, n + 4, n + 1, n + 3), Fraction(r)
    moved = tuple(opened[dim] for dim in order)

    def arrange(array: Array) -> Array:
        parted = views.reshaped(array, call.shape, opened).transpose(*order, len(order))
        return views.reshaped(parted, moved, call.result)

    reach = each(call.reach, arrange)
    rows, columns = (replace(axis, jump=axis.jump * jump) for axis in (reach.rows, reach.columns))
    return replace(reach, rows=rows, columns=columns)
