"""What do the receptive fields of all layers cost, against one real forward pass of the same network?

Every classification network of torchvision at its own input size. The two take turns in one process, on warm memory,
and medians of wall time count. The fields are asked of a module that was never asked before, as by the first learner
who opens it, since the answer is kept afterwards.
"""

from __future__ import annotations

import gc

from benchmarks.harness import Row, measure
from benchmarks.networks import NAMES, filled, forward, unasked
from cnnviz.analysis.receptive_field import receptive_fields

REPEATS = 9
REPEATS_OF_EACH = 3


def rows() -> list[Row]:
    """ResNet-152 alone, then all networks together, and the one with the worst ratio."""
    ours, peer = _in_turns("resnet152", REPEATS)
    what = "receptive fields of all layers of ResNet-152, 224×224"
    return [Row(what, "its bare forward pass", ours, peer, ours / peer, 0.5), *_all_networks()]


def _all_networks() -> list[Row]:
    times = {name: _in_turns(name, REPEATS_OF_EACH) for name in NAMES}
    ours, peer = (sum(pair[i] for pair in times.values()) for i in (0, 1))
    worst = max(times, key=lambda name: times[name][0] / times[name][1])
    slow, real = times[worst]
    what = f"receptive fields of all layers of {len(NAMES)} networks, together"
    return [
        Row(what, "one real forward pass of each", ours, peer, ours / peer, 1.0),
        Row(f"of these the dearest by ratio, {worst}", "one real forward pass", slow, real, slow / real, None),
    ]


def _in_turns(name: str, repeats: int) -> tuple[float, float]:
    """Median seconds of the fields and of a forward pass; what the turns before left behind is not paid for by them."""
    gc.collect()
    module, shape = filled(name)
    fresh = unasked(module, repeats + 1)
    return measure(lambda: receptive_fields(next(fresh), shape), forward(module, shape), repeats)
