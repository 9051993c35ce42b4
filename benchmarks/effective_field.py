"""What does the effective field of one unit cost, against forward and backward of the whole network to the input?

One picture, in one process, in turns, with the same threads. The middle layer may stop half-way, and does; the last
layer has no such advantage. Theory of the networks is known beforehand, as it is in the app: it is kept.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
import torchvision
from torch import Tensor, nn

from benchmarks.harness import Row, measure
from cnnviz.analysis import effective_receptive_field, influence, receptive_fields

REPEATS = 5
LIMIT = 2.5
CASES = (("resnet50", "layer2.3.conv2"), ("resnet50", "layer4.2.conv3"))


def rows() -> list[Row]:
    """The effective field by CPU and by wall time; then the influence of a pixel against two forward passes."""
    found = []
    for name, layer in CASES:
        torch.manual_seed(0)
        model = getattr(torchvision.models, name)(weights=None).eval()
        picture = torch.randn(1, 3, 224, 224)
        receptive_fields(model)
        ours, peer = _field(model, layer, picture), _forward_and_backward(model, picture)
        what, against = f"effective field of one unit, {name} {layer}", "forward and backward to the input"
        for clock, words in ((time.process_time, "CPU time"), (time.perf_counter, "wall time")):
            seconds, whole = measure(ours, peer, REPEATS, clock)
            found.append(Row(f"{what}, {words}", against, seconds, whole, seconds / whole, LIMIT))
    found.append(_influence_row())
    return found


def _field(model: nn.Module, layer: str, picture: Tensor) -> Callable[[], object]:
    return lambda: effective_receptive_field(model, layer, images=picture)


def _forward_and_backward(model: nn.Module, picture: Tensor) -> Callable[[], Tensor]:
    def run() -> Tensor:
        pixels = picture.clone().requires_grad_(True)
        (gradient,) = torch.autograd.grad(model(pixels).sum(), pixels)
        return gradient

    return run


def _influence_row() -> Row:
    torch.manual_seed(0)
    model = torchvision.models.resnet50(weights=None).eval()
    picture = torch.randn(1, 3, 224, 224)
    receptive_fields(model)

    def passes() -> Tensor:
        with torch.no_grad():
            model(picture)
            output: Tensor = model(picture)
        return output

    def nudge() -> object:
        return influence(model, "layer4.2.conv3", picture, (100, 100), delta=1.0)

    seconds, peer = measure(nudge, passes, REPEATS, time.process_time)
    what = "influence of a pixel, resnet50 layer4.2.conv3, CPU time"
    return Row(what, "two forward passes", seconds, peer, seconds / peer, None)
