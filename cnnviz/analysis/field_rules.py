"""What does each operation of torch do to the reach of its inputs?

One rule for an operation, by its ATen name without the trailing underscore of the in-place one. A forward pass that is
watched at that level is made of a few dozen of them, whatever modules and functions the network is written in.
Elementwise operations carry a tag by which torch knows them; they need no rule of their own.

Two conventions. A gate is held constant: where a map is multiplied by something that sees the whole input and is the
same all over the map. An attention mask of −100 or less stops attention: e⁻¹⁰⁰ is nothing in float32.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
import torch
from torch import Tensor

from cnnviz.analysis import field_views as views
from cnnviz.analysis import field_windows as window
from cnnviz.analysis.field_reach import (
    FAR,
    Array,
    Axis,
    Reach,
    Shape,
    each,
    everything,
    gather,
    lifted,
    owner,
    reduce,
    sees_all,
    union,
)

MASKED = -100.0
"""At and below this, what is added to a logit of attention stops it."""


class Untraceable(Exception):
    """An operation has no rule, or hangs on values that are not there."""


@dataclass(frozen=True, slots=True)
class Call:
    """One operation as it ran: its arguments by name, what it gave, and how to ask for the reach of a tensor."""

    name: str
    arguments: dict[str, Any]
    output: Any
    reach_of: Callable[[Tensor], Reach | None]

    def __getitem__(self, name: str) -> Any:
        return self.arguments[name]

    @property
    def input(self) -> Tensor:
        """The first argument that is a tensor, or the first of a list of them."""
        for value in self.arguments.values():
            if isinstance(value, Tensor):
                return value
            if isinstance(value, list | tuple) and value and isinstance(value[0], Tensor):
                return value[0]
        raise Untraceable(f"{self.name} has no tensor.")

    @property
    def shape(self) -> Shape:
        """The shape of the first tensor."""
        return tuple(self.input.shape)

    @property
    def result(self) -> Shape:
        """The shape of what came out, of several tensors the first."""
        output = self.output[0] if isinstance(self.output, list | tuple) else self.output
        return tuple(output.shape)

    @property
    def reach(self) -> Reach:
        """The reach of the first tensor."""
        reach = self.reach_of(self.input)
        if reach is None:
            raise Untraceable(f"{self.name} takes the picture in an unusual place.")
        return reach

    @property
    def reaches(self) -> list[tuple[Tensor, Reach]]:
        """All tensors among the arguments that see something of the input."""
        tensors = [value for value in self.arguments.values() if isinstance(value, Tensor)]
        return [(tensor, reach) for tensor in tensors if (reach := self.reach_of(tensor)) is not None]


Rule = Callable[[Call], Any]
"""From a call to the reach of its output, or to a list of one for each output."""


def known_rule(name: str, elementwise: bool) -> Rule | None:
    """The rule of an operation ("conv", "add", …), or None."""
    return RULES.get(name) or (_elementwise if elementwise else None)


def pairs(value: Any, count: int, default: Any = None) -> list[Any]:
    """Settings of ``count`` axes, of which torch lets one stand for all; ``default`` for an empty list."""
    given = list(value) if isinstance(value, list | tuple) else [value]
    given = given or list(default)
    return given * count if len(given) == 1 else given


def _elementwise(call: Call) -> Reach:
    found = call.reaches
    if len(found) == 2 and call.name == "mul":
        for (tensor, reach), (gate, its) in (found, found[::-1]):
            if _is_gate(reach, gate, its, tensor.ndim):
                return replace(reach, gated=True)
    reach = found[0][1] if len(found) == 1 else union([reach for _, reach in found])
    ndim = len(call.result)
    if reach.rows.box.ndim - 1 < ndim:
        reach = each(reach, lambda array: lifted(array, ndim))
    mask = _mask(call, ndim)
    return reach if mask is None else replace(reach, blocked=mask)


def _is_gate(reach: Reach, gate: Tensor, its: Reach, ndim: int) -> bool:
    if not (sees_all(its.rows) and sees_all(its.columns)) or (sees_all(reach.rows) and sees_all(reach.columns)):
        return False
    missing = ndim - gate.ndim
    if missing < 0:
        return False
    varies = [
        dim for dim in range(ndim) if max(reach.rows.box.shape[dim], reach.columns.box.shape[dim]) > 1 and dim != 1
    ]
    return all(dim < missing or gate.shape[dim - missing] == 1 or gate.stride(dim - missing) == 0 for dim in varies)


def _mask(call: Call, ndim: int) -> Array | None:
    if call.name == "masked_fill":
        mask, value = call["mask"], call["value"]
        stops = not isinstance(value, Tensor) and value <= MASKED
    elif call.name == "add":
        mask, stops = call["other"], isinstance(call["other"], Tensor) and not call["other"].is_meta
        stops = stops and call.reach_of(mask) is None and mask.ndim > 1 and mask.is_floating_point()
        mask = mask <= MASKED if stops else mask
    else:
        return None
    if not stops or mask.is_meta or not mask.any():
        return None
    return lifted(mask.cpu().numpy()[..., None], ndim)


def _same(call: Call) -> Reach:
    return call.reach


def _viewed(call: Call) -> Reach:
    old, new = call.shape, call.result
    return call.reach if old == new else each(call.reach, lambda array: views.reshaped(array, old, new))


def _permuted(call: Call) -> Reach:
    ndim = len(call.shape)
    if call.name == "permute":
        order = [dim % ndim for dim in call["dims"]]
    else:
        order = list(range(ndim))
        one, other = (call["dim0"], call["dim1"]) if call.name == "transpose" else (0, -1)
        order[one], order[other] = order[other], order[one]
    return each(call.reach, lambda array: array.transpose(*order, ndim))


def _expanded(call: Call) -> Reach:
    ndim = len(call.result)
    return each(call.reach, lambda array: lifted(array, ndim))


def _repeated(call: Call) -> Reach:
    return each(call.reach, lambda array: views.repeated(array, call.shape, call["repeats"]))


def _slice(call: Call) -> Reach:
    dim, step = call["dim"] % len(call.shape), call["step"]
    part = slice(call["start"], call["end"], step)
    return stepped(each(call.reach, lambda array: views.sliced(array, dim, part)), call.reach, dim, call.shape, step)


def stepped(reach: Reach, before: Reach, dim: int, shape: Shape, step: int) -> Reach:
    """The reach with its jump grown, where only every ``step``-th element along an axis was taken."""
    name = owner(before, dim, len(shape))
    if step == 1 or not name:
        return reach
    axis: Axis = getattr(reach, name)
    return replace(reach, **{name: replace(axis, jump=axis.jump * step)})


def _select(call: Call) -> Reach:
    dim = call["dim"] % len(call.shape)
    return each(call.reach, lambda array: views.selected(array, dim, call["index"]))


def _split(call: Call) -> list[Reach]:
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


def _cat(call: Call) -> Reach:
    tensors = [tensor for tensor in call["tensors"] if tensor.ndim > 1 or tensor.numel()]
    parts = [(call.reach_of(tensor), tuple(tensor.shape)) for tensor in tensors]
    dim = call["dim"]
    if call.name == "stack":
        dim %= len(call.result)
        opened = [
            (
                None if r is None else each(r, lambda a, s=s: views.reshaped(a, s, (*s[:dim], 1, *s[dim:]))),
                (*s[:dim], 1, *s[dim:]),
            )  # type: ignore[misc]
            for r, s in parts
        ]
        return views.concatenated(opened, dim)
    return views.concatenated(parts, dim % len(call.result))


def _roll(call: Call) -> Reach:
    if not call["dims"]:
        raise Untraceable("roll without axes runs over the edges of rows.")
    ndim = len(call.shape)
    dims = [dim % ndim for dim in call["dims"]]
    shifts = call["shifts"] if isinstance(call["shifts"], list | tuple) else [call["shifts"]]
    return each(call.reach, lambda array: views.rolled(array, shifts, dims))


def _flip(call: Call) -> Reach:
    dims = [dim % len(call.shape) for dim in call["dims"]]
    return each(call.reach, lambda array: np.flip(array, dims))


def _index(call: Call) -> Reach:
    index = [None if part is None else _values(part) for part in call["indices"]]
    return each(call.reach, lambda array: views.indexed(array, call.shape, index))


def _index_select(call: Call) -> Reach:
    dim, index = call["dim"] % len(call.shape), _values(call["index"])
    return each(call.reach, lambda array: array if array.shape[dim] == 1 else array.take(index, axis=dim))


def _values(tensor: Tensor) -> Array:
    if tensor.is_meta:
        raise Untraceable("An index hangs on values.")
    return tensor.cpu().numpy()


def _gather(call: Call) -> Reach:
    return reduce(call.reach, [call["dim"] % len(call.shape)])


def _unfold(call: Call) -> Reach:
    return window.unfolded(call.reach, call.shape, call["dimension"] % len(call.shape), call["size"], call["step"])


def _convolution(call: Call) -> Reach:
    if call.reach_of(call["weight"]) is not None:
        raise Untraceable("The kernels hang on the picture.")
    weight: Shape = tuple(call["weight"].shape)
    count, shape, output = len(weight) - 2, call.shape, call.result
    settings = [pairs(call[name], count) for name in ("stride", "padding", "dilation")]
    reach = window.over_channels(call.reach, shape[1], output[1], call["groups"])
    place = window.transposed if call["transposed"] else window.convolved
    return place(reach, shape, output, weight[2:], *settings)


def _pool(call: Call) -> Reach:
    count = int(call.name[call.name.index("pool") + 4])
    kernel = pairs(call["kernel_size"], count)
    stride = pairs(call["stride"], count, default=kernel)
    padding, dilation = pairs(call["padding"], count), pairs(call.arguments.get("dilation", 1), count)
    return window.convolved(call.reach, call.shape, call.result, kernel, stride, padding, dilation)


def _adaptive(call: Call) -> Reach:
    count = int(call.name[call.name.index("pool") + 4])
    return window.adaptive(call.reach, call.shape, call.result[-count:])


def _pad(call: Call) -> Reach:
    if call.name == "constant_pad_nd":
        return window.padded(call.reach, call.shape, call["pad"])
    return window.mirrored(call.reach, call.shape, call["padding"], call.name.startswith("reflection"))


def _upsample(call: Call) -> Reach:
    count = int(call.name.removesuffix("_aa")[-2])
    factors = call.arguments.get("scale_factors")
    if factors is None and call.arguments.get("output_size") is not None:
        factors = [call.arguments.get(name) for name in ("scales_d", "scales_h", "scales_w")][-count:]
        factors = [call.arguments.get("scales")] if count == 1 else factors
    factors = list(factors) if factors is not None else [None] * count
    if "exact" in call.name:
        return window.exact_nearest(call.reach, call.shape, call.result, factors)
    taps = 1 if "nearest" in call.name else 4 if "cubic" in call.name else 2
    align = bool(call.arguments.get("align_corners"))
    return window.interpolated(call.reach, call.shape, call.result, taps, factors, align, call.name.endswith("_aa"))


def _pixel_shuffle(call: Call) -> Reach:
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


def _reduction(call: Call) -> Any:
    ndim = len(call.shape)
    given = call.arguments.get("dim")
    given = list(range(ndim)) if given is None or given == [] else given
    dims = [dim % ndim for dim in (given if isinstance(given, list | tuple) else [given])]
    reach = window.pooled_over(call.reach, call.shape, dims)
    if len(call.result) == ndim:
        return reach
    for dim in sorted(dims, reverse=True):
        reach = each(reach, lambda array, gone=dim: views.selected(array, gone, 0))  # type: ignore[misc]
    return reach


def _along(call: Call) -> Reach:
    """Operations whose every output hangs on a whole line along one axis, and that keep the shape."""
    return reduce(call.reach, [call.arguments.get("dim", -1) % len(call.shape)], mixes=True)


def _softmax(call: Call) -> Reach:
    reduced = _along(call)
    blocked = call.reach.blocked
    return reduced if blocked is None else _hidden(replace(reduced, blocked=blocked))


def _hidden(reach: Reach) -> Reach:
    """What is masked sees nothing."""
    rows, columns = (
        replace(
            axis,
            box=np.where(reach.blocked, np.int32(FAR), axis.box),
            read=np.where(reach.blocked, np.uint64(0), axis.read),
        )
        for axis in (reach.rows, reach.columns)
    )
    return replace(reach, rows=rows, columns=columns)


def _product(call: Call) -> Reach:
    left, right = {
        "mm": ("self", "mat2"), "bmm": ("self", "mat2"), "addmm": ("mat1", "mat2"), "baddbmm": ("batch1", "batch2"),
        "matmul": ("self", "other"), "linear": ("input", "weight"),
    }[call.name]  # fmt: skip
    one, other = call.reach_of(call[left]), call.reach_of(call[right])
    found = []
    if one is not None:
        found.append(replace(reduce(_shown(one), [call[left].ndim - 1], mixes=True), blocked=None))
    if other is not None:
        if call.name == "linear":
            raise Untraceable("The weights hang on the picture.")
        if one is not None and one.blocked is not None:
            other = _masked_lines(one.blocked, other)
        found.append(reduce(other, [call[right].ndim - 2], mixes=True))
        if one is not None and one.blocked is not None:
            found[-1] = each(found[-1], lambda array: array[..., 0, :, :])
    return union(found)


def _shown(reach: Reach) -> Reach:
    return reach


def _masked_lines(blocked: Array, other: Reach) -> Reach:
    """The right factor (…, k, m) once for each line n of the left one, (…, n, k, m), without what that line masks."""
    lines = each(other, lambda array: array[..., None, :, :, :])
    return replace(lines, blocked=blocked[..., :, :, None, :])


def _attention(call: Call) -> list[Reach | None]:
    found = [reach if name == "query" else reduce(reach, [reach.rows.box.ndim - 3], mixes=True)
             for name in ("query", "key", "value")
             if (reach := call.reach_of(call[name])) is not None]  # fmt: skip
    return [union(found)]


def _tokens_mixed(call: Call) -> list[Reach | None]:
    """Attention in one operation on (batch, tokens, features): every token sees all tokens of its batch."""
    found = [reduce(reach, [1, 2], mixes=True) for tensor, reach in call.reaches if tensor.ndim == 3]
    return [union(found)]


def _batch_norm(call: Call) -> list[Reach | None]:
    if not call.arguments.get("training", False):
        return [call.reach]
    return [reduce(call.reach, [0, *range(2, len(call.shape))], mixes=True)]


def _group_norm(call: Call) -> list[Reach | None]:
    return [reduce(call.reach, range(1, len(call.shape)), mixes=True)]


def _layer_norm(call: Call) -> list[Reach | None]:
    ndim = len(call.shape)
    return [reduce(call.reach, range(ndim - len(call["normalized_shape"]), ndim), mixes=True)]


def _anywhere(call: Call) -> Any:
    """Sampling at places that are computed, which may lie anywhere."""
    ndim = len(call.result)
    everywhere = everything(
        union([each(r, lambda a: lifted(a.reshape(-1, a.shape[-1])[:1], ndim)) for _, r in call.reaches])
    )
    return everywhere


def _several(rule: Rule, names: Sequence[str]) -> dict[str, Rule]:
    return dict.fromkeys(names, rule)


RULES: dict[str, Rule] = {
    **_several(
        _same,
        [
            "clone",
            "_to_copy",
            "to",
            "detach",
            "alias",
            "contiguous",
            "lift_fresh",
            "positive",
            "native_dropout",
            "dropout",
        ],
    ),
    **_several(
        _elementwise,
        ["add", "sub", "mul", "div", "where", "masked_fill", "clamp", "relu", "prelu", "_prelu_kernel", "rrelu"],
    ),
    **_several(
        _viewed,
        [
            "view",
            "_unsafe_view",
            "reshape",
            "_reshape_alias",
            "squeeze",
            "unsqueeze",
            "flatten",
            "unflatten",
            "view_copy",
        ],
    ),
    **_several(_permuted, ["permute", "transpose", "t", "swapaxes", "numpy_T", "adjoint", "mT"]),
    "expand": _expanded,
    "repeat": _repeated,
    "slice": _slice,
    "select": _select,
    **_several(
        _split, ["split", "split_with_sizes", "chunk", "unbind", "unsafe_split", "unsafe_chunk", "tensor_split"]
    ),
    **_several(_cat, ["cat", "stack", "concat"]),
    "roll": _roll,
    "flip": _flip,
    "index": _index,
    "index_select": _index_select,
    "gather": _gather,
    "unfold": _unfold,
    **_several(_convolution, ["convolution", "_convolution", "convolution_overrideable"]),
    **_several(_pool, ["max_pool2d_with_indices", "max_pool3d_with_indices", "avg_pool2d", "avg_pool3d"]),
    **_several(_pool, ["max_pool1d", "avg_pool1d", "max_pool2d", "max_pool3d"]),
    **_several(
        _adaptive, ["_adaptive_avg_pool2d", "_adaptive_avg_pool3d", "adaptive_avg_pool1d", "adaptive_avg_pool2d"]
    ),
    **_several(_adaptive, ["adaptive_max_pool2d", "adaptive_max_pool3d"]),
    "constant_pad_nd": _pad,
    **_several(_pad, [f"{kind}_pad{d}d" for kind in ("reflection", "replication") for d in (1, 2, 3)]),
    **_several(
        _upsample,
        [
            "upsample_nearest1d",
            "upsample_nearest2d",
            "upsample_nearest3d",
            "upsample_linear1d",
            "upsample_bilinear2d",
            "upsample_trilinear3d",
            "upsample_bicubic2d",
            "_upsample_nearest_exact1d",
            "_upsample_nearest_exact2d",
            "_upsample_nearest_exact3d",
            "_upsample_bilinear2d_aa",
            "_upsample_bicubic2d_aa",
        ],
    ),
    **_several(_pixel_shuffle, ["pixel_shuffle", "pixel_unshuffle"]),
    **_several(
        _reduction,
        [
            "mean",
            "sum",
            "amax",
            "amin",
            "max",
            "min",
            "prod",
            "var",
            "std",
            "var_mean",
            "std_mean",
            "linalg_vector_norm",
            "norm",
            "logsumexp",
            "any",
            "all",
            "argmax",
            "argmin",
            "median",
        ],
    ),
    **_several(_along, ["cumsum", "cumprod", "sort", "topk", "_log_softmax", "log_softmax", "glu"]),
    **_several(_softmax, ["_softmax", "softmax", "_safe_softmax"]),
    **_several(_product, ["mm", "bmm", "addmm", "baddbmm", "matmul", "linear"]),
    **_several(
        _attention,
        [
            f"_scaled_dot_product_{kind}"
            for kind in [
                "flash_attention_for_cpu",
                "flash_attention",
                "efficient_attention",
                "attention_math",
                "cudnn_attention",
                "fused_attention_overrideable",
            ]
        ]
        + ["scaled_dot_product_attention"],
    ),
    **_several(_tokens_mixed, ["_native_multi_head_attention", "_transformer_encoder_layer_fwd"]),
    **_several(_batch_norm, ["native_batch_norm", "cudnn_batch_norm", "miopen_batch_norm", "_native_batch_norm_legit"]),
    **_several(_batch_norm, ["_native_batch_norm_legit_no_training", "batch_norm", "_batch_norm_no_update"]),
    "native_group_norm": _group_norm,
    "native_layer_norm": _layer_norm,
    **_several(
        _anywhere, ["grid_sampler_2d", "grid_sampler", "deform_conv2d", "roi_align", "roi_pool", "ps_roi_align"]
    ),
}


def written(part: Array, base: Array, dims: Shape) -> Array:
    """The array of ``base`` in full along ``dims``, ready to be written to."""
    return np.broadcast_to(base, (*dims, base.shape[-1])).copy()


__all__ = ["Call", "Rule", "Untraceable", "gather", "known_rule", "torch", "written"]
