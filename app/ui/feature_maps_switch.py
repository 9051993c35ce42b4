"""What does the answer become without some channels, and which channels is it most moved by? Computed once, shared."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import streamlit as st

from app.components.switch_view.component import Moved, Place, Ranking, SwitchScene
from app.ui.byte_cache import ByteCache
from app.ui.feature_maps_layers import StripLayer
from app.ui.feature_maps_numbers import Maps, kind_of, map_numbers
from app.ui.feature_maps_passes import kept
from app.ui.feature_maps_state import Switched
from app.ui.jobs import JOBS, SLOW
from app.ui.picture import ChosenPicture
from app.ui.shelf import PICTURES
from cnnviz.analysis import Ablation, ChannelEffects, ablate, channel_effects
from cnnviz.compute import Job, Task, at_work, one_thread
from cnnviz.image import limits, palette

if TYPE_CHECKING:
    from cnnviz.network import Network

LISTED = 8
"""Channels in each ranked list."""
LOOKED_AT = "_effects_looked_at"
_THUMB = 28  # rows and columns of a small map, at most

_ABLATIONS: ByteCache[Ablation] = ByteCache(16_000_000)
PICTURES.drop_from(_ABLATIONS)


def ablation_of(
    network: Network, key: tuple[str, str], chosen: ChosenPicture, layer: StripLayer, switched: Switched
) -> Ablation | None:
    """The answer with channels switched off; None where none is.

    Raises LayerError for a channel that the layer does not have.
    """
    if not switched.channels:
        return None

    def make() -> tuple[Ablation, int]:
        with at_work():
            found = ablate(
                network,
                chosen.picture,
                layer.layer.path,
                switched.channels,
                keep=switched.keep,
                call=layer.layer.call,
            )
        return found, found.before.nbytes + found.after.nbytes

    return kept(_ABLATIONS, (*key, chosen.key, layer.id, switched.text), chosen, make)


def effects_job(
    network: Network, key: tuple[str, str], chosen: ChosenPicture, layer: StripLayer, watcher: str
) -> Job[Any, ChannelEffects]:
    """What the removal of each channel does to the network's own answer, as a job that ends when nobody looks."""

    def work(task: Task[Any]) -> ChannelEffects:
        path, call = layer.layer.path, layer.layer.call
        with one_thread():  # for seconds: it must not take a place from those who wait for a page
            return channel_effects(network, chosen.picture, path, call=call, progress=task.tell)

    return JOBS.watch(_effects_key(key, chosen, layer), watcher, work, SLOW)


def look_at(wanted: Hashable | None, watcher: str) -> bool:
    """The visitor looks at this job alone, or at none; whether they left one that was not at its end.

    That one ends unless others look at it.
    """
    before = st.session_state.get(LOOKED_AT)
    st.session_state[LOOKED_AT] = wanted
    if before is None or before == wanted:
        return False
    left = JOBS.find(before)
    JOBS.leave(before, watcher)
    return left is not None and left.live


def _effects_key(key: tuple[str, str], chosen: ChosenPicture, layer: StripLayer) -> tuple[Hashable, ...]:
    return ("channels off in turn", *key, chosen.key, layer.id)


def moved(found: Ablation) -> Moved:
    """The classes that were or are most probable, before and after."""
    before, after = found.answers
    rows = tuple((move.label, move.before, move.after) for move in found.top())
    return Moved(rows, found.labels[before], found.labels[after])


def ranking(network: Network, effects: ChannelEffects, maps: Maps, theme: Literal["light", "dark"]) -> Ranking:
    """The two lists side by side, with small maps (C, H, W)."""
    count = min(LISTED, len(effects))
    by_effect, by_mean = effects.by_effect, effects.by_brightness()
    ranks = [np.argsort(order) + 1 for order in (by_effect, by_mean)]

    def place(channel: int) -> Place:
        return Place(
            channel,
            float(effects.probabilities[channel]),
            float(effects.changes[channel]),
            float(effects.means[channel]),
            int(ranks[0][channel]),
            int(ranks[1][channel]),
        )

    lists = [tuple(place(int(channel)) for channel in order[:count]) for order in (by_effect, by_mean)]
    shown = tuple(sorted({place.channel for both in lists for place in both}))
    stride = max(1, -(-max(maps.shape[1:]) // _THUMB))
    kind = kind_of(map_numbers(maps))
    low, high = limits(maps, kind, "layer")[0].tolist()
    return Ranking(
        target=network.categories[effects.target],
        probability=effects.probability,
        count=count,
        shared=effects.shared(count),
        effect=lists[0],
        bright=lists[1],
        shown=shown,
        thumbs=np.ascontiguousarray(maps[list(shown), ::stride, ::stride]),
        limits=(low, high),
        palette=palette(kind, theme),
    )


def switch_scene(
    network: Network,
    layer: StripLayer,
    count: int,
    switched: Switched,
    found: Ablation | None,
    lists: Ranking | None,
    waiting: bool,
) -> SwitchScene:
    """What stands under the maps."""
    return SwitchScene(
        layer=layer.id,
        trained=network.trained,
        count=count,
        listed=switched.channels,
        keep=switched.keep,
        moved=None if found is None else moved(found),
        ranking=lists,
        waiting=waiting,
    )
