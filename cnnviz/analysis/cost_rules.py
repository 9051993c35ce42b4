"""What does one operation of torch cost?

Two counts are kept apart. Multiply-adds are those of products: convolution, linear layer, attention, any matrix
product; one multiply and one add are one, and a bias adds none, as in published tables. Everything else is counted in
single operations by the conventions of :data:`OTHERS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor

from cnnviz.network.operations import Operation

Args = Sequence[Any]
Count = Callable[[Args, Tensor], int]
"""From an operation's arguments and the first tensor that it put out to a count."""


def multiply_adds(operation: Operation, args: Args, output: Tensor) -> int:
    """The multiply-adds of a product; 0 for every other operation."""
    count = PRODUCTS.get(operation.name)
    return count(args, output) if count else 0


def other_operations(operation: Operation, args: Args, output: Tensor) -> int:
    """Single operations of what is no product: additions, comparisons, values of a function.

    Elementwise: one for each number put out, whatever the function; so counts an operation of which nothing is known.
    """
    name = operation.name
    if name in PRODUCTS or name in MOVES or operation.view or operation.constant:
        return 0
    count = OTHERS.get(name)
    return count(args, output) if count else output.numel()


def _convolution(args: Args, output: Tensor) -> int:
    """Each output reads as many inputs as its filter has weights; transposed, each input feeds as many outputs."""
    x, weight = args[0], args[1]
    transposed = len(args) > 6 and args[6]
    places = x.shape[2:] if transposed else output.shape[2:]
    return int(x.shape[0] * math.prod(places) * weight.numel())


def _deformed(args: Args, output: Tensor) -> int:
    return int(output.shape[0] * math.prod(output.shape[2:]) * args[1].numel())


def _product(args: Args, output: Tensor) -> int:
    """(…, n, k) times (…, k, m)."""
    return int(args[0].numel() * args[1].shape[-1])


def _added_product(args: Args, output: Tensor) -> int:
    """The same with something added: the factors are the second and the third argument."""
    return _product(args[1:], output)


def _linear(args: Args, output: Tensor) -> int:
    return int(output.numel() * args[0].shape[-1])


def _attention(args: Args, output: Tensor) -> int:
    """Queries times keys, and what that gives times the values."""
    query, key, value = args[:3]
    pairs = query.numel() // query.shape[-1] * key.shape[-2]
    return int(pairs * (query.shape[-1] + value.shape[-1]))


def _multi_head(args: Args, output: Tensor) -> int:
    """Torch's one step for attention with its four linear layers, of tensors (batch, tokens, features)."""
    query, key, features = args[0], args[1], args[3]
    lines, others = query.numel() // features, key.numel() // features
    return int(2 * (lines + others) * features**2 + 2 * lines * key.shape[1] * features)


def _encoder_layer(args: Args, output: Tensor) -> int:
    """Torch's one step for a whole encoder layer: attention and the two linear layers after it."""
    x, features = args[0], args[1]
    lines = x.numel() // features
    return _multi_head((x, x, x, features), output) + 2 * lines * int(args[14].numel())


PRODUCTS: dict[str, Count] = {
    "convolution": _convolution,
    "_convolution": _convolution,
    "deform_conv2d": _deformed,
    "mm": _product,
    "bmm": _product,
    "addmm": _added_product,
    "_addmm_activation": _added_product,
    "baddbmm": _added_product,
    "addbmm": _added_product,
    "mv": lambda args, output: int(args[0].numel()),
    "addmv": lambda args, output: int(args[1].numel()),
    "dot": lambda args, output: int(args[0].numel()),
    "vdot": lambda args, output: int(args[0].numel()),
    "addr": lambda args, output: int(output.numel()),
    "linear": _linear,
    "_scaled_dot_product_flash_attention_for_cpu": _attention,
    "_scaled_dot_product_flash_attention": _attention,
    "_scaled_dot_product_efficient_attention": _attention,
    "_scaled_dot_product_cudnn_attention": _attention,
    "_scaled_dot_product_attention_math": _attention,
    "_scaled_dot_product_fused_attention_overrideable": _attention,
    "_native_multi_head_attention": _multi_head,
    "_transformer_encoder_layer_fwd": _encoder_layer,
}
"""Multiply-adds by ATen name."""


def _window(axes: int) -> Count:
    """Pooling: each output compares, or adds, the numbers of its window."""

    def count(args: Args, output: Tensor) -> int:
        kernel = list(args[1])
        return int(output.numel()) * math.prod(kernel * axes if len(kernel) == 1 else kernel)

    return count


def _adaptive(axes: int) -> Count:
    """Adaptive pooling: output o reads ⌊o·in/out⌋ … ⌈(o+1)·in/out⌉ − 1 along each axis."""

    def count(args: Args, output: Tensor) -> int:
        before, after = args[0].shape[-axes:], output.shape[-axes:]
        reads = (
            sum(-(-(place + 1) * size // places) - place * size // places for place in range(places))
            for size, places in zip(before, after, strict=True)
        )
        return math.prod(output.shape[:-axes]) * math.prod(reads)

    return count


def _each_input(times: int) -> Count:
    return lambda args, output: times * int(args[0].numel())


def _each_output(times: int) -> Count:
    return lambda args, output: times * int(output.numel())


def _by_own_statistics(scale: int) -> Count:
    """Mean, variance, subtraction, division: four; one more where a weight, at this place, scales the result."""
    return lambda args, output: (5 if args[scale] is not None else 4) * int(output.numel())


def _batch_norm(args: Args, output: Tensor) -> int:
    """By stored numbers a scale and a shift; by those of the batch as layer normalisation."""
    return (5 if args[5] else 2) * int(output.numel())


_TABLE: tuple[tuple[Count, str], ...] = (
    (_window(1), "max_pool1d avg_pool1d"),
    (_window(2), "max_pool2d max_pool2d_with_indices avg_pool2d"),
    (_window(3), "max_pool3d max_pool3d_with_indices avg_pool3d"),
    (_adaptive(1), "adaptive_max_pool1d _adaptive_avg_pool1d"),
    (_adaptive(2), "adaptive_max_pool2d _adaptive_avg_pool2d"),
    (_adaptive(3), "adaptive_max_pool3d _adaptive_avg_pool3d"),
    (_each_input(1), "sum mean prod amax amin max min argmax argmin any all logsumexp median cumsum cumprod"),
    (_each_input(2), "norm linalg_vector_norm"),
    (_each_input(3), "var std var_mean std_mean"),
    (_each_output(3), "_softmax _safe_softmax _log_softmax"),
    (_batch_norm, "native_batch_norm cudnn_batch_norm miopen_batch_norm"),
    (_each_output(2), "_native_batch_norm_legit_no_training"),
    (_by_own_statistics(2), "native_layer_norm"),
    (_by_own_statistics(1), "native_group_norm"),
    (_each_output(2), "upsample_linear1d addcmul addcdiv lerp"),
    (_each_output(4), "upsample_bilinear2d grid_sampler_2d"),
    (_each_output(8), "upsample_trilinear3d grid_sampler_3d"),
    (_each_output(16), "upsample_bicubic2d"),
)

OTHERS: dict[str, Count] = {name: count for count, names in _TABLE for name in names.split()}
"""Single operations by ATen name. Normalisation as fvcore counts it; softmax: exponential, sum and division."""

_MOVES = (
    "cat stack clone copy _to_copy contiguous fill zero empty zeros ones full arange linspace eye scalar_tensor",
    "empty_strided lift_fresh _unsafe_view _reshape_alias repeat repeat_interleave roll flip index index_select select",
    "gather scatter slice_scatter select_scatter index_put embedding constant_pad_nd reflection_pad1d reflection_pad2d",
    "reflection_pad3d replication_pad1d replication_pad2d replication_pad3d pixel_shuffle pixel_unshuffle",
    "channel_shuffle native_channel_shuffle im2col unfold tril triu detach alias resize set",
    "upsample_nearest1d upsample_nearest2d upsample_nearest3d _upsample_nearest_exact1d _upsample_nearest_exact2d",
    "_upsample_nearest_exact3d native_dropout dropout bernoulli rand randn",
)

MOVES = frozenset(name for names in _MOVES for name in names.split())
"""What moves numbers, or makes them, and computes nothing."""
