"""Which pictures at hand excite a channel? The samples, the stamps that ship, and the learner's own picture.

What is found holds for all channels of a layer at once and is shared by everybody; what an own picture gives is kept
apart and goes with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from PIL import Image

from app.components.channel_patches.component import Scene, Tile
from app.ui.byte_cache import ByteCache
from app.ui.channel_state import Asked
from app.ui.network_store import NETWORKS
from app.ui.picture import ChosenPicture
from app.ui.shelf import PICTURES
from cnnviz.image import SAMPLES, encode_jpeg, load_image, load_sample
from cnnviz.paths import ASSETS

if TYPE_CHECKING:
    from cnnviz.analysis import LayerExtremes, Patch
    from cnnviz.network import Network

SHOWN = 6
"""Patches in each of the two rows."""
_OWN: ByteCache[LayerExtremes] = ByteCache(16_000_000)
PICTURES.drop_from(_OWN)
_STAMPS = ASSETS / "datasets" / "stamps"


@lru_cache(maxsize=1)
def pictures_at_hand() -> dict[str, Image.Image]:
    """The samples, then the stamps, by what they are called; 18 MB, decoded once for everybody."""
    found = {SAMPLES[name].title: load_sample(name) for name in SAMPLES}
    for path in sorted(_STAMPS.glob("*/*.webp")):
        name = path.stem.replace("_", " ").replace("-", " ")
        found[f"{name[0].upper()}{name[1:]} ({path.parent.name})"] = load_image(path)
    return found


def looking(network: tuple[str, str], layer: str) -> Iterator[LayerExtremes]:
    """What all shipped pictures give, a few more each time; for a job's thread."""
    from cnnviz.analysis import looking_through

    yield from looking_through(NETWORKS.ask(*network).result(), layer, pictures_at_hand())


def with_own(found: LayerExtremes, network: Network, asked: Asked, chosen: ChosenPicture) -> LayerExtremes:
    """The same with the learner's own picture among them, first."""
    if not chosen.own:
        return found
    # torch is in from here on; before, these imports would hold up the page.
    from app.ui.feature_maps_passes import kept
    from cnnviz.analysis import layer_extremes

    def make() -> tuple[LayerExtremes, int]:
        own = layer_extremes(network, asked.layer, {_own_name(chosen): chosen.picture})
        return own, 20 * own.greatest.size

    return kept(_OWN, (*asked.network, asked.layer, chosen.key), chosen, make).joined(found)


def patches_scene(
    found: LayerExtremes, network: Network, asked: Asked, chosen: ChosenPicture, made: float | None
) -> Scene:
    """The patches that excite the channel most and least, with the pictures that they are cut from.

    `made`: the goal's amount in the picture made for it, None as long as that is not finished.
    """
    top = found.patches(asked.channel, SHOWN)
    names = {patch.picture for patch in (*top.most, *top.least)}
    return Scene(
        channel=f"channel {asked.channel} of {asked.layer}",
        trained=network.trained,
        side=network.input_size[-1],
        most=tuple(_tile(patch) for patch in top.most),
        least=tuple(_tile(patch) for patch in top.least),
        pictures={name: _seen(network, name, chosen) for name in sorted(names)},
        looked_through=len(found.pictures),
        total=len(pictures_at_hand()) + chosen.own,
        yours=_yours(found, asked, chosen),
        best=_best(found, asked),
        made=made,
    )


def _tile(patch: Patch) -> Tile:
    box = patch.box
    return Tile(patch.picture, box.top, box.left, box.bottom, box.right, *patch.unit, patch.value, patch.mean)


def _seen(network: Network, name: str, chosen: ChosenPicture) -> bytes:
    own = chosen.own and name == _own_name(chosen)
    return encode_jpeg(network.crop(chosen.picture if own else pictures_at_hand()[name]), quality=88)


def _own_name(chosen: ChosenPicture) -> str:
    """Told from every shipped picture, whatever the file is called."""
    return f"your picture {chosen.title}"


def _yours(found: LayerExtremes, asked: Asked, chosen: ChosenPicture) -> tuple[str, float, int] | None:
    """The learner's picture, the greatest value of its map, and how many have a greater one, with it; None: not yet."""
    name = _own_name(chosen) if chosen.own else chosen.title
    if name not in found.pictures:
        return None
    greatest = found.greatest[:, asked.channel]
    value = float(greatest[found.pictures.index(name)])
    return name, value, 1 + int((greatest > value).sum())


def _best(found: LayerExtremes, asked: Asked) -> tuple[str, float] | None:
    """The picture whose map has the greatest mean, and that mean; None where something else is looked for."""
    if asked.goal not in ("channel", "class"):
        return None
    means = found.mean[:, asked.channel]
    best = int(means.argmax())
    return found.pictures[best], float(means[best])
