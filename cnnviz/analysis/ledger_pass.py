"""Which operations made a network's answer to a picture, and what numbers went into each and came out?

Modules alone do not tell: additions, concatenations, gates and reshapes happen between them. So the pass is watched
where every one of them goes by, at torch's dispatcher, which knows some fifty operations whatever the network's code
looks like. Values are kept by reference; one that is about to be overwritten is copied first.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import torch
from PIL import Image
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

from cnnviz.analysis.batches import prepared_one
from cnnviz.analysis.layers import module_of, nearby, without_batch
from cnnviz.errors import LayerError
from cnnviz.network import evaluating
from cnnviz.network.recording import first_tensor

if TYPE_CHECKING:
    from cnnviz.network import Network

PICTURE = "the picture"
OVERWRITTEN = "overwrite"
"""The name of an operation whose effect on a value is known, but not its form: a write through another view of it."""

Key = tuple[int, int, tuple[int, ...], tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Ref:
    """Stands in an operation's arguments for a value of the pass."""

    id: int


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the pass.

    Attributes:
        name: torch's name for it without the underscore of writing in place: ``convolution``, ``relu``, ``cat``.
        function: what torch ran.
        args: its arguments, values of the pass as :class:`Ref`.
        kwargs: its keyword arguments, likewise.
        outputs: the values it made, in its order.
        path: the innermost module that was being called; "" for the network itself.
        call: which call of that module it was, from 0.
    """

    name: str
    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    outputs: tuple[int, ...]
    path: str
    call: int

    def inputs(self) -> tuple[int, ...]:
        """The values it read, in the order of its arguments."""
        return tuple(item.id for item in tree_leaves((self.args, self.kwargs)) if isinstance(item, Ref))


class Pass:
    """One forward pass of one picture: every operation, and every value with its batch axis of size 1.

    Values are numbered in the order in which they came to be. Read only.

    Attributes:
        values: the values' tensors.
        live: whether each value depends on the picture; what does not comes from parameters alone.
        operations: in execution order.
        producers: for each value the operation that made it, None for the picture and for parameters.
        readers: for each value the operations that read it.
        output: the value that the network answered with, of several the first.
        modules: by path, to read their settings.
        given: for each module and call the value it was called with, of several the first.
    """

    def __init__(self) -> None:
        self.values: list[Tensor] = []
        self.live: list[bool] = []
        self.operations: list[Operation] = []
        self.producers: list[Operation | None] = []
        self.readers: list[list[Operation]] = []
        self.output = -1
        self.modules: dict[str, nn.Module] = {}
        self.given: dict[tuple[str, int], int] = {}
        self._calls: dict[str, list[int]] = defaultdict(list)
        self._homes: dict[int, tuple[str, int]] = {}
        self._names: dict[int, str] = {}

    def value_of(self, layer: str, call: int = -1) -> tuple[int, int]:
        """The number of the value that a module put out in a call, and that call counted from 0; -1 is the last.

        ``layer`` is any module's path, a block's too; "" is the network. Raises LayerError for a module that was not
        called, or not so often.
        """
        calls = self._calls.get(layer)
        if calls is None:
            raise LayerError(f'No output of "{layer}" was recorded; {nearby(layer, self._calls)}')
        if not -len(calls) <= call < len(calls):
            raise LayerError(f'"{layer}" has no call {call}; it was called {len(calls)} times, counted from 0.')
        return calls[call], call % len(calls)

    def output_of(self, layer: str, call: int = -1) -> Tensor:
        """What a module put out in a call, without the batch axis, as ``capture`` gives it."""
        return without_batch(self.values[self.value_of(layer, call)[0]])

    def home(self, value: int) -> tuple[str, int] | None:
        """The innermost module, and its call, that put this value out; None for what was made between modules."""
        return self._homes.get(value)

    def name(self, value: int) -> str:
        """The value in words: its module's path, its parameter's name, or the operation and where it was done."""
        if value in self._names:
            return self._names[value]
        home, producer = self.home(value), self.producers[value]
        if home is not None:
            return home[0]
        if producer is None:
            return "a constant"
        return f"{producer.name} in {producer.path or 'the network'}"

    def add(self, tensor: Tensor, live: bool, producer: Operation | None = None, name: str | None = None) -> int:
        """Keep a tensor as the next value; returns its number."""
        self.values.append(tensor)
        self.live.append(live)
        self.producers.append(producer)
        self.readers.append([])
        value = len(self.values) - 1
        if name is not None:
            self._names[value] = name
        return value

    def put_out(self, path: str, value: int) -> None:
        """Say that a module ended a call with this value."""
        self._homes.setdefault(value, (path, len(self._calls[path])))
        self._calls[path].append(value)

    def __repr__(self) -> str:
        return f"Pass({len(self.operations)} operations, {len(self._calls)} modules)"


def record_pass(network: Network | nn.Module, image: Image.Image | Tensor) -> Pass:
    """Run a network on one picture, in evaluation mode and without gradients, and keep all that ledgers need.

    Takes about the memory of all layers' outputs. Pictures and errors as for :func:`cnnviz.analysis.capture`.
    """
    batch = prepared_one(network, image)
    watched = evaluating(module_of(network))
    recorded = Pass()
    watch = _Watch(recorded, watched, batch)
    with watch.hooks, torch.no_grad(), watch, _SlowPaths():
        output = first_tensor(watched(batch))
    if output is None:
        raise TypeError(f"{type(watched).__name__} returned no tensor.")
    recorded.output = watch.lookup(output)
    return recorded


class _SlowPaths(TorchFunctionMode):
    """Does nothing; while it is on, torch's attention goes through its parts and not through one fused kernel."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        return func(*args, **(kwargs or {}))


class _Watch(TorchDispatchMode):
    """Writes every operation of a pass into its record.

    A tensor is known by the memory it shows: storage, offset, shape and strides. Each write to a storage is counted,
    so that a view which another one wrote through is seen to hold a new value.
    """

    def __init__(self, recorded: Pass, watched: nn.Module, batch: Tensor) -> None:
        super().__init__()
        self._pass = recorded
        self._known: dict[Key, tuple[int, int]] = {}
        self._sharing: dict[int, list[int]] = defaultdict(list)
        self._writes: Counter[int] = Counter()
        self._live_storages: set[int] = set()
        self._stack: list[tuple[str, int]] = []
        self._started: Counter[str] = Counter()
        self._parameters: dict[Key, str] = {}
        for name, tensor in [*watched.named_parameters(), *watched.named_buffers()]:
            self._parameters.setdefault(_key(tensor), name)
        self.hooks = ExitStack()  # to be left: the modules, which the record keeps, would keep it in a circle
        for path, part in watched.named_modules():
            recorded.modules[path] = part
            self.hooks.enter_context(part.register_forward_pre_hook(partial(self._enter, path)))
            self.hooks.enter_context(part.register_forward_hook(partial(self._leave, path)))
        self._remember(batch, recorded.add(batch, live=True, name=PICTURE))

    def lookup(self, tensor: Tensor) -> int:
        """The number of the value that a tensor holds at this moment."""
        key = _key(tensor)
        known = self._known.get(key)
        if known is None:
            constant = self._pass.add(tensor, live=False, name=self._parameters.get(key))
            return self._remember(tensor, constant)
        value, writes = known
        if writes == self._writes[key[0]]:
            return value
        return self._new(tensor, OVERWRITTEN, torch.clone, (Ref(value),), {})

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        refs = tree_map(self._as_ref, (args, kwargs))
        written = [args[place] for place in written_places(func) if place < len(args)]
        live = any(self._pass.live[ref.id] for ref in tree_leaves(refs) if isinstance(ref, Ref))
        for tensor in written:
            self._save(tensor, live)
        output = func(*args, **kwargs)
        self._note(func, refs, tree_leaves(output))
        return output

    def _as_ref(self, item: Any) -> Any:
        return Ref(self.lookup(item)) if isinstance(item, Tensor) else item

    def _save(self, tensor: Tensor, live: bool) -> None:
        """Copy all values that lie in a storage which is about to be written to, from ``live`` values or others."""
        storage = _key(tensor)[0]
        for value in self._sharing.pop(storage, ()):
            self._pass.values[value] = self._pass.values[value].clone()
        self._writes[storage] += 1
        if live:
            self._live_storages.add(storage)

    def _note(self, func: Any, refs: Any, outputs: list[Any]) -> None:
        tensors = [tensor for tensor in outputs if isinstance(tensor, Tensor) and tensor.numel()]
        if tensors:
            self._new(tensors, func.overloadpacket.__name__.removesuffix("_"), func, *refs)

    def _new(self, made: Tensor | list[Tensor], name: str, func: Any, args: Any, kwargs: Any) -> int:
        """Write an operation down with the values it made; returns the first of them."""
        tensors = made if isinstance(made, list) else [made]
        first = len(self._pass.values)
        outputs = tuple(range(first, first + len(tensors)))
        path, call = self._stack[-1] if self._stack else ("", 0)
        operation = Operation(name, func, tuple(args), kwargs, outputs, path, call)
        read = operation.inputs()
        for tensor in tensors:
            live = any(self._pass.live[value] for value in read)
            live = live or (name == OVERWRITTEN and _key(tensor)[0] in self._live_storages)
            self._remember(tensor, self._pass.add(tensor, live, operation))
        for value in read:
            self._pass.readers[value].append(operation)
        self._pass.operations.append(operation)
        return first

    def _remember(self, tensor: Tensor, value: int) -> int:
        key = _key(tensor)
        self._known[key] = (value, self._writes[key[0]])
        self._sharing[key[0]].append(value)
        return value

    def _enter(self, path: str, module: nn.Module, inputs: Any) -> None:
        self._stack.append((path, self._started[path]))
        tensor = first_tensor(inputs)
        if tensor is not None:
            self._pass.given[self._stack[-1]] = self.lookup(tensor)
        self._started[path] += 1

    def _leave(self, path: str, module: nn.Module, inputs: Any, output: Any) -> None:
        self._stack.pop()
        tensor = first_tensor(output)
        if tensor is not None:
            self._pass.put_out(path, self.lookup(tensor))


def _key(tensor: Tensor) -> Key:
    return tensor.untyped_storage().data_ptr(), int(tensor.storage_offset()), tuple(tensor.shape), tensor.stride()


@cache
def written_places(func: Any) -> tuple[int, ...]:
    """The places of those arguments of an operation that it writes to."""
    return tuple(
        place
        for place, argument in enumerate(func._schema.arguments)
        if argument.alias_info is not None and argument.alias_info.is_write
    )
