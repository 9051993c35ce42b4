"""What is a picture made for: a channel, a unit, a direction between channels, or a class? And how much of it is there?

A goal is a question put to a network; asked about pictures it answers with one number each, and with the maps it was
read from. The network runs on a replica: neither hooked nor changed, its parameters without gradients.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnviz.analysis.attribution_question import Score, askable
from cnnviz.analysis.batches import normalisation
from cnnviz.analysis.cut_network import CutNetwork, centre_unit
from cnnviz.analysis.layers import input_shape, layer_table, module_of
from cnnviz.errors import LayerError, SettingsError
from cnnviz.network.recording import own_kind

if TYPE_CHECKING:
    from cnnviz.network import Network

_CLIPPED = (nn.ReLU, nn.ReLU6, nn.Hardtanh, nn.Threshold)
"""Activation functions whose slope is exactly 0 over a range."""


@dataclass(frozen=True)
class Goal:
    """What to look for, one of four things.

    Attributes:
        layer: a layer's path; None for a class.
        channel: a channel of it, counted from 0: the mean of its map is asked for.
        unit: (row, column) of one unit of that channel, or "centre": its value alone is asked for.
        direction: a weight for each channel of the layer: the mean over the map of the channels' sum, weighted by the
            direction made of length 1.
        target: a class: its logit.
    """

    layer: str | None = None
    channel: int | None = None
    unit: tuple[int, int] | Literal["centre"] | None = None
    direction: tuple[float, ...] | None = None
    target: int | None = None

    def __post_init__(self) -> None:
        """Raises SettingsError unless exactly one thing is asked for."""
        asked = [name for name in ("channel", "direction", "target") if getattr(self, name) is not None]
        if len(asked) != 1:
            found = " and ".join(asked) or "none of them"
            raise SettingsError(f"Ask for one of channel, direction and target, not for {found}.")
        if (self.layer is None) != (self.target is not None):
            raise SettingsError("A channel or a direction needs a layer, a class has none.")
        if self.unit is not None and self.channel is None:
            raise SettingsError("A unit needs its channel.")


@dataclass(frozen=True, eq=False)
class Answer:
    """`values` (N,): how much of the goal each picture holds. `maps` (N, C, h, w): where it was read, if in a layer."""

    values: Tensor
    maps: Tensor | None


Ask = Callable[[Tensor], Answer]
"""From pictures (N, 3, H, W) with values 0 to 1 to their answer; gradients flow through it."""


def asking(network: Network | nn.Module, goal: Goal, size: int) -> Ask:
    """The goal as a question about pictures of ``size`` × ``size`` pixels.

    A network of the zoo gets them normalised as its own preprocessing does, a plain module as they are. A network that
    takes one size only, as vision transformers do, gets them enlarged to it.

    An activation function that is asked itself lets the gradient through also where it cuts off from below. Otherwise
    a unit that is silent at the start, at 0 behind a ReLU, could never be woken. The values stay exact.

    Raises:
        LayerError: there is no such layer or channel or unit, or the layer has no maps.
        SettingsError: there is no such class, or the network takes no pictures of that size.
    """
    module = module_of(network)
    side = _side_seen(network, size)
    run = _class_run(module, goal) if goal.layer is None else _layer_run(module, goal, side)
    normalised = _normaliser(network)

    def ask(pictures: Tensor) -> Answer:
        seen = pictures
        if side != pictures.shape[-1]:
            seen = F.interpolate(pictures, size=(side, side), mode="bilinear", align_corners=False, antialias=True)
        return run(normalised(seen))

    return ask


def _side_seen(network: Network | nn.Module, size: int) -> int:
    """The side of what the network is given: the pictures' own, or the only one that it takes."""
    for side in (size, input_shape(network)[-1]):
        try:
            layer_table(network, (3, side, side))
        except (RuntimeError, AssertionError, ValueError, TypeError, IndexError):
            continue
        return side
    raise SettingsError(f"This network takes no pictures of {size} × {size} pixels; make them larger.")


def _class_run(module: nn.Module, goal: Goal) -> Ask:
    assert goal.target is not None
    score = Score(askable(module), goal.target, None).eval()
    return lambda pictures: Answer(score(pictures)[:, 0], None)


def _layer_run(module: nn.Module, goal: Goal, side: int) -> Ask:
    assert goal.layer is not None
    cut = CutNetwork(module, goal.layer, (3, side, side))
    if isinstance(cut.part, _CLIPPED):
        vars(cut.part)["inplace"] = False  # of the replica: its input is needed beside its output
        cut.part.register_forward_hook(_straight_through)

    def run(pictures: Tensor) -> Answer:
        maps = cut(pictures)
        return Answer(_amount(maps, goal), maps)

    return run


def _straight_through(part: nn.Module, inputs: Any, output: Tensor) -> Tensor:
    """The output in value; where it is cut off from below, the input in gradient."""
    (signal,) = inputs
    return torch.where(output > signal, output.detach() + (signal - signal.detach()), output)


def _amount(maps: Tensor, goal: Goal) -> Tensor:
    """(N,): how much of the goal is in maps (N, C, h, w)."""
    _, channels, height, width = maps.shape
    if goal.direction is not None:
        if len(goal.direction) != channels:
            raise LayerError(
                f"{goal.layer} has {channels} channels; a direction of {len(goal.direction)} does not fit."
            )
        weights = F.normalize(torch.tensor(goal.direction, dtype=torch.float64), dim=0).to(maps)
        return torch.einsum("nchw,c->n", maps, weights) / (height * width)
    assert goal.channel is not None
    if not 0 <= goal.channel < channels:
        raise LayerError(f"{goal.layer} has {channels} channels, counted from 0; there is no channel {goal.channel}.")
    if goal.unit is None:
        return maps[:, goal.channel].mean((1, 2))
    row, col = centre_unit(height, width) if goal.unit == "centre" else goal.unit
    if not (0 <= row < height and 0 <= col < width):
        raise LayerError(f"{goal.layer} has a map of {height} × {width} here; there is no unit ({row}, {col}) in it.")
    return maps[:, goal.channel, row, col]


def _normaliser(network: Network | nn.Module) -> Callable[[Tensor], Tensor]:
    """From pictures of 0 to 1 to what the network reads, on its device and in its floating type."""
    device, dtype = own_kind(module_of(network))
    known = normalisation(network)
    if known is None:
        return lambda pictures: pictures.to(device, dtype)
    mean, std = known
    return lambda pictures: (pictures.to(device, dtype) - mean) / std
