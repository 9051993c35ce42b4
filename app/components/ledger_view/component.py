"""The sum that made one unit's value, line by line: checks and packs what the view draws."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from app.components import view
from app.components.blob import pack

_render = view("ledger_view")


@dataclass(frozen=True)
class Source:
    """Whose values a sum reads. `id` begins the name of its units in links; None where they have no ledger."""

    name: str
    id: str | None


@dataclass(frozen=True, eq=False)
class Sum:
    """What is added up, the largest contribution first: T of `count` terms.

    `rest` is the sum of the contributions that are not sent. `sources` are one for all terms, or one for each.
    `indices` (T, axes) say which entry of its source a term reads; an index of fewer axes has −1 in front. `inputs`
    and `weights` are (T,), or (T, kh, kw) under a convolution's window, where `outside` (kh, kw) marks the padding.
    `channel_axis` is the axis of `indices` that names the channel of a whole window. `labels` name the terms.
    `plane` shows the terms where they lie, (rows, columns): a pooling's window, the weights of attention; not a number
    where no term lies. `spots` (T,) say which of its cells is each term's, −1 for none.
    """

    count: int
    rest: float
    bias: float | None
    sources: tuple[Source, ...]
    indices: npt.NDArray[np.int32]
    inputs: npt.NDArray[np.float64]
    weights: npt.NDArray[np.float64]
    contributions: npt.NDArray[np.float64]
    running: npt.NDArray[np.float64]
    outside: npt.NDArray[np.uint8] | None = None
    channel_axis: int | None = None
    labels: tuple[str, ...] = ()
    plane: npt.NDArray[np.float64] | None = None
    spots: npt.NDArray[np.int32] | None = None


@dataclass(frozen=True, eq=False)
class Line:
    """One step, see `cnnviz.analysis.Step`; `module` is the class of the module that does it."""

    kind: str
    label: str
    path: str
    module: str
    before: float | None
    total: float
    after: float
    residual: float
    agrees: bool
    text: str
    numbers: Mapping[str, float] = field(default_factory=dict)
    sum: Sum | None = None


@dataclass(frozen=True, eq=False)
class LedgerScene:
    """What the view shows.

    With a unit's name appended, `scenes` is the address of its ledger. `unit` None: nothing is open. `warm`, where
    somebody is about to ask, is another text for each network and picture. `lines[asked]` ends with the unit's own
    value; `folded` are the lines with batch normalisation in the kernel, None where there is none. For a class of the
    answer, `classes` are (index, label, probability) of those it can be compared with, and `less` the one that it is.
    """

    scenes: str
    warm: str = ""
    unit: str | None = None
    title: str = ""
    trained: bool = True
    lines: tuple[Line, ...] = ()
    asked: int = 0
    folded: tuple[Line, ...] | None = None
    folded_asked: int = 0
    classes: tuple[tuple[int, str, float], ...] = ()
    label: str = ""
    less: int | None = None


def ledger_view(key: str, scene: bytes, on_unit: Callable[[], None]) -> None:
    """Mount the view. `on_unit`: `state[key].unit` = {unit, less}, both null when the ledger was closed."""
    _render(key=key, data=scene, on_unit_change=on_unit)


def packed(scene: LedgerScene) -> bytes:
    """A scene as the view takes it, from the page or from the address of a scene."""
    arrays: dict[str, np.ndarray | bytes] = {}
    plain = (
        "scenes", "warm", "unit", "title", "trained", "asked", "folded_asked", "classes", "label", "less",
    )  # fmt: skip
    header: dict[str, Any] = {name: getattr(scene, name) for name in plain}
    header["lines"] = [_line(line, f"line{at}", arrays) for at, line in enumerate(scene.lines)]
    header["folded"] = None
    if scene.folded is not None:
        header["folded"] = [_line(line, f"folded{at}", arrays) for at, line in enumerate(scene.folded)]
    return pack(header, **arrays)


def _line(line: Line, prefix: str, arrays: dict[str, np.ndarray | bytes]) -> dict[str, Any]:
    """A line for the header; its arrays go into `arrays`, under names that begin with `prefix`."""
    plain = ("kind", "label", "path", "module", "before", "total", "after", "residual", "agrees", "text")
    header: dict[str, Any] = {name: getattr(line, name) for name in plain}
    header["numbers"] = dict(line.numbers)
    header["sum"] = None
    if line.sum is not None:
        named = ("indices", "inputs", "weights", "contributions", "running", "outside", "plane", "spots")
        sent = {name: getattr(line.sum, name) for name in named if getattr(line.sum, name) is not None}
        arrays |= {f"{prefix}_{name}": array for name, array in sent.items()}
        header["sum"] = {name: getattr(line.sum, name) for name in ("count", "rest", "bias", "channel_axis", "labels")}
        header["sum"] |= {"prefix": prefix, "sources": [asdict(source) for source in line.sum.sources]}
    return header
