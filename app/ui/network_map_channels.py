"""Which channels of each column are drawn on the map, and how do their maps become tiles on one scale?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from app.ui.network_map_passes import Maps, Side, speaking
from app.ui.network_map_places import Place, places
from app.ui.network_map_state import MapForm
from cnnviz.image import colour_index

if TYPE_CHECKING:
    from cnnviz.analysis import NetworkMap

ROWS = 8
"""Channels in a column, at most; parallel branches share them."""
_LONGEST = 56  # rows and columns of a tile, at most
_MOST_COLUMNS = 400

Tiles = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Drawn:
    """One column: the maps (C, H, W) of each picture, the channels drawn, and all its numbers, (sides, C) each.

    `maps` is empty where the values have no rows and columns. `share` is that in the answer.
    """

    place: Place
    maps: tuple[Maps, ...]
    shown: npt.NDArray[np.int64]
    mean: Numbers
    least: Numbers
    greatest: Numbers
    share: Numbers


def drawn_columns(
    chart: NetworkMap, key: tuple[str, str], sides: Sequence[Side], form: MapForm, target: int
) -> list[Drawn]:
    """The columns to draw, all but the answer, with the channels that matter most by what the form says."""
    shown = chart.shown(form.opened)[-_MOST_COLUMNS:]
    spoken = [speaking(chart, key, side, target) for side in sides] if form.by == "answer" else None
    found = []
    for place in places(chart, shown):
        if place.column == chart.columns[-1].index:
            continue
        column = chart.columns[place.column]
        maps = tuple(one for side in sides if (one := side.maps(column)) is not None)
        share = None if spoken is None else np.stack([one[place.column] for one in spoken]).astype(np.float32)
        found.append(_drawn(place, maps, share, form))
    return found


def stride_of(maps: Maps) -> int:
    """Every how many rows and columns a tile shows, so that neither are more than it has room for."""
    return max(1, -(-max(maps.shape[-2:]) // _LONGEST))


def column_limits(drawn: Sequence[Drawn], difference: bool, per: str) -> Numbers:
    """The values of the first and last colour of each column, (columns, 2), centred on 0."""
    reaches = []
    for one in drawn:
        kept = _thinned(one, one.shown, difference)
        reaches.append(max((float(np.abs(two[np.isfinite(two)]).max(initial=0)) for two in kept), default=0.0))
    # The picture's numbers are no activations: they keep a scale of their own.
    common = max(reaches[1:], default=0.0)
    reaches = [common if per == "all" and place else own for place, own in enumerate(reaches)]
    return np.array([(-(reach or 1), reach or 1) for reach in reaches], np.float32)


def column_tiles(one: Drawn, channels: npt.NDArray[np.int64], limits: Numbers, difference: bool) -> list[Tiles]:
    """The channels' maps as entries of the signed palette (channels, H, W), for each side."""
    kept = _thinned(one, channels, difference)
    return [colour_index(two, np.tile(limits, (len(two), 1))) for two in kept]


def column_numbers(one: Drawn) -> Numbers:
    """Mean, least, greatest and share of the channels drawn, (sides, channels, 4)."""
    return np.stack([table[:, one.shown] for table in (one.mean, one.least, one.greatest, one.share)], axis=-1)


def _drawn(place: Place, maps: tuple[Maps, ...], share: Numbers | None, form: MapForm) -> Drawn:
    if not maps:
        none = np.empty((1, 0), np.float32)
        return Drawn(place, (), np.empty(0, np.int64), none, none, none, none)
    flat = [one.reshape(len(one), -1) for one in maps]
    mean, least, greatest = (np.stack([getattr(one, name)(axis=1) for one in flat]) for name in ("mean", "min", "max"))
    if share is None or share.shape != mean.shape:
        share = np.full(mean.shape, np.nan, np.float32)
    by = {"mean": mean, "maximum": greatest}.get(form.by, np.abs(np.nan_to_num(share)))
    rank = by[0]
    if len(maps) == 2:  # what matters for one of the two, or differs between them
        rank = np.abs(by[0] - by[1]) if form.compare == "difference" else by.max(axis=0)
    shown = np.argsort(-np.nan_to_num(rank, nan=-np.inf), kind="stable")[: max(1, ROWS // place.lanes)]
    if place.column == 0:
        shown = np.arange(min(ROWS, len(mean[0])))
    if form.pinned is not None and form.pinned[0] == place.column:
        shown = _with(shown, form.pinned[1], len(mean[0]))
    return Drawn(place, maps, shown, mean, least, greatest, share)


def _with(shown: npt.NDArray[np.int64], channel: int, count: int) -> npt.NDArray[np.int64]:
    """The channels to draw with the pinned one among them: another picture, or another order, does not lose it."""
    if channel in shown or channel >= count:
        return shown
    return np.append(shown[:-1], channel)


def _thinned(one: Drawn, channels: npt.NDArray[np.int64], difference: bool) -> list[Maps]:
    """What is drawn of some channels: of each picture, or of the first less the second."""
    if not one.maps:
        return []
    stride = stride_of(one.maps[0])
    kept = [maps[channels, ::stride, ::stride] for maps in one.maps]
    return [kept[0] - kept[1]] if difference and len(kept) == 2 else kept
