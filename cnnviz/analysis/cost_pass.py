"""What does each layer of a network cost in one forward pass? The pass is watched, operation by operation.

It runs with tensors that have shapes and no values. Hooks on a replica tell which module is running; below them torch
tells every operation. What a leaf runs is one row; an operation outside of all leaves (the addition of a residual
block, a concatenation) is a row of its own, under the path of the module whose code it stands in.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from cnnviz.analysis import cost_rules
from cnnviz.network.modes import LayerMode, shape_of_one
from cnnviz.network.operations import Operation, flat, operation_of, run, tensors_of
from cnnviz.network.recording import first_tensor, is_leaf

Shape = tuple[int, ...]


@dataclass(slots=True)
class Row:
    """What is known of one layer, or of one operation outside of all layers, while the pass runs.

    See :class:`cnnviz.analysis.costs.LayerCost`; shapes here have their batch axis off already.
    """

    path: str
    call: int
    kind: str
    input_shape: Shape
    output_shape: Shape = ()
    window: Window | None = None
    weights: int = 0
    biases: int = 0
    multiply_adds: int = 0
    other_operations: int = 0
    activation_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Window:
    """What a convolution or a pooling slides over its input; for each axis one number."""

    kernel: Shape
    stride: Shape
    padding: Shape
    dilation: Shape
    groups: int = 1


@dataclass(slots=True)
class _Frame:
    """A module that is running: its row if it is a leaf, and parameters that wait for a row if it is none."""

    path: str
    row: Row | None
    waiting: list[str] = field(default_factory=list)


class CostPass(LayerMode):
    """Counts while it is entered; ``rows`` and ``peak_bytes`` tell what it found.

    Args:
        watched: a replica, on which hooks are put; they stay.
        batch: the input, whose bytes count towards the peak.
    """

    def __init__(self, watched: nn.Module, batch: Tensor) -> None:
        super().__init__(watched)
        self.rows: list[Row] = []
        self.peak_bytes = 0
        self._live_bytes = 0
        self._live: dict[int, weakref.ref[torch.UntypedStorage]] = {}
        self._frames: list[_Frame] = []
        named = dict(watched.named_parameters())
        self._names = {id(tensor): name for name, tensor in named.items()}
        self._sizes = {name: tensor.numel() for name, tensor in named.items()}
        self._kept = {tensor.untyped_storage()._cdata for tensor in (*named.values(), *watched.buffers())}
        self._take(batch)

    @property
    def where(self) -> str:
        """The path of the module that was running last."""
        return self._frames[-1].path if self._frames else ""

    def _enter(self, path: str, module: nn.Module, inputs: Any) -> None:
        row = None
        if is_leaf(module):
            given = first_tensor(inputs)
            row = Row(path, self._next_call(path), type(module).__name__, () if given is None else shape_of_one(given))
        self._frames.append(_Frame(path, row))

    def _leave(self, module: nn.Module, inputs: Any, output: Any) -> None:
        frame = self._frames.pop()
        if frame.row is not None:
            given = first_tensor(output)
            frame.row.output_shape = () if given is None else shape_of_one(given)
            self.rows.append(frame.row)
        elif frame.waiting and self._frames:
            self._frames[-1].waiting += frame.waiting
        elif frame.waiting:
            row = Row(frame.path, self._next_call(f"{frame.path}:parameters"), "parameters", ())
            _own(row, frame.waiting, self._sizes)
            self.rows.append(row)

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        operation = operation_of(func)
        tensors = tensors_of(operation, args, kwargs)
        output = run(func, operation, args, kwargs, tensors)
        names = [name for tensor in tensors if (name := self._names.pop(id(tensor), None)) is not None]
        written = 0
        if not operation.view and not operation.mutates:
            new = [self._take(tensor) for tensor in ((output,) if isinstance(output, Tensor) else flat([output]))]
            written = new[0] if new else 0
        if self._frames:
            self._count(operation, args, tensors, output, names, written)
        return output

    def _count(
        self, operation: Operation, args: Any, tensors: list[Tensor], output: Any, names: list[str], written: int
    ) -> None:
        """Put an operation down in the row that it belongs to, or in one of its own."""
        frame, given = self._frames[-1], first_tensor(output)
        row = frame.row
        if row is None:
            frame.waiting += names
            if (
                given is None
                or not tensors
                or operation.view
                or operation.constant
                or not (written or operation.mutates)
            ):
                return
            kind = operation.name.strip("_")
            row = Row(
                frame.path, self._next_call(f"{frame.path}:{kind}"), kind, shape_of_one(tensors[0]), shape_of_one(given)
            )
            names, frame.waiting = frame.waiting, []
            self.rows.append(row)
        if names:
            _own(row, names, self._sizes)
        if given is not None:
            row.activation_bytes += written
            row.multiply_adds += cost_rules.multiply_adds(operation, args, given)
            row.other_operations += cost_rules.other_operations(operation, args, given)
            row.window = _window(operation, args, given) or row.window

    def _take(self, tensor: Tensor) -> int:
        """The bytes of a tensor's memory if it is new: it lives from now on, until torch gives it back."""
        storage = tensor.untyped_storage()
        key = storage._cdata
        if key in self._live or key in self._kept:
            return 0
        size = storage.nbytes()
        self._live[key] = weakref.ref(storage, partial(self._given_back, key, size))
        self._live_bytes += size
        self.peak_bytes = max(self.peak_bytes, self._live_bytes)
        return size

    def _given_back(self, key: int, size: int, _: Any) -> None:
        del self._live[key]
        self._live_bytes -= size


def _own(row: Row, names: list[str], sizes: dict[str, int]) -> None:
    """Parameters that a row is the first to use."""
    for name in names:
        if name.endswith("bias"):
            row.biases += sizes[name]
        else:
            row.weights += sizes[name]


def _window(operation: Operation, args: Any, output: Tensor) -> Window | None:
    """What a convolution or a pooling slides; None for any other operation. A mean over all places is one window."""
    name = operation.name
    if name == "convolution":
        kernel = tuple(args[1].shape[2:])
        stride, padding, dilation = (_each(args[place], len(kernel)) for place in (3, 4, 5))
        return Window(kernel, stride, padding, dilation, args[8])
    if name.startswith(("max_pool", "avg_pool")):
        axes = int(name[8])
        kernel = _each(args[1], axes)
        stride = _each(args[2], axes) if len(args) > 2 and args[2] else kernel
        padding = _each(args[3], axes) if len(args) > 3 else (0,) * axes
        dilation = _each(args[4], axes) if len(args) > 4 and name.startswith("max") else (1,) * axes
        return Window(kernel, stride, padding, dilation)
    before = tuple(args[0].shape) if args and isinstance(args[0], Tensor) else ()
    if (
        name == "mean"
        and len(before) == 4
        and tuple(output.shape[2:]) in ((1, 1), ())
        and before[:2] == output.shape[:2]
    ):
        return Window(before[2:], before[2:], (0, 0), (1, 1))
    return None


def _each(value: Any, axes: int) -> Shape:
    given = tuple(value) if isinstance(value, list | tuple) else (value,)
    return given * axes if len(given) == 1 else given
