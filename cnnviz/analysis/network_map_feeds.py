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
from torch.utils._pytree import tree_leaves, tree_map

from cnnviz.analysis.layouts import Layout
from cnnviz.analysis.ledger_pass import OVERWRITTEN, Operation, Pass, Ref, written_places
from cnnviz.analysis.network_map_columns import MapColumn, NetworkMap
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
    made = _Replay(recorded, [source.value for source in sources]).run([made_value])
    starts = [made.starts[source.value] for source in sources]
    means = made.values[made_value].movedim(axis, 0).reshape(count, -1).mean(dim=1)
    found = []
    for place, channel in enumerate(channels):
        slopes = torch.autograd.grad(means[channel], starts, retain_graph=place + 1 < len(channels), allow_unused=True)
        shares = {
            source.index: _shares(start, slope, source.layout)
            for source, start, slope in zip(sources, starts, slopes, strict=True)
        }
        bias = (
            None
            if at.bias is None or made_value != at.total
            else float(recorded.values[at.bias].detach().reshape(-1)[channel])
        )
        total = float(recorded.values[made_value].movedim(axis, 0).reshape(count, -1)[channel].double().mean())
        found.append(Feeds(column, channel, total, bias, shares))
    return tuple(found)


def contributions(recorded: Pass, chart: NetworkMap, target: int) -> tuple[Shares, ...]:
    """For each column of the map, each channel's share in the logit of class ``target``: gradient × activation, summed.

    The columns' values of one pass are not changed by what comes after them, so one backward pass gives all.
    Columns without channels have an empty array.

    Raises:
        LayerError: there is no such class.
    """
    classes = recorded.values[recorded.output].shape[-1]
    if not 0 <= target < classes:
        raise LayerError(f"There is no class {target}; count from 0 to {classes - 1}.")
    wanted = [column.value for column in chart.columns]
    made = _Replay(recorded, [wanted[0]]).run([recorded.output])
    values = [made.starts.get(value, made.values.get(value)) for value in wanted]
    known = [value for value in values if value is not None]
    slopes = iter(torch.autograd.grad(made.values[recorded.output].reshape(-1)[target], known, allow_unused=True))
    return tuple(
        np.empty(0) if value is None else _shares(value, next(slopes), column.layout)
        for column, value in zip(chart.columns, values, strict=True)
    )


@dataclass(frozen=True)
class _Made:
    """The values of a replay that can be asked for slopes, and those that it started from."""

    values: dict[int, Tensor]
    starts: dict[int, Tensor]


class _Replay:
    """Runs a part of a recorded pass again, from some of its values on, so that slopes are known."""

    def __init__(self, recorded: Pass, starts: Iterable[int]) -> None:
        self._pass = recorded
        self._starts = {value: recorded.values[value].detach().clone().requires_grad_() for value in starts}

    def run(self, wanted: Sequence[int]) -> _Made:
        values: dict[int, Tensor] = {}
        with torch.enable_grad():
            for operation in self._needed(wanted):
                values.update(zip(operation.outputs, self._outputs(operation, values), strict=True))
        for value in wanted:
            values.setdefault(value, self._given(value, values))
        return _Made(values, self._starts)

    def _needed(self, wanted: Sequence[int]) -> list[Operation]:
        """The operations between the starts and the wanted values, in execution order."""
        found: set[int] = set()
        waiting, seen = list(wanted), set(self._starts).difference(wanted)
        order = {id(operation): place for place, operation in enumerate(self._pass.operations)}
        while waiting:
            value = waiting.pop()
            operation = self._pass.producers[value]
            if value in seen or operation is None or not self._pass.live[value] or operation.name == OVERWRITTEN:
                continue
            seen.add(value)
            if order[id(operation)] not in found:
                found.add(order[id(operation)])
                waiting += operation.inputs()
        return [self._pass.operations[place] for place in sorted(found)]

    def _outputs(self, operation: Operation, values: dict[int, Tensor]) -> list[Tensor]:
        written = set(written_places(operation.function))

        def filled(item: object) -> object:
            return self._given(item.id, values) if isinstance(item, Ref) else item

        args = [
            tree_map(lambda item: _own(filled(item)), one) if place in written else tree_map(filled, one)
            for place, one in enumerate(operation.args)
        ]
        made = operation.function(*args, **tree_map(filled, operation.kwargs))
        return [one for one in tree_leaves(made) if isinstance(one, Tensor) and one.numel()]

    def _given(self, value: int, values: dict[int, Tensor]) -> Tensor:
        if value in self._starts:
            return self._starts[value]
        return values.get(value, self._pass.values[value].detach())


def _own(item: object) -> object:
    """A copy, for an operation that writes to its argument."""
    return item.clone() if isinstance(item, Tensor) else item


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
