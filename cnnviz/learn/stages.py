"""Into which stages does a network fall, from edges to objects, and what does each say of a picture on the whole?

A stage is a block or layer that its code calls one after another. What it puts out is averaged over the places of its
maps (over the tokens of a transformer), so that every stage gives one vector, of as many numbers as it has channels.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from cnnviz.analysis import layer_table
from cnnviz.learn.datasets import Example
from cnnviz.learn.features import FeatureCache, Stem
from cnnviz.learn.parts import find_parts, without_head
from cnnviz.network import Network, evaluating, logits

PICTURE, FEATURES = "", "features"
"""The paths of what is no block: the picture as it goes in, and what goes into the head."""
MOST = 12
"""Blocks that one overlooks; of networks with more, those before a change of the map's size."""
_FEW = 4
_LARGE = 0.5  # of the parameters below the head: what holds more is looked into


@dataclass(frozen=True)
class Stage:
    """What one stage puts out: its path in the network, and the shape of that without the batch."""

    path: str
    shape: tuple[int, ...]
    channels: int


class StageReader:
    """Every stage's average for pictures, all from one pass for each; kept as other features are.

    Attributes:
        stages: the picture itself first, then blocks in the order of their calls, last what goes into the head.
    """

    def __init__(self, network: Network, cache: FeatureCache | None = None) -> None:
        body = without_head(evaluating(network.module), find_parts(network).head)
        last = _channels_last(network)
        found = _Averages(body, _blocks(body), last)
        random = torch.rand(1, *network.input_size, generator=torch.Generator().manual_seed(0))
        with torch.no_grad():
            outputs = found.all_of(random.to(network.device))
        self.stages = _telling(outputs, {layer.path for layer in layer_table(network)})
        part = _Averages(body, [one.path for one in self.stages], last)
        self._stem = Stem(network, part, "stages", cache)

    def filling(self, examples: Sequence[Example]) -> Iterator[Any]:
        """Compute and keep what is not there yet, some pictures at a time; yields FeatureProgress."""
        return self._stem.filling([(example, 0) for example in examples])

    def __call__(self, examples: Sequence[Example]) -> tuple[Tensor, ...]:
        """For each stage the averages (pictures, channels) on the CPU."""
        together = self._stem([(example, 0) for example in examples]).cpu()
        return together.split([one.channels for one in self.stages], dim=1)


@dataclass(frozen=True, eq=False)
class _Output:
    path: str
    shape: tuple[int, ...]
    mean: Tensor


class _Averages(nn.Module):
    """A body that gives the averages of what its blocks put out, (N, all channels); for any number of threads."""

    def __init__(self, body: nn.Module, paths: Sequence[str], channels_last: frozenset[str]) -> None:
        super().__init__()
        self.body = body
        self._paths, self._last = tuple(paths), channels_last
        self._mine = threading.local()
        for path in self._paths:
            if path not in (PICTURE, FEATURES):
                body.get_submodule(path).register_forward_hook(self._noting(path))

    def forward(self, pictures: Tensor) -> Tensor:
        """The averages of the blocks, in the order of their paths, side by side."""
        found = {one.path: one.mean for one in self.all_of(pictures)}
        return torch.cat([found[path] for path in self._paths], dim=1)

    def all_of(self, pictures: Tensor) -> list[_Output]:
        """What there is of the picture, of the blocks in the order of their calls, and of the whole body."""
        self._mine.found = {}
        first = _Output(PICTURE, tuple(pictures.shape[1:]), pictures.mean(dim=(2, 3)))
        features = logits(self.body(pictures))
        return [first, *self._mine.found.values(), _Output(FEATURES, tuple(features.shape[1:]), features)]

    def _noting(self, path: str) -> Any:
        def note(module: nn.Module, given: Any, output: Any) -> None:
            found = getattr(self._mine, "found", None)
            if found is not None and isinstance(output, Tensor) and 2 <= output.ndim <= 4:
                found[path] = _Output(path, tuple(output.shape[1:]), self._mean(path, output))

        return note

    def _mean(self, path: str, output: Tensor) -> Tensor:
        if output.ndim == 4:
            return output.mean(dim=(1, 2) if path in self._last else (2, 3))
        return output.mean(dim=1) if output.ndim == 3 else output.clone()


def _blocks(body: nn.Module) -> list[str]:
    """The paths of what may be a stage: modules side by side; lists of modules, and large ones, are looked into."""
    total = sum(parameter.numel() for parameter in body.parameters()) or 1

    def within(module: nn.Module, before: str) -> Iterator[str]:
        for name, child in module.named_children():
            size = sum(parameter.numel() for parameter in child.parameters())
            a_list = isinstance(child, nn.Sequential | nn.ModuleList)
            if a_list or (size > _LARGE * total and any(True for _ in child.children())):
                yield from within(child, f"{before}{name}.")
            else:
                yield f"{before}{name}"

    return list(within(body, ""))


def _channels_last(network: Network) -> frozenset[str]:
    """The paths of all modules whose last layer puts out maps with their channels last."""
    layouts: dict[str, str] = {}
    for layer in layer_table(network):
        names = layer.path.split(".")
        for depth in range(1, len(names) + 1):
            layouts[".".join(names[:depth])] = layer.layout
    return frozenset(path for path, layout in layouts.items() if layout == "maps-last")


def _telling(outputs: Sequence[_Output], layers: set[str]) -> tuple[Stage, ...]:
    """The outputs that say something of their own.

    A layer of the same shape (a normalisation, an activation) goes with the block before it. What has the same average
    as the one before (a pooling to one place) is left out, and so are blocks inside a run of one shape where there are
    too many.
    """
    first, *blocks, features = outputs
    kept: list[_Output] = []
    for one in blocks:
        if kept and kept[-1].shape == one.shape and one.path in layers and kept[-1].path in layers:
            kept.pop()
        if not (kept and _alike(kept[-1].mean, one.mean)):
            kept.append(one)
    if len(kept) > MOST:
        kept = _fewer(kept)
    if kept and _alike(kept[-1].mean, features.mean):
        kept.pop()
    return tuple(Stage(one.path, one.shape, one.mean.shape[1]) for one in (first, *kept, features))


def _fewer(blocks: list[_Output]) -> list[_Output]:
    """Those before a change of shape; where that leaves hardly any, some of all, evenly spread, the last among them."""
    ends = [
        one for one, after in zip(blocks, [*blocks[1:], None], strict=True) if not after or after.shape != one.shape
    ]
    if _FEW <= len(ends) <= MOST:
        return ends
    places = torch.linspace(0, len(blocks) - 1, MOST).round().long().tolist()
    return [blocks[place] for place in places]


def _alike(one: Tensor, other: Tensor) -> bool:
    return one.shape == other.shape and torch.allclose(one, other, rtol=1e-3, atol=1e-5)
