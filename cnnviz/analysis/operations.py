"""What is one operation of torch, as it runs in a forward pass, and what does it give where there are no values?

A pass that is watched below the level of modules and functions, where torch itself dispatches, is made of a few dozen
operations, whatever the network is written in. Run with tensors that have shapes and no values (torch's meta device) it
tells all sizes and computes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor

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
    """The operation itself; where tensors with and without values meet, none has any.

    Three are not run where there are no values, since torch takes long to find what is plain: a write to a tensor gives
    that tensor, normalisation by stored numbers keeps the shape, and a convolution's shape has a formula.
    """
    if tensors and tensors[0].is_meta:
        if operation.mutates and tensors[0] is args[0] and operation.name != "as_strided" and _alike(tensors):
            return args[0]
        if operation.name == "native_batch_norm" and not args[5] and args[3].shape[0] == args[0].shape[1]:
            return _like(args[0]), _NONE, _NONE
        if operation.name == "convolution" and args[1].is_meta:
            return torch.empty(_convolved(*args), dtype=args[0].dtype, device="meta")
    if any(tensor.is_meta for tensor in tensors) and any(not tensor.is_meta and tensor.ndim for tensor in tensors):
        if operation.mutates and not args[0].is_meta:
            return args[0]
        args, kwargs = _without_values(args), {name: _without_values(value) for name, value in kwargs.items()}
    return func(*args, **kwargs)


def _alike(tensors: list[Tensor]) -> bool:
    """Whether all have one shape, so that none can fail to fit into the first."""
    return len(tensors) == 1 or all(tensor.shape == tensors[0].shape for tensor in tensors)


def _like(x: Tensor) -> Tensor:
    """A tensor without values like another; by its shape, where that says all, since torch.empty_like takes longer."""
    return torch.empty(x.shape, dtype=x.dtype, device="meta") if x.is_contiguous() else torch.empty_like(x)


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


def _without_values(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value if value.is_meta else value.to("meta")
    if isinstance(value, list | tuple):
        return type(value)(_without_values(part) for part in value)
    return value
