"""Which pictures at hand excite a channel most, which least, and which part of each does?

One forward pass a picture, up to the layer. Each unit of a channel's map stands for a patch of the picture, its
receptive field; so the largest value of the map names the patch that excites the channel most, the least value the one
that excites it least. That is exact for the pictures at hand, and says nothing about others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from cnnviz.analysis.cut_network import CutNetwork, field_of
from cnnviz.analysis.fields import Box, ReceptiveField
from cnnviz.compute.device import at_work, one_thread
from cnnviz.errors import LayerError, SettingsError
from cnnviz.network.recording import own_kind

if TYPE_CHECKING:
    from cnnviz.network import Network

BATCH = 4
"""Pictures that go through the network at once; more do not fit a processor's caches, and take longer each."""

Numbers = npt.NDArray[np.float32]
Places = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Patch:
    """One unit's value and what it sees: `box` of the picture as the network sees it, cut at its edges.

    `mean` is the mean of the channel's whole map for that picture.
    """

    picture: str
    unit: tuple[int, int]
    value: float
    mean: float
    box: Box


@dataclass(frozen=True)
class TopPatches:
    """`most`: of each picture the unit with the greatest value, greatest first; `least` likewise, least first."""

    most: tuple[Patch, ...]
    least: tuple[Patch, ...]


@dataclass(frozen=True, eq=False)
class LayerExtremes:
    """For P pictures and the C channels of a layer, what is largest and least in each map, and where.

    `greatest`, `least`, `mean` are (P, C); `greatest_at`, `least_at` (P, C) count units row by row, and of equal ones
    name the first. `width` is that of the map.
    """

    layer: str
    pictures: tuple[str, ...]
    greatest: Numbers
    greatest_at: Places
    least: Numbers
    least_at: Places
    mean: Numbers
    width: int
    field: ReceptiveField

    def patches(self, channel: int, count: int = 9) -> TopPatches:
        """The ``count`` pictures that excite a channel most and those that do least, each by its own extreme unit.

        Raises LayerError where the layer has no such channel.
        """
        channels = self.greatest.shape[1]
        if not 0 <= channel < channels:
            raise LayerError(f"{self.layer} has {channels} channels, counted from 0; there is no channel {channel}.")
        most = np.argsort(-self.greatest[:, channel], kind="stable")[:count]
        least = np.argsort(self.least[:, channel], kind="stable")[:count]
        return TopPatches(
            tuple(self._patch(one, channel, self.greatest, self.greatest_at) for one in most),
            tuple(self._patch(one, channel, self.least, self.least_at) for one in least),
        )

    def joined(self, other: LayerExtremes) -> LayerExtremes:
        """The pictures of both, of the same layer of the same network."""
        if (self.layer, self.greatest.shape[1], self.width) != (other.layer, other.greatest.shape[1], other.width):
            raise SettingsError(
                f"What {self.layer} and {other.layer} found cannot be joined: they are different layers."
            )
        names = ("greatest", "greatest_at", "least", "least_at", "mean")
        both = {name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in names}
        return LayerExtremes(self.layer, self.pictures + other.pictures, width=self.width, field=self.field, **both)

    def _patch(self, picture: int, channel: int, values: Numbers, places: Places) -> Patch:
        row, col = divmod(int(places[picture, channel]), self.width)
        mapped = self.field.map_size is not None and self.field.map_size[1] == self.width
        # Where all units see everything, the field knows them together as one.
        box = self.field.region(row, col) if mapped else Box(0, 0, *self.field.input_size)
        return Patch(
            self.pictures[picture], (row, col), float(values[picture, channel]), float(self.mean[picture, channel]), box
        )


def top_patches(
    network: Network, layer: str, channel: int, pictures: Mapping[str, Image.Image], count: int = 9
) -> TopPatches:
    """The patches of ``pictures`` that excite a channel most and least, one a picture, with their exact values.

    Each picture is prepared by the network's own preprocessing; boxes are in pixels of ``network.crop(picture)``.

    Raises:
        LayerError: there is no such layer or channel, or the layer has no maps.
        SettingsError: there is no picture.
    """
    return layer_extremes(network, layer, pictures).patches(channel, count)


def layer_extremes(network: Network, layer: str, pictures: Mapping[str, Image.Image]) -> LayerExtremes:
    """What ``top_patches`` is read from, for all channels at once; raises as it does."""
    *_, found = looking_through(network, layer, pictures)
    return found


def looking_through(network: Network, layer: str, pictures: Mapping[str, Image.Image]) -> Iterator[LayerExtremes]:
    """``layer_extremes`` as it grows: of the first few pictures, of some more, at last of all.

    Between two of them nothing runs, so whoever stops asking stops the work.
    """
    names = tuple(pictures)
    if not names:
        raise SettingsError("There is no picture to look through; give at least one.")
    cut = CutNetwork(network.module, layer, network.input_size)
    field = field_of(network.module, layer, network.input_size)
    found: LayerExtremes | None = None
    for start in range(0, len(names), BATCH):
        part = _extremes(network, cut, field, {name: pictures[name] for name in names[start : start + BATCH]})
        found = part if found is None else found.joined(part)
        yield found


def _extremes(
    network: Network, cut: CutNetwork, field: ReceptiveField, pictures: Mapping[str, Image.Image]
) -> LayerExtremes:
    device, dtype = own_kind(network.module)
    batch = torch.stack([network.preprocess(picture) for picture in pictures.values()]).to(device, dtype)
    # One thread: this goes on beside pages that are in use. Channels last is what convolutions on a CPU run fastest.
    with at_work(), one_thread(), torch.inference_mode():
        maps = cut(batch.contiguous(memory_format=torch.channels_last))
        width = maps.shape[-1]
        flat = maps.flatten(2).float()
        greatest, least = flat.amax(2), flat.amin(2)
        numbers = [part.cpu().numpy() for part in (greatest, least, flat.mean(2))]
        places = [_first(flat, extreme) for extreme in (greatest, least)]
    return LayerExtremes(
        cut.path, tuple(pictures), numbers[0], places[0], numbers[1], places[1], numbers[2], width, field
    )


def _first(flat: torch.Tensor, extreme: torch.Tensor) -> Places:
    """(P, C): the first place at which each map of (P, C, units) has its extreme value."""
    found: Places = (flat == extreme[:, :, None]).to(torch.uint8).argmax(2).to("cpu", torch.int32).numpy()
    return found
