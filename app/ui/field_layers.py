"""Which layers can one ask for their receptive field, and which of them are the steps through the depth?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from app.ui.feature_maps_layers import StripLayer, strip_of
from cnnviz.analysis import layer_table, receptive_fields
from cnnviz.errors import LayerError

if TYPE_CHECKING:
    from torch import nn

    from cnnviz.analysis import Layer, ReceptiveField
    from cnnviz.network import Network

OPENING = 0.3
"""A network opens on the layer whose field is nearest to this share of its input's height."""

_layers: WeakKeyDictionary[nn.Module, tuple[FieldLayer, ...]] = WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class FieldLayer:
    """A layer with its field. `rows` (H, 2), `columns` (W, 2): the pixels of every unit of the map that is shown.

    `entry`: its place in the strip of layers; None for a block, whose output is none of its layers'.
    """

    entry: StripLayer | None
    field: ReceptiveField
    rows: npt.NDArray[np.int32]
    columns: npt.NDArray[np.int32]

    @property
    def path(self) -> str:
        return self.field.path

    @property
    def map_size(self) -> tuple[int, int]:
        return len(self.rows), len(self.columns)

    @property
    def channels(self) -> int:
        return self.field.channels

    def lies_on(self, other: FieldLayer) -> bool:
        """Whether every unit of the two sees the same pixels."""
        return np.array_equal(self.rows, other.rows) and np.array_equal(self.columns, other.columns)


def field_layers(network: Network) -> tuple[FieldLayer, ...]:
    """All layers and blocks whose output can be shown as maps, in the order of their (last) calls' ends."""
    known = _layers.get(network.module)
    if known is None:
        known = _layers[network.module] = tuple(_found(network))
    return known


def find_layer(layers: Sequence[FieldLayer], path: str) -> FieldLayer:
    """The layer of this path. Raises LayerError where there is none."""
    for layer in layers:
        if layer.path == path:
            return layer
    raise LayerError(f"This network has no layer “{path[:60]}” with a map; the list shows those it has.")


def opening_layer(layers: Sequence[FieldLayer]) -> FieldLayer:
    """A layer in the middle of the depth, whose boxes are large enough to be seen and smaller than the picture."""
    wanted = OPENING * layers[0].field.input_size[0]
    return min(
        layers, key=lambda layer: abs(layer.field.size[0] - wanted) + (math.inf if layer.field.whole_input else 0)
    )


def steps_of(layers: Sequence[FieldLayer], current: FieldLayer) -> tuple[tuple[FieldLayer, ...], int]:
    """The layers at which the field grows, with `current` in the place of the one it lies on; and its index.

    Of parallel branches those count that see more than all before them. What goes on inside gates, where the whole
    picture is seen in the middle of the network, is no step. `current` is one in any case.
    """
    steps: list[FieldLayer] = []
    at, widest = 0, 0
    local = max((place for place, layer in enumerate(layers) if not layer.field.whole_input), default=0)
    for place, layer in enumerate(layers):
        gate = layer.field.whole_input and place < local
        area = math.prod(layer.field.size)
        if not gate and (area > widest or (layer.field.whole_input and not steps[-1].field.whole_input)):
            steps.append(layer)
            widest = area
        if layer is current:
            if not steps or not layer.lies_on(steps[-1]):
                steps.append(current)
            steps[-1] = current
            at = len(steps) - 1
    return tuple(steps), at


def unit_at(layer: FieldLayer, down: float, across: float) -> tuple[int, int]:
    """The unit at this place of the map; both from 0 to 1."""
    height, width = layer.map_size
    return min(height - 1, int(down * height)), min(width - 1, int(across * width))


def _found(network: Network) -> list[FieldLayer]:
    last = {entry.layer.path: entry for entry in strip_of(network).layers}
    leaves = {layer.path for layer in layer_table(network)}
    found = []
    for path, field in receptive_fields(network).items():
        if path not in leaves:
            size, entry = field.map_size, None
        elif path in last:
            entry = last[path]
            shape = _shape(entry.layer)
            size = shape[1:] if shape else None
        else:
            continue  # it only passes its input on
        spans = _spans(field, size) if size else None
        if spans is not None:
            found.append(FieldLayer(entry, field, *spans))
    if not found:
        raise LayerError("This network has no layer with rows and columns; choose another network.")
    return found


def _shape(layer: Layer) -> tuple[int, int, int] | None:
    """(C, H, W) of the maps that `as_maps` makes of an output; None where it makes none."""
    shape = layer.shape
    if layer.layout == "maps":
        return shape[0], shape[1], shape[2]
    if layer.layout == "maps-last":
        return shape[2], shape[0], shape[1]
    if layer.layout == "vector":
        return shape[0], 1, 1
    if layer.layout == "tokens":
        for count in (shape[0] - 1, shape[0]):
            side = math.isqrt(count)
            if count and side * side == count:
                return shape[1], side, side
    return None


def _spans(field: ReceptiveField, size: tuple[int, int]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]] | None:
    """Rows and columns of every unit of a map of this size; None where the field speaks of another map."""
    if field.whole_input:
        rows, columns = (np.tile(np.array([[0, length]], np.int32), (count, 1))
                         for length, count in zip(field.input_size, size, strict=True))  # fmt: skip
        return rows, columns
    if (len(field.rows), len(field.columns)) != size:
        return None
    return np.asarray(field.rows, np.int32), np.asarray(field.columns, np.int32)
