"""What does each layer of a network see? One forward pass is followed, operation by operation.

The pass runs with tensors that have shapes and no values (torch's meta device), below the level of modules and
functions, where torch itself dispatches: whatever the network is written in, what runs there is what is computed. Each
tensor carries its reach, see :mod:`cnnviz.analysis.field_reach`. Where values are needed, the pass is a real one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from cnnviz.analysis.field_calls import Call, Untraceable
from cnnviz.analysis.field_reach import Array, Axis, Reach, Shape, lifted, nothing, pixels
from cnnviz.analysis.field_rules import known_rule
from cnnviz.analysis.layers import Layer, layer_reader
from cnnviz.network import evaluating
from cnnviz.network.modes import OperationMode
from cnnviz.network.operations import Operation, flat, operation_of, run, tensors_of
from cnnviz.network.recording import Leaf, first_tensor, is_leaf, own_kind

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


class _Follower(OperationMode):
    """Runs each operation, and puts down on its outputs what they see."""

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        operation = operation_of(func)
        tensors = tensors_of(operation, args, kwargs)
        if operation.constant or not any(REACH in tensor.__dict__ for tensor in tensors):
            output = _constant(func, operation, args, kwargs, tensors)
            if operation.view and isinstance(output, Tensor) and output is not tensors[0]:
                setattr(output, VIEW, (func, args, kwargs))
            return output
        output = run(func, operation, args, kwargs, tensors)
        rule = known_rule(operation.name, operation.elementwise)
        if rule is None:
            if any(part.numel() for part in flat([output])):
                raise Untraceable(f"There is no rule for {func}.")
            return output
        call = Call(operation.name, operation.places, args, kwargs, tensors, output, reach_of)
        found = rule(call)
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


def _constant(
    func: Any, operation: Operation, args: tuple[Any, ...], kwargs: dict[str, Any], tensors: list[Tensor]
) -> Any:
    """An operation on constants. What is made anew is made with values, so that masks and indices are known."""
    if operation.makes and (not tensors or operation.constant):
        device = kwargs.get("device") or (tensors[0].device if tensors else None)
        if device is not None and torch.device(device).type == "meta":
            kwargs = {**kwargs, "device": torch.device("cpu")}
    return run(func, operation, args, kwargs, tensors)


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
    operation = operation_of(func)
    if known_rule(operation.name, operation.elementwise) is None:
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
    full: Array, new: Array, view: Tensor, operation: Operation, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Array:
    """``full`` with ``new`` in those of its places that the view has."""
    axis = Axis(full, full, Fraction(1))
    one = Reach(axis, axis)
    call = Call(
        operation.name, operation.places, args, kwargs, tensors_of(operation, args, kwargs), view, lambda _: one
    )
    rule = known_rule(operation.name, operation.elementwise)
    found = rule(call) if rule else None
    part = found.rows.box if isinstance(found, Reach) else None
    if part is None or not np.shares_memory(part, full):
        raise Untraceable("A part of a tensor is written to that cannot be told.")
    part[...] = lifted(new, part.ndim - 1)
    return full
