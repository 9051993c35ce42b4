"""Where in a network is the head that names the classes, where the last block before it, and how is it cut there?

The head is the last layer with weights. What the network puts out when that layer lets everything through are its
features: of most networks the input of the last linear layer, of SqueezeNet, whose last layer is a convolution, that
layer's input averaged over the map.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import fx, nn

from cnnviz.analysis import layer_table
from cnnviz.errors import NetworkError
from cnnviz.network import Network

_MOST_IN_BLOCK = 0.5  # of the parameters below the head: a block that holds more is looked into


@dataclass(frozen=True)
class Parts:
    """The paths of a network's parts.

    Attributes:
        head: the last layer with weights.
        block: the last block with weights before it, such as a residual block; a single layer in networks without.
        from_block_on: the leaf modules from the block's first one on, without the head, in the order of their calls.
    """

    head: str
    block: str
    from_block_on: tuple[str, ...]

    def holds(self, path: str) -> bool:
        """Whether a module or parameter of this path belongs to the last block or to what comes after it."""
        return any(f"{path}.".startswith(f"{part}.") for part in (self.block, *self.from_block_on))


def find_parts(network: Network) -> Parts:
    """The parts of a network that classifies pictures.

    Raises:
        NetworkError: it has fewer than two layers with weights.
    """
    module = network.module
    called = [layer.path for layer in layer_table(network)]
    weighted = [path for path in called if isinstance(module.get_submodule(path), nn.Linear | nn.Conv2d)]
    if len(set(weighted)) < 2:
        raise NetworkError(f"{network.name} has fewer than two layers with weights; choose a network with more.")
    head = weighted[-1]
    body = [path for path in called if path != head]
    block = _last_block(module, body, weighted)
    first = next(number for number, path in enumerate(body) if f"{path}.".startswith(f"{block}."))
    return Parts(head, block, tuple(dict.fromkeys(body[first:])))


def without_head(module: nn.Module, head: str) -> nn.Module:
    """The module with its head replaced by one that lets everything through, in place."""
    parent, _, name = head.rpartition(".")
    setattr(module.get_submodule(parent), name, nn.Identity())
    return module


def cut_before(module: nn.Module, block: str) -> tuple[nn.Module, nn.Module] | None:
    """The module as two, up to the block and from it on, over the same submodules; None where its code allows no cut.

    The module has to be in evaluation mode: branches in its own code are taken as they are then.
    """
    try:
        with _tracing:
            graph = _Opened(block).trace(module)
        calls = [node for node in graph.nodes if node.op == "call_module" and node.target == block]
        if len(calls) != 1 or len(calls[0].all_input_nodes) != 1:
            return None
        entry = calls[0].all_input_nodes[0]
        nodes = list(graph.nodes)
        after = nodes[nodes.index(calls[0]) :]
        if any(source is not entry and source not in after for node in after for source in node.all_input_nodes):
            return None
        before = nodes[: nodes.index(calls[0])]
        return fx.GraphModule(module, _upto(before, entry)), fx.GraphModule(module, _from(entry, after))
    except (RuntimeError, TypeError, ValueError, AttributeError, fx.proxy.TraceError):  # code that fx cannot follow
        return None


def feature_count(body: nn.Module, network: Network) -> int:
    """How many features the network without its head gives for a picture, by a pass on zeros."""
    from cnnviz.network import logits

    with torch.no_grad():
        return int(logits(body(torch.zeros(1, *network.input_size, device=network.device))).shape[1])


class _Opened(fx.Tracer):
    """Follows the code of the modules round one, and takes every other module as a whole.

    While it does, torch hands it the calls of every module in the process, those that other threads run among them:
    they go their way.
    """

    def __init__(self, inner: str) -> None:
        super().__init__()
        self._thread = threading.get_ident()
        names = inner.split(".")
        self._round = {".".join(names[:count]) for count in range(len(names))}

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        """Whether to take a module as a whole."""
        return module_qualified_name not in self._round

    def call_module(self, m: nn.Module, forward: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Follow a call, if it is one of ours."""
        if threading.get_ident() != self._thread:
            return forward(*args, **kwargs)
        return super().call_module(m, forward, args, kwargs)

    def getattr(self, attr: str, attr_val: Any, parameter_proxy_cache: dict[str, fx.Proxy]) -> Any:
        """What a module's attribute is, for us in tracing."""
        if threading.get_ident() != self._thread:
            return attr_val
        return super().getattr(attr, attr_val, parameter_proxy_cache)


_tracing = threading.Lock()  # two at once would put back each other's changes to torch


def _upto(nodes: list[fx.Node], entry: fx.Node) -> fx.Graph:
    graph = fx.Graph()
    known: dict[fx.Node, fx.Node] = {}
    for node in nodes:
        known[node] = graph.node_copy(node, known.__getitem__)
    graph.output(known[entry])
    return graph


def _from(entry: fx.Node, nodes: list[fx.Node]) -> fx.Graph:
    graph = fx.Graph()
    known = {entry: graph.placeholder("entry")}
    for node in nodes:
        known[node] = graph.node_copy(node, known.__getitem__)
    return graph


def _last_block(module: nn.Module, body: list[str], weighted: list[str]) -> str:
    """The last module with children of its own, and not a mere list of them, that holds a weight and at most half."""
    total = sum(parameter.numel() for parameter in module.parameters()) or 1
    layers = [path for path in body if path in weighted]
    for layer in reversed(layers):
        names = layer.split(".")
        for depth in range(1, len(names)):
            path = ".".join(names[:depth])
            block = module.get_submodule(path)
            if isinstance(block, nn.Sequential | nn.ModuleList) or not _entered_by_call(module, path):
                continue
            if sum(parameter.numel() for parameter in block.parameters()) <= _MOST_IN_BLOCK * total:
                return path
    convolutions = [path for path in layers if isinstance(module.get_submodule(path), nn.Conv2d)]
    return (convolutions or layers)[-1]


def _entered_by_call(module: nn.Module, path: str) -> bool:
    """Whether a module does something of its own, rather than only hold others for code elsewhere."""
    return type(module.get_submodule(path)).forward is not nn.Module.forward
