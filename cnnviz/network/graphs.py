"""How are the layers of a network connected, as it runs: what reads what, where do branches part and meet again?"""

from __future__ import annotations

from functools import partial

from torch import nn

from cnnviz.compute.kept import Kept
from cnnviz.network.graph_data import NetworkGraph, Shape
from cnnviz.network.graph_groups import grouped
from cnnviz.network.graph_pass import GraphPass, nodes_of
from cnnviz.network.modes import follow
from cnnviz.network.operations import flat
from cnnviz.network.recording import without_values_if_possible

PICTURE_SHAPE: Shape = (3, 224, 224)

_graphs: Kept[nn.Module, Shape, NetworkGraph] = Kept()


def graph(module: nn.Module, input_size: Shape = PICTURE_SHAPE) -> NetworkGraph:
    """The layers and joins of a network in evaluation mode, what each reads, and the blocks that they make.

    Nodes are the calls of layers (modules without children, and attention) and the operations between them that
    compute something. Passed over is what only moves values about, such as a flattening, what only fills a place, such
    as ``nn.Identity``, and factors that are constant numbers. No value is computed; a module that cannot do without
    gets one real pass on zeros. The answer is kept as long as the module lives, so the module must not be rebuilt
    meanwhile.

    Args:
        module: any module that takes one batch.
        input_size: the input's shape without the batch axis, (C, H, W) or (features,).

    Raises SettingsError where the module cannot take such an input; the sentence says which layer refuses it.
    """
    shape = tuple(input_size)
    return _graphs.of(module, shape, lambda: without_values_if_possible(partial(_graph, module, shape)))


def _graph(module: nn.Module, shape: Shape, on_meta: bool) -> NetworkGraph:
    followed, output = follow(GraphPass, module, shape, on_meta)
    returned = list(output.values()) if isinstance(output, dict) else [output]
    answers = dict.fromkeys(node for tensor in flat(returned) for node in nodes_of(tensor))
    nodes, edges = followed.nodes(), followed.edges()
    return NetworkGraph(nodes, edges, tuple(answers), grouped(nodes, edges, module))
