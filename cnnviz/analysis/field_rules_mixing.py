"""Receptive fields through operations that mix positions: windows, interpolation, reductions, products, attention."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from cnnviz.analysis import field_views as views
from cnnviz.analysis import field_windows as window
from cnnviz.analysis.field_calls import Call, Untraceable, pairs
from cnnviz.analysis.field_reach import FAR, Array, Reach, Shape, each, everything, reduce, union

FACTORS = {
    "mm": ("self", "mat2"),
    "bmm": ("self", "mat2"),
    "addmm": ("mat1", "mat2"),
    "baddbmm": ("batch1", "batch2"),
    "matmul": ("self", "other"),
    "linear": ("input", "weight"),
}
"""The names under which torch takes the left and the right factor of a product."""


def convolution(call: Call) -> Reach:
    """``convolution``, transposed ones too; kernels must be constant."""
    if call.reach_of(call["weight"]) is not None:
        raise Untraceable("The kernels hang on the picture.")
    weight: Shape = tuple(call["weight"].shape)
    count, shape, output = len(weight) - 2, call.shape, call.result
    settings = [pairs(call[name], count) for name in ("stride", "padding", "dilation")]
    reach = window.over_channels(call.reach, shape[1], output[1], call["groups"])
    place = window.transposed if call["transposed"] else window.convolved
    return place(reach, shape, output, weight[2:], *settings)


def pooling(call: Call) -> Reach:
    """Maximum and average pooling of one to three axes."""
    count = int(call.name[call.name.index("pool") + 4])
    kernel = pairs(call["kernel_size"], count)
    stride = pairs(call["stride"], count, default=kernel)
    padding, dilation = pairs(call["padding"], count), pairs(call.get("dilation", 1), count)
    return window.convolved(call.reach, call.shape, call.result, kernel, stride, padding, dilation)


def adaptive_pooling(call: Call) -> Reach:
    """Pooling to a given size of map."""
    count = int(call.name[call.name.index("pool") + 4])
    return window.adaptive(call.reach, call.shape, call.result[-count:])


def interpolation(call: Call) -> Reach:
    """Nearest, linear and cubic interpolation of one to three axes, with antialiasing or without."""
    count = int(call.name.removesuffix("_aa")[-2])
    factors = call.get("scale_factors")
    if factors is None and call.get("output_size") is not None:
        factors = [call.get(name) for name in ("scales_d", "scales_h", "scales_w")][-count:]
        factors = [call.get("scales")] if count == 1 else factors
    factors = list(factors) if factors is not None else [None] * count
    if "exact" in call.name:
        return window.exact_nearest(call.reach, call.shape, call.result, factors)
    taps = 1 if "nearest" in call.name else 4 if "cubic" in call.name else 2
    align = bool(call.get("align_corners"))
    return window.interpolated(call.reach, call.shape, call.result, taps, factors, align, call.name.endswith("_aa"))


def reduction(call: Call) -> Any:
    """``mean``, ``sum``, ``amax`` and the like: every output sees all places along the axes that go."""
    ndim = len(call.shape)
    given = call.get("dim")
    given = list(range(ndim)) if given is None or given == [] else given
    dims = [dim % ndim for dim in (given if isinstance(given, list | tuple) else [given])]
    reach = window.pooled_over(call.reach, call.shape, dims)
    if len(call.result) == ndim:
        return reach
    for dim in sorted(dims, reverse=True):
        reach = each(reach, lambda array, gone=dim: views.selected(array, gone, 0))  # type: ignore[misc]
    return reach


def along(call: Call) -> Reach:
    """Operations whose every output hangs on a whole line along one axis, and that keep the shape."""
    return reduce(call.reach, [call.get("dim", -1) % len(call.shape)], mixes=True)


def softmax(call: Call) -> Reach:
    """Every output hangs on its line, except on what is masked; what is masked sees nothing."""
    reduced, blocked = along(call), call.reach.blocked
    if blocked is None:
        return reduced
    rows, columns = (
        replace(axis, box=np.where(blocked, np.int32(FAR), axis.box), read=np.where(blocked, np.uint64(0), axis.read))
        for axis in (reduced.rows, reduced.columns)
    )
    return replace(reduced, rows=rows, columns=columns, blocked=blocked)


def product(call: Call) -> Reach:
    """A matrix product: output (n, m) sees line n of the left factor and column m of the right one."""
    left, right = FACTORS[call.name]
    one, other = call.reach_of(call[left]), call.reach_of(call[right])
    found = []
    if one is not None:
        found.append(reduce(one, [call[left].ndim - 1], mixes=True))
    if other is not None:
        line = call[right].ndim - 2
        if call.name == "linear":
            raise Untraceable("The weights hang on the picture.")
        if one is None or one.blocked is None:
            found.append(reduce(other, [line], mixes=True))
        else:
            mixed = reduce(_for_each_line(other, one.blocked), [line + 1], mixes=True)
            found.append(each(mixed, lambda array: array[..., 0, :, :]))
    return _mixture(found)


def _mixture(found: Sequence[Reach]) -> Reach:
    """The union of reaches that are mixed pair by pair, so that the box is filled in the end."""
    return replace(union(found), corners=any(reach.corners for reach in found))


def _for_each_line(other: Reach, blocked: Array) -> Reach:
    """The right factor (…, k, m) once for each line n of the left one, (…, n, k, m), without what that line masks."""
    lines = each(other, lambda array: array[..., None, :, :, :])
    return replace(lines, blocked=blocked[..., :, :, None, :])


def attention(call: Call) -> list[Reach | None]:
    """Scaled dot-product attention, (batch, heads, tokens, features): a token sees itself and all keys and values."""
    found = [reach if name == "query" else reduce(reach, [reach.rows.box.ndim - 3], mixes=True)
             for name in ("query", "key", "value")
             if (reach := call.reach_of(call[name])) is not None]  # fmt: skip
    return [_mixture(found)]


def tokens_mixed(call: Call) -> list[Reach | None]:
    """Attention in one operation on (batch, tokens, features): every token sees all tokens of its batch."""
    found = [reduce(reach, [1, 2], mixes=True) for tensor, reach in call.reaches if tensor.ndim == 3]
    return [_mixture(found)]


def batch_norm(call: Call) -> list[Reach | None]:
    """Constant numbers in evaluation mode, else mean and variance of the whole map."""
    if not call.get("training", False):
        return [call.reach]
    return [reduce(call.reach, [0, *range(2, len(call.shape))], mixes=True)]


def group_norm(call: Call) -> list[Reach | None]:
    """Mean and variance of channels and of the whole map."""
    return [reduce(call.reach, range(1, len(call.shape)), mixes=True)]


def layer_norm(call: Call) -> list[Reach | None]:
    """Mean and variance over the last axes."""
    ndim = len(call.shape)
    return [reduce(call.reach, range(ndim - len(call["normalized_shape"]), ndim), mixes=True)]


def anywhere(call: Call) -> Reach:
    """Sampling at places that are computed, which may lie anywhere."""
    ndim = len(call.result)
    dims = [(reach, range(reach.rows.box.ndim - 1)) for _, reach in call.reaches]
    flat = [each(reduce(reach, over), lambda array: array.reshape((1,) * ndim + (-1,))) for reach, over in dims]
    return everything(union(flat))
