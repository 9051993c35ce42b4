"""The numbers behind the view of Receptive fields: a layer's map, the unit's effective field, what a nudge changes.

Kept within bounds and shared between learners; what was made from an own picture goes with it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch

from app.ui.byte_cache import ByteCache
from app.ui.feature_maps_layers import strip_of
from app.ui.feature_maps_passes import kept, layer_output, whole_pass
from app.ui.picture import ChosenPicture
from app.ui.shelf import PICTURES
from cnnviz.analysis import EffectiveField, Influence, as_maps, effective_receptive_field, influence
from cnnviz.analysis.batches import prepared
from cnnviz.analysis.cut_network import CutNetwork
from cnnviz.analysis.fields import Box
from cnnviz.compute import at_work
from cnnviz.image import encode_png, limits, load_sample

if TYPE_CHECKING:
    from app.ui.field_layers import FieldLayer
    from app.ui.field_state import Chosen, Form
    from cnnviz.analysis import Activations
    from cnnviz.network import Network

AVERAGED = ("chelsea", "coffee", "astronaut", "rocket", "camera", "hubble_deep_field")
"""The samples over which an effective field is averaged."""
NOISE = 6  # pictures of noise, likewise
SMALL = 56
"""Units a side at most of the maps that the view has of all steps beforehand: the slider waits for nobody."""

_SEEN: ByteCache[bytes] = ByteCache(16_000_000)
_HEATS: ByteCache[EffectiveField] = ByteCache(32_000_000)
_NUDGES: ByteCache[Influence] = ByteCache(64_000_000)
_BLOCKS: ByteCache[npt.NDArray[np.float32]] = ByteCache(32_000_000)
_SMALL: ByteCache[tuple[SmallMap | None, ...]] = ByteCache(8_000_000)
for _cache in (_SEEN, _HEATS, _NUDGES, _BLOCKS, _SMALL):
    PICTURES.drop_from(_cache)


@dataclass(frozen=True, eq=False)
class ShownMap:
    """One map (H, W) of the layer: of a channel, or (`channel` None) the mean size of its `channels` values."""

    values: npt.NDArray[np.float32]
    channel: int | None
    channels: int


@dataclass(frozen=True, eq=False)
class SmallMap:
    """The mean size of all channels' values, at most `SMALL` units a side: (h, w) uint8, 255 stands for `high`."""

    values: npt.NDArray[np.uint8]
    high: float


def seen_png(network: Network, name: str, chosen: ChosenPicture) -> bytes:
    """The exact pixels that the network gets of the picture, as PNG."""

    def make() -> tuple[bytes, int]:
        png = encode_png(np.asarray(network.crop(chosen.picture)))
        return png, len(png)

    return kept(_SEEN, (name, chosen.key), chosen, make)


def shown_map(network: Network, form: Form, chosen: ChosenPicture, at: Chosen) -> ShownMap:
    """The map of the channel in hand, or the mean size of all channels' values."""
    maps = _maps(network, form, chosen, at.layer)
    channel = at.channel
    if at.strongest:
        channel = strongest_channel(maps, at.unit)
    return ShownMap(np.abs(maps).mean(axis=0) if channel is None else maps[channel], channel, len(maps))


def _maps(network: Network, form: Form, chosen: ChosenPicture, layer: FieldLayer) -> npt.NDArray[np.float32]:
    """What the layer or the block puts out for the picture, as maps (C, H, W)."""
    if layer.entry is not None:
        return layer_output(network, form.choice.key, chosen, strip_of(network), layer.entry).maps

    def make() -> tuple[npt.NDArray[np.float32], int]:
        with at_work(), torch.no_grad():
            cut = CutNetwork(network.module, layer.path, network.input_size)
            maps = cut(prepared(network, chosen.picture))[0].float().cpu().numpy()
        return maps, maps.nbytes

    return kept(_BLOCKS, (*form.choice.key, chosen.key, layer.path), chosen, make)


def strongest_channel(maps: npt.NDArray[np.float32], unit: tuple[int, int]) -> int:
    """The channel with the largest value, sign aside, at this unit of maps (C, H, W).

    Values that are cut at a ceiling, as by ReLU6, come last: no pixel moves them, so they have no effective field.
    """
    sizes = np.abs(maps)
    here = sizes[:, unit[0], unit[1]]
    ceiling = sizes.max()
    if np.count_nonzero(sizes == ceiling) > 1:  # by chance no two values are alike
        here = np.where(here < ceiling, here, -1)
    return int(here.argmax())


def small_maps(
    network: Network, form: Form, chosen: ChosenPicture, steps: Sequence[FieldLayer]
) -> tuple[SmallMap | None, ...]:
    """A small map of each step's layer or block for the picture; None where there was no room for a pass."""

    def mean_size(step: FieldLayer, passed: Activations) -> npt.NDArray[np.float32]:
        if step.entry is None:  # a block, whose output is none of the layers' that the pass has kept
            return np.abs(_maps(network, form, chosen, step)).mean(0)
        layer = step.entry.layer
        means: npt.NDArray[np.float32] = (
            as_maps(passed.call(layer.path, layer.call), layer.layout).abs().mean(0).cpu().numpy()
        )
        return means

    def make() -> tuple[tuple[SmallMap | None, ...], int]:
        passed = whole_pass(network, form.choice.key, chosen, strip_of(network))
        found = tuple(None if passed is None else _small(mean_size(step, passed)) for step in steps)
        return found, 100 + sum(one.values.nbytes for one in found if one)

    paths = hashlib.blake2b(" ".join(step.path for step in steps).encode(), digest_size=8).hexdigest()
    return kept(_SMALL, (*form.choice.key, chosen.key, paths), chosen, make)


def _small(mean: npt.NDArray[np.float32]) -> SmallMap:
    rows, columns = (np.arange(0, length, -(-length // SMALL)) for length in mean.shape)
    few = mean[np.ix_(rows, columns)]
    high = float(limits(few[None], "magnitude")[0][1])
    return SmallMap(np.round(np.clip(few / max(high, 1e-12), 0, 1) * 255).astype(np.uint8), high)


def heat_of(network: Network, form: Form, chosen: ChosenPicture, at: Chosen, channel: int | None) -> EffectiveField:
    """The effective field of the unit in hand. Raises LayerError where it answers to nothing."""

    def make() -> tuple[EffectiveField, int]:
        pictures = {
            "picture": [chosen.picture],
            "samples": [load_sample(name) for name in AVERAGED],
        }.get(form.heat)
        with at_work():
            found = effective_receptive_field(
                network, at.layer.path, at.unit, channel=channel, images=pictures, count=NOISE
            )
        return found, found.heat.nbytes

    over = chosen.key if form.heat == "picture" else f"over {form.heat}"
    key = (*form.choice.key, over, at.layer.path, f"{at.unit}", f"{channel}")
    return kept(_HEATS, key, chosen, make)


def nudge_of(network: Network, form: Form, chosen: ChosenPicture, at: Chosen) -> Influence:
    """What changes in the layer when the patch round the pixel in hand does."""
    patch = patch_round(at.pixel or (0, 0), form.patch, at.layer.field.input_size)

    def make() -> tuple[Influence, int]:
        with at_work():
            found = influence(network, at.layer.path, chosen.picture, patch, delta=form.amount)
        return found, found.per_channel.nbytes

    key = (*form.choice.key, chosen.key, at.layer.path, f"{patch}", f"{form.amount}")
    return kept(_NUDGES, key, chosen, make)


def patch_round(pixel: tuple[int, int], side: int, size: tuple[int, int]) -> Box:
    """`side` × `side` pixels with this one in the middle, moved so that they lie in the picture."""
    top, left = (min(max(0, at - side // 2), max(0, length - side)) for at, length in zip(pixel, size, strict=True))
    return Box(top, left, min(size[0], top + side), min(size[1], left + side))
