"""From a layer's output to what the views draw: the mosaic, the numbers of its maps, the one map that is open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from app.components.answers.component import Answers
from app.components.colour_bar import colour_bar
from app.components.map_mosaic.component import OpenMap, Scene
from app.ui.feature_maps_layers import StripLayer
from app.ui.feature_maps_numbers import kind_of, map_numbers, map_order, stride_for
from app.ui.feature_maps_passes import LayerOutput, Seen
from app.ui.feature_maps_state import ALL_ON, ORDERS, Form, Switched
from app.ui.network_picker import NetworkChoice
from cnnviz.image import limits, mosaic
from cnnviz.network import Network, Prediction


def mosaic_scene(
    form: Form,
    network: Network,
    layer: StripLayer,
    output: LayerOutput,
    seen: Seen,
    channel: int | None,
    theme: Literal["light", "dark"],
    scenes: str,
    cell: tuple[int, int] | None = None,
    switched: Switched = ALL_ON,
    moved: str = "",
) -> Scene:
    """All maps of the layer as one mosaic, with their numbers.

    `channel` is the map that is open, `cell` the row and column in it whose ledger is, `scenes` the address of the
    scenes of other layers. `moved` says what the answer makes of the channels switched off.
    """
    maps = output.maps
    numbers = map_numbers(maps)
    kind = kind_of(numbers)
    scales = limits(maps, kind, form.per)
    order = map_order(numbers, form.order)
    stride = stride_for(maps.shape)
    sheet = mosaic(maps[order, ::stride, ::stride], kind, limits=scales[order], theme=theme)
    opened = None
    if channel is not None:
        opened = OpenMap(channel, maps[channel], seen.jpeg, cell)
    return Scene(
        network=form.choice.title,
        trained=network.trained,
        layer=layer.id,
        kind=layer.kind,
        layout=layer.layer.layout,
        own_scale=form.per == "map",
        ordered_by="" if form.order == "index" else ORDERS[form.order].lower(),
        shape=maps.shape,
        mosaic=sheet.index,
        palette=sheet.palette,
        columns=sheet.columns,
        gap=sheet.gap,
        stride=stride,
        side=seen.side,
        bar=colour_bar(kind, float(scales[0, 0]), float(scales[0, 1]), theme),
        scenes=scenes,
        order=order,
        limits=scales,
        numbers=numbers,
        labels=network.categories if maps.shape == (len(network.categories), 1, 1) and layer.kind == "Linear" else (),
        opened=opened,
        listed=switched.channels,
        keep=switched.keep,
        moved=moved,
    )


def answers_of(choice: NetworkChoice, network: Network, found: Sequence[Prediction], seen: Seen) -> Answers:
    """The network's five answers beside what it saw."""
    rows = tuple((answer.label, answer.probability) for answer in found)
    return Answers(choice.info.title, choice.trained, rows, len(network.categories), seen.jpeg, seen.side)
