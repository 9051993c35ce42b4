"""Which layers does the strip show, what is each called in the link, and with which does a network open?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from cnnviz.analysis import Layer, layer_table
from cnnviz.errors import LayerError

if TYPE_CHECKING:
    from torch import nn

    from cnnviz.network import Network

_PASSES_ON = ("Identity", "Dropout", "StochasticDepth", "Dropout2d", "DropPath", "AlphaDropout")
# What a class name means in one word, first match first.
_WORDS = (
    ("Attention", "attention"), ("Conv", "conv"), ("Norm", "norm"), ("Linear", "linear"), ("Pool", "pool"),
    ("ReLU", "act"), ("ELU", "act"), ("SiLU", "act"), ("Swish", "act"), ("Sigmoid", "act"), ("Tanh", "act"),
    ("Softmax", "act"), ("Flatten", "reshape"), ("Permute", "reshape"), ("Partition", "windows"),
    ("Departition", "windows"),
)  # fmt: skip

_strips: WeakKeyDictionary[nn.Module, Strip] = WeakKeyDictionary()


@dataclass(frozen=True)
class StripLayer:
    """One block of the strip.

    `id` names it in links: the module's path, with `:n` behind it for its call n where that is not the first, call 0.
    """

    id: str
    layer: Layer
    word: str
    kind: str

    @property
    def size(self) -> str:
        """Its shape in words: 96 × 112 × 112 is channels × height × width."""
        return " × ".join(f"{length:,}" for length in self.layer.shape)


@dataclass(frozen=True)
class Strip:
    """The layers of a network in the order in which they run; `left_out` only pass their input on."""

    layers: tuple[StripLayer, ...]
    left_out: int
    total_bytes: int

    def find(self, id: str) -> StripLayer:
        """The layer called `id`. Raises LayerError where the network has none."""
        for layer in self.layers:
            if layer.id == id:
                return layer
        raise LayerError(f"This network has no layer “{id[:60]}”; the strip shows those it has.")

    @property
    def default(self) -> StripLayer:
        """The first activation: what the first convolution found. Else the first layer with maps."""
        spatial = [layer for layer in self.layers if layer.layer.spatial]
        return next((layer for layer in spatial if layer.word == "act"), (spatial or list(self.layers))[0])


def strip_of(network: Network) -> Strip:
    """The strip of a network; made once for each, kept as long as the network is."""
    known = _strips.get(network.module)
    if known is None:
        known = _strips[network.module] = _strip(network.module, network.input_size)
    return known


def _strip(module: nn.Module, size: tuple[int, int, int]) -> Strip:
    table = layer_table(module, size)
    parts = dict(module.named_modules())
    layers = []
    for layer in table:
        kind = _kind(layer, parts)
        if kind is not None:
            name = layer.path if layer.call == 0 else f"{layer.path}:{layer.call}"
            layers.append(StripLayer(name, layer, _word(kind), kind))
    total = 4 * sum(math.prod(entry.layer.shape) for entry in layers)  # what only passes on shares its input's memory
    return Strip(tuple(layers), len(table) - len(layers), total)


def _kind(layer: Layer, parts: dict[str, nn.Module]) -> str | None:
    """The class that made these values; None for what passes its input on unchanged.

    timm's batch normalization is no leaf: it normalises, then calls its children `drop` and `act`. So what passes
    through `drop` is the normalization's own output.
    """
    if layer.kind not in _PASSES_ON:
        return layer.kind
    parent, _, name = layer.path.rpartition(".")
    around = type(parts[parent]).__name__
    return "BatchNorm" if name == "drop" and "Norm" in around else None


def _word(kind: str) -> str:
    return next((word for part, word in _WORDS if part.lower() in kind.lower()), "other")
