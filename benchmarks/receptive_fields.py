"""What do the receptive fields of all layers cost, against one real forward pass of the same network?

Every classification network of torchvision at its own input size, with random weights; each is asked once, as the
first learner who opens it does, since the answer is kept afterwards. Seconds of wall time, in one run.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from functools import partial

import torch
from torch import nn

from benchmarks.harness import Row, measure
from cnnviz.analysis.receptive_field import receptive_fields
from cnnviz.network import network_info, network_names, replica
from cnnviz.network.construction import skeleton
from cnnviz.network.published import SHIPPED

REPEATS = 7


def rows() -> list[Row]:
    """ResNet-152 by medians of several turns, then all networks, each once, and the one with the worst ratio."""
    module, shape = _network("resnet152")
    bare = _forward(module, shape)
    ours, peer = measure(lambda: _fresh(module, shape), bare, REPEATS)
    what = "receptive fields of all layers of ResNet-152, 224×224"
    return [Row(what, "its bare forward pass", ours, peer, ours / peer, 0.5), *_all_networks()]


def _all_networks() -> list[Row]:
    names = [name for name in network_names() if name != SHIPPED]
    times: dict[str, tuple[float, float]] = {}
    for name in names:
        module, shape = _network(name)
        ours = _seconds(partial(receptive_fields, module, shape))
        times[name] = ours, _seconds(_forward(module, shape))
        del module
        gc.collect()
    ours, peer = (sum(pair[i] for pair in times.values()) for i in (0, 1))
    worst = max(times, key=lambda name: times[name][0] / times[name][1])
    slow, real = times[worst]
    what = f"receptive fields of all layers of {len(names)} networks, together"
    return [
        Row(what, "one real forward pass of each", ours, peer, ours / peer, 1.0),
        Row(f"of these the dearest by ratio, {worst}", "one real forward pass", slow, real, slow / real, None),
    ]


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


def _fresh(module: nn.Module, shape: tuple[int, int, int]) -> object:
    """The whole work, as for a module that was not asked before: a replica is one."""
    return receptive_fields(replica(module), shape)


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
