"""Into which blocks does a person divide a network? Stem, stages, blocks, head, out of its modules and its graph.

Modules say what belongs together. Where they say too little (one long list of layers) stages end where the maps become
smaller; where they only wrap (a module that holds nearly everything) they are left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from torch import nn

from cnnviz.network.graph_data import GraphEdge, GraphGroup, GraphNode
from cnnviz.network.graph_layers import layers_of, path_holding

Part = GraphGroup | int
Kind = Literal["stage", "block"]

_WRAPPER = 0.5  # a module with a larger part of all layers than this only wraps, if it alone is branched
_SMALL = 4  # layers; so many without a branch are no block
_MERGING = 3  # layers; so many that join neighbours and shrink the maps are no block
_HOLDERS = frozenset(("Sequential", "ModuleList"))  # say nothing of what they hold
_MANY = 10  # parts of a network that a person still overlooks
_NUMBERED = re.compile(r"(?:layer|stage|block)_?(\d+)")


def grouped(nodes: Sequence[GraphNode], edges: Sequence[GraphEdge], module: nn.Module) -> GraphGroup:
    """The groups of all nodes but the picture; ``module`` is what was run, and gives the names."""
    grouping = _Grouping(nodes, edges, dict(module.named_modules()))
    return GraphGroup("", "", type(module).__name__, "network", type(module).__name__, grouping.top())


@dataclass(slots=True)
class _Tree:
    """A module while its parts are collected."""

    path: str
    parts: list[_Tree | GraphGroup | int] = field(default_factory=list)


class _Grouping:
    def __init__(
        self, nodes: Sequence[GraphNode], edges: Sequence[GraphEdge], modules: Mapping[str, nn.Module]
    ) -> None:
        self._nodes = nodes
        self._edges = edges
        self._modules = modules
        self._blocks: set[str] = set()

    def top(self) -> tuple[Part, ...]:
        """The parts of the network as they stand side by side."""
        parts = self._counted([self._group(part) for part in self._unwrapped(self._tree())])
        if not any(map(self._is_block, parts)):
            return tuple(self._flat(parts))
        first = next(place for place, part in enumerate(parts) if self._is_block(part))
        last = next(place for place in reversed(range(len(parts))) if self._is_block(parts[place])) + 1
        body = parts[first:last]
        if len(body) + (first > 0) + (last < len(parts)) > _MANY:
            body = self._staged(body)
        return (*self._together("stem", "Stem", parts[:first]), *body, *self._together("head", "Head", parts[last:]))

    def _tree(self) -> _Tree:
        """The layers in the modules that run them."""
        trees = {"": _Tree("")}
        for layer in layers_of(self._nodes, self._edges):
            path = layer.path if isinstance(layer, GraphGroup) else self._nodes[layer].home
            self._of(trees, path).parts.append(layer)
        return trees[""]

    def _of(self, trees: dict[str, _Tree], path: str) -> _Tree:
        if path not in trees:
            trees[path] = _Tree(path)
            self._of(trees, path.rpartition(".")[0]).parts.append(trees[path])
        return trees[path]

    def _unwrapped(self, tree: _Tree) -> list[_Tree | GraphGroup | int]:
        """The parts of the network, those of wrappers in their place."""
        parts = tree.parts
        while True:
            every = sum(map(_count, parts))
            wrapper = next(
                (part for part in parts if isinstance(part, _Tree) and _count(part) > _WRAPPER * every), None
            )
            others = [part for part in parts if part is not wrapper and isinstance(part, _Tree)]
            if wrapper is None or any(map(self._branched, others)):
                return parts
            place = parts.index(wrapper)
            parts = [*parts[:place], *wrapper.parts, *parts[place + 1 :]]

    def _branched(self, tree: _Tree) -> bool:
        return any(self._nodes[node].role == "join" for node in _nodes(tree))

    def _group(self, part: _Tree | GraphGroup | int) -> Part:
        """A module as a group, unless it has one part only, which then stands for it."""
        if not isinstance(part, _Tree):
            return part
        parts = part.parts
        inner = type(self._modules[part.path]).__name__
        while len(parts) == 1 and isinstance(parts[0], _Tree):
            inner, parts = type(self._modules[parts[0].path]).__name__, parts[0].parts
        if len(parts) == 1:
            return self._group(parts[0])
        grown = self._counted([self._group(one) for one in parts])
        return GraphGroup(part.path, part.path, "", self._kind(part.path), inner, tuple(grown))

    def _class(self, part: Part) -> str:
        """The class name of the module that a group is; empty of what is none."""
        named = isinstance(part, GraphGroup) and part.kind != "layer" and part.path in self._modules
        return type(self._modules[part.path]).__name__ if named and isinstance(part, GraphGroup) else ""

    def _kind(self, path: str) -> Kind:
        return "stage" if isinstance(self._modules[path], nn.Sequential) else "block"

    def _counted(self, parts: list[Part]) -> list[Part]:
        """The groups with their titles; those without a name of their own are counted, each kind for itself."""
        counts: Counter[str] = Counter()
        mixed = len({part.kind for part in parts if isinstance(part, GraphGroup) and self._is_block(part)}) > 1
        self._blocks |= {self._class(part) for part in parts if self._is_block(part)}
        named: list[Part] = []
        for part in parts:
            if isinstance(part, GraphGroup) and not part.title and part.kind != "layer":
                part = replace(part, title=self._title(part, counts, mixed))
            named.append(part)
        return named

    def _title(self, group: GraphGroup, counts: Counter[str], mixed: bool) -> str:
        name = group.path.rpartition(".")[2]
        numbered = _NUMBERED.fullmatch(name)
        if numbered and group.kind == "stage":
            return f"Stage {numbered[1]}"
        if not name.isdigit():
            return name
        if not self._is_block(group):
            return "Downsampling" if self._shrinks(group) else "Layers"
        kind = group.module if mixed and group.kind == "block" else group.kind.capitalize()
        counts[kind] += 1
        return f"{kind} {counts[kind]}"

    def _is_block(self, part: Part) -> bool:
        """Whether a part is more than a few layers in a row, or of a kind with one that is."""
        if isinstance(part, int) or part.kind == "layer":
            return False
        if self._class(part) in self._blocks - _HOLDERS:
            return True
        layers = sum(map(_layers, part.parts))
        joins = any(self._nodes[node].role == "join" for node in part.nodes)
        return layers > (_MERGING if joins and self._shrinks(part) else 0 if joins else _SMALL)

    def _flat(self, parts: list[Part]) -> list[Part]:
        """Layers in a row, without blocks: stages as the maps become smaller, and what follows the last convolution."""
        if len(parts) + sum(isinstance(part, GraphGroup) for part in parts) <= _MANY:
            return parts
        end = len(parts)
        while end and not self._has(parts[end - 1], "convolution"):
            end -= 1
        while end and end < len(parts) and self._shrinks(parts[end]) and self._rows(parts[end]) > 1:
            end += 1  # a pooling that leaves maps belongs to the convolutions before it
        return [*self._staged(parts[:end]), *self._together("head", "Head", parts[end:])]

    def _staged(self, parts: list[Part]) -> list[Part]:
        """Parts in a row, together as long as their maps keep their size; as they are where all do."""
        runs: list[list[Part]] = [[]]
        closed = False
        for part in parts:
            pools = self._has(part, "pooling") and not self._has(part, "convolution")
            if runs[-1] and (closed or (self._shrinks(part) and not pools)):
                runs.append([])
            runs[-1].append(part)
            closed = pools and self._shrinks(part)
        if len(runs) < 2:
            return parts
        staged: list[Part] = []
        for number, run in enumerate(runs, start=1):
            title, only = self._span(run) or f"Stage {number}", run[0]
            if len(run) == 1 and isinstance(only, GraphGroup) and only.kind == "block":
                staged.append(replace(only, title=title))
            else:
                staged += self._together(f"stage-{number}", title, run)
        return staged

    def _span(self, run: Sequence[Part]) -> str:
        """inception3a–3b for blocks of telling names; empty for others."""
        names = [part.title for part in run if isinstance(part, GraphGroup) and self._is_block(part)]
        if not names or any(name.startswith(("Block ", "Stage ")) for name in names):
            return ""
        first, last = names[0], names[-1]
        alike = re.match(r"\D*", first)
        same = alike[0] if alike and last.startswith(alike[0]) else ""
        return first if len(names) == 1 else f"{first}–{last.removeprefix(same)}"

    def _together(self, key: str, title: str, run: Sequence[Part]) -> list[Part]:
        """Some parts in a row as one group; a group that stands alone keeps its own name."""
        if len(run) < 2:
            return list(run)
        return [GraphGroup(key, self._path_of(run), title, "stage", "", tuple(run))]

    def _path_of(self, run: Sequence[Part]) -> str:
        paths = [part.path if isinstance(part, GraphGroup) else self._nodes[part].home for part in run]
        return path_holding(paths)

    def _has(self, part: Part, role: str) -> bool:
        nodes = (part,) if isinstance(part, int) else part.nodes
        return any(self._nodes[node].role == role for node in nodes)

    def _rows(self, part: Part) -> int:
        """The rows of what a part puts out, 1 where it has none."""
        shape = self._nodes[part if isinstance(part, int) else part.nodes[-1]].shape
        return shape[-2] if len(shape) == 3 else 1

    def _shrinks(self, part: Part) -> bool:
        """Whether what a part puts out has fewer places than what it reads."""
        nodes = {part} if isinstance(part, int) else set(part.nodes)
        outside = [edge.shape for edge in self._edges if edge.target in nodes and edge.source not in nodes]
        before = max((_places(shape) for shape in outside), default=0)
        return before > _places(self._nodes[max(nodes)].shape)


def _places(shape: Sequence[int]) -> int:
    return shape[-2] * shape[-1] if len(shape) == 3 else 1


def _count(part: _Tree | GraphGroup | int) -> int:
    return sum(map(_count, part.parts)) if isinstance(part, _Tree) else 1


def _layers(part: Part) -> int:
    """How many layers there are in a part."""
    return 1 if isinstance(part, int) or part.kind == "layer" else sum(map(_layers, part.parts))


def _nodes(part: _Tree | GraphGroup | int) -> list[int]:
    if isinstance(part, int):
        return [part]
    return [node for one in part.parts for node in _nodes(one)]
