"""Networks to be timed: with numbers in them, their bare forward pass, and copies that were asked nothing yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import nn

from cnnviz.network import list_networks, network_info, replica
from cnnviz.network.construction import skeleton

NAMES = tuple(info.name for info in list_networks() if info.url is not None)
"""Every classification network of torchvision."""


def filled(name: str) -> tuple[nn.Module, tuple[int, int, int]]:
    """The network, with parameters that hold anything, since that changes no time worth the name, and its input."""
    info = network_info(name)
    module = skeleton(info).eval().to_empty(device="cpu").requires_grad_(False)
    with torch.no_grad():
        for tensor in (*module.parameters(), *module.buffers()):
            if tensor.is_floating_point():
                tensor.fill_(0.01)  # subnormal numbers, which memory may hold, would be slow
            else:
                tensor.zero_()
    return module, info.input_size


def forward(module: nn.Module, shape: tuple[int, int, int]) -> Callable[[], object]:
    """One pass of one picture, ready to be called."""
    picture = torch.rand(1, *shape)

    def run() -> object:
        with torch.no_grad():
            return module(picture)

    return run


def unasked(module: nn.Module, times: int) -> Iterator[nn.Module]:
    """So many replicas, made beforehand: each is a module that was asked nothing, so that no answer is known."""
    return iter([replica(module) for _ in range(times)])
