"""From recorded passes to what the map of the network draws: columns, their channels, tiles and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from app.components.colour_bar import colour_bar
from app.components.network_map.component import FedChannel, MapBox, MapScene, MapStageBox, packed_feeds
from app.ui.feature_maps_layers import Strip
from app.ui.feature_maps_passes import Seen
from app.ui.network_map_channels import Drawn, column_limits, column_numbers, column_tiles, drawn_columns, stride_of
from app.ui.network_map_passes import Side, chart_of
from app.ui.network_map_state import MapForm
from app.ui.network_picker import NetworkChoice
from cnnviz.analysis import feeds, receptive_fields
from cnnviz.compute import at_work
from cnnviz.errors import LayerError
from cnnviz.image import palette

if TYPE_CHECKING:
    from cnnviz.analysis import Feeds, MapColumn, NetworkMap, ReceptiveField
    from cnnviz.network import Network

STRONGEST = 8
ANSWERS = 5
_WRAPPERS = ("features", "encoder", "layers", "trunk_output")
_NO_MAPS = "Its values have no rows and columns"


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
    drawn = drawn_columns(chart, choice.key, sides, form, target)
    answer = chart.columns[-1]
    difference = is_difference(sides, form)
    limits = column_limits(drawn, difference, form.per)
    tiles = [column_tiles(one, one.shown, pair, difference) for one, pair in zip(drawn, limits, strict=True)]
    fields = receptive_fields(network)
    listed = _listed(sides, target)
    boxes = [_box(chart.columns[one.place.column], one, fields, strip) for one in drawn]
    reach = float(limits[1:, 1].max(initial=0)) or 1.0
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
        tiles=np.concatenate([tile.ravel() for column in tiles for tile in column]),
        palette=palette("signed", theme),
        limits=limits,
        numbers=np.concatenate([column_numbers(one) for one in drawn if one.maps], axis=1),
        logits=np.stack([side.logits for side in sides]),
        seen=[one.jpeg for one in seen],
        pinned=form.pinned,
    )


def feeds_scene(
    network: Network, key: tuple[str, str], sides: Sequence[Side], form: MapForm, column: int, side: int = 0
) -> bytes:
    """What feeds the drawn channels of one column, in picture `side`, or how that differs where the map shows that.

    Raises LayerError for a column not drawn.
    """
    chart, target = chart_of(network, sides[0]), target_of(form, sides[0])
    columns = drawn_columns(chart, key, sides, form, target)
    drawn = {one.place.column: one for one in columns}
    answer = chart.columns[-1].index
    if column not in drawn and column != answer:
        raise LayerError(f"Column {column} is not shown; open its stage first.")
    asked = _listed(sides, target) if column == answer else drawn[column].shown.tolist()
    difference = is_difference(sides, form)
    with at_work():
        found, *less = [
            feeds(one.recorded, chart, column, asked, chart.shown(form.opened))
            for one in (sides if difference else [sides[side]])
        ]
    if less:
        found = tuple(one.less(other) for one, other in zip(found, less[0], strict=True))
    limits = dict(zip(drawn, column_limits(columns, difference, form.per), strict=True))
    shares = [np.concatenate([share[drawn[at].shown] for at, share in one.shares.items()]) for one in found]
    fed, extra = [], {}
    for one in found:
        strongest = one.strongest(STRONGEST)
        fed.append(_fed(one, strongest))
        for at, channel, _ in strongest:
            if drawn[at].maps and channel not in drawn[at].shown:
                pair = column_tiles(drawn[at], np.array([channel]), limits[at], difference)
                extra[f"{at}.{channel}"] = np.concatenate([tile[0] for tile in pair], axis=1)
    return packed_feeds(column, chart.columns[column].kind, fed, np.stack(shares).astype(np.float32), extra)


def is_difference(sides: Sequence[Side], form: MapForm) -> bool:
    """Whether the tiles are one picture's values less the other's."""
    return len(sides) == 2 and form.compare == "difference"


def target_of(form: MapForm, side: Side) -> int:
    """The class for which the channels speak: the one asked for, else the most probable."""
    if form.target is not None and form.target < len(side.logits):
        return form.target
    return int(side.logits.argmax())


def _fed(one: Feeds, strongest: Sequence[tuple[int, int, float]]) -> FedChannel:
    count = sum(int(np.count_nonzero(share)) for share in one.shares.values())
    left = sum(float(share.sum()) for share in one.shares.values()) - sum(share for _, _, share in strongest)
    return FedChannel(one.channel, one.total, one.bias, one.rest, strongest, count - len(strongest), left)


def _box(column: MapColumn, one: Drawn, fields: dict[str, ReceptiveField], strip: Strip) -> MapBox:
    place, maps = one.place, one.maps
    channels = len(maps[0]) if maps else column.shape[-1]
    size = (maps[0].shape[1], maps[0].shape[2]) if maps else None
    stride = stride_of(maps[0]) if maps else 1
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
        near=_near(column, strip),
        note="" if maps else f"{_NO_MAPS}: {' × '.join(map(str, column.shape))}.",
        shown=tuple(one.shown.tolist()),
        tile=(-(-size[0] // stride), -(-size[1] // stride)) if size else (0, 0),
        stride=stride,
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


def _near(column: MapColumn, strip: Strip) -> str:
    """The last layer with as many channels inside the module that the column is: what was added or clipped there."""
    if not _unit_of(column) or column.home is None:
        return ""
    inside = [one for one in strip.layers if one.layer.path.startswith(f"{column.home[0]}.")]
    alike = [one.id for one in inside if one.layer.layout == "maps" and one.layer.channels == column.shape[0]]
    return alike[-1] if alike else ""


def _sees(column: MapColumn, fields: dict[str, ReceptiveField]) -> str:
    """What part of the picture a unit sees, in words; "" where it is not known."""
    field = fields.get(column.home[0] if column.home else "") or fields.get(column.name)
    if field is None:
        return ""
    return "the whole picture" if field.whole_input else f"{field.size[0]} × {field.size[1]}"


def _short(name: str) -> str:
    """The end of a module's name: what tells it from its neighbours."""
    parts = name.split(".")
    plain = [part for part in parts if part not in _WRAPPERS] or parts
    first = parts.index(plain[0])
    # "3" alone says nothing: it keeps the name that it counts in.
    kept = parts[first - 1 : first + 1] if plain[0].isdecimal() and first else plain[:2]
    return ".".join(kept).removeprefix("encoder_")


def _stages(chart: NetworkMap, opened: Sequence[int]) -> list[MapStageBox]:
    return [
        MapStageBox(stage.index, _short(stage.name), stage.name, len(stage.columns), stage.index in opened)
        for stage in chart.stages
    ]


def _listed(sides: Sequence[Side], target: int) -> tuple[int, ...]:
    """The classes of the answer: each picture's most probable ones, and the one that is asked for."""
    best = [int(one) for side in sides for one in np.argsort(-side.logits, kind="stable")[:ANSWERS]]
    if len(sides) == 2:
        best = [int(one) for pair in zip(best[:ANSWERS], best[ANSWERS:], strict=True) for one in pair][:ANSWERS]
    return tuple(dict.fromkeys([*best, target]))
