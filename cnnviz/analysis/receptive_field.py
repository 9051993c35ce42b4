"""Which pixels of the picture can a unit see, in each layer of a network?

Theory only, from the graph of the network, for every unit exactly; the conventions stand in
:mod:`cnnviz.analysis.fields`. What units really attend to inside is another question, see
:mod:`cnnviz.analysis.effective_field`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from torch import nn

from cnnviz.analysis.field_graph import Traced, trace
from cnnviz.analysis.field_probe import probe
from cnnviz.analysis.field_reach import FAR, Array, Axis, Reach, Shape, each
from cnnviz.analysis.fields import Intervals, ReceptiveField
from cnnviz.analysis.layers import Layer, input_shape, module_of
from cnnviz.analysis.layouts import token_grid
from cnnviz.compute.kept import Kept

if TYPE_CHECKING:
    from cnnviz.network import Network

_known: Kept[nn.Module, Shape, dict[str, ReceptiveField]] = Kept()


def receptive_fields(
    network: Network | nn.Module, input_size: tuple[int, ...] | None = None
) -> dict[str, ReceptiveField]:
    """The receptive field of every layer, by path in execution order, in evaluation mode.

    A module that is called several times stands with its last call. The output of a block stands under the block's
    path where it is not that of its last layer (the end of a residual block, say). No value is computed: the pass runs
    on the meta device; a network that cannot do that gets one real pass on zeros, and one that cannot be followed
    either a gradient probe. The answer is kept as long as the module lives,
    so the module must not be rebuilt meanwhile.

    Args:
        network: a network of the zoo, or any module that takes one batch.
        input_size: the input's shape without the batch axis, (C, H, W). Of a network of the zoo its own by default,
            (3, 224, 224) for a plain module. A list of numbers (features,) is an input without rows and columns.
    """
    module, shape = module_of(network), tuple(input_size or input_shape(network))
    return dict(_known.of(module, shape, lambda: _every_field(module, shape)))


def _every_field(module: nn.Module, shape: Shape) -> dict[str, ReceptiveField]:
    traced, followed = trace(module, shape)
    fields = _fields(traced, shape)
    return fields if followed else {**probe(module, shape), **fields}


def _fields(traced: dict[str, Traced], shape: Shape) -> dict[str, ReceptiveField]:
    """The fields of all layers; one that changes nothing, such as an activation, shares the arrays of that before."""
    size = (shape[-2], shape[-1]) if len(shape) > 2 else (1, 1)
    fields: dict[str, ReceptiveField] = {}
    side = _sides()
    known: dict[tuple[int, int, str, Shape], tuple[tuple[int, int] | None, _Side, _Side]] = {}
    for path, found in traced.items():
        layer, reach = found.layer, found.reach
        places = layer.shape[-2:] if layer.layout == "maps" else layer.shape[:2]
        key = (id(reach.rows), id(reach.columns), layer.layout, places)
        if key not in known:
            map_size, rows, columns = _units(layer, reach)
            known[key] = map_size, side(rows, size[0]), side(columns, size[1])
        fields[path] = _field(path, layer, reach, size, *known[key])
    return fields


def _field(
    path: str,
    layer: Layer,
    reach: Reach,
    input_size: tuple[int, int],
    map_size: tuple[int, int] | None,
    rows: _Side,
    columns: _Side,
) -> ReceptiveField:
    whole = rows.whole and columns.whole
    return ReceptiveField(
        path=path,
        kind=layer.kind,
        channels=layer.channels,
        map_size=map_size,
        input_size=input_size,
        size=(rows.size, columns.size),
        stride=(rows.stride, columns.stride),
        padding=(rows.padding, columns.padding),
        regular=rows.regular and columns.regular,
        whole_input=whole,
        gated=reach.gated,
        holes=rows.holes or columns.holes,
        corners=reach.corners and not whole,
        probed=False,
        rows=rows.box,
        columns=columns.box,
        seen_rows=rows.seen,
        seen_columns=columns.seen,
    )


@dataclass(frozen=True, slots=True)
class _Side:
    """The rows, or the columns, of a layer's field, see :class:`ReceptiveField`."""

    size: int
    stride: int
    padding: int
    regular: bool
    whole: bool
    holes: bool
    box: Intervals
    seen: Intervals


def _sides() -> Callable[[Axis, int], _Side]:
    """:func:`_side` for the layers of one network, many of which see alike: rows as columns, one block as the next."""
    known: dict[tuple[bytes, bytes, int, int, int], _Side] = {}

    def side(axis: Axis, length: int) -> _Side:
        key = (axis.box.tobytes(), axis.read.tobytes(), axis.jump.numerator, axis.jump.denominator, length)
        if key not in known:
            known[key] = _side(axis, length)
        return known[key]

    return side


def _units(layer: Layer, reach: Reach) -> tuple[tuple[int, int] | None, Axis, Axis]:
    """The layer's map, and for its rows and its columns box and read of shape (units, payload)."""
    ndim = reach.rows.box.ndim - 1
    if layer.layout == "tokens" and (grid := token_grid(layer.shape[0])):
        skipped, side = grid
        arrange = partial(_on_grid, skipped=skipped, side=side)
        reach, ndim = each(reach, arrange), 2
        map_size, dims = (side, side), (0, 1)
    elif layer.layout == "maps":
        map_size, dims = (layer.shape[-2], layer.shape[-1]), (ndim - 2, ndim - 1)
    elif layer.layout == "maps-last":
        map_size, dims = (layer.shape[0], layer.shape[1]), (ndim - 3, ndim - 2)
    else:
        return None, _listed(reach.rows, ndim, None, 1), _listed(reach.columns, ndim, None, 1)
    rows, columns = _listed(reach.rows, ndim, dims[0], map_size[0]), _listed(reach.columns, ndim, dims[1], map_size[1])
    return map_size, rows, columns


def _on_grid(array: Array, skipped: int, side: int) -> Array:
    """An array of tokens (1, N, 1, payload) as one of units (side, side, payload), all features together."""
    tokens = array.reshape(-1, *array.shape[-3:])[0] if array.shape[-2] == 1 else array
    lines = tokens.reshape(tokens.shape[-3], -1, array.shape[-1])[:, 0]
    if len(lines) == 1:
        return np.broadcast_to(lines, (1, 1, array.shape[-1]))
    return lines[skipped:].reshape(side, side, -1)


def _listed(axis: Axis, ndim: int, dim: int | None, count: int) -> Axis:
    """Box and read of each unit along one axis of the map, all channels together; one unit of all when dim is None."""
    others = tuple(place for place in range(ndim) if place != dim)
    box, read = (_over(axis.box, others, np.minimum), _over(axis.read, others, np.bitwise_or))
    return Axis(np.broadcast_to(box, (count, 2)), np.broadcast_to(read, (count, read.shape[-1])), axis.jump)


def _over(array: Array, dims: tuple[int, ...], join: np.ufunc) -> Array:
    """An array of shape (units, payload), all places along the other axes joined."""
    if any(array.shape[dim] > 1 for dim in dims):
        array = join.reduce(array, axis=dims)
    return array.reshape(-1, array.shape[-1])


def _side(axis: Axis, length: int) -> _Side:
    seen, holes = _seen(axis.read, length)
    first, last = axis.box[:, 0], -axis.box[:, 1]
    count = len(first)
    if (first <= -FAR).all():
        box = np.tile(np.array([0, length], np.int32), (count, 1))
        return _Side(length, 0, 0, True, True, holes, box, seen)
    blind, endless = first >= FAR, first <= -FAR
    box = np.stack([first, last + 1], axis=1)
    box[blind] = 0
    box[endless] = (0, length)
    sizes, steps = box[:, 1] - box[:, 0], np.diff(box[:, 0])
    stride = int(steps[0]) if count > 1 else axis.jump
    even = not blind.any() and not endless.any() and bool((sizes == sizes[0]).all() and (steps == stride).all())
    if not even:
        stride = max(1, round(axis.jump))
    return _Side(int(sizes.max()), int(stride), -int(box[0, 0]), even, False, holes, box.astype(np.int32), seen)


def _seen(read: Array, length: int) -> tuple[Intervals, bool]:
    """First row read and the one after the last, for every unit; and whether any unit skips rows between."""
    bits: NDArray[np.uint8] = np.unpackbits(np.ascontiguousarray(read).view(np.uint8), axis=-1, bitorder="little")
    bits = bits[:, :length]
    some = bits.any(axis=1)
    first = bits.argmax(axis=1)
    end = np.where(some, length - bits[:, ::-1].argmax(axis=1), first)
    holes = bool((bits.sum(axis=1, dtype=np.int64) < end - first).any())
    return np.stack([first, end], axis=1).astype(np.int32), holes
