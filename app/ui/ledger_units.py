"""What is a unit called in the link, and which cell of which map shows it?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnviz.errors import LayerError

if TYPE_CHECKING:
    from app.ui.feature_maps_layers import Strip, StripLayer

_NAME = re.compile(r"(@?)(\$\d{1,6}|[\w.\-]*)(?::(\d{1,4}))?/(\d{1,7}(?:\.\d{1,7}){0,4})", re.ASCII)
_LONGEST = 300  # characters of a name


@dataclass(frozen=True)
class UnitName:
    """One value of a network: entry `index` of what the module `path` put out in its call `call`.

    What no module put out, such as attention's values, has "$" and its number in the pass for a path.
    """

    path: str
    call: int
    index: tuple[int, ...]

    @property
    def text(self) -> str:
        """As in a link: "bn1.act/3.50.50"; "layer1.0.relu:1/3.10.10" in the module's second call."""
        return f"{self.id}/{'.'.join(map(str, self.index))}"

    @property
    def value(self) -> int | None:
        """The number in its pass of what no module put out; None for a module's."""
        return int(self.path[1:]) if self.path.startswith("$") else None

    @property
    def id(self) -> str:
        """As the strip's layers are called."""
        return self.path if self.call == 0 else f"{self.path}:{self.call}"


@dataclass(frozen=True)
class Cell:
    """Where a unit stands on the page: a layer of the strip, a channel, a row and a column of its map."""

    layer: StripLayer
    channel: int
    row: int
    col: int


def read_unit(text: str, strip: Strip) -> UnitName:
    """The unit that a text names: of a module by its own index, or with "@" in front by channel, row and column.

    Raises LayerError for a text that names none. Whether the module has such a unit, its ledger tells.
    """
    found = _NAME.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        raise LayerError(f"“{text[:60]}” names no unit; click a cell of a map to see one.")
    by_cell, path, call, numbers = found.groups()
    index = tuple(int(number) for number in numbers.split("."))
    if not by_cell:
        return UnitName(path, int(call or 0), index)
    layer = strip.find(path if not call else f"{path}:{call}")
    if len(index) != 3:
        raise LayerError(f"“{text[:60]}” names no cell; it needs a channel, a row and a column.")
    return unit_at(layer, *index)


def unit_at(layer: StripLayer, channel: int, row: int, col: int) -> UnitName:
    """The unit that a cell of a layer's map shows."""
    from cnnviz.analysis.layouts import token_grid  # needs torch, which the page's settings do without

    at = layer.layer
    index = {
        "maps": (channel, row, col),
        "maps-last": (row, col, channel),
        "vector": (channel,),
    }.get(at.layout)
    if at.layout == "tokens":
        skipped, side = token_grid(at.shape[0]) or (0, 1)
        index = (skipped + row * side + col, channel)
    if index is None:
        raise LayerError(f"“{layer.id}” has no maps; choose a layer that has.")
    return UnitName(at.path, at.call, index)


def cell_of(unit: UnitName, strip: Strip) -> Cell | None:
    """The cell that shows a unit; None where no map does, as between modules or in a class token."""
    from cnnviz.analysis.layouts import token_grid

    layer = next((one for one in strip.layers if one.id == unit.id), None)
    if layer is None or len(unit.index) != len(layer.layer.shape):
        return None
    layout, index = layer.layer.layout, unit.index
    if layout == "maps" and len(index) == 3:
        return Cell(layer, *index)
    if layout == "maps-last" and len(index) == 3:
        return Cell(layer, index[2], index[0], index[1])
    if layout == "vector" and len(index) == 1:
        return Cell(layer, index[0], 0, 0)
    grid = token_grid(layer.layer.shape[0]) if layout == "tokens" and len(index) == 2 else None
    if grid is None or index[0] < grid[0]:
        return None
    row, col = divmod(index[0] - grid[0], grid[1])
    return Cell(layer, index[1], row, col)
