"""What do the receptive fields of all layers cost, against one real forward pass of the same network?

Every classification network of torchvision at its own input size. The two take turns in one process, on warm memory,
and medians of wall time count. The fields are asked of a module that was never asked before, as by the first learner
who opens it, since the answer is kept afterwards.
"""

from __future__ import annotations

import gc
from collections.abc import Callable

import torch
from torch import nn

from benchmarks.harness import Row, measure
from cnnviz.analysis.receptive_field import receptive_fields
from cnnviz.network import network_info, network_names, replica
from cnnviz.network.construction import skeleton
from cnnviz.network.published import SHIPPED

REPEATS = 9
REPEATS_OF_EACH = 3


def rows() -> list[Row]:
    """ResNet-152 alone, then all networks together, and the one with the worst ratio."""
    ours, peer = _in_turns("resnet152", REPEATS)
    what = "receptive fields of all layers of ResNet-152, 224×224"
    return [Row(what, "its bare forward pass", ours, peer, ours / peer, 0.5), *_all_networks()]


def _all_networks() -> list[Row]:
    names = [name for name in network_names() if name != SHIPPED]
    times = {name: _in_turns(name, REPEATS_OF_EACH) for name in names}
    ours, peer = (sum(pair[i] for pair in times.values()) for i in (0, 1))
    worst = max(times, key=lambda name: times[name][0] / times[name][1])
    slow, real = times[worst]
    what = f"receptive fields of all layers of {len(names)} networks, together"
    return [
        Row(what, "one real forward pass of each", ours, peer, ours / peer, 1.0),
        Row(f"of these the dearest by ratio, {worst}", "one real forward pass", slow, real, slow / real, None),
    ]


def _in_turns(name: str, repeats: int) -> tuple[float, float]:
    """Median seconds of the fields and of a forward pass; what the turns before left behind is not paid for by them."""
    gc.collect()
    module, shape = _network(name)
    return measure(_unasked(module, shape, repeats + 1), _forward(module, shape), repeats)


def _network(name: str) -> tuple[nn.Module, tuple[int, int, int]]:
    """The network with parameters that were never filled: what they hold changes no time worth the name."""
    info = network_info(name)
    module = skeleton(info).eval().to_empty(device="cpu").requires_grad_(False)
    with torch.no_grad():
        for tensor in (*module.parameters(), *module.buffers()):
            if tensor.is_floating_point():
                tensor.fill_(0.01)  # subnormal numbers, which memory may hold, would be slow
            else:
                tensor.zero_()
    return module, info.input_size


def _forward(module: nn.Module, shape: tuple[int, int, int]) -> Callable[[], object]:
    picture = torch.rand(1, *shape)

    def run() -> object:
        with torch.no_grad():
            return module(picture)

    return run


def _unasked(module: nn.Module, shape: tuple[int, int, int], times: int) -> Callable[[], object]:
    """The whole work, so many times: each time of another replica, which is a module that was not asked before."""
    replicas = [replica(module) for _ in range(times)]
    left = iter(replicas)
    return lambda: receptive_fields(next(left), shape)
