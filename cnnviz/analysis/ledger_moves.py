"""Where does a value stand before, and where after, an operation that only moves numbers about?

A view, a permutation, a split, a roll, a concatenation or zero padding computes nothing. The same operation done to
the numbers 0, 1, 2 … in the place of its input shows where each entry of its output came from, whatever the operation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils._pytree import tree_map

from cnnviz.analysis.ledger_pass import Operation, Pass, Ref

Places = NDArray[np.int64]
"""Places in a value, counted row by row through its whole tensor; −1 is a zero put in by padding."""

SAME_ORDER = frozenset((
    "view", "_unsafe_view", "reshape", "_reshape_alias", "flatten", "unflatten", "squeeze", "unsqueeze", "clone",
    "alias", "detach", "contiguous", "as_strided",
))  # fmt: skip
"""Operations that keep the values' order, counted row by row."""

TURNING = frozenset(("permute", "transpose", "t"))
QUIET = SAME_ORDER | TURNING
"""Operations after which every value is the same value still."""

PICKING = frozenset((
    "slice", "select", "split", "split_with_sizes", "chunk", "unbind", "roll", "flip", "index", "pixel_shuffle",
    "pixel_unshuffle", "native_channel_shuffle", "channel_shuffle", "narrow", "diagonal", "unfold", "expand",
    "upsample_nearest2d", "reflection_pad2d", "replication_pad2d",
))  # fmt: skip
"""Operations that take out a part, repeat one, or put the values in another order."""

JOINING = frozenset(("cat", "stack"))
PADDING = frozenset(("constant_pad_nd",))
MOVES = QUIET | PICKING | JOINING | PADDING


@dataclass(frozen=True)
class Origin:
    """Where places of a value came from: places in another value."""

    value: int
    places: Places


def origin(recorded: Pass, value: int, places: Places) -> Origin | None:
    """One move back; None where ``value`` was not moved here, or where the places come from several values."""
    operation = recorded.producers[value]
    if operation is None or operation.name not in MOVES or not _understood(recorded, operation):
        return None
    before = operation.inputs()[0]
    if operation.name in SAME_ORDER:
        return Origin(before, places)
    if operation.name in TURNING:
        return Origin(before, _turned(places, _axes(recorded, operation), recorded.values[before].shape))
    if operation.name in PADDING:
        shapes = recorded.values[value].shape, recorded.values[before].shape
        return Origin(before, unpadded(places, operation.args[1], *shapes))
    numbered, starts = _numbered(recorded, operation, value)
    known = places >= 0
    found = np.where(known, numbered[np.where(known, places, 0)], -1)
    inside = found[found >= 0]
    if not inside.size:
        return Origin(before, found) if len(starts) == 1 else None
    parts = np.searchsorted(starts, inside, side="right") - 1
    part = int(parts[0])
    if (parts != part).any():
        return None
    return Origin(operation.inputs()[part], np.where(found >= 0, found - starts[part], -1))


def source(recorded: Pass, value: int, places: Places) -> Origin:
    """All moves back, to the value that was computed, or from which the places come in several parts."""
    here = Origin(value, places)
    while (before := origin(recorded, here.value, here.places)) is not None:
        here = before
    return here


def destination(recorded: Pass, operation: Operation, place: int) -> Origin | None:
    """Where a place of an operation's input stands after it, if it is a quiet move."""
    if operation.name not in QUIET or not _understood(recorded, operation):
        return None
    after = operation.outputs[0]
    places = np.array([place])
    if operation.name in TURNING:
        there = np.argsort(_axes(recorded, operation))
        places = _turned(places, there, recorded.values[after].shape)
    return Origin(after, places)


def _axes(recorded: Pass, operation: Operation) -> Places:
    """Which axis of its input each axis of a permutation's output was."""
    axes = np.arange(recorded.values[operation.inputs()[0]].ndim)
    if operation.name == "permute":
        return axes[np.array(operation.args[1], dtype=np.int64)]
    first, second = operation.args[1:3] if operation.name == "transpose" else (0, -1)
    axes[[first, second]] = axes[[second, first]]
    return axes


def _turned(places: Places, axes: Places, shape: tuple[int, ...]) -> Places:
    """Places in a permuted tensor as places in the one of ``shape`` from which ``axes`` were taken; −1 stays."""
    index = np.unravel_index(np.maximum(places, 0), [shape[axis] for axis in axes])
    found = np.ravel_multi_index([index[at] for at in np.argsort(axes)], tuple(shape))
    return np.where(places < 0, -1, found).astype(np.int64)


def unpadded(places: Places, pads: Sequence[int], padded: Sequence[int], shape: Sequence[int]) -> Places:
    """Places in a tensor of shape ``padded`` as places in that of ``shape`` which it was made from; −1 in the padding.

    ``pads`` count from the last axis: before it, after it, before the last but one and so on.
    """
    index = np.stack(np.unravel_index(np.maximum(places, 0), tuple(padded)))
    for axis, before in enumerate(pads[::2], start=1):
        index[-axis] -= before
    lengths = np.array(tuple(shape)).reshape(-1, *[1] * places.ndim)
    inside = (places >= 0) & ((index >= 0) & (index < lengths)).all(axis=0)
    found = np.ravel_multi_index(tuple(np.where(inside, index, 0)), tuple(shape))
    return np.where(inside, found, -1).astype(np.int64)


def _numbered(recorded: Pass, operation: Operation, value: int) -> tuple[Places, Places]:
    """For each entry of a move's output the number of the input's entry; and the first number of each input."""
    moved = operation.inputs() if operation.name in JOINING else operation.inputs()[:1]
    sizes = [recorded.values[entry].numel() for entry in moved]
    starts = np.cumsum([0, *sizes[:-1]])
    waiting = list(zip(moved, starts.tolist(), sizes, strict=True))

    def replaced(item: object) -> object:
        if not isinstance(item, Ref):
            return item
        tensor = recorded.values[item.id]
        if waiting and waiting[0][0] == item.id:
            _, start, size = waiting.pop(0)
            # float64 counts exactly to 2**53, and every operation knows it
            return torch.arange(start, start + size, dtype=torch.float64).reshape(tensor.shape)
        return tensor.cpu()

    args, kwargs = tree_map(replaced, (operation.args, operation.kwargs))
    output = operation.function(*args, **kwargs)
    if isinstance(output, tuple | list):
        output = output[operation.outputs.index(value)]
    return output.reshape(-1).numpy().astype(np.int64), starts


def _understood(recorded: Pass, operation: Operation) -> bool:
    """Whether a move is one of the simple kind: padding with zeros, no axes made from raw memory.

    Of ``as_strided`` only that is taken which rewrites the strides of axes of length 1 and moves nothing.
    """
    if operation.name in PADDING:
        return len(operation.args) < 3 or operation.args[2] == 0
    if operation.name == "as_strided":
        before, after = operation.inputs()[0], operation.outputs[0]
        return recorded.values[before].shape == recorded.values[after].shape
    return True
