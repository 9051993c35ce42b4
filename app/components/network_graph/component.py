"""The graph of a network as boxes that open: checks and packs what the view draws."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from app.components import view
from app.components.blob import pack

_render = view("network_graph")

COSTS = ("multiply_adds", "parameters", "memory")
"""What the bars can stand for: the costs of an item in this order."""


@dataclass(frozen=True)
class GraphItem:
    """A box: a node of the graph, or a group of them.

    `item` is its number, `parent` that of the group it is in, -1 at the top; `parts` are empty of a node. `kind` is a
    node's role or a group's kind. `title`, `note` stand in the box, `detail` is said of it. `shape` is what it puts
    out, in short. `costs` are in the order of `COSTS`, memory in bytes.
    """

    item: int
    key: str
    kind: str
    path: str
    title: str
    note: str
    detail: str
    shape: str
    parent: int
    parts: tuple[int, ...]
    costs: tuple[int, int, int]


@dataclass(frozen=True)
class GraphScene:
    """Everything the view shows.

    `edges` are (source, target, shape in short) between the items of nodes. `opened` are the keys of the groups that
    stand open. `most` are the costs that fill a bar: views that are compared share them. `cost` is one of `COSTS`.
    `chosen` is the key of the item that the page speaks of, "" for none.
    """

    name: str
    items: Sequence[GraphItem]
    edges: Sequence[tuple[int, int, str]]
    opened: Sequence[str]
    most: tuple[int, int, int]
    cost: str
    chosen: str = ""


def network_graph_view(key: str, scene: GraphScene, on_act: Callable[[], None], height: int = 560) -> None:
    """Mount the view. `state[key].act` tells `open` (keys), `cost` and `chosen` (a key) as the learner left them."""
    if scene.cost not in COSTS:
        raise ValueError(f"The bars stand for one of {', '.join(COSTS)}, not for {scene.cost!r}.")
    header: dict[str, Any] = {
        "name": scene.name,
        "items": [asdict(item) for item in scene.items],
        "edges": [list(edge) for edge in scene.edges],
        "opened": list(scene.opened),
        "most": list(scene.most),
        "cost": scene.cost,
        "costs": list(COSTS),
        "chosen": scene.chosen,
        "height": height,
    }
    _render(key=key, data=pack(header), on_act_change=on_act)
