"""From recorded passes to what the map of the network draws: columns, their channels, tiles and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from app.components.colour_bar import colour_bar
from app.components.network_map.component import FedChannel, MapBox, MapScene, MapStageBox, packed_feeds
from app.ui.feature_maps_layers import Strip
from app.ui.feature_maps_passes import Seen
from app.ui.network_map_passes import Maps, Side, chart_of, speaking
from app.ui.network_map_places import Place, places
from app.ui.network_map_state import MapForm
from app.ui.network_picker import NetworkChoice
from cnnviz.analysis import ReceptiveField, feeds, receptive_fields
from cnnviz.compute import at_work
from cnnviz.image import colour_index, palette

if TYPE_CHECKING:
    from cnnviz.analysis import MapColumn, NetworkMap
    from cnnviz.network import Network

ROWS = 8
"""Channels in a column, at most; parallel branches share them."""
STRONGEST = 8
ANSWERS = 5
_LONGEST = 56  # rows and columns of a tile, at most
_MOST_BOXES = 400
_NO_MAPS = "Its values have no rows and columns"


@dataclass(frozen=True, eq=False)
class _Drawn:
    """One column's maps of all pictures, what of them is drawn, and all its numbers, (sides, channels) each."""

    place: Place
    maps: tuple[Maps, ...]
    shown: npt.NDArray[np.int64]
    mean: npt.NDArray[np.float32]
    least: npt.NDArray[np.float32]
    greatest: npt.NDArray[np.float32]
    share: npt.NDArray[np.float32]


def map_scene(
    choice: NetworkChoice,
    network: Network,
    strip: Strip,
    sides: Sequence[Side],
    seen: Sequence[Seen],
    form: MapForm,
    theme: Literal["light", "dark"],
    scenes: str,
) -> MapScene:
    """The map for one picture, or two."""
    chart = chart_of(network, sides[0])
    target = target_of(form, sides[0])
    drawn = _columns(chart, choice.key, sides, form, target)
    answer = chart.columns[-1]
    difference = len(sides) == 2 and form.compare == "difference"
    tiles, limits = _tiles(drawn, difference, form.per)
    fields = receptive_fields(network)
    listed = _listed(sides, target)
    boxes = [_box(chart.columns[one.place.column], one, fields, strip) for one in drawn]
    reach = float(limits[:, 1].max()) if len(limits) else 1.0
    return MapScene(
        network=choice.title,
        trained=network.trained,
        by=form.by,
        per=form.per,
        difference=difference,
        stages=_stages(chart, form.opened),
        boxes=boxes,
        answer=answer.index,
        answer_sources=chart.sources_among(answer.index, chart.shown(form.opened)),
        listed=listed,
        labels=[network.categories[one] for one in listed],
        target=target,
        chosen_target=form.target is not None,
        temperature=form.temperature,
        pictures=[side.chosen.title for side in sides],
        bar=colour_bar("signed", -reach, reach, theme),
        scenes=scenes,
        tiles=tiles,
        palette=palette("signed", theme),
        limits=limits,
        numbers=_numbers(drawn, len(sides)),
        logits=np.stack([side.logits for side in sides]),
        seen=[one.jpeg for one in seen],
    )


def feeds_scene(network: Network, key: tuple[str, str], sides: Sequence[Side], form: MapForm, column: int) -> bytes:
    """What feeds the drawn channels of one column, in the first picture."""
    side = sides[0]
    chart = chart_of(network, side)
    shown = chart.shown(form.opened)
    target = target_of(form, side)
    drawn = {one.place.column: one for one in _columns(chart, key, sides, form, target)}
    asked = _listed(sides, target) if column == chart.columns[-1].index else drawn[column].shown.tolist()
    with at_work():
        found = feeds(side.recorded, chart, column, asked, shown)
    fed, shares = [], []
    extra: dict[str, npt.NDArray[np.uint8]] = {}
    for one in found:
        strongest = one.strongest(STRONGEST)
        count = sum(len(share) for share in one.shares.values())
        everything = sum(float(share.sum()) for share in one.shares.values())
        left = everything - sum(share for _, _, share in strongest)
        fed.append(FedChannel(one.channel, one.total, one.bias, one.rest, strongest, count - len(strongest), left))
        shares.append(np.concatenate([share[drawn[source].shown] for source, share in one.shares.items()]))
        extra |= _extra(strongest, drawn, form)
    return packed_feeds(column, chart.columns[column].kind, fed, np.stack(shares).astype(np.float32), extra)


def target_of(form: MapForm, side: Side) -> int:
    """The class for which the channels speak: the one asked for, else the most probable."""
    if form.target is not None and form.target < len(side.logits):
        return form.target
    return int(side.logits.argmax())


def _columns(
    chart: NetworkMap, key: tuple[str, str], sides: Sequence[Side], form: MapForm, target: int
) -> list[_Drawn]:
    """The columns to draw, all but the answer, with the channels chosen."""
    shown = chart.shown(form.opened)[:_MOST_BOXES]
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


def _drawn(place: Place, maps: tuple[Maps, ...], share: npt.NDArray[np.float32] | None, form: MapForm) -> _Drawn:
    if not maps:
        none = np.empty((1, 0), np.float32)
        return _Drawn(place, (), np.empty(0, np.int64), none, none, none, none)
    flat = [one.reshape(len(one), -1) for one in maps]
    mean, least, greatest = (np.stack([getattr(one, name)(axis=1) for one in flat]) for name in ("mean", "min", "max"))
    if share is None or share.shape != mean.shape:
        share = np.full(mean.shape, np.nan, np.float32)
    by = {"mean": mean, "maximum": greatest}.get(form.by, np.abs(np.nan_to_num(share)))
    rank = by[0]
    if len(maps) == 2:  # what matters for one of the two, or differs between them
        rank = np.abs(by[0] - by[1]) if form.compare == "difference" else by.max(axis=0)
    rows = max(1, ROWS // place.lanes)
    shown = np.argsort(-np.nan_to_num(rank, nan=-np.inf), kind="stable")[:rows]
    if place.column == 0:
        shown = np.arange(len(mean[0]))
    return _Drawn(place, maps, shown, mean, least, greatest, share)


def _thinned(maps: Maps) -> Maps:
    """Every so many rows and columns, so that neither is more than a tile has room for."""
    stride = max(1, -(-max(maps.shape[-2:]) // _LONGEST))
    return maps[..., ::stride, ::stride]


def _tiles(
    drawn: Sequence[_Drawn], difference: bool, per: str
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    """All tiles as entries of the signed palette, and each column's limits (columns, 2), centred on 0."""
    kept = []
    for one in drawn:
        maps = [_thinned(two[one.shown]) for two in one.maps]
        kept.append([maps[0] - maps[1]] if difference and len(maps) == 2 else maps)
    reaches = [max((float(np.abs(two[np.isfinite(two)]).max(initial=0)) for two in maps), default=0) for maps in kept]
    # The picture's numbers are no activations: they keep a scale of their own.
    common = max(reaches[1:], default=0)
    reaches = [common if per == "all" and place else own for place, own in enumerate(reaches)]
    limits = np.array([(-(reach or 1), reach or 1) for reach in reaches], np.float32)
    flat = [
        colour_index(two, np.tile(pair, (len(two), 1))).ravel()
        for maps, pair in zip(kept, limits, strict=True)
        for two in maps
        if len(two)
    ]
    return np.concatenate(flat), limits


def _numbers(drawn: Sequence[_Drawn], sides: int) -> npt.NDArray[np.float32]:
    columns = [
        np.stack([table[:, one.shown] for table in (one.mean, one.least, one.greatest, one.share)], axis=-1)
        for one in drawn
        if one.maps
    ]
    return np.concatenate(columns, axis=1) if columns else np.empty((sides, 0, 4), np.float32)


def _box(column: MapColumn, one: _Drawn, fields: dict[str, ReceptiveField], strip: Strip) -> MapBox:
    place, maps = one.place, one.maps
    channels = len(maps[0]) if maps else column.shape[-1]
    tile = _thinned(maps[0][0]).shape if maps else (0, 0)
    size = (maps[0].shape[1], maps[0].shape[2]) if maps else None
    return MapBox(
        column=column.index,
        stage=column.stage,
        name=column.name or column.kind,
        label=_short(column.name) or column.kind,
        kind=column.kind,
        channels=channels,
        size=size,
        field=_sees(column, fields),
        layer=_layer_of(column, strip),
        unit=_unit_of(column),
        note="" if maps else f"{_NO_MAPS}: {' × '.join(map(str, column.shape))}.",
        shown=tuple(one.shown.tolist()),
        tile=(int(tile[0]), int(tile[1])),
        stride=max(1, -(-max(size) // _LONGEST)) if size else 1,
        depth=place.depth,
        lane=place.lane,
        lanes=place.lanes,
        sources=place.sources,
        through=place.through,
    )


def _layer_of(column: MapColumn, strip: Strip) -> str:
    """The layer of the strip whose maps are the column's; "" for a sum between layers, which is none."""
    if column.home is None:
        return ""
    named = column.home[0] if column.home[1] == 0 else f"{column.home[0]}:{column.home[1]}"
    return named if any(layer.id == named for layer in strip.layers) else ""


def _unit_of(column: MapColumn) -> str:
    """The module in whose ledger the column's sums stand; "" for what no module puts out."""
    if column.index == 0 or column.home is None or column.layout != "maps":
        return ""
    return column.home[0] if column.home[1] == 0 else f"{column.home[0]}:{column.home[1]}"


def _sees(column: MapColumn, fields: dict[str, ReceptiveField]) -> str:
    """What part of the picture a unit sees, in words; "" where it is not known."""
    field = fields.get(column.home[0] if column.home else "") or fields.get(column.name)
    if field is None:
        return ""
    return "the whole picture" if field.whole_input else f"{field.size[0]} × {field.size[1]}"


def _short(name: str) -> str:
    """The end of a module's name: what tells it from its neighbours."""
    parts = name.split(".")
    plain = [part for part in parts if part not in ("features", "encoder", "layers", "trunk_output")]
    return ".".join((plain or parts)[:2])


def _stages(chart: NetworkMap, opened: Sequence[int]) -> list[MapStageBox]:
    return [
        MapStageBox(stage.index, _short(stage.name), stage.name, len(stage.columns), stage.index in opened)
        for stage in chart.stages
    ]


def _listed(sides: Sequence[Side], target: int) -> tuple[int, ...]:
    """The classes of the answer: each picture's most probable ones, and the one that is asked for."""
    best = [int(one) for side in sides for one in np.argsort(-side.logits, kind="stable")[:ANSWERS]]
    if len(sides) == 2:
        best = [int(one) for pair in zip(best[:ANSWERS], best[ANSWERS:], strict=True) for one in pair][: ANSWERS + 1]
    return tuple(dict.fromkeys([*best, target]))


def _extra(
    strongest: Sequence[tuple[int, int, float]], drawn: dict[int, _Drawn], form: MapForm
) -> dict[str, npt.NDArray[np.uint8]]:
    """Tiles of strong channels that their columns do not show, on those columns' own scales."""
    found = {}
    for column, channel, _ in strongest:
        one = drawn[column]
        if not one.maps or channel in one.shown:
            continue
        tile = _thinned(one.maps[0][channel : channel + 1])
        reach = max(float(np.abs(_thinned(maps[one.shown])).max(initial=0)) for maps in one.maps) or 1.0
        found[f"{column}.{channel}"] = colour_index(tile, [(-reach, reach)])[0]
    return found
