"""Which channels feed a channel of the map, and how strongly? Which speak for a class, and how strongly?

The share of a source is its values times the slope of what they feed, summed over its map. Where a convolution or a
linear layer reads the source directly, that is weight × activation, and the shares and the bias add up to the mean of
the sum. Through layers between, the slope is the one that those layers have for this picture, and the shares add up but
for what the layers' own biases and bends bring; that remainder is told as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from cnnviz.analysis.layouts import Layout
from cnnviz.analysis.ledger_pass import Pass
from cnnviz.analysis.network_map_columns import MapColumn, NetworkMap
from cnnviz.analysis.slopes import slopes
from cnnviz.errors import LayerError

Shares = npt.NDArray[np.float64]
"""One number a channel: the share of the whole map in what it feeds."""


@dataclass(frozen=True, eq=False)
class Feeds:
    """What made the mean of one channel's sum.

    Attributes:
        column, channel: which channel.
        total: the mean over its map of the sum, as torch put it out, its bias included.
        bias: the number that the operation added to every sum; None where it adds none.
        shares: by source column one number for each of that column's channels.
        rest: ``total`` less all shares. For what reads its sources directly it is the bias.
    """

    column: int
    channel: int
    total: float
    bias: float | None
    shares: Mapping[int, Shares]

    @property
    def rest(self) -> float:
        return self.total - sum(float(share.sum()) for share in self.shares.values())

    def less(self, other: Feeds) -> Feeds:
        """How the mean differs from the one of the same channel in another pass; the bias is the same in both."""
        shares = {column: share - other.shares[column] for column, share in self.shares.items()}
        return Feeds(self.column, self.channel, self.total - other.total, None, shares)

    def strongest(self, count: int) -> list[tuple[int, int, float]]:
        """(column, channel, share) of the ``count`` largest by size, over all sources; none that are 0."""
        found = [
            (column, int(channel), float(share[channel]))
            for column, share in self.shares.items()
            for channel in np.argsort(-np.abs(share), kind="stable")[:count]
            if share[channel]
        ]
        return sorted(found, key=lambda one: -abs(one[2]))[:count]


def feeds(
    recorded: Pass, chart: NetworkMap, column: int, channels: Sequence[int], shown: Iterable[int]
) -> tuple[Feeds, ...]:
    """For each of some channels of a column, how much of its mean comes from each channel of the columns before it.

    Args:
        recorded: the picture's pass, from :func:`cnnviz.analysis.record_pass`.
        chart: the network's map, from :func:`cnnviz.analysis.network_map`.
        column: the column that is fed.
        channels: which of its channels.
        shown: the columns that count as sources; what lies between them and ``column`` is passed through.

    Raises:
        LayerError: the column's values have no channels, or it has no such channel.
    """
    at = chart.columns[column]
    sources = [chart.columns[one] for one in chart.sources_among(column, shown)]
    made_value, axis = _summed(recorded, at)
    count = recorded.values[made_value].shape[axis]
    for channel in channels:
        if not 0 <= channel < count:
            raise LayerError(f'"{at.name}" has {count} channels and no channel {channel}; count from 0.')
    summed = recorded.values[made_value].movedim(axis, 0).reshape(count, -1)
    found = []
    for channel in channels:
        seed = torch.zeros_like(recorded.values[made_value])
        seed.movedim(axis, 0)[channel] = 1 / summed.shape[1]  # its mean
        slope_of = dict(slopes(recorded, made_value, seed, [source.value for source in sources]))
        shares = {
            source.index: _shares(recorded.values[source.value], slope_of.get(source.value), source.layout)
            for source in sources
        }
        bias = (
            None
            if at.bias is None or made_value != at.total
            else float(recorded.values[at.bias].detach().reshape(-1)[channel])
        )
        found.append(Feeds(column, channel, float(summed[channel].double().mean()), bias, shares))
    return tuple(found)


def contributions(recorded: Pass, chart: NetworkMap, target: int) -> tuple[Shares, ...]:
    """For each column of the map, each channel's share in the logit of class ``target``: gradient × activation, summed.

    One walk back over the pass gives all.

    Raises:
        LayerError: there is no such class.
    """
    classes = recorded.values[recorded.output].shape[-1]
    if not 0 <= target < classes:
        raise LayerError(f"There is no class {target}; count from 0 to {classes - 1}.")
    seed = torch.zeros_like(recorded.values[recorded.output], memory_format=torch.contiguous_format)
    seed.view(-1)[target] = 1
    layouts = {column.value: column.layout for column in chart.columns}
    found = {}  # added up on the way: a slope is let go of once the values before it have theirs
    for value, slope in slopes(recorded, recorded.output, seed, [chart.columns[0].value]):
        if value in layouts:
            found[value] = _shares(recorded.values[value], slope, layouts[value])
    return tuple(
        found[column.value]
        if column.value in found
        else _shares(recorded.values[column.value], None, column.layout)  # the answer does not depend on it
        for column in chart.columns
    )


def _shares(value: Tensor, slope: Tensor | None, layout: Layout) -> Shares:
    """Values times slopes, summed over all but the channels; zeros where nothing is fed."""
    product = torch.zeros_like(value) if slope is None else value.detach() * slope
    axis = _channel_axis(value.ndim, layout)
    others = [one for one in range(value.ndim) if one != axis]
    shares: Shares = product.sum(dim=others, dtype=torch.float64).cpu().numpy()
    return shares


def _channel_axis(ndim: int, layout: Layout) -> int:
    """Which axis of a value with its batch axis is the channels."""
    return 1 if layout == "maps" and ndim == 4 else ndim - 1


def _summed(recorded: Pass, column: MapColumn) -> tuple[int, int]:
    """The value of a column's sum, and which of its axes is the channels.

    Where its axes are still in another order than those of what is shown, as between windows, what is shown counts.
    """
    shown = recorded.values[column.value]
    total, axis = recorded.values[column.total], _channel_axis(shown.ndim, column.layout)
    if column.kind == "convolution":
        return column.total, 1
    at = _channel_axis(total.ndim, column.layout)
    return (column.total, at) if total.shape[at] == shown.shape[axis] else (column.value, axis)
