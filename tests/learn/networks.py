"""A network small enough to be taught in a test: two convolutions, a normalisation, a residual block, a head."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import torch
from torch import Tensor, nn

from cnnviz.network import Network, Preprocessing, load_network

SIDE = 16


class Block(nn.Module):
    """A residual block with a batch norm and, if asked, dropout."""

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.conv = nn.Conv2d(8, 8, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(8)
        self.relu = nn.ReLU(inplace=True)
        self.drop = nn.Dropout(dropout)

    def forward(self, maps: Tensor) -> Tensor:
        return maps + self.drop(self.relu(self.norm(self.conv(maps))))


class Small(nn.Module):
    """Logits of three classes for pictures (N, 3, 16, 16)."""

    def __init__(self, dropout: float = 0.0) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2), nn.BatchNorm2d(8), nn.ReLU(inplace=True))
        self.blocks = nn.Sequential(Block(dropout), Block(dropout))
        self.last = nn.Conv2d(8, 12, 1)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.head = nn.Linear(12, 3)

    def forward(self, pictures: Tensor) -> Tensor:
        maps = torch.relu(self.last(self.blocks(self.stem(pictures))))
        return self.head(self.pool(maps).flatten(1))


def small_network(seed: int = 0, dropout: float = 0.0, module: nn.Module | None = None) -> Network:
    """A network of the zoo's kind round it, with numbers from a seed, statistics of batch norm included."""
    generator = torch.Generator().manual_seed(seed)
    module = Small(dropout) if module is None else module
    for part in module.modules():
        for parameter in part.parameters(recurse=False):
            parameter.data = 0.4 * torch.randn(parameter.shape, generator=generator)
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean = 0.1 * torch.randn(part.num_features, generator=generator)
            part.running_var = 0.5 + torch.rand(part.num_features, generator=generator)
            part.weight.data.abs_().add_(0.5)
    return replace(
        _some_network(),
        name="small",
        module=module.eval().requires_grad_(False),
        preprocess=Preprocessing(SIDE, SIDE, "bilinear", (0.5, 0.4, 0.3), (0.2, 0.3, 0.4)),
        input_size=(3, SIDE, SIDE),
        device=torch.device("cpu"),
    )


@cache
def _some_network() -> Network:
    return load_network("squeezenet1_1", weights="none")
