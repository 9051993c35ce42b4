"""How long after the click on a unit is its ledger there?

The pass is recorded beforehand, as a page does when the picture changes; the click asks for one unit. Of each network
the slowest of many random units counts, over all its layers. Beside it, what recording costs against a bare pass.
"""

from __future__ import annotations

import random
import time

import torch
import torchvision
from torch import nn

from benchmarks.harness import Row, measure
from cnnviz.analysis import layer_table, record_pass, unit_ledger
from cnnviz.network import load_network

CLICKS = 100
MOST = 0.150  # seconds


def rows() -> list[Row]:
    """For each network the slowest click, and recording against the bare forward pass."""
    torch.manual_seed(0)
    models: dict[str, nn.Module] = {
        "EfficientNet-Lite0": load_network("efficientnet_lite0").module,
        "ResNet-50": torchvision.models.resnet50(weights=None).eval(),
        "ViT-B/32": torchvision.models.vit_b_32(weights=None).eval(),
    }
    picture = torch.rand(1, 3, 224, 224)
    return [row for name, model in models.items() for row in _rows(name, model, picture)]


def _rows(name: str, model: nn.Module, picture: torch.Tensor) -> list[Row]:
    recorded = record_pass(model, picture)
    layers = layer_table(model)
    choose = random.Random(0)
    times = []
    for layer in choose.choices(layers, k=CLICKS):
        index = tuple(choose.randrange(length) for length in layer.shape)
        start = time.perf_counter()
        unit_ledger(recorded, layer.path, index, layer.call)
        times.append(time.perf_counter() - start)
    times.sort()
    middle, slowest = times[CLICKS // 2], times[-1]

    def bare() -> None:
        with torch.no_grad():
            model(picture)

    ours, peer = measure(lambda: record_pass(model, picture), bare, 7, time.process_time)
    click = Row(
        f"ledger of a unit, {name}: slowest of {CLICKS}", "the median", slowest, middle, slowest / middle, None, MOST
    )
    record = Row(
        f"recording a pass for ledgers, {name}, CPU time", "the bare forward pass", ours, peer, ours / peer, None
    )
    return [click, record]
