"""What did the layer put out for the picture, and what did the network answer? One forward pass, shared and kept.

A pass with all layers kept costs about a tenth more than the bare one, so all are kept as long as there is room: going
to another layer is then a look-up. In a crowd, and for the largest networks, only the layer asked for is kept.
Pictures are known by their keys: a sample's name, or the unguessable key of an own picture. What was made from an own
picture goes with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt

from app.ui.byte_cache import ByteCache, share_of_memory
from app.ui.feature_maps_layers import Strip, StripLayer
from app.ui.picture import ChosenPicture
from app.ui.shelf import PICTURES
from cnnviz.analysis import Activations, as_maps, capture
from cnnviz.compute import at_work
from cnnviz.image import encode_jpeg
from cnnviz.network import Prediction, predictions_from_logits

if TYPE_CHECKING:
    from cnnviz.network import Network

T = TypeVar("T")

# A class of thirty fits: ResNet-18 puts out 30 MB a picture. Small machines keep fewer and compute more.
_PASSES: ByteCache[Activations] = ByteCache(share_of_memory(1 / 8, least=128_000_000, most=1_500_000_000))
_OUTPUTS: ByteCache[LayerOutput] = ByteCache(64_000_000)
_SEEN: ByteCache[Seen] = ByteCache(8_000_000)
for _cache in (_PASSES, _OUTPUTS, _SEEN):
    PICTURES.drop_from(_cache)


@dataclass(frozen=True, eq=False)
class LayerOutput:
    """A layer's output as maps (C, H, W) float32, and the network's five answers from the same pass."""

    maps: npt.NDArray[np.float32]
    answers: tuple[Prediction, ...]


@dataclass(frozen=True)
class Seen:
    """The part of the picture that the network saw: `side` × `side` pixels, as JPEG."""

    jpeg: bytes
    side: int


def layer_output(
    network: Network, key: tuple[str, str], chosen: ChosenPicture, strip: Strip, wanted: StripLayer
) -> LayerOutput:
    """The output of one layer for the picture; `key` names the network with its weights.

    Raises
    ------
    LayerError
        When the output has no rows and columns that could be shown.
    """

    def make() -> tuple[LayerOutput, int]:
        activations = _activations(network, key, chosen, strip, wanted)
        values = activations.call(wanted.layer.path, wanted.layer.call)
        # A copy, so that the pass it came from can be let go.
        maps = np.array(as_maps(values, wanted.layer.layout).cpu().numpy(), dtype=np.float32, order="C")
        return LayerOutput(maps, tuple(predictions_from_logits(activations.output, network.categories))), maps.nbytes

    return kept(_OUTPUTS, (*key, chosen.key, wanted.id), chosen, make)


def seen_by(network: Network, key: tuple[str, str], chosen: ChosenPicture) -> Seen:
    """What the network's preprocessing leaves of the picture."""

    def make() -> tuple[Seen, int]:
        crop = network.crop(chosen.picture)
        jpeg = encode_jpeg(crop, quality=92)
        return Seen(jpeg, crop.width), len(jpeg)

    return kept(_SEEN, (key[0], chosen.key), chosen, make)


def kept(cache: ByteCache[T], key: tuple[str, ...], chosen: ChosenPicture, make: Callable[[], tuple[T, int]]) -> T:
    """The cache's value; of an own picture that went before it was made, nothing stays behind."""
    value = cache.get(key, make)
    if chosen.own and not PICTURES.holds(chosen.key):
        cache.drop(lambda other: other == key)
    return value


def whole_pass(network: Network, key: tuple[str, str], chosen: ChosenPicture, strip: Strip) -> Activations | None:
    """The outputs of all layers for the picture; None where there is no room to keep them, as in a crowd."""
    if not _PASSES.worth((*key, chosen.key), strip.total_bytes):
        return None

    def make() -> tuple[Activations, int]:
        with at_work():
            return capture(network, chosen.picture), strip.total_bytes

    return kept(_PASSES, (*key, chosen.key), chosen, make)


def _activations(
    network: Network, key: tuple[str, str], chosen: ChosenPicture, strip: Strip, wanted: StripLayer
) -> Activations:
    activations = whole_pass(network, key, chosen, strip)
    if activations is None:
        with at_work():
            return capture(network, chosen.picture, layers=[wanted.layer.path])
    return activations
