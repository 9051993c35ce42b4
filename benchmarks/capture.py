"""What does it cost to capture every leaf output of ResNet-50 at 224×224, against the bare forward pass?

Both in one process, in turns, with the same threads; the memory that the outputs need is allocated within the time.
Two hooks that a user would write stand beside it: one that keeps references, and so has wrong values wherever the
network overwrites a tensor, and one that clones each output.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable

import torch
import torchvision
from torch import Tensor, nn

from benchmarks.harness import Row, measure
from cnnviz.analysis import capture

REPEATS = 15
BOUND = 1.6  # by CPU time; 1.15 is what one aims at


def rows() -> list[Row]:
    """Capture by CPU and by wall time, then the two hooks by CPU time, each against the bare forward pass."""
    torch.manual_seed(0)
    model = torchvision.models.resnet50(weights=None).eval()
    picture = torch.rand(1, 3, 224, 224)

    def bare() -> Tensor:
        with torch.no_grad():
            output: Tensor = model(picture)
        return output

    def ours() -> object:
        return capture(model, picture)

    peers = {
        "a hook that keeps references, wrong values among them, CPU time": hooked(
            model, picture, lambda output: output
        ),
        "a hook that clones, CPU time": hooked(model, picture, torch.Tensor.clone),
    }
    name = "capture of every leaf output, ResNet-50, 224×224"
    timed = [
        (f"{name}, CPU time", ours, time.process_time, BOUND),
        (f"{name}, wall time", ours, time.perf_counter, None),
    ]
    timed += [(what, call, time.process_time, None) for what, call in peers.items()]
    return [_row(what, call, bare, clock, limit) for what, call, clock, limit in timed]


def hooked(model: nn.Module, picture: Tensor, keep: Callable[[Tensor], Tensor]) -> Callable[[], list[Tensor]]:
    """A forward pass with a plain hook on every leaf, set once beforehand, that keeps what ``keep`` makes of it."""
    own = copy.deepcopy(model)
    kept: list[Tensor] = []
    for part in own.modules():
        if not list(part.children()):
            part.register_forward_hook(lambda _, __, output: kept.append(keep(output)))

    def run() -> list[Tensor]:
        with torch.no_grad():
            own(picture)
        outputs = list(kept)
        kept.clear()
        return outputs

    return run


def _row(
    what: str, ours: Callable[[], object], bare: Callable[[], object], clock: Callable[[], float], limit: float | None
) -> Row:
    seconds, peer = measure(ours, bare, REPEATS, clock)
    return Row(what, "the bare forward pass", seconds, peer, seconds / peer, limit)
