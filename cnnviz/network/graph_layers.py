"""Which nodes of a graph does a person call one layer? A convolution with the normalisation and activation after it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from cnnviz.network.graph_data import PICTURE, GraphEdge, GraphGroup, GraphNode

_FOLLOW = {
    "convolution": ("normalisation", "activation", "dropout"),
    "linear": ("normalisation", "activation", "dropout"),
    "normalisation": ("activation",),
    "join": ("activation",),
}
"""What belongs to a layer that starts with a node of this role, as long as nothing else reads in between."""


def layers_of(nodes: Sequence[GraphNode], edges: Sequence[GraphEdge]) -> list[GraphGroup | int]:
    """The layers in execution order; a node that stands alone is its own."""
    chains: list[list[int]] = []
    chain_of: dict[int, list[int]] = {}
    sources: dict[int, list[int]] = {}
    readers = Counter(source for source, _ in {(edge.source, edge.target) for edge in edges})
    for edge in edges:
        sources.setdefault(edge.target, []).append(edge.source)
    for node in nodes[PICTURE + 1 :]:
        read = set(sources.get(node.index, ()))
        before = read.pop() if len(read) == 1 else None
        chain = chain_of.get(before) if before is not None and readers[before] == 1 else None
        if chain is None or chain[-1] != before or not _belongs(node, nodes[chain[0]]):
            chain = []
            chains.append(chain)
        chain.append(node.index)
        chain_of[node.index] = chain
    return [chain[0] if len(chain) == 1 else _layer(chain, nodes) for chain in chains]


def path_holding(paths: Iterable[str]) -> str:
    """The path of the innermost module that holds all of these."""
    split = [path.split(".") if path else [] for path in paths]
    shared: list[str] = []
    for parts in zip(*split, strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    return ".".join(shared)


def _belongs(node: GraphNode, first: GraphNode) -> bool:
    """Whether a node that reads a layer's last one is part of it: of the right kind, and called in the same module."""
    inside = not first.home or f"{node.path}.".startswith(f"{first.home}.")
    return inside and node.role in _FOLLOW.get(first.role, ())


def _layer(chain: Sequence[int], nodes: Sequence[GraphNode]) -> GraphGroup:
    first = nodes[chain[0]]
    # Repeated calls of one layer are layers of their own.
    key = f"{first.path}:{first.kind}:{first.call}" if first.operation else f"{first.path}:{first.call}"
    return GraphGroup(key, first.home, "", "layer", first.kind, tuple(chain))
