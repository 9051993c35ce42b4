"""Where do the recomputed numbers come from? The costs of real layers and networks, each with its working.

A value is read from ``layer_costs``; its working is written from the layer's settings. Tests see that the two agree.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

import torch
from torch import nn

from cnnviz.analysis.costs import LayerCost, layer_costs
from cnnviz.analysis.lecture.entries import Found
from cnnviz.network.construction import skeleton
from cnnviz.network.published import network_info

BYTES = 4
"""Of a number in float32."""


@cache
def module(network: str) -> nn.Module:
    """A network's layers, without numbers in them; read it only."""
    return skeleton(network_info(network))


@cache
def costs(network: str, side: int = 224) -> dict[str, LayerCost]:
    """A network's layers by path, of a picture of ``side`` pixels."""
    info = network_info(network)
    found = layer_costs(module(network), (info.input_size[0], side, side))
    return {layer.path: layer for layer in found if layer.call == 0}


@cache
def convolution(
    ins: int, outs: int, kernel: int, size: int, *, stride: int = 1, padding: int = 0, bias: bool = True
) -> LayerCost:
    """The cost of a single ``nn.Conv2d`` on a square map."""
    with torch.device("meta"):
        layer = nn.Conv2d(ins, outs, kernel, stride, padding, bias=bias)
    return layer_costs(layer, (ins, size, size))[0]


@cache
def pooling(channels: int, kernel: int, stride: int, size: int) -> LayerCost:
    """The cost of a single ``nn.MaxPool2d`` on a square map."""
    return layer_costs(nn.MaxPool2d(kernel, stride), (channels, size, size))[0]


@cache
def linear(ins: int, outs: int) -> LayerCost:
    """The cost of a single ``nn.Linear``."""
    with torch.device("meta"):
        layer = nn.Linear(ins, outs)
    return layer_costs(layer, (ins,))[0]


def title(network: str) -> str:
    """A network's title with who built it so."""
    info = network_info(network)
    return f"layer_costs of {info.title}" + (" (torchvision)" if info.url else "")


def shape(layer: LayerCost, source: str = "layer_costs") -> Found:
    """Height, width and channels of the output, in the notes' order; of a vector its length."""
    sides = layer.output_shape
    return Found((*sides[1:], sides[0]), _size_working(layer), source)


def shape_as(layer: LayerCost, values: Sequence[float], source: str = "layer_costs") -> Found:
    """Some of a layer's numbers, with the working of its size."""
    return Found(tuple(values), _size_working(layer), source)


def weights(layer: LayerCost, source: str = "layer_costs") -> Found:
    """The weights, without biases."""
    return Found((layer.weights,), f"{_factors(layer)} = {layer.weights:,}", source)


def parameters(layer: LayerCost, source: str = "layer_costs") -> Found:
    """The weights and the biases."""
    return Found((layer.parameters,), f"{_factors(layer)} + {layer.biases:,} = {layer.parameters:,}", source)


def products(layer: LayerCost, source: str = "layer_costs") -> Found:
    """The multiply-adds."""
    places = " × ".join(f"{side}" for side in layer.output_shape[1:])
    working = f"{places} × {_factors(layer)}" if places else _factors(layer)
    return Found((layer.multiply_adds,), f"{working} = {layer.multiply_adds:,}", source)


def comparisons(layer: LayerCost, source: str = "layer_costs") -> Found:
    """The operations of a pooling: each output looks at kernel × kernel values."""
    assert layer.kernel is not None
    window = " × ".join(str(side) for side in layer.kernel)
    working = f"{_product(layer.output_shape)} × {window} = {layer.other_operations:,}"
    return Found((layer.other_operations,), working, source)


def values(layer: LayerCost, source: str = "layer_costs") -> Found:
    """How many numbers the output holds."""
    count = layer.activation_bytes // BYTES
    return Found((count,), f"{_product(layer.output_shape)} = {count:,}", source)


def memory(layer: LayerCost, source: str = "layer_costs") -> Found:
    """The output's bytes."""
    count = layer.activation_bytes
    return Found((count,), f"{_product(layer.output_shape)} × {BYTES} bytes = {count:,} bytes", source)


def total(found: Sequence[Found], source: str = "layer_costs", factor: int = 1, unit: str = "") -> Found:
    """The sum of single numbers, times ``factor``."""
    numbers = [one.values[0] for one in found]
    every = sum(numbers) * factor
    left = " + ".join(f"{number:,.0f}" for number in numbers)
    left = f"({left}) × {factor}" if factor != 1 else left
    return Found((every,), f"{left} = {every:,.0f}{unit}", source)


def ratio(above: Found, below: Found, source: str = "layer_costs") -> Found:
    """One number divided by another."""
    value = above.values[0] / below.values[0]
    return Found((value,), f"{above.values[0]:,.0f} / {below.values[0]:,.0f} = {value:.4g}", source)


def plain(value: float, working: str, source: str) -> Found:
    """A single number with its own working."""
    return Found((value,), working, source)


def one_side(name: str, path: str) -> Found:
    found = shape(costs(name)[path], title(name))
    return plain(found.values[0], found.working, found.source)


def depth(name: str) -> Found:
    """Convolutions and linear layers one after another, the longest way: branches once, shortcuts not at all."""
    paths = [layer.path for layer in costs(name).values() if layer.kind in ("Conv2d", "Linear")]
    if name.startswith("googlenet"):
        modules = [path for path, _ in module(name).named_children() if path.startswith("inception")]
        outside = [path for path in paths if not path.startswith("inception")]
        working = f"{len(outside)} + 2 · {len(modules)} = {len(outside) + 2 * len(modules)}"
        return plain(len(outside) + 2 * len(modules), working, title(name))
    way = [path for path in paths if "downsample" not in path]
    stages = [len([path for path in way if path.startswith(f"layer{n}.")]) for n in range(1, 5)]
    return plain(len(way), f"1 + {' + '.join(map(str, stages))} + 1 = {len(way)}", title(name))


@cache
def all_parameters(name: str) -> Found:
    """By layer, with biases and normalizations."""
    count = sum(parameter.numel() for parameter in module(name).parameters())
    parts = [
        parameters(layer).values[0] for layer in costs(name, network_info(name).input_size[1]).values() if layer.weights
    ]
    working = (
        " + ".join(f"{part:,}" for part in parts) + f" = {count:,}" if sum(parts) == count else f"{count:,} in all"
    )
    return plain(count, working, f"parameters of {network_info(name).title}")


def _factors(layer: LayerCost) -> str:
    """The weights as a product: kernels × window × channels."""
    if layer.kernel is None:
        return f"{layer.input_shape[-1]:,} × {layer.output_shape[-1]:,}"
    window = " × ".join(str(side) for side in layer.kernel)
    return f"{layer.output_shape[0]:,} × {window} × {layer.input_shape[0] // (layer.groups or 1):,}"


def _product(sides: Sequence[int]) -> str:
    return " × ".join(f"{side:,}" for side in sides)


def _size_working(layer: LayerCost) -> str:
    """The formula of the output's height, in numbers; of a layer without a window the product of its sides."""
    if layer.kernel is None or len(layer.output_shape) < 3:
        return f"{_product(layer.output_shape)} = {math.prod(layer.output_shape):,}"
    height, kernel = layer.input_shape[1], layer.kernel[0]
    stride, padding = (layer.stride or (1,))[0], (layer.padding or (0,))[0]
    steps, rest = divmod(height - kernel + 2 * padding, stride)
    before, after = ("", "") if not rest else ("⌊", "⌋") if layer.output_shape[1] == steps + 1 else ("⌈", "⌉")
    return f"{before}({height} − {kernel} + 2 · {padding}) / {stride}{after} + 1 = {layer.output_shape[1]}"
