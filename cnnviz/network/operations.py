"""What is one operation of torch, as it runs in a forward pass, and what does it give where there are no values?

A pass that is watched below the level of modules and functions, where torch itself dispatches, is made of a few dozen
operations, whatever the network is written in. Run with tensors that have shapes and no values (torch's meta device) it
tells all sizes and computes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor

from cnnviz.network.replicas import without_values

_NONE = torch.empty(0, device="meta")


@dataclass(frozen=True, slots=True)
class Operation:
    """What is known of an operation beforehand.

    Attributes:
        name: its ATen name, without the trailing underscore of the one that writes in place.
        places: its arguments by name, each with its place and its default.
        holders: which of the places may hold tensors.
        elementwise: whether torch knows it as one number in, one number out.
        mutates: whether it writes to its first argument.
        view: whether it gives a view of its first argument.
        constant: whether it takes no more than the shape of its first argument.
        makes: whether it chooses a device.
    """

    name: str
    places: dict[str, tuple[int, Any]]
    holders: tuple[int, ...]
    elementwise: bool
    mutates: bool
    view: bool
    constant: bool
    makes: bool


@cache
def operation_of(func: Any) -> Operation:
    """The record of an operator that torch dispatches."""
    schema = func._schema
    mutates = schema.is_mutable
    name = schema.name.split("::")[1]
    if mutates and name.endswith("_"):
        name = name[:-1]
    places = {argument.name: (place, argument.default_value) for place, argument in enumerate(schema.arguments)}
    holders = tuple(place for place, argument in enumerate(schema.arguments) if "Tensor" in str(argument.type))
    elementwise = torch.Tag.pointwise in func.tags
    constant = name.startswith("new_") or name.endswith("_like")
    makes = "device" in places
    return Operation(name, places, holders, elementwise, mutates, func.is_view, constant and not mutates, makes)


def tensors_of(operation: Operation, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Tensor]:
    """The tensors that an operation is given, those in lists among them, in their order."""
    given = [args[place] for place in operation.holders if place < len(args)]
    return list(flat([*given, *kwargs.values()] if kwargs else given))


def flat(values: Iterable[Any]) -> Iterator[Tensor]:
    """The tensors among values and in lists among them."""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from flat(value)


def run(func: Any, operation: Operation, args: tuple[Any, ...], kwargs: dict[str, Any], tensors: list[Tensor]) -> Any:
    """The operation itself; where tensors with and without values meet, none has any."""
    if tensors and tensors[0].is_meta:
        known = _known_beforehand(operation, args, tensors)
        if known is not None:
            return known
    if any(tensor.is_meta for tensor in tensors) and any(not tensor.is_meta and tensor.ndim for tensor in tensors):
        if operation.mutates and not args[0].is_meta:
            return args[0]
        args, kwargs = _emptied(args), {name: _emptied(value) for name, value in kwargs.items()}
    return func(*args, **kwargs)


def _known_beforehand(operation: Operation, args: tuple[Any, ...], tensors: list[Tensor]) -> Any:
    """What an operation gives where there are no values, if that is plain; None if torch has to find out.

    Torch takes up to a hundred times as long, and these are most of what networks run. What does not fit together is
    left to torch too, which says so.
    """
    if operation.mutates:
        plain = tensors[0] is args[0] and operation.name != "as_strided" and _alike(tensors)
        return args[0] if plain else None
    if operation.elementwise and operation.name in KEEPERS:
        return _elementwise(tensors)
    given = PLAIN.get(operation.name)
    return given(*args) if given and all(tensor.is_meta for tensor in tensors) else None


def _alike(tensors: list[Tensor]) -> bool:
    """Whether all have one shape, so that none can fail to fit into the first."""
    return len(tensors) == 1 or all(tensor.shape == tensors[0].shape for tensor in tensors)


def _elementwise(tensors: list[Tensor]) -> Tensor | None:
    """What comes out of floating-point tensors that lie alike in memory, or of which one covers the others."""
    largest = max(tensors, key=Tensor.numel) if len(tensors) > 1 else tensors[0]
    if not largest.is_floating_point() or any(tensor.dtype != largest.dtype for tensor in tensors):
        return None
    if _alike(tensors) and all(tensor.stride() == largest.stride() for tensor in tensors):
        return without_values(largest)
    if largest.is_contiguous() and all(_covered(tensor.shape, largest.shape) for tensor in tensors):
        return torch.empty(largest.shape, dtype=largest.dtype, device="meta")
    return None


def _covered(small: torch.Size, large: torch.Size) -> bool:
    """Whether a tensor of one shape is stretched over one of the other."""
    ends = zip(small[::-1], large[::-1], strict=False)
    return len(small) <= len(large) and all(size in (1, full) for size, full in ends)


def _batch_normed(
    x: Tensor, weight: Any, bias: Any, mean: Tensor | None, variance: Any, training: bool, *_: Any
) -> Any:
    """Normalisation by stored numbers keeps the shape."""
    fits = not training and mean is not None and mean.shape[0] == x.shape[1]
    return (without_values(x), _NONE, _NONE) if fits else None


def _layer_normed(x: Tensor, sizes: list[int], *_: Any) -> Any:
    if list(x.shape[-len(sizes) :]) != list(sizes):
        return None
    return torch.empty(x.shape, dtype=x.dtype, device="meta"), _NONE, _NONE


def _product_added(added: Tensor, left: Tensor, right: Tensor, *_: Any) -> Tensor | None:
    if left.shape[1] != right.shape[0] or added.shape != right.shape[1:]:
        return None
    return torch.empty(left.shape[0], right.shape[1], dtype=left.dtype, device="meta")


def _convolution(x: Tensor, *settings: Any) -> Tensor:
    return torch.empty(_convolved(x, *settings), dtype=x.dtype, device="meta")


def _mean(x: Tensor, dims: list[int] | None = None, keep: bool = False) -> Tensor | None:
    if not dims or not x.is_floating_point() or any(not -x.ndim <= dim < x.ndim for dim in dims):
        return None
    gone = {dim % x.ndim for dim in dims}
    shape = [1 if dim in gone else size for dim, size in enumerate(x.shape) if keep or dim not in gone]
    return torch.empty(shape, dtype=x.dtype, device="meta")


def _convolved(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: list[int],
    padding: list[int],
    dilation: list[int],
    transposed: bool,
    output_padding: list[int],
    groups: int,
) -> list[int]:
    """The shape that a convolution puts out, as torch.nn.Conv2d and ConvTranspose2d state it."""
    channels, outputs = (weight.shape[1] * groups, weight.shape[0])[:: -1 if transposed else 1]
    if x.shape[1] != channels:
        raise ValueError(f"A convolution of {channels} channels is given {x.shape[1]}.")
    shape = [x.shape[0], outputs]
    for axis, (length, kernel) in enumerate(zip(x.shape[2:], weight.shape[2:], strict=True)):
        # Of each setting, one number may stand for all axes.
        step, pad, apart, more = (kind[axis % len(kind)] for kind in (stride, padding, dilation, output_padding))
        reach = apart * (kernel - 1)
        if transposed:
            shape.append((length - 1) * step - 2 * pad + reach + more + 1)
        else:
            shape.append((length + 2 * pad - reach - 1) // step + 1)
    if min(shape) < 1:
        raise ValueError("A kernel is larger than what it is given.")
    return shape


PLAIN: dict[str, Callable[..., Any]] = {
    "native_batch_norm": _batch_normed,
    "native_layer_norm": _layer_normed,
    "convolution": _convolution,
    "addmm": _product_added,
    "mean": _mean,
}
"""Operations whose shape has a formula, by name; each gives None where it does not hold."""

_KEEPERS = (
    "add sub mul div relu gelu silu sigmoid tanh elu leaky_relu hardtanh hardswish hardsigmoid mish softplus",
    "clamp clamp_min clamp_max exp sqrt rsqrt neg abs pow",
)

KEEPERS = frozenset(name for names in _KEEPERS for name in names.split())
"""Elementwise operations that give floating point for floating point."""


def _emptied(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value if value.is_meta else value.to("meta")
    if isinstance(value, list | tuple):
        return type(value)(_emptied(part) for part in value)
    return value
