"""From which layers does each layer of a network read, and how does its field follow from theirs?

A layer with a kernel reads one layer, or several that were added or concatenated before it; elementwise layers between
them change no field and are passed over. So its field is the union of theirs, grown by the formula of
:mod:`cnnviz.analysis.field_growth`. Where something else comes between, the formula does not give the layer's field,
and the row says so instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch import nn
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd
from torch.nn.modules.pooling import _AvgPoolNd, _MaxPoolNd

from cnnviz.analysis.field_growth import growth_formula
from cnnviz.analysis.fields import ReceptiveField
from cnnviz.analysis.layers import PICTURE, module_of
from cnnviz.compute.kept import Kept
from cnnviz.network import graph

if TYPE_CHECKING:
    from cnnviz.network import Network

Pair = tuple[int, int]
PICTURE_ITSELF = ""
"""Stands for the picture among the sources."""

_kept: Kept[nn.Module, Pair, tuple[GrowthRow, ...]] = Kept()


@dataclass(frozen=True)
class GrowthRow:
    """One layer with a kernel, and how its field comes about; pairs are (height, width).

    Attributes:
        path, kind: of the layer.
        kernel, stride, dilation: its settings.
        sources: the paths of the layers that it reads, ``""`` for the picture itself; several were added or
            concatenated.
        depth: how many convolutions lie on the longest way from the picture to its output.
        previous: field of what it reads: the union, where there are several sources.
        jump: pixels between neighbouring units of what it reads.
        size: its own field, in pixels.
        jump_after: pixels between neighbouring units of its own.
        follows: whether the formula gives ``size``; not where something else comes between, or where its sources see
            everything.
    """

    path: str
    kind: str
    kernel: Pair
    stride: Pair
    dilation: Pair
    sources: tuple[str, ...]
    depth: int
    previous: Pair
    jump: Pair
    size: Pair
    jump_after: Pair
    follows: bool

    @property
    def formula(self) -> str:
        """The growth in numbers, rows apart from columns where they differ; empty where it does not follow."""
        if not self.follows:
            return ""
        settings = zip(self.previous, self.kernel, self.dilation, self.jump, self.size, strict=True)
        rows, columns = (growth_formula(*numbers) for numbers in settings)
        return rows if rows == columns else f"rows {rows}; columns {columns}"


@dataclass(frozen=True)
class DepthCurve:
    """How far a network's units see, by depth.

    Attributes:
        depths: numbers of convolutions on the longest way from the picture, ascending.
        sizes: the largest field at each depth, in rows of pixels; gates are held constant.
        paths: the layer that has it.
        whole_from: the layer from which on every layer sees the whole input; empty where there is none.
        gated: whether a gate carries the whole input to some of these layers, strictly.
    """

    depths: tuple[int, ...]
    sizes: tuple[int, ...]
    paths: tuple[str, ...]
    whole_from: str
    gated: bool

    def passes(self, pixels: int) -> str:
        """The first layer whose field is larger than so many pixels; empty where none is."""
        larger = (path for size, path in zip(self.sizes, self.paths, strict=True) if size > pixels)
        return next(larger, "")


def growth_rows(network: Network | nn.Module, fields: Mapping[str, ReceptiveField]) -> tuple[GrowthRow, ...]:
    """Every layer with a kernel, convolution or pooling, in execution order, with the growth of its field.

    ``fields`` are those of :func:`cnnviz.analysis.receptive_fields` for this network. The rows are kept as long as the
    module lives.
    """
    if not fields:
        return ()
    module = module_of(network)
    input_size = next(iter(fields.values())).input_size
    return _kept.of(module, input_size, lambda: tuple(_rows(_trail(module, input_size), fields)))


def depth_curve(rows: tuple[GrowthRow, ...], fields: Mapping[str, ReceptiveField]) -> DepthCurve:
    """The largest field at each depth out of :func:`growth_rows`; the layers inside gates are left out."""
    largest: dict[int, GrowthRow] = {}
    for row in rows:
        known = largest.get(row.depth)
        if not fields[row.path].whole_input and (known is None or row.size[0] > known.size[0]):
            largest[row.depth] = row
    ordered = [largest[depth] for depth in sorted(largest)]
    whole_from = ""
    for path in reversed(list(fields)):
        if not fields[path].whole_input:
            break
        whole_from = path
    return DepthCurve(
        tuple(row.depth for row in ordered),
        tuple(row.size[0] for row in ordered),
        tuple(row.path for row in ordered),
        whole_from,
        any(fields[row.path].gated for row in ordered),
    )


def _rows(
    trail: Mapping[str, tuple[nn.Module, tuple[str, ...]]], fields: Mapping[str, ReceptiveField]
) -> Iterator[GrowthRow]:
    depths: dict[str, int] = {PICTURE_ITSELF: 0}
    for path, (part, sources) in trail.items():
        if path not in fields:
            continue
        whole = fields[path].whole_input
        # By the field's convention a gate is held constant. What sees everything is a gate, or the layer would, too.
        local = tuple(one for one in sources if one in fields and (whole or not fields[one].whole_input))
        read = local or (PICTURE_ITSELF,) * (PICTURE_ITSELF in sources)
        depths[path] = max((depths[source] for source in read), default=0) + isinstance(part, _ConvNd)
        yield _row(part, fields, path, read, depths[path])


def _row(
    part: nn.Module, fields: Mapping[str, ReceptiveField], path: str, sources: tuple[str, ...], depth: int
) -> GrowthRow:
    field = fields[path]
    kernel, stride, dilation = (_pair(getattr(part, name, 1)) for name in ("kernel_size", "stride", "dilation"))
    local = [fields[source] for source in sources if source in fields]
    jump = local[0].stride if local else (1, 1)
    previous = _union(local, field.input_size)
    grown = tuple(p + (k - 1) * d * j for p, k, d, j in zip(previous, kernel, dilation, jump, strict=True))
    follows = (
        field.regular
        and not field.whole_input
        and not isinstance(part, _ConvTransposeNd)
        and all(one.regular for one in local)
        and (grown, _times(jump, stride)) == (field.size, field.stride)
    )
    return GrowthRow(
        path, type(part).__name__, kernel, stride, dilation, sources, depth, previous, jump, field.size, field.stride,
        follows,
    )  # fmt: skip


def _union(fields: list[ReceptiveField], input_size: Pair) -> Pair:
    """The size of the union of fields of maps alike in size; 1 for the picture's own pixels."""
    if not fields:
        return 1, 1
    sizes = []
    for name in ("rows", "columns"):
        spans = [getattr(field, name) for field in fields]
        fitting = [span for span in spans if len(span) == len(spans[0])]
        middle = len(spans[0]) // 2
        first = min(int(span[middle, 0]) for span in fitting)
        sizes.append(max(int(span[middle, 1]) for span in fitting) - first)
    return sizes[0], sizes[1]


def _trail(module: nn.Module, input_size: Pair) -> dict[str, tuple[nn.Module, tuple[str, ...]]]:
    """Each leaf with a kernel in execution order of its last call, and the paths of those that it reads."""
    followed = graph(module, (_channels(module), *input_size))
    reads: dict[int, list[int]] = {}
    for edge in followed.edges:
        reads.setdefault(edge.target, []).append(edge.source)
    # What a node hands on: itself where it has a kernel, else all that came to it.
    handed: dict[int, dict[str, None]] = {0: {PICTURE_ITSELF: None}}
    found: dict[str, tuple[nn.Module, tuple[str, ...]]] = {}
    for node in followed.nodes[1:]:
        sources = {path: None for read in reads.get(node.index, ()) for path in handed[read]}
        part = None if node.operation else module.get_submodule(node.path)
        if isinstance(part, _ConvNd | _AvgPoolNd | _MaxPoolNd):
            found[node.path] = part, tuple(sources)
            sources = {node.path: None}
        handed[node.index] = sources
    return found


def _channels(module: nn.Module) -> int:
    """Channels of the picture: those of the first convolution, 3 where there is none."""
    first = next((part for part in module.modules() if isinstance(part, _ConvNd)), None)
    return PICTURE[0] if first is None else first.in_channels


def _pair(setting: Any) -> Pair:
    if isinstance(setting, int):
        return setting, setting
    return (setting[0], setting[0]) if len(setting) == 1 else (setting[0], setting[1])


def _times(a: Pair, b: Pair) -> Pair:
    return a[0] * b[0], a[1] * b[1]
