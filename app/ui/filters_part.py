"""The filters behind the maps: which convolution made the open layer, all its filters, and the slices of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import streamlit as st

from app.components.filters_view.component import HALF, FiltersScene, Gallery, Slices, filters_view
from app.ui.byte_cache import ByteCache
from app.ui.feature_maps_layers import Strip, StripLayer
from app.ui.feature_maps_passes import kept
from app.ui.feature_maps_state import FILTERS
from app.ui.frame import foot_follows
from app.ui.linked import linked_choice, set_linked
from app.ui.picture import ChosenPicture
from app.ui.shelf import PICTURES
from app.ui.theme import current_theme
from cnnviz.analysis import Filters, filters, mean_patches
from cnnviz.errors import LayerError

if TYPE_CHECKING:
    from cnnviz.network import Network

ORDER = "slices"
ORDERS = {"norm": "Largest norm first", "added": "Adds most first", "index": "By index"}
_PASSING = (
    "norm",
    "act",
    "pool",
    "other",
)  # what may stand between a convolution and the layer that shows its channels
_COLOURS = ("red", "green", "blue")

_PATCHES: ByteCache[npt.NDArray[np.float32]] = ByteCache(16_000_000)
PICTURES.drop_from(_PATCHES)


def filters_part(
    network: Network,
    key: tuple[str, str],
    chosen: ChosenPicture,
    strip: Strip,
    layer: StripLayer,
    channel: int | None,
    own: bool,
    on_open: Callable[[], None],
) -> str | None:
    """Draw the filters behind a layer, of the open map's channel the slices; returns the path of a filter shown so.

    `own`: each filter has a colour scale of its own. `on_open`: the filter `st.session_state[FILTERS].open["channel"]`
    was clicked on.
    """
    order = linked_choice(ORDER, tuple(ORDERS))
    scene = filters_scene(network, key, chosen, strip, layer, channel)
    scene = replace(scene, own=own, order=order, orders=tuple(ORDERS.items()), theme=current_theme())
    filters_view(FILTERS, scene, on_open=on_open, on_order=_order_taken)
    return scene.layer if scene.slices is not None else None


def filters_scene(
    network: Network,
    key: tuple[str, str],
    chosen: ChosenPicture,
    strip: Strip,
    layer: StripLayer,
    channel: int | None,
) -> FiltersScene:
    """What there is to be seen, or why there is nothing."""
    path = convolution_behind(strip, layer)
    try:
        found = filters(network, path or layer.layer.path)
    except LayerError as error:
        return FiltersScene(message=str(error))
    count, inputs, height, width = found.weights.shape
    first = path == next((one.layer.path for one in strip.layers if one.word == "conv"), None)
    colour = first and inputs == len(_COLOURS) and found.groups == 1
    behind = "" if path == layer.layer.path else f"{layer.id} has none; {path} is the last convolution before it."
    scene = FiltersScene(
        layer=found.layer,
        trained=network.trained,
        note=behind,
        count=count,
        shape=(inputs, height, width),
        groups=found.groups,
        limit=float(np.abs(found.weights).max()),
        names=_COLOURS if colour else (),
        gallery=_gallery(found, colour) if inputs == 1 or colour else None,
    )
    if channel is not None:
        return replace(scene, slices=_slices(found, network, key, chosen, channel))
    if scene.gallery is None:
        return replace(scene, message=_closed(scene, layer))
    return scene


def convolution_behind(strip: Strip, layer: StripLayer) -> str | None:
    """The path of the layer, or of the last convolution before it, if its channels are this layer's; else None."""
    place = strip.layers.index(layer)
    for before in reversed(strip.layers[: place + 1]):
        if before.layer.layout != "maps" or before.layer.channels != layer.layer.channels:
            return None
        if before.word == "conv":
            return before.layer.path
        if before.word not in _PASSING:
            return None
    return None


def _closed(scene: FiltersScene, layer: StripLayer) -> str:
    inputs, height, width = scene.shape
    what = f"{scene.layer} has {scene.count:,} filters of {height} × {width} over {inputs:,} input channels each"
    if layer.layer.shape[-2:] == (1, 1):
        return f"{what}. Its maps are single numbers: click one, and its ledger lists the weights."
    return f"{what}, too many for a picture in colour. Open a map to see its filter slice by slice."


def _gallery(found: Filters, colour: bool) -> Gallery:
    limits = np.abs(found.weights).max((1, 2, 3))
    shares = found.weights / np.where(limits > 0, limits, 1)[:, None, None, None]
    return Gallery(np.rint(HALF * (1 + shares)).astype(np.uint8), limits, colour)


def _slices(found: Filters, network: Network, key: tuple[str, str], chosen: ChosenPicture, channel: int) -> Slices:
    def make() -> tuple[npt.NDArray[np.float32], int]:
        patches = mean_patches(network, chosen.picture, found.layer)
        return patches, patches.nbytes

    added = found.contributions(channel, kept(_PATCHES, (*key, chosen.key, found.layer), chosen, make))
    bias = None if found.bias is None else float(found.bias[channel])
    return Slices(
        channel, found.weights[channel], found.inputs(channel), found.norms(channel), added, bias,
        float(added.sum(dtype=np.float64)) + (bias or 0.0),
    )  # fmt: skip


def _order_taken() -> None:
    set_linked(ORDER, str(st.session_state[FILTERS].order["order"]))
    foot_follows("feature_maps")
