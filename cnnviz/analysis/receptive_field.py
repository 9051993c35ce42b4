"""Which pixels of the picture can a unit see, in each layer of a network?

Theory only, from the graph of the network, for every unit exactly; the conventions stand in
:mod:`cnnviz.analysis.fields`. What units really attend to inside is another question, see
:mod:`cnnviz.analysis.effective_field`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from torch import nn

from cnnviz.analysis.field_graph import Traced, trace
from cnnviz.analysis.field_probe import probe
from cnnviz.analysis.field_reach import FAR, Array, Axis, Reach, Shape, each
from cnnviz.analysis.fields import Intervals, ReceptiveField
from cnnviz.analysis.layers import Layer, input_shape, module_of
from cnnviz.analysis.layouts import token_grid

if TYPE_CHECKING:
    from cnnviz.network import Network

_known: WeakKeyDictionary[nn.Module, dict[Shape, dict[str, ReceptiveField]]] = WeakKeyDictionary()
_lock = threading.Lock()


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
    with _lock:
        known = _known.setdefault(module, {})
    if shape not in known:
        traced, followed = trace(module, shape)
        fields = _fields(traced, shape)
        known[shape] = fields if followed else {**probe(module, shape), **fields}
    return dict(known[shape])


def _fields(traced: dict[str, Traced], shape: Shape) -> dict[str, ReceptiveField]:
    """The fields of all layers; a layer that changes nothing, such as an activation, shares that of the one before."""
    fields: dict[str, ReceptiveField] = {}
    side = _sides()
    alike: dict[tuple[int, Shape, str], ReceptiveField] = {}
    for path, found in traced.items():
        layer, reach = found.layer, found.reach
        key = (id(reach), layer.shape, layer.layout)
        if key not in alike:
            alike[key] = _field(path, layer, reach, shape, side)
        fields[path] = replace(alike[key], path=path, kind=layer.kind)
    return fields


def _field(path: str, layer: Layer, reach: Reach, shape: Shape, side: Callable[[Axis, int], _Side]) -> ReceptiveField:
    size = (shape[-2], shape[-1]) if len(shape) > 2 else (1, 1)
    map_size, rows, columns = _units(layer, reach)
    sides = [side(axis, length) for axis, length in zip((rows, columns), size, strict=True)]
    whole = all(side.whole for side in sides)
    return ReceptiveField(
        path=path,
        kind=layer.kind,
        channels=layer.channels,
        map_size=map_size,
        input_size=size,
        size=(sides[0].size, sides[1].size),
        stride=(sides[0].stride, sides[1].stride),
        padding=(sides[0].padding, sides[1].padding),
        regular=all(side.regular for side in sides),
        whole_input=whole,
        gated=reach.gated,
        holes=any(side.holes for side in sides),
        corners=reach.corners and not whole,
        probed=False,
        rows=sides[0].box,
        columns=sides[1].box,
        seen_rows=sides[0].seen,
        seen_columns=sides[1].seen,
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
    known: dict[tuple[bytes, bytes, Fraction, int], _Side] = {}

    def side(axis: Axis, length: int) -> _Side:
        key = (axis.box.tobytes(), axis.read.tobytes(), axis.jump, length)
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
    box, read = axis.box.min(axis=others), np.bitwise_or.reduce(axis.read, axis=others)
    if dim is None:
        box, read = box[None], read[None]
    return Axis(np.broadcast_to(box, (count, 2)), np.broadcast_to(read, (count, read.shape[-1])), axis.jump)


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
