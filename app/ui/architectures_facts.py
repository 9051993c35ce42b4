"""What is known of a network's structure: its graph, its layers' costs. No weights are needed, and none are loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.ui.byte_cache import ByteCache
from cnnviz import compute
from cnnviz.network import NetworkInfo, network_info

if TYPE_CHECKING:
    from torch import nn

    from app.components.network_graph.component import GraphScene
    from cnnviz.analysis import LayerCost, TotalCosts

_MOST = 24_000_000
_A_LAYER = 4_000  # bytes; of its row, its node and its box together, generously
_NEEDED = ("torch", "torchvision.models", "timm.models.efficientnet")


@dataclass(frozen=True, eq=False)
class Architecture:
    """One network: its module without values, its layers' costs, its graph as the view shows it."""

    info: NetworkInfo
    module: nn.Module
    layers: tuple[LayerCost, ...]
    scene: GraphScene

    def totals(self) -> TotalCosts:
        """Of the whole network; memory for training is found with a pass of its own, so this takes a moment."""
        from cnnviz.analysis import total_costs

        return total_costs(self.module, self.info.input_size)


_KEPT: ByteCache[Architecture] = ByteCache(_MOST)


def architecture(name: str) -> Architecture:
    """The structure of a network of the zoo; who asks for one that somebody else is making waits for that."""
    return _KEPT.get(name, lambda: _made(name))


def _made(name: str) -> tuple[Architecture, int]:
    compute.warm_up().wait_for(_NEEDED)
    from app.ui.architectures_scene import graph_scene
    from cnnviz.analysis import layer_costs
    from cnnviz.network import graph
    from cnnviz.network.construction import skeleton

    info = network_info(name)
    module = skeleton(info)
    layers = tuple(layer_costs(module, info.input_size))
    scene = graph_scene(info.title, graph(module, info.input_size), layers)
    return Architecture(info, module, layers, scene), _A_LAYER * len(layers)
