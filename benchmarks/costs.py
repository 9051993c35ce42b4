"""What do the costs of all layers cost, against one real forward pass, and against torchinfo?

Every classification network of torchvision at its own input size, one after the other in one process: ours, a bare
forward pass, and `torchinfo.summary` with real data, which is a forward pass with hooks. The peers run once each, since
the largest take seconds; ours three times, each time of a module that was never asked before, and the median counts.
The two that are half of all the work are not summed up by torchinfo: ours of them counts, and torchinfo's as no time.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable

import torch
from torch import nn
from torchinfo import summary

from benchmarks.harness import Row
from benchmarks.networks import NAMES, filled, forward, unasked
from cnnviz.analysis.costs import layer_costs

REPEATS = 3
HUGE = ("regnet_y_128gf", "vit_h_14")
LARGE = ("vgg19", "vit_l_16")


def rows() -> list[Row]:
    """All networks together against both peers, the one with the worst ratio, and two large ones."""
    layer_costs(nn.Conv2d(3, 4, 3))  # what torch loads at the first pass of all is not paid for by the first network
    times = {name: _timed(name) for name in NAMES}
    ours, bare, info = (sum(of[place] for of in times.values()) for place in range(3))
    what = f"costs of all layers of {len(times)} networks, together"
    worst = max(times, key=lambda name: times[name][0] / times[name][1])
    return [
        Row(what, "one real forward pass of each", ours, bare, ours / bare, 0.2),
        Row(what, "torchinfo.summary, but of the two largest", ours, info, ours / info, 1.0),
        _one(f"of these the dearest by ratio, {worst}", times[worst]),
        *(_one(f"costs of all layers of {name}", times[name]) for name in LARGE),
    ]


def _one(what: str, times: tuple[float, float, float]) -> Row:
    return Row(what, "one real forward pass", times[0], times[1], times[0] / times[1], None)


def _timed(name: str) -> tuple[float, float, float]:
    """Seconds of ours, of a forward pass and of torchinfo; of the huge ones 0 for torchinfo."""
    gc.collect()
    module, shape = filled(name)
    fresh = unasked(module, REPEATS)
    ours = statistics.median(_seconds(lambda: layer_costs(next(fresh), shape)) for _ in range(REPEATS))
    bare = _seconds(forward(module, shape))
    if name in HUGE:
        return ours, bare, 0.0
    picture = torch.rand(1, *shape)
    return ours, bare, _seconds(lambda: summary(module, input_data=picture, verbose=0))


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    result = call()
    taken = time.perf_counter() - start
    del result
    return taken
