"""What is the graph of a network: its layers and joins, what each reads, and the blocks that they make?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Shape = tuple[int, ...]
Role = Literal[
    "picture", "convolution", "linear", "attention", "pooling", "normalisation", "activation", "dropout", "join",
    "reshape", "other",
]  # fmt: skip
"""What a node is for. A join adds, multiplies or concatenates what several nodes put out, or a learned number."""

PICTURE = 0
"""The first node of every graph: the input, as the network is given it."""


@dataclass(frozen=True, slots=True)
class GraphNode:
    """One call of one layer, or one operation that stands outside of all layers in a module's own code.

    Attributes:
        index: its place in execution order; 0 is the picture.
        path: the layer's dotted path; of an operation, that of the module in whose code it stands.
        call: which call of this layer it is, or which operation of this kind in this module, from 0: the same number
            as in :class:`cnnviz.analysis.LayerCost`.
        kind: the layer's class name; of an operation its name in torch ("add", "cat").
        role: what it is for, in one word.
        operation: whether it is an operation and no layer.
        shape: of what it puts out, without the batch axis.
    """

    index: int
    path: str
    call: int
    kind: str
    role: Role
    operation: bool
    shape: Shape

    @property
    def home(self) -> str:
        """The path of the module in whose code it is called."""
        return self.path if self.operation else self.path.rpartition(".")[0]


@dataclass(frozen=True, slots=True)
class GraphEdge:
    """``target`` reads what ``source`` put out; ``shape`` is what it reads of that, cut or flattened perhaps."""

    source: int
    target: int
    shape: Shape


@dataclass(frozen=True)
class GraphGroup:
    """Nodes that belong together, as a person speaks of them.

    Attributes:
        key: tells it from all other groups of the graph.
        path: the module that it is; of several modules, and of a part of one, the one that holds them.
        title: "Stem", "Stage 2", "Block 3", or the module's own name where that says more; "" of a layer.
        kind: "layer" is a layer with the normalisation and activation that alone read it.
        module: the class name of the module, "" where it is none.
        parts: groups, and nodes by index, in execution order.
    """

    key: str
    path: str
    title: str
    kind: Literal["network", "stage", "block", "layer"]
    module: str
    parts: tuple[GraphGroup | int, ...]

    @property
    def nodes(self) -> tuple[int, ...]:
        """All nodes in it, in execution order."""
        return tuple(sorted(self._all()))

    def groups(self) -> Iterator[GraphGroup]:
        """This group and all that are in it, from the outside in."""
        yield self
        for part in self.parts:
            if isinstance(part, GraphGroup):
                yield from part.groups()

    def _all(self) -> Iterator[int]:
        for part in self.parts:
            if isinstance(part, GraphGroup):
                yield from part._all()
            else:
                yield part


@dataclass(frozen=True)
class NetworkGraph:
    """A network's nodes in execution order, what each reads, and the groups that they make.

    Attributes:
        nodes: the picture first.
        edges: in the order in which they are read.
        answers: the nodes whose output the network returns.
        root: the group of all nodes but the picture.
    """

    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]
    answers: tuple[int, ...]
    root: GraphGroup

    def sources(self, index: int) -> tuple[int, ...]:
        """The nodes that a node reads."""
        return tuple(dict.fromkeys(edge.source for edge in self.edges if edge.target == index))

    def readers(self, index: int) -> tuple[int, ...]:
        """The nodes that read a node."""
        return tuple(dict.fromkeys(edge.target for edge in self.edges if edge.source == index))
