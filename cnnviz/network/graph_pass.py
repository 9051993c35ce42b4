"""Which layers does a network run, and from which does each read? One forward pass is followed.

The pass runs with tensors that have shapes and no values. Hooks on a replica tell which module is running; below them
torch tells every operation, whatever the network is written in. Each tensor carries the nodes that it comes from.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn

from cnnviz.network.graph_data import PICTURE, GraphEdge, GraphNode, Role, Shape
from cnnviz.network.graph_roles import folded, role_of_module, role_of_operation, stands_for_none
from cnnviz.network.modes import LayerMode, shape_of_one
from cnnviz.network.operations import flat, operation_of, run, tensors_of
from cnnviz.network.recording import first_tensor, is_leaf

_NODES = "_cnnviz_nodes"


@dataclass(slots=True)
class _Draft:
    """A node while the pass runs; ``reads`` are the (source, shape) of what it has read so far, in order."""

    path: str
    call: int
    kind: str
    role: Role
    operation: bool
    shape: Shape = ()
    reads: dict[tuple[int, Shape], None] = field(default_factory=dict)


class GraphPass(LayerMode):
    """Follows while it is entered.

    Args:
        watched: a replica, on which hooks are put; they stay.
        batch: the input, the first node.
    """

    def __init__(self, watched: nn.Module, batch: Tensor) -> None:
        super().__init__(watched)
        self._drafts = [_Draft("", 0, "picture", "picture", operation=True, shape=shape_of_one(batch))]
        self._frames: list[tuple[str, int | None]] = []
        setattr(batch, _NODES, (PICTURE,))

    @property
    def where(self) -> str:
        """The path of the module that was running last."""
        return self._frames[-1][0] if self._frames else ""

    def nodes(self) -> tuple[GraphNode, ...]:
        """All nodes so far, in execution order."""
        return tuple(
            GraphNode(index, draft.path, draft.call, draft.kind, draft.role, draft.operation, draft.shape)
            for index, draft in enumerate(self._drafts)
        )

    def edges(self) -> tuple[GraphEdge, ...]:
        """What each of them read."""
        return tuple(
            GraphEdge(source, target, shape)
            for target, draft in enumerate(self._drafts)
            for source, shape in draft.reads
        )

    def _enter(self, path: str, module: nn.Module, inputs: Any) -> None:
        _, leaf = self._frames[-1] if self._frames else ("", None)
        if is_leaf(module):
            call = self._next_call(path)
            if leaf is None and not stands_for_none(module):
                leaf = len(self._drafts)
                kind = type(module).__name__
                self._drafts.append(_Draft(path, call, kind, role_of_module(module), operation=False))
        self._frames.append((path, leaf))

    def _leave(self, module: nn.Module, inputs: Any, output: Any) -> Any:
        _, leaf = self._frames[-1]
        outermost = leaf is not None and (len(self._frames) == 1 or self._frames[-2][1] is None)
        given = first_tensor(output)
        if leaf is not None and outermost and given is not None:
            self._drafts[leaf].shape = shape_of_one(given)
            if not self._drafts[leaf].reads and isinstance(output, Tensor):
                # It passed its input on, as dropout does: the view is a tensor of its own, which comes from this node.
                output = output.view(output.shape)
        self._frames.pop()
        return output

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        operation = operation_of(func)
        tensors = tensors_of(operation, args, kwargs)
        reads = [(source, shape_of_one(tensor)) for tensor in tensors for source in nodes_of(tensor)]
        output = run(func, operation, args, kwargs, tensors)
        made = [output] if isinstance(output, Tensor) else list(flat([output]))
        path, leaf = self._frames[-1] if self._frames else ("", None)
        if leaf is not None:
            self._drafts[leaf].reads |= {read: None for read in reads if read[0] != leaf}
            _mark(made, (leaf,))
            return output
        kind = operation.name.strip("_")
        counts = bool(tensors and made) and not operation.view and not operation.constant
        call = self._next_call(f"{path}:{kind}") if counts else 0
        if not counts or not reads or folded(operation, tensors):
            _mark(made, tuple(dict.fromkeys(source for source, _ in reads)))
            return output
        draft = _Draft(path, call, kind, role_of_operation(operation.name), operation=True, shape=shape_of_one(made[0]))
        draft.reads = dict.fromkeys(reads)
        _mark(made, (len(self._drafts),))
        self._drafts.append(draft)
        return output


def nodes_of(tensor: Tensor) -> tuple[int, ...]:
    """The nodes that a tensor of the pass comes from; none of a constant."""
    nodes: tuple[int, ...] = tensor.__dict__.get(_NODES, ())
    return nodes


def _mark(tensors: Iterable[Tensor], nodes: tuple[int, ...]) -> None:
    if nodes:
        for tensor in tensors:
            setattr(tensor, _NODES, nodes)
