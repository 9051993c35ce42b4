"""How do all maps of a layer stand side by side in one picture?"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cnnviz.errors import SettingsError
from cnnviz.image import colour
from cnnviz.image.colour import Kind, Theme


@dataclass(frozen=True, eq=False)
class Mosaic:
    """All maps of a layer, row by row, as indices into one table of colours.

    Attributes:
        index: (height, width) uint8, one entry of ``palette`` a pixel; ``colour.GAP`` between and after the tiles.
        palette: (256, 3) uint8.
        rows, columns: of tiles; the last row may be short.
        tile: (height, width) of one map.
        gap: pixels between neighbours; there is none around the outside.
        count: how many maps there are.
        limits: (count, 2) float32, the values of the first and last colour of each map.
        kind: of the scale.
    """

    index: npt.NDArray[np.uint8]
    palette: npt.NDArray[np.uint8]
    rows: int
    columns: int
    tile: tuple[int, int]
    gap: int
    count: int
    limits: npt.NDArray[np.float32]
    kind: Kind

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.index.shape[0], self.index.shape[1]

    @property
    def pixels(self) -> npt.NDArray[np.uint8]:
        """The mosaic in RGB, (height, width, 3)."""
        return np.take(self.palette, self.index, axis=0)

    def box(self, number: int) -> tuple[int, int, int, int]:
        """Top, left, bottom and right (the last two exclusive) of map ``number`` in ``index``."""
        if not 0 <= number < self.count:
            raise SettingsError(f"This mosaic has maps 0 to {self.count - 1}; there is no map {number}.")
        row, column = divmod(number, self.columns)
        top, left = row * (self.tile[0] + self.gap), column * (self.tile[1] + self.gap)
        return top, left, top + self.tile[0], left + self.tile[1]


def mosaic(
    maps: Any,
    kind: Kind = "signed",
    *,
    limits: npt.ArrayLike | None = None,
    columns: int | None = None,
    gap: int = 1,
    aspect: float = 1.6,
    theme: Theme = "light",
) -> Mosaic:
    """Lay the maps (C, H, W) out in rows, each tile one pixel a value.

    ``limits`` (C, 2) come from ``colour.limits``; None gives each map its own scale. ``columns`` None chooses them so
    that the whole is about ``aspect`` times as wide as high.
    """
    array = colour.as_array(maps)
    scale = colour.limits(array, kind) if limits is None else np.asarray(limits, dtype=np.float32)
    levels = colour.colour_index(array, scale)
    count, height, width = levels.shape
    if gap < 0 or (columns is not None and columns < 1):
        raise SettingsError(f"A mosaic needs at least 1 column and a gap of 0 or more, not {columns} and {gap}.")
    columns = min(columns or _columns(count, height + gap, width + gap, aspect), count)
    rows = math.ceil(count / columns)
    cells = np.full((rows * columns, height + gap, width + gap), colour.GAP, dtype=np.uint8)
    cells[:count, :height, :width] = levels
    grid = cells.reshape(rows, columns, height + gap, width + gap).swapaxes(1, 2)
    sheet = grid.reshape(rows * (height + gap), columns * (width + gap))
    index = np.ascontiguousarray(sheet[: sheet.shape[0] - gap, : sheet.shape[1] - gap])
    return Mosaic(index, colour.palette(kind, theme), rows, columns, (height, width), gap, count, scale, kind)


def _columns(count: int, height: int, width: int, aspect: float) -> int:
    """Among all numbers of columns, the one whose sheet comes nearest to ``aspect``, with few empty cells."""
    if not aspect > 0:
        raise SettingsError(f"The aspect is width over height, a number over 0, not {aspect:g}.")

    def cost(columns: int) -> float:
        rows = math.ceil(count / columns)
        return abs(math.log(columns * width / (rows * height) / aspect)) + (rows * columns - count) / count

    return min(range(1, count + 1), key=cost)
