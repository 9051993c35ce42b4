"""How does a list of layers become a network, and the program that makes the same network?

``specs → build → nn.Sequential`` and ``specs → source → program``; the program, run with the same seed anywhere, has
the same weights. :func:`cnnviz.network.builder_parse.parse_source` reads a program back.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass

from torch import nn

from cnnviz.errors import SettingsError
from cnnviz.network.builder_blocks import BLOCKS
from cnnviz.network.builder_calls import Call, call_of, module_class
from cnnviz.network.construction import built
from cnnviz.network.specs import MOST_LAYERS, LayerSpec
from cnnviz.network.specs_sizes import Shape, output_shape

SEED = 0


@dataclass(frozen=True)
class Stack:
    """Layers in order, and the shape (channels, height, width) of what the first one gets."""

    specs: tuple[LayerSpec, ...]
    input_shape: tuple[int, int, int] = (3, 32, 32)


def shapes(specs: Sequence[LayerSpec], input_shape: Shape) -> tuple[Shape, ...]:
    """What arrives at each layer, and last what comes out; SettingsError names the layer that is impossible."""
    if len(specs) > MOST_LAYERS:
        raise SettingsError(f"A stack has at most {MOST_LAYERS} layers, not {len(specs)}.")
    found = [tuple(input_shape)]
    for number, spec in enumerate(specs, start=1):
        try:
            found.append(output_shape(spec, found[-1]))
        except SettingsError as error:
            raise SettingsError(f"Layer {number} cannot be: {error}") from None
    return tuple(found)


def build(specs: Sequence[LayerSpec], input_shape: Shape = (3, 32, 32), seed: int | None = SEED) -> nn.Sequential:
    """The network that the layers make, untrained, for input of `input_shape` without the batch axis.

    The weights are torch's own random ones and depend on `seed` alone; None builds it on the meta device, without any
    numbers. Raises SettingsError where a layer is impossible.
    """
    calls = _calls(specs, input_shape)
    network = built(lambda: nn.Sequential(*map(_make, calls)), seed)
    assert isinstance(network, nn.Sequential)
    return network


def source(specs: Sequence[LayerSpec], input_shape: Shape = (3, 32, 32), seed: int = SEED) -> str:
    """A program in plain torch that makes :func:`build`'s network: ``network`` once it has run."""
    calls = _calls(specs, input_shape)
    used = dict.fromkeys(call.name for call in calls if call.name in BLOCKS)
    lines = [
        '"""A network from cnnviz, *Build a network*."""',
        "",
        "import torch",
        "from torch import nn",
        "",
        f"INPUT_SHAPE = {tuple(input_shape)!r}  # channels, height, width",
        f"torch.manual_seed({seed})  # the same random weights every time",
        "",
    ]
    for name in used:
        lines += ["", inspect.getsource(BLOCKS[name]).rstrip(), ""]
    if used:
        lines.append("")
    lines += ["network = nn.Sequential(", *(f"    {call}," for call in calls), ")"]
    return "\n".join(lines) + "\n"


def _calls(specs: Sequence[LayerSpec], input_shape: Shape) -> list[Call]:
    return [call_of(spec, shape) for spec, shape in zip(specs, shapes(specs, input_shape)[:-1], strict=True)]


def _make(call: Call) -> nn.Module:
    return module_class(call.name)(*call.args, **dict(call.kwargs))
