"""How does a network go on from one layer, many times, without computing again what stays the same?

A first pass finds the layer's call. In later passes its output is replaced by many versions of it at once, a batch;
every module that is called before, or with an input that is the same for all of the batch, is computed for one picture
and remembered. The network's own code runs as it stands, so no graph has to be traced: only the modules round the
layer and those after it work on the whole batch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves, tree_map

from cnnviz.analysis.layers import nearby
from cnnviz.errors import LayerError
from cnnviz.network import evaluating, logits
from cnnviz.network.recording import first_tensor

Forward = Callable[..., Any]
Key = tuple[tuple[str, int], ...]
"""One call of a module: the calls round it from the outside in, and itself, each with its number within the one
before. It stays the same call where others are left out."""


class Rerun:
    """One picture in a network, ready to go on from a call of one module with other outputs in its place.

    For one thread; everything happens on a module tree of its own.

    Attributes:
        call: which call of the module it is, from 0.
        original: what the module put out, with its batch axis of size 1.
        answer: the network's logits (classes,), with nothing replaced.
        largest: the number of entries of the largest output that a module gave from there on.
    """

    def __init__(self, module: nn.Module, batch: Tensor, layer: str, call: int = -1) -> None:
        """Run the first pass. Raises LayerError for a module that is not there, was not called, or not so often."""
        self._module = evaluating(module)
        self._batch = batch
        self._calls = _Calls(self._module, self._called)
        first = _FirstPass(layer)
        self._visit: Callable[[Key, Forward, Any, Any], Any] = first.called
        picture = batch.clone()
        with torch.no_grad():
            self.answer = logits(self._module(picture))[0]
        if layer not in self._calls.paths:
            raise LayerError(f'The network has no module "{layer}"; {nearby(layer, self._calls.paths)}')
        found = first.calls
        if not -len(found) <= call < len(found):
            raise LayerError(f'"{layer}" has no call {call}; it was called {len(found)} times, counted from 0.')
        self.call = call % len(found)
        self._layer, self._output = found[call]
        self.original = first.kept[call]
        self.largest = max(first.sizes[first.ends.index(self._layer) :])
        self._shapes, self._written = first.shapes, first.written()
        self._writes_picture = picture._version > 0
        self._known: dict[Key, Any] = {}
        self._reached = False  # whether this pass has come past the layer's call
        self._once = False  # whether one picture's share of a pass is being computed
        self._apart = False  # whether each picture of a batch gets memory of its own
        self._versions = self.original
        self._visit = self._again

    def run(self, versions: Tensor) -> Tensor:
        """The logits (batch, classes) for each of several versions (batch, ...) of the module's output.

        A network whose code is written for one picture only is run for each of them.
        """
        try:
            answers = self._run(versions)
            if len(answers) == len(versions):
                return answers
        except RuntimeError:
            if not self._apart:  # some code writes to, or reshapes, what only looks like a batch
                self._apart = True
                return self.run(versions)
            if len(versions) == 1:
                raise
        return torch.cat([self._run(version[None]) for version in versions])

    def _run(self, versions: Tensor) -> Tensor:
        self._versions, self._reached, self._once = versions, False, False
        self._calls.start_again()
        many = self._batch.expand(len(versions), *self._batch.shape[1:])
        own = self._writes_picture or self._apart or len(versions) == 1
        with torch.no_grad():
            return logits(self._module(many.clone() if own else many))

    def _called(self, key: Key, forward: Forward, args: Any, kwargs: Any) -> Any:
        return self._visit(key, forward, args, kwargs)

    def _again(self, key: Key, forward: Forward, args: Any, kwargs: Any) -> Any:
        """A call in a later pass: the layer's gives the versions; one that is the same for all is done once."""
        if self._once:
            return forward(*args, **kwargs)
        if key == self._layer:
            self._reached = True
            return _with_first(self._output, self._versions.clone())
        if key == self._layer[: len(key)] or not self._same_for_all(key, args, kwargs):
            return forward(*args, **kwargs)
        if key not in self._known:
            one = tree_map(lambda item: item[:1].clone() if isinstance(item, Tensor) else item, (args, kwargs))
            self._once = True
            self._known[key] = forward(*one[0], **one[1])
            self._once = False
        return tree_map(partial(self._repeated, key), self._known[key])

    def _same_for_all(self, key: Key, args: Any, kwargs: Any) -> bool:
        """Whether a call's inputs are one picture's, repeated: nothing is replaced yet, or their memory says so."""
        shapes, tensors, count = self._shapes.get(key), _tensors((args, kwargs)), len(self._versions)
        if not shapes or len(shapes) != len(tensors):
            return False
        if any(
            shape[:1] != (1,) or tensor.shape != (count, *shape[1:])
            for shape, tensor in zip(shapes, tensors, strict=True)
        ):
            return False
        return not self._reached or (count > 1 and all(tensor.stride(0) == 0 for tensor in tensors))

    def _repeated(self, key: Key, item: Any) -> Any:
        """One picture's output as that of the batch, in memory of its own where the network's code writes to it."""
        if not isinstance(item, Tensor) or item.shape[:1] != (1,):
            return item
        count = len(self._versions)
        many = item.expand(count, *item.shape[1:])
        return many.clone() if count == 1 or self._apart or key in self._written else many


class _Calls:
    """Hands every call of every module of a tree, with its key, to a function in place of the module's forward."""

    def __init__(self, tree: nn.Module, visit: Callable[[Key, Forward, Any, Any], Any]) -> None:
        self._visit = visit
        self._stack: list[tuple[Key, Counter[str]]] = [((), Counter())]
        self.paths: list[str] = []
        for path, part in tree.named_modules():
            self.paths.append(path)
            if getattr(part, "inplace", False) is True:
                part.inplace = False
            part.forward = partial(self._call, path, part.forward)

    def start_again(self) -> None:
        """Count calls anew: the next one is the network's own, of another pass."""
        self._stack = [((), Counter())]

    def _call(self, path: str, forward: Forward, *args: Any, **kwargs: Any) -> Any:
        outer, inner_calls = self._stack[-1]
        key = (*outer, (path, inner_calls[path]))
        inner_calls[path] += 1
        self._stack.append((key, Counter()))
        try:
            return self._visit(key, forward, args, kwargs)
        finally:
            self._stack.pop()


class _FirstPass:
    """What is to be known of a plain pass before others can leave parts of it out.

    Attributes:
        calls: of the layer, each with its key and whole output.
        kept: of each the first tensor, as it was then.
        ends: the keys of all calls in the order in which they end, and of each, in ``sizes``, its output's entries.
        shapes: of each call its inputs' shapes.
    """

    def __init__(self, layer: str) -> None:
        self._name = layer
        self.calls: list[tuple[Key, Any]] = []
        self.kept: list[Tensor] = []
        self.ends: list[Key] = []
        self.sizes: list[int] = []
        self.shapes: dict[Key, tuple[tuple[int, ...], ...]] = {}
        self._outputs: list[tuple[Key, Tensor, int]] = []

    def called(self, key: Key, forward: Forward, args: Any, kwargs: Any) -> Any:
        """Run a call and note it."""
        self.shapes[key] = tuple(tuple(tensor.shape) for tensor in _tensors((args, kwargs)))
        inside, calls = len(self._outputs), len(self.calls)
        output = forward(*args, **kwargs)
        if key[-1][0] == self._name and (first := first_tensor(output)) is not None:
            self.calls.append((key, output if output is not first else None))
            self.kept.append(first.clone())
        if calls == len(self.calls):
            del self._outputs[inside:]  # the whole call is done once later, so nobody asks for its parts
        tensors = _tensors(output)
        self._outputs += [(key, tensor, tensor._version) for tensor in tensors]
        self.ends.append(key)
        self.sizes.append(max((tensor.numel() for tensor in tensors), default=0))
        return output

    def written(self) -> frozenset[Key]:
        """The calls whose output the network's code wrote to afterwards."""
        return frozenset(key for key, tensor, version in self._outputs if tensor._version != version)


def _tensors(tree: Any) -> list[Tensor]:
    return [item for item in tree_leaves(tree) if isinstance(item, Tensor)]


def _with_first(output: Any, versions: Tensor) -> Any:
    """A module's output with its first tensor replaced; None stands for an output that is that tensor."""
    if output is None:
        return versions
    places = iter([versions])
    return tree_map(lambda item: next(places, item) if isinstance(item, Tensor) else item, output)
