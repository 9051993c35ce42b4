"""Which columns has the map of a network, from which of them does each read, and what stages do they make?

A column starts with an operation that adds up, chooses or joins: a convolution, a linear layer, a pooling, an addition,
a concatenation, an attention. The normalisation and activation that alone read its values belong to it. Columns and
their sources are those of the recorded pass, whatever the network's code looks like; modules only give the names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from torch import Tensor

from cnnviz.analysis.layers import Layer, without_batch
from cnnviz.analysis.layouts import Layout, as_maps
from cnnviz.analysis.ledger_moves import JOINING, MOVES, QUIET
from cnnviz.analysis.ledger_pass import Operation, Pass
from cnnviz.analysis.ledger_pointwise import POINTWISE, SIGNS
from cnnviz.analysis.ledger_units import own_shape
from cnnviz.network.recording import ATTENTION

PICTURE_COLUMN = 0
"""The first column of every map is the picture, as the network is given it."""

KINDS = {
    "convolution": "convolution", "addmm": "linear", "mm": "linear", "bmm": "product", "add": "addition",
    "sub": "difference", "mul": "gate", "div": "quotient", "cat": "concatenation", "stack": "concatenation",
    "mean": "mean", "sum": "mean", "avg_pool2d": "average pooling", "_adaptive_avg_pool2d": "average pooling",
    "max_pool2d_with_indices": "max pooling", "adaptive_max_pool2d": "max pooling",
    "native_layer_norm": "layer normalisation", "native_batch_norm": "batch normalisation",
    "native_group_norm": "group normalisation",
}  # fmt: skip
"""What a column is called, by torch's name for the operation that it starts with."""

SHOWABLE = ("maps", "maps-last", "tokens", "vector")
"""The layouts that can be drawn as maps."""

_SHARE = 0.6  # a module that holds more of the columns than this is no stage: its children are


@dataclass(frozen=True)
class MapColumn:
    """One column of the map.

    Attributes:
        index: its place in the map, in execution order; 0 is the picture.
        name: the path of the module that makes its values, a block's for the sum at its end.
        call: which call of that module it is, from 0.
        kind: what it starts with, in a word or two, see :data:`KINDS`.
        sources: the columns that it reads.
        total: the value of the pass that its operation put out, before normalisation and activation.
        value: the value of the pass that it shows and that others read.
        shape: of ``value``, without the batch axis.
        layout: how to read the shape, see :data:`cnnviz.analysis.layouts.Layout`.
        bias: the value of the bias that the operation added to its sum; None where there is none.
        home: the module, and its call, that puts out what is shown; None where that is made between modules.
        stage: the stage it belongs to, counted from 0.
    """

    index: int
    name: str
    call: int
    kind: str
    sources: tuple[int, ...]
    total: int
    value: int
    shape: tuple[int, ...]
    layout: Layout
    bias: int | None
    home: tuple[str, int] | None = None
    stage: int = 0


@dataclass(frozen=True)
class MapStage:
    """Columns that follow one another and belong together; ``name`` is their module's path, or the first's name."""

    index: int
    name: str
    columns: tuple[int, ...]

    @property
    def last(self) -> int:
        """The column that stands for the stage while it is closed: its output."""
        return self.columns[-1]


@dataclass(frozen=True)
class NetworkMap:
    """All columns in execution order, and the stages that they make. The last column is the network's answer."""

    columns: tuple[MapColumn, ...]
    stages: tuple[MapStage, ...]

    def shown(self, opened: Iterable[int] = ()) -> tuple[int, ...]:
        """The columns that are seen while the stages ``opened`` are open: of the others their last."""
        wide = set(opened)
        return tuple(
            column for stage in self.stages for column in (stage.columns if stage.index in wide else (stage.last,))
        )

    def sources_among(self, column: int, shown: Iterable[int]) -> tuple[int, ...]:
        """The columns out of ``shown`` that a column reads, directly or through columns that are not shown."""
        return self._back(column, frozenset(shown))[0]

    def between(self, column: int, shown: Iterable[int]) -> tuple[int, ...]:
        """The columns through which it reads those."""
        return self._back(column, frozenset(shown))[1]

    def _back(self, column: int, among: frozenset[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        found: set[int] = set()
        passed: set[int] = set()
        waiting = list(self.columns[column].sources)
        while waiting:
            at = waiting.pop()
            if at in among:
                found.add(at)
            elif at not in passed:
                passed.add(at)
                waiting += self.columns[at].sources
        return tuple(sorted(found)), tuple(sorted(passed))


def network_map(recorded: Pass, table: Sequence[Layer]) -> NetworkMap:
    """The map of a network as one pass ran it.

    Args:
        recorded: from :func:`cnnviz.analysis.record_pass`. Another picture's pass gives the same map.
        table: from :func:`cnnviz.analysis.layer_table`; it tells which axis of a value is the channels.
    """
    columns = _Builder(recorded, table).build()
    names = _stage_names([column.name for column in columns[1:]], recorded)
    return _staged(columns, ["", *names])


def column_maps(recorded: Pass, column: MapColumn) -> Tensor:
    """What a column shows of a pass, as maps (C, H, W); the pass may be that of any picture.

    Raises:
        LayerError: its values have no rows and columns.
    """
    return as_maps(without_batch(recorded.values[column.value].detach()).float(), column.layout)


class _Builder:
    """Goes through a pass's operations once and puts each value into a column."""

    def __init__(self, recorded: Pass, table: Sequence[Layer]) -> None:
        self._pass = recorded
        self._layouts: dict[tuple[str, int], Layout] = {(layer.path, layer.call): layer.layout for layer in table}
        self._attention = tuple(
            path for path, part in recorded.modules.items() if path and isinstance(part, tuple(ATTENTION))
        )
        self._column: dict[int, int] = {}
        self._whole: dict[tuple[str, int], int] = {}
        self.columns: list[MapColumn] = []

    def build(self) -> list[MapColumn]:
        """All columns, the picture's first."""
        self._start("the picture", 0, "picture", (), 0, None)
        for operation in self._pass.operations:
            live = [entry for entry in operation.inputs() if self._pass.live[entry]]
            if live and self._pass.live[operation.outputs[0]]:
                self._take(operation, list(dict.fromkeys(live)))
        return self._read_by_answer()

    def _take(self, operation: Operation, live: list[int]) -> None:
        around = next((path for path in self._attention if f"{operation.path}.".startswith(f"{path}.")), None)
        if around is not None:
            self._into_attention(operation, live, (around, operation.call))
        elif self._prepares(operation, live):
            self._put(operation, PICTURE_COLUMN)
        elif self._carries_on(operation, live):
            self._put(operation, self._column[live[0]])
            self._grow(self._column[live[0]], operation)
        else:
            sources = tuple(dict.fromkeys(self._column[value] for value in live))
            bias = self._bias(operation)
            name, call = self._name(operation)
            kind = KINDS.get(operation.name, _plain(operation.name))
            self._start(name, call, kind, sources, operation.outputs[0], bias)
            self._put(operation, len(self.columns) - 1)

    def _put(self, operation: Operation, column: int) -> None:
        for value in operation.outputs:
            self._column[value] = column

    def _prepares(self, operation: Operation, live: list[int]) -> bool:
        """Whether an operation only moves, scales or shifts the picture's numbers, as some networks do at first."""
        of_picture = all(self._column[value] == PICTURE_COLUMN for value in live)
        return of_picture and (operation.name in MOVES or (operation.name in SIGNS and len(live) == 1))

    def _carries_on(self, operation: Operation, live: list[int]) -> bool:
        """Whether an operation belongs to its input's column: it moves values, or alone works on each by itself."""
        if len(live) != 1:
            return False
        if operation.name in MOVES and operation.name not in JOINING:
            return True
        alike = self._pass.values[live[0]].shape == self._pass.values[operation.outputs[0]].shape
        return (
            self._alone(live[0]) and alike and operation.name in POINTWISE and self._column[live[0]] != PICTURE_COLUMN
        )

    def _into_attention(self, operation: Operation, live: list[int], key: tuple[str, int]) -> None:
        """All of an attention is one column, from its first operation to what it puts out."""
        known = self._whole.get(key)
        outside = tuple(dict.fromkeys(self._column[value] for value in live if self._column[value] != known))
        if known is None:
            self._start(key[0], key[1], "attention", outside, operation.outputs[0], None)
            known = self._whole[key] = len(self.columns) - 1
        column = self.columns[known]
        sources = tuple(dict.fromkeys((*column.sources, *outside)))
        value = operation.outputs[0]
        shape, layout = own_shape(self._pass, value), self._known(value) or "other"
        self.columns[known] = replace(column, sources=sources, total=value, value=value, shape=shape, layout=layout)
        self._put(operation, known)

    def _start(self, name: str, call: int, kind: str, sources: tuple[int, ...], value: int, bias: int | None) -> None:
        index = len(self.columns)
        shape = own_shape(self._pass, value)
        layout = self._known(value) or self._like(shape, sources)
        self.columns.append(MapColumn(index, name, call, kind, sources, value, value, shape, layout, bias))
        self._column[value] = index

    def _grow(self, index: int, operation: Operation) -> None:
        """A column's next value is shown if it is computed there, or first tells its axes; not one cut or padded."""
        column, value = self.columns[index], operation.outputs[0]
        layout = self._known(value)
        named = layout in SHOWABLE and self._known(column.value) is None and operation.name in QUIET
        if index == PICTURE_COLUMN or not self._alone(column.value) or not (named or operation.name in POINTWISE):
            return
        shape = own_shape(self._pass, value)
        self.columns[index] = replace(column, value=value, shape=shape, layout=layout or self._like(shape, (index,)))

    def _alone(self, value: int) -> bool:
        """Whether one operation alone reads a value."""
        return len({id(reader) for reader in self._pass.readers[value]}) == 1

    def _known(self, value: int) -> Layout | None:
        """The layout of what a leaf module put out."""
        home = self._pass.home(value)
        return self._layouts.get(home) if home is not None else None

    def _like(self, shape: tuple[int, ...], sources: tuple[int, ...]) -> Layout:
        """The layout of what no leaf put out: that of a source with as many axes."""
        for source in sources:
            if len(self.columns[source].shape) == len(shape):
                return self.columns[source].layout
        plain: dict[int, Layout] = {1: "vector", 2: "tokens", 3: "maps"}
        return plain.get(len(shape), "other")

    def _name(self, operation: Operation) -> tuple[str, int]:
        """The module that puts the value out, where it is one of its own; else the one in which it is made."""
        home = self._pass.home(operation.outputs[0])
        return home if home is not None else (operation.path, operation.call)

    def _bias(self, operation: Operation) -> int | None:
        place = {"convolution": 2, "addmm": 0}.get(operation.name)
        argument = None if place is None else operation.args[place]
        return getattr(argument, "id", None)

    def _read_by_answer(self) -> list[MapColumn]:
        """Only the columns from which the answer comes; an auxiliary branch that nobody reads is none."""
        last = self._column[self._pass.output]
        needed, waiting = {PICTURE_COLUMN}, [last]
        while waiting:
            at = waiting.pop()
            if at not in needed:
                needed.add(at)
                waiting += self.columns[at].sources
        kept = [column for column in self.columns if column.index in needed]
        place = {column.index: place for place, column in enumerate(kept)}
        return [
            replace(
                column,
                index=place[column.index],
                sources=tuple(place[one] for one in column.sources),
                home=self._pass.home(column.value),
            )
            for column in kept
        ]


def _plain(name: str) -> str:
    return name.strip("_").replace("_", " ")


def _stage_names(names: list[str], recorded: Pass) -> list[str]:
    """The module that stands for each column's stage: where no child holds most of the columns any more."""
    found = []
    for name in names:
        parts, at = name.split("."), 1
        while at < len(parts):
            prefix = ".".join(parts[:at]) + "."
            if sum(other.startswith(prefix) for other in names) <= _SHARE * len(names):
                break
            at += 1
        found.append(".".join(parts[:at]))
    return found


def _staged(columns: list[MapColumn], names: list[str]) -> NetworkMap:
    """Columns that follow one another under one name are a stage; so are single ones with maps alike in size."""
    counts = Counter(names)
    groups: list[tuple[str, list[int]]] = []
    before: object = None
    for column, name in zip(columns, names, strict=True):
        single = counts[name] == 1
        key: object = ("alike", _size(column)) if single else name
        if column.index == PICTURE_COLUMN or key != before:
            groups.append((name, []))
        groups[-1][1].append(column.index)
        before = key if column.index != PICTURE_COLUMN else None
    # The answer stands by itself at the end.
    if len(groups[-1][1]) > 1:
        name, members = groups.pop()
        groups += [(name, members[:-1]), (columns[-1].name, members[-1:])]
    stages = tuple(
        MapStage(index, name or columns[members[0]].kind, tuple(members))
        for index, (name, members) in enumerate(groups)
    )
    of = {column: stage.index for stage in stages for column in stage.columns}
    return NetworkMap(tuple(replace(column, stage=of[column.index]) for column in columns), stages)


def _size(column: MapColumn) -> tuple[int, ...]:
    shape = column.shape
    return {"maps": shape[1:], "maps-last": shape[:2], "tokens": shape[:1]}.get(column.layout, (1,))
