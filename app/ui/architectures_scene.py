"""What does the view of a network's graph show? Every node and block with its name, its shape and its costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from app.components.network_graph.component import GraphItem, GraphScene
from app.ui.architectures_words import Named, inputs_words, layer_words, node_words, shape_short, shape_words
from cnnviz.analysis import LayerCost
from cnnviz.network import GraphEdge, GraphGroup, NetworkGraph
from cnnviz.network.graph_data import PICTURE

Costs = tuple[int, int, int]


def graph_scene(name: str, graph: NetworkGraph, layers: Sequence[LayerCost]) -> GraphScene:
    """The whole graph, closed; `layers` are the costs of the same module for the same input."""
    return _Scene(graph, layers).made(name)


def opened(scene: GraphScene, keys: Iterable[str], cost: str, chosen: str, most: Costs | None = None) -> GraphScene:
    """The scene with the groups of these keys open, those that it has."""
    known = {item.key for item in scene.items if item.parts}
    return replace(
        scene, opened=[key for key in keys if key in known], cost=cost, chosen=chosen, most=most or scene.most
    )


def every_block(scene: GraphScene) -> list[str]:
    """The keys of all groups but single layers."""
    return [item.key for item in scene.items if item.parts and item.kind != "layer"]


def around(scene: GraphScene, key: str) -> list[str]:
    """The keys of the groups that have to be open for the item of this key to be seen, from the outside in."""
    item = next((item for item in scene.items if item.key == key), None)
    found: list[str] = []
    while item is not None and item.parent != -1:
        item = scene.items[item.parent]
        found.insert(0, item.key)
    return found


def together(*scenes: GraphScene) -> Costs:
    """The costs that fill a bar where scenes are compared."""
    first, second, third = (max(costs) for costs in zip(*(scene.most for scene in scenes), strict=True))
    return first, second, third


class _Scene:
    def __init__(self, graph: NetworkGraph, layers: Sequence[LayerCost]) -> None:
        self._graph = graph
        self._costs: Mapping[tuple[str, int, str], LayerCost] = {
            (layer.path, layer.call, layer.kind): layer for layer in layers
        }
        self._items: list[GraphItem] = []
        self._reads: dict[int, list[tuple[int, tuple[int, ...]]]] = {}
        for edge in graph.edges:
            self._reads.setdefault(edge.target, []).append((edge.source, edge.shape))

    def made(self, name: str) -> GraphScene:
        for node in self._graph.nodes:
            named = node_words(node, self._cost(node.index))
            key = f"{node.path}:{node.kind}:{node.call}"
            self._items.append(
                GraphItem(node.index, key, node.role, node.path, named.title, named.note, named.detail,
                          shape_short(node.shape), -1, (), self._spent((node.index,)))
            )  # fmt: skip
        for part in self._graph.root.parts:
            if isinstance(part, GraphGroup):
                self._add(part, -1)
        top = [item for item in self._items if item.parent == -1]
        most = tuple(max(item.costs[place] for item in top) for place in range(3))
        edges = [(edge.source, edge.target, self._label(edge)) for edge in self._graph.edges]
        return GraphScene(name, self._items, edges, (), (most[0], most[1], most[2]), "multiply_adds")

    def _label(self, edge: GraphEdge) -> str:
        """The shape that is read. Where a join reads one output piece by piece, it reads all of it."""
        pieces = self._graph.nodes[edge.target].role == "join" and len(self._graph.sources(edge.target)) == 1
        return shape_short(self._graph.nodes[edge.source].shape if pieces else edge.shape)

    def _add(self, group: GraphGroup, parent: int) -> int:
        """The group as an item, and all in it."""
        number = len(self._items)
        nodes = group.nodes
        named = self._named(group)
        shape = self._graph.nodes[nodes[-1]].shape
        item = GraphItem(number, group.key, group.kind, group.path, named.title, named.note, named.detail,
                         shape_short(shape), parent, (), self._spent(nodes))  # fmt: skip
        self._items.append(item)
        parts = []
        for part in group.parts:
            if isinstance(part, GraphGroup):
                parts.append(self._add(part, number))
            else:
                self._items[part] = replace(self._items[part], parent=number)
                parts.append(part)
        self._items[number] = replace(item, parts=tuple(parts))
        return number

    def _named(self, group: GraphGroup) -> Named:
        nodes = [self._graph.nodes[node] for node in group.nodes]
        if group.kind == "layer":
            return layer_words(nodes, [node_words(node, self._cost(node.index)) for node in nodes])
        blocks = [part for part in group.parts if isinstance(part, GraphGroup) and part.kind != "layer"]
        layers = sum(node.role in ("convolution", "linear", "attention") for node in nodes)
        counted = f"{layers} weighted layer{'' if layers == 1 else 's'}"
        module = group.module.lstrip("_")  # torchvision's _DenseBlock
        note = module if group.kind == "block" else f"{len(blocks)} blocks" if len(blocks) > 1 else counted
        inside = set(group.nodes)
        given = {source: shape for node in group.nodes for source, shape in self._reads.get(node, ())
                 if source not in inside}  # fmt: skip
        going = f"{inputs_words(list(given.values()))} in, {shape_words(nodes[-1].shape)} out"
        what = f"{module}, " if module not in ("", "Sequential", "ModuleList") else ""
        return Named(group.title, note, f"{what}{counted}: {going}")

    def _cost(self, node: int) -> LayerCost | None:
        one = self._graph.nodes[node]
        return None if node == PICTURE else self._costs.get((one.path, one.call, one.kind))

    def _spent(self, nodes: Iterable[int]) -> Costs:
        found = [cost for node in nodes if (cost := self._cost(node)) is not None]
        return (
            sum(cost.multiply_adds for cost in found),
            sum(cost.parameters for cost in found),
            sum(cost.activation_bytes for cost in found),
        )
