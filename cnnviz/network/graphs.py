"""How are the layers of a network connected, as it runs: what reads what, where do branches part and meet again?"""

from __future__ import annotations

import threading
from functools import partial
from weakref import WeakKeyDictionary

import torch
from torch import nn

from cnnviz.errors import SettingsError
from cnnviz.network.graph_data import NetworkGraph, Shape
from cnnviz.network.graph_groups import grouped
from cnnviz.network.graph_pass import GraphPass, nodes_of
from cnnviz.network.operations import flat
from cnnviz.network.recording import own_kind, refusal, without_values_if_possible
from cnnviz.network.replicas import evaluating

PICTURE_SHAPE: Shape = (3, 224, 224)

_graphs: WeakKeyDictionary[nn.Module, dict[Shape, NetworkGraph]] = WeakKeyDictionary()
_lock = threading.Lock()


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
    with _lock:
        known = _graphs.setdefault(module, {})
    if shape not in known:
        known[shape] = without_values_if_possible(partial(_graph, module, shape))
    return known[shape]


def _graph(module: nn.Module, shape: Shape, on_meta: bool) -> NetworkGraph:
    device, dtype = own_kind(module)
    watched = evaluating(module, on_meta)
    batch = torch.zeros(1, *shape, device="meta" if on_meta else device, dtype=dtype)
    followed = GraphPass(watched, batch)
    try:
        with torch.no_grad(), followed:
            output = watched(batch)
    except (RuntimeError, TypeError, ValueError, LookupError, AssertionError) as error:
        if on_meta:
            raise ValueError("The pass needs values, or fails with them too.") from error
        raise SettingsError(refusal(module, followed.where, shape, error)) from error
    returned = list(output.values()) if isinstance(output, dict) else [output]
    answers = dict.fromkeys(node for tensor in flat(returned) for node in nodes_of(tensor))
    nodes, edges = followed.nodes(), followed.edges()
    return NetworkGraph(nodes, edges, tuple(answers), grouped(nodes, edges, module))
