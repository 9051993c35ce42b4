"""What does each layer of a network see? One forward pass is followed, operation by operation.

The pass runs with tensors that have shapes and no values (torch's meta device), below the level of modules and
functions, where torch itself dispatches: whatever the network is written in, what runs there is what is computed. Each
tensor carries its reach, see :mod:`cnnviz.analysis.field_reach`. Where values are needed, the pass is a real one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from cnnviz.analysis.field_calls import Call, Rule, Untraceable
from cnnviz.analysis.field_reach import Array, Axis, Reach, Shape, lifted, nothing, pixels
from cnnviz.analysis.field_rules import known_rule
from cnnviz.analysis.layers import Layer, layer_reader, own_kind
from cnnviz.analysis.recording import Leaf, first_tensor, is_leaf
from cnnviz.network import evaluating

_NONE = torch.empty(0, device="meta")
REACH, VIEW = "_cnnviz_reach", "_cnnviz_view_of"


@dataclass(frozen=True, slots=True)
class Traced:
    """One layer, or one block whose output is none of its layers', and what its elements see."""

    layer: Layer
    reach: Reach


def trace(module: nn.Module, shape: Shape) -> tuple[dict[str, Traced], bool]:
    """What each layer sees, by path in the order of their last calls; and whether the pass was followed to its end.

    ``shape`` is the input's without the batch axis.
    """
    found: dict[str, Traced] = {}
    for on_meta in (True, False):
        found = {}
        try:
            _follow(module, shape, on_meta, found)
        except (Untraceable, RuntimeError, TypeError, ValueError, NotImplementedError, LookupError):
            continue
        return found, True
    return found, False


def _follow(module: nn.Module, shape: Shape, on_meta: bool, found: dict[str, Traced]) -> None:
    """One pass through a replica whose modules tell ``found`` what they see."""
    device, dtype = own_kind(module)
    watched = evaluating(module, on_meta)
    _watch(watched, found)
    batch = torch.zeros(1, *shape, device="meta" if on_meta else device, dtype=dtype)
    setattr(batch, REACH, pixels(tuple(batch.shape)))
    with torch.no_grad(), _Follower():
        watched(batch)


def _watch(watched: nn.Module, found: dict[str, Traced]) -> None:
    read = layer_reader()
    inside: tuple[str, ...] = ()
    for path, part in watched.named_modules():
        if not path or path.startswith(inside):
            continue
        if is_leaf(part):
            inside += (f"{path}.",) if part._modules else ()
        part.register_forward_hook(partial(_report, path, read, found))


def _report(
    path: str,
    read: Callable[[Leaf, int, Tensor], Layer],
    found: dict[str, Traced],
    module: nn.Module,
    inputs: Any,
    output: Any,
) -> None:
    """A hook. It is told its module, so that it need not hold it: a cycle would keep the replica in memory."""
    tensor = first_tensor(output)
    reach = None if tensor is None else reach_of(tensor)
    if tensor is None or reach is None:
        return
    if not is_leaf(module) and found and next(reversed(found.values())).reach is reach:
        return
    layer = read(Leaf(path, module, in_attention=False), 0, tensor)
    found.pop(path, None)
    found[path] = Traced(layer, reach)


def reach_of(tensor: Tensor) -> Reach | None:
    """What the elements of a tensor see; None for a constant."""
    return tensor.__dict__.get(REACH)


class _Follower(TorchDispatchMode):
    """Runs each operation, and puts down on its outputs what they see."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Torch would guard each operation against its compiler, which is loaded for that and plays no part here."""
        return False

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        operation = _operation(func)
        tensors = _tensors(operation, args, kwargs)
        if operation.constant or not any(REACH in tensor.__dict__ for tensor in tensors):
            output = _constant(func, operation, args, kwargs, tensors)
            if operation.view and isinstance(output, Tensor) and output is not tensors[0]:
                setattr(output, VIEW, (func, args, kwargs))
            return output
        output = _run(func, operation, args, kwargs, tensors)
        if operation.rule is None:
            if any(part.numel() for part in _flat([output])):
                raise Untraceable(f"There is no rule for {func}.")
            return output
        call = Call(operation.name, operation.places, args, kwargs, tensors, output, reach_of)
        found = operation.rule(call)
        if operation.mutates:
            _write(args[0], found[0] if isinstance(found, list) else found)
            return output
        outputs = list(output) if isinstance(output, list | tuple) else [output]
        reaches = found if isinstance(found, list) else [found] * len(outputs)
        for tensor, reach in zip(outputs, reaches, strict=False):
            if isinstance(tensor, Tensor) and reach is not None:
                setattr(tensor, REACH, _fitting(reach, tensor, operation.name))
                if operation.view:
                    setattr(tensor, VIEW, (func, args, kwargs))
        return output


@dataclass(frozen=True, slots=True)
class _Operation:
    """What is known of an operation beforehand: its arguments, each with its place and its default, and which of the
    places may hold tensors; its rule; and whether it writes to its first argument, gives a view of it, takes no more
    than its shape, and chooses a device."""

    name: str
    places: dict[str, tuple[int, Any]]
    holders: tuple[int, ...]
    rule: Rule | None
    mutates: bool
    view: bool
    constant: bool
    makes: bool


@cache
def _operation(func: Any) -> _Operation:
    schema = func._schema
    mutates = schema.is_mutable
    name = schema.name.split("::")[1]
    if mutates and name.endswith("_"):
        name = name[:-1]
    places = {argument.name: (place, argument.default_value) for place, argument in enumerate(schema.arguments)}
    holders = tuple(place for place, argument in enumerate(schema.arguments) if "Tensor" in str(argument.type))
    rule = known_rule(name, torch.Tag.pointwise in func.tags)
    constant = name.startswith("new_") or name.endswith("_like")
    makes = "device" in places
    return _Operation(name, places, holders, rule, mutates, func.is_view, constant and not mutates, makes)


def _tensors(operation: _Operation, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Tensor]:
    given = [args[place] for place in operation.holders if place < len(args)]
    return list(_flat([*given, *kwargs.values()] if kwargs else given))


def _flat(values: Iterable[Any]) -> Iterator[Tensor]:
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from _flat(value)


def _constant(
    func: Any, operation: _Operation, args: tuple[Any, ...], kwargs: dict[str, Any], tensors: list[Tensor]
) -> Any:
    """An operation on constants. What is made anew is made with values, so that masks and indices are known."""
    if operation.makes and (not tensors or operation.constant):
        device = kwargs.get("device") or (tensors[0].device if tensors else None)
        if device is not None and torch.device(device).type == "meta":
            kwargs = {**kwargs, "device": torch.device("cpu")}
    return _run(func, operation, args, kwargs, tensors)


def _run(func: Any, operation: _Operation, args: tuple[Any, ...], kwargs: dict[str, Any], tensors: list[Tensor]) -> Any:
    """The operation itself; where tensors with and without values meet, none has any.

    Three are not run where there are no values, since torch takes long to find what is plain: a write to a tensor gives
    that tensor, normalisation by stored numbers keeps the shape, and a convolution's shape has a formula.
    """
    if tensors and tensors[0].is_meta:
        if operation.mutates and tensors[0] is args[0] and operation.name != "as_strided":
            return args[0]
        if operation.name == "native_batch_norm" and not args[5]:
            return _like(args[0]), _NONE, _NONE
        if operation.name == "convolution" and args[1].is_meta:
            return torch.empty(_convolved(*args), dtype=args[0].dtype, device="meta")
    if any(tensor.is_meta for tensor in tensors) and any(not tensor.is_meta and tensor.ndim for tensor in tensors):
        if operation.mutates and not args[0].is_meta:
            return args[0]
        args, kwargs = _without_values(args), {name: _without_values(value) for name, value in kwargs.items()}
    return func(*args, **kwargs)


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
    shape = [x.shape[0], weight.shape[1] * groups if transposed else weight.shape[0]]
    for axis, (length, kernel) in enumerate(zip(x.shape[2:], weight.shape[2:], strict=True)):
        # Of each setting, one number may stand for all axes.
        step, pad, apart, more = (kind[axis % len(kind)] for kind in (stride, padding, dilation, output_padding))
        reach = apart * (kernel - 1)
        if transposed:
            shape.append((length - 1) * step - 2 * pad + reach + more + 1)
        else:
            shape.append((length + 2 * pad - reach - 1) // step + 1)
    if min(shape) < 1:
        raise Untraceable("A kernel is larger than its input.")
    return shape


def _without_values(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value if value.is_meta else value.to("meta")
    if isinstance(value, list | tuple):
        return type(value)(_without_values(part) for part in value)
    return value


def _fitting(reach: Reach, tensor: Tensor, name: str) -> Reach:
    """The reach, if it can be that of this tensor."""
    shape = tuple(tensor.shape)
    rows, columns = reach.rows, reach.columns
    for dims in {rows.box.shape[:-1], rows.read.shape[:-1], columns.box.shape[:-1], columns.read.shape[:-1]}:
        if len(dims) != len(shape) or any(a not in (1, b) for a, b in zip(dims, shape, strict=True)):
            raise Untraceable(f"The rule of {name} gives {dims} for {shape}.")
    return reach


def _write(target: Tensor, reach: Reach) -> None:
    """Something was written into a tensor; where it is a part of another one, into that too."""
    if reach.rows.box.ndim - 1 != target.ndim:
        raise Untraceable("An operation in place changes the number of axes.")
    if reach_of(target) is reach:
        return
    setattr(target, REACH, _fitting(reach, target, "an operation in place"))
    view = target.__dict__.get(VIEW)
    if view is not None:
        func, args, kwargs = view
        _write(args[0], _with_part(target, reach, func, args, kwargs))


def _with_part(view: Tensor, part: Reach, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Reach:
    """The reach of the tensor of which ``func`` gave ``view``, after ``part`` was written into the view."""
    base: Tensor = args[0]
    known = reach_of(base) or nothing(base.ndim, part)
    operation = _operation(func)
    if operation.rule is None:
        raise Untraceable(f"There is no rule for {func}.")
    axes = {}
    for name in ("rows", "columns"):
        axis, new = getattr(known, name), getattr(part, name)
        arrays = {}
        for kind in ("box", "read"):
            full = np.broadcast_to(getattr(axis, kind), (*base.shape, getattr(axis, kind).shape[-1])).copy()
            arrays[kind] = _write_array(full, getattr(new, kind), view, operation, args, kwargs)
        axes[name] = replace(new, **arrays)
    return replace(part, **axes, gated=part.gated or known.gated, corners=part.corners or known.corners)


def _write_array(
    full: Array, new: Array, view: Tensor, operation: _Operation, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Array:
    """``full`` with ``new`` in those of its places that the view has."""
    axis = Axis(full, full, Fraction(1))
    one = Reach(axis, axis)
    call = Call(operation.name, operation.places, args, kwargs, _tensors(operation, args, kwargs), view, lambda _: one)
    found = operation.rule(call) if operation.rule else None
    part = found.rows.box if isinstance(found, Reach) else None
    if part is None or not np.shares_memory(part, full):
        raise Untraceable("A part of a tensor is written to that cannot be told.")
    part[...] = lifted(new, part.ndim - 1)
    return full
