"""How does a network's answer move when channels are switched off?

The brightest map need not be the one that the answer hangs on. Here every channel of a layer can be removed in turn;
what comes before the layer is computed once, what comes after it for many channels at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from cnnviz.analysis.batches import prepared_one
from cnnviz.analysis.layers import Layer, layer_table, layout_within, module_of
from cnnviz.analysis.rerun import Rerun
from cnnviz.errors import LayerError, SettingsError

if TYPE_CHECKING:
    from cnnviz.network import Network

Numbers = NDArray[np.float64]

MEMORY = 256 * 2**20
"""Bytes that a batch of versions may take, by and large."""

MOST_AT_ONCE = 64
COPIES = 4
"""How many tensors of a layer's size live at once in a pass: input, output, a branch, and room to spare."""


@dataclass(frozen=True)
class ClassMove:
    """One class's probability in 0..1 before and after."""

    index: int
    label: str
    before: float
    after: float


@dataclass(frozen=True)
class Ablation:
    """A network's answer with and without some channels of a layer.

    Attributes:
        layer: the module whose output was changed, in its call ``call``.
        channels: those switched off, in order.
        before, after: the logits (classes,).
        labels: what each class is called.
    """

    layer: str
    call: int
    channels: tuple[int, ...]
    before: Numbers
    after: Numbers
    labels: tuple[str, ...]

    @property
    def probabilities(self) -> tuple[Numbers, Numbers]:
        """The softmax of both, in 0..1."""
        return _softmax(self.before), _softmax(self.after)

    @property
    def answers(self) -> tuple[int, int]:
        """The most probable class before and after."""
        return int(self.before.argmax()), int(self.after.argmax())

    def top(self, count: int = 5) -> tuple[ClassMove, ...]:
        """The ``count`` classes most probable before, and those of them after that are new, by the higher of both."""
        before, after = self.probabilities
        chosen = {int(index) for side in (before, after) for index in np.argsort(-side, kind="stable")[:count]}
        moves = [ClassMove(index, self.labels[index], float(before[index]), float(after[index])) for index in chosen]
        return tuple(sorted(moves, key=lambda move: (-max(move.before, move.after), move.index)))


@dataclass(frozen=True)
class ChannelEffects:
    """What the removal of each channel of a layer does to one class, beside how bright its map is; C channels.

    Attributes:
        layer: the module, and which of its calls.
        target: the class asked about; the network's answer unless another was chosen.
        probability: the target's, with all channels.
        probabilities: (C,) the target's, with this channel off.
        changes: (C,) by how much the target's log-odds, log(p / (1 − p)), change when the channel is off. They follow
            the evidence where the probability itself is stuck near 0 or 1, and ignore what all logits share.
        answers: (C,) the most probable class with this channel off.
        means, maxima: (C,) of each channel's own map.
    """

    layer: str
    call: int
    target: int
    probability: float
    probabilities: Numbers
    changes: Numbers
    answers: NDArray[np.int64]
    means: Numbers
    maxima: Numbers

    def __len__(self) -> int:
        return len(self.changes)

    @property
    def by_effect(self) -> NDArray[np.int64]:
        """The channels, first the one whose removal moves the target most, up or down."""
        return np.argsort(-np.abs(self.changes), kind="stable")

    def by_brightness(self, measure: Literal["mean", "maximum"] = "mean") -> NDArray[np.int64]:
        """The channels, first the one whose map has the greatest mean, or the greatest value."""
        return np.argsort(-(self.means if measure == "mean" else self.maxima), kind="stable")

    def shared(self, count: int, measure: Literal["mean", "maximum"] = "mean") -> int:
        """How many of the ``count`` channels that matter most are among the ``count`` brightest."""
        return len(set(self.by_effect[:count].tolist()) & set(self.by_brightness(measure)[:count].tolist()))


def ablate(
    network: Network | nn.Module,
    image: Image.Image | Tensor,
    layer: str,
    channels: Iterable[int],
    keep: bool = False,
    value: float | Literal["mean"] = 0.0,
    call: int = -1,
) -> Ablation:
    """The answer with some channels of a layer switched off.

    Args:
        network: a network of the zoo, or any module that answers with logits.
        image: as for :func:`cnnviz.analysis.capture`.
        layer: the path of any module, a block's too.
        channels: which channels: those to switch off, or with ``keep`` those to leave on.
        keep: switch off all others instead.
        value: what stands in a channel that is off, everywhere: a number, or "mean", the mean of its own map.
        call: which of the module's calls, from 0; -1 is the last.

    Raises:
        LayerError: there is no such module, call or channel, or the output has no channels of one picture.
        SettingsError: the value is no finite number.
    """
    with torch.no_grad():
        rerun, maps = _prepared(network, image, layer, call)
        off = _switched_off(channels, maps.shape[1], keep, layer)
        changed = maps.clone()
        changed[:, list(off)] = _fill(maps, value)[list(off)]
        after = rerun.run(_as_put_out(changed, rerun.original, maps))[0]
    before = rerun.answer
    return Ablation(layer, rerun.call, off, _numbers(before), _numbers(after), _labels(network, len(before)))


def channel_effects(
    network: Network | nn.Module,
    image: Image.Image | Tensor,
    layer: str,
    target: int | None = None,
    value: float | Literal["mean"] = 0.0,
    call: int = -1,
    progress: Callable[[int, int], None] | None = None,
) -> ChannelEffects:
    """What switching off each channel of a layer, one at a time, does to a class.

    ``target`` is the class, the network's own answer when None; the rest is as for :func:`ablate`.
    ``progress(done, total)`` counts channels; what it raises ends the work. A channel that is off already (all its
    values are what would be put there) is not run: it changes nothing.

    Raises:
        LayerError: as for :func:`ablate`; there is no such class, or there are fewer than two.
        SettingsError: the value is no finite number.
    """
    with torch.no_grad():
        rerun, maps = _prepared(network, image, layer, call)
        before = rerun.answer
        if len(before) < 2:
            raise LayerError("The network has a single class, so no class has odds against others; take ablate.")
        target = int(before.argmax()) if target is None else target
        if not 0 <= target < len(before):
            raise LayerError(f"The network has no class {target}; use one from 0 to {len(before) - 1}.")
        fills = _fill(maps, value)
        live = _flat(maps[0] != fills).any(dim=1).nonzero().flatten().tolist()
        after = before.repeat(maps.shape[1], 1)
        at_once = max(1, min(MOST_AT_ONCE, MEMORY // (4 * COPIES * max(1, rerun.largest))))
        for start in range(0, len(live), at_once):
            chosen = live[start : start + at_once]
            versions = maps.repeat(len(chosen), *[1] * (maps.ndim - 1))
            versions[range(len(chosen)), chosen] = fills[chosen]
            after[chosen] = rerun.run(_as_put_out(versions, rerun.original, maps))
            if progress is not None:
                progress(maps.shape[1] - len(live) + start + len(chosen), maps.shape[1])
    own = _numbers(_flat(maps[0]))
    return _effects(layer, rerun.call, target, _numbers(before), _numbers(after), own)


def _effects(layer: str, call: int, target: int, before: Numbers, after: Numbers, own: Numbers) -> ChannelEffects:
    return ChannelEffects(
        layer,
        call,
        target,
        float(_softmax(before)[target]),
        _softmax(after)[:, target],
        _log_odds(after, target) - _log_odds(before[None], target),
        after.argmax(axis=1).astype(np.int64),
        own.mean(axis=1),
        own.max(axis=1),
    )


def _prepared(network: Network | nn.Module, image: Image.Image | Tensor, layer: str, call: int) -> tuple[Rerun, Tensor]:
    """The network after a first pass, and the layer's output with channels as axis 1: (1, C, ...)."""
    module, batch = module_of(network), prepared_one(network, image)
    rerun = Rerun(module, batch, layer, call)
    original = rerun.original
    if original.ndim < 2 or len(original) != 1:
        raise LayerError(f'"{layer}" put out {tuple(original.shape)}, which has no channels of one picture.')
    channels, height, width = batch.shape[1:]
    axis = _channel_axis(layer_table(module, (channels, height, width)), layer, original)
    return rerun, original.movedim(axis, 1)


def _channel_axis(table: tuple[Layer, ...], layer: str, original: Tensor) -> int:
    """Of an output with its batch axis: channels stand first in maps, last in tokens and in maps-last."""
    if original.ndim != 4:
        return original.ndim - 1
    return 3 if layout_within(table, layer, tuple(original.shape[1:])) == "maps-last" else 1


def _as_put_out(versions: Tensor, original: Tensor, maps: Tensor) -> Tensor:
    """Versions with channels as axis 1 in the order of axes that the layer has."""
    return versions if maps.shape == original.shape else versions.movedim(1, -1)


def _switched_off(channels: Iterable[int], count: int, keep: bool, layer: str) -> tuple[int, ...]:
    chosen = set(channels)
    for channel in sorted(chosen):
        if not 0 <= channel < count:
            raise LayerError(f'"{layer}" has no channel {channel}; use one from 0 to {count - 1}.')
    return tuple(channel for channel in range(count) if (channel in chosen) != keep)


def _fill(maps: Tensor, value: float | str) -> Tensor:
    """(C, 1, ...): what is put in each channel that is off."""
    own = _flat(maps[0]).mean(dim=1)
    if value != "mean":
        if isinstance(value, str) or not np.isfinite(value):
            raise SettingsError(f'The value is {value!r}; use a finite number, or "mean".')
        own = torch.full_like(own, float(value))
    return own.reshape(-1, *[1] * (maps.ndim - 2))


def _flat(channels: Tensor) -> Tensor:
    """Channels (C, ...) as (C, values); a vector's have one value each."""
    return channels.reshape(len(channels), -1)


def _labels(network: Network | nn.Module, count: int) -> tuple[str, ...]:
    if isinstance(network, nn.Module):
        return tuple(f"class {index}" for index in range(count))
    return network.categories


def _numbers(tensor: Tensor) -> Numbers:
    numbers: Numbers = tensor.detach().to("cpu", torch.float64).numpy()
    return numbers


def _softmax(logits: Numbers) -> Numbers:
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: Numbers = raised / raised.sum(axis=-1, keepdims=True)
    return shares


def _log_odds(logits: Numbers, target: int) -> Numbers:
    """log(p / (1 − p)) of one class for each row: its logit less the log of the others' summed exponentials."""
    others = np.delete(logits, target, axis=1)
    top = others.max(axis=1)
    odds: Numbers = logits[:, target] - top - np.log(np.exp(others - top[:, None]).sum(axis=1))
    return odds
