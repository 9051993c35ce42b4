"""Which pixels of which channels, and which weights, meet in one value of a convolution?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.modules.conv import _ConvNd

from cnnviz.analysis.ledger_data import Numbers, Window
from cnnviz.analysis.ledger_moves import Places
from cnnviz.analysis.ledger_pass import Operation, Pass
from cnnviz.analysis.ledger_units import numbers_of

Taps = NDArray[np.int64]


@dataclass(frozen=True)
class Seen:
    """What one value of a convolution sees; I channels, kh × kw taps.

    Attributes:
        value: the map that it reads, before padding that the layer itself put round it.
        channel: the output channel.
        pixels, kernel: (I, kh, kw) each.
        places: (I, kh, kw) where the pixels stand in ``value``; −1 where they are zeros of the padding.
        window: rows and columns in ``value``'s map.
    """

    value: int
    channel: int
    pixels: Numbers
    kernel: Numbers
    places: Places
    window: Window


def convolution_window(recorded: Pass, operation: Operation, value: int, place: int) -> Seen:
    """Follow the arguments of torch's ``convolution`` for the output value at ``place``; two-dimensional ones only."""
    image, weights = (recorded.values[argument.id] for argument in operation.args[:2])
    stride, padding, dilation, transposed, _, groups = operation.args[3:9]
    _, channel, row, col = (int(at) for at in np.unravel_index(place, recorded.values[value].shape))
    axes = [
        _taps((row, col)[axis], weights.shape[2 + axis], stride[axis], padding[axis], dilation[axis], transposed)
        for axis in (0, 1)
    ]
    size = (image.shape[2], image.shape[3])
    missed = [(taps < 0) | (taps >= length) for taps, length in zip(axes, size, strict=True)]
    blank = missed[0][:, None] | missed[1][None, :]

    inputs = image.shape[1] // groups
    outputs = weights.shape[1] if transposed else weights.shape[0] // groups
    first = channel // outputs * inputs
    channels = np.arange(first, first + inputs)
    kernel = weights[first : first + inputs, channel % outputs] if transposed else weights[channel]
    inner = [np.where(gone, 0, taps) for gone, taps in zip(missed, axes, strict=True)]
    places = (channels[:, None, None] * size[0] + inner[0][None, :, None]) * size[1] + inner[1][None, None, :]
    pixels = np.where(blank, 0.0, numbers_of(image.reshape(-1)[torch.from_numpy(places).to(image.device)]))
    places = np.where(blank, -1, places)
    source, places, window = _before_padding(recorded, operation, places, axes, blank)
    return Seen(source, channel, pixels, numbers_of(kernel), places, window)


def _taps(at: int, taps: int, stride: int, padding: int, dilation: int, transposed: bool) -> Taps:
    """The rows (or columns) of the input under each tap; −1 where a transposed convolution's tap meets none."""
    steps = np.arange(taps, dtype=np.int64) * dilation
    if not transposed:
        return at * stride - padding + steps
    reached, rest = np.divmod(at + padding - steps, stride)
    return np.where(rest == 0, reached, -1)


def _before_padding(
    recorded: Pass, reader: Operation, places: Places, axes: list[Taps], blank: NDArray[np.bool_]
) -> tuple[int, Places, Window]:
    """The same window in the map as it was before an operation of its own padded it, where one did."""
    padded: int = reader.args[0].id
    found = _padding(recorded, reader, padded)
    if found is None:
        return padded, places, Window(axes[0], axes[1], blank)
    source, top, left, wraps = found
    height, width = recorded.values[source].shape[-2:]
    rows, cols = axes[0] - top, axes[1] - left
    outside = ((rows < 0) | (rows >= height))[:, None] | ((cols < 0) | (cols >= width))[None, :]
    if not wraps:  # where copied pixels came from is found by going back through the padding
        return padded, places, Window(rows, cols, outside)
    plane = places // (recorded.values[padded].shape[-2] * recorded.values[padded].shape[-1])
    wrapped = (plane * height + (rows % height)[:, None]) * width + (cols % width)[None, :]
    return source, np.where(blank, -1, wrapped), Window(rows, cols, outside)


def _padding(recorded: Pass, reader: Operation, value: int) -> tuple[int, int, int, bool] | None:
    """The map that padding of rows and columns was put round, rows on top, columns on the left, whether it wraps."""
    operation = recorded.producers[value]
    if operation is not None and operation.name in ("constant_pad_nd", "reflection_pad2d", "replication_pad2d"):
        left, _, top, _ = operation.args[1] if len(operation.args[1]) == 4 else (*operation.args[1], 0, 0)
        return operation.args[0].id, top, left, False
    module = recorded.modules[reader.path]
    given = recorded.given.get((reader.path, reader.call), value)
    if isinstance(module, _ConvNd) and module.padding_mode == "circular" and given != value:
        top, left = (int(pad) for pad in module.padding)
        return given, top, left, True
    return None
