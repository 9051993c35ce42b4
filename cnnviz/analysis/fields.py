"""What is known of a layer's receptive field? Data only; :mod:`cnnviz.analysis.receptive_field` finds it.

Conventions. Rows and columns count from 0 at the picture's top left; boxes are half open. A box that is not clipped
reaches into the padding: its rows may be negative, or lie below the picture. Where a layer is regular, unit i sees the
rows i·stride − padding … i·stride − padding + size − 1 (Araujo, Norris, Sim: "Computing Receptive Fields of
Convolutional Neural Networks", Distill 2019). The field of a layer is that of all its channels together.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cnnviz.errors import LayerError

Intervals = NDArray[np.int32]
"""(units, 2): first row (or column) and the one after the last, unit by unit."""


@dataclass(frozen=True)
class Box:
    """A box of the input's pixels: rows ``top`` to ``bottom`` − 1, columns ``left`` to ``right`` − 1."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        """How many rows it has, 0 when it is empty."""
        return max(0, self.bottom - self.top)

    @property
    def width(self) -> int:
        """How many columns it has, 0 when it is empty."""
        return max(0, self.right - self.left)

    @property
    def is_empty(self) -> bool:
        """Whether no pixel lies in it."""
        return self.height == 0 or self.width == 0

    def contains(self, row: int, col: int) -> bool:
        """Whether the pixel lies in it."""
        return self.top <= row < self.bottom and self.left <= col < self.right

    def clipped(self, height: int, width: int) -> Box:
        """The part of it that lies on a picture of this size; empty where there is none."""
        top, bottom = (min(max(edge, 0), height) for edge in (self.top, self.bottom))
        left, right = (min(max(edge, 0), width) for edge in (self.left, self.right))
        return Box(top, left, bottom, right)


@dataclass(frozen=True, eq=False)
class ReceptiveField:
    """Which pixels of the input the units of one layer can see.

    Attributes:
        path: the layer's dotted path, as in :func:`cnnviz.analysis.layer_table`; a block's where its output is none
            of its leaves'.
        kind: the module's class name.
        channels: how many numbers stand at each unit of the map; of a list all of them.
        map_size: (height, width) of the layer's map; None where its output has no rows and columns.
        input_size: (height, width) of the input; (1, 1) where the input is a list of numbers.
        size, stride, padding: (height, width) in pixels of the input, see the formula above. Where units are not
            alike, the largest size, the mean stride (rounded, at least 1) and the first unit's padding. Where the
            whole input is seen: the input's size, 0 and 0.
        regular: whether the formula holds for all units. It does not for shifted windows, interpolation, adaptive
            pooling of uneven windows, transposed convolution; ``region`` is exact per unit all the same.
        whole_input: an operation on the way mixes all positions: global pooling, attention, flatten and linear.
        gated: a gate that sees the whole input (squeeze-excite and the like) multiplies on the way. Strictly the
            layer then sees the whole input; by the custom of the field all numbers here hold the gate constant.
        holes: some pixels inside the box are never read, by dilation or by a stride larger than the kernel.
        corners: some corners of the box are never read, since branches of different shapes are joined.
        probed: found by a gradient probe, since the network could not be followed operation by operation.
        rows, columns: box of every unit, (map height, 2) and (map width, 2), not clipped; (1, 2) for a layer without
            a map, all its units together.
        seen_rows, seen_columns: likewise, the rows and columns of the input that are really read, from the first to
            the one after the last. They lie inside the clipped box; they are less where a stride leaves the picture's
            last rows unread. First = last where a unit reads nothing but padding.
    """

    path: str
    kind: str
    channels: int
    map_size: tuple[int, int] | None
    input_size: tuple[int, int]
    size: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]
    regular: bool
    whole_input: bool
    gated: bool
    holes: bool
    corners: bool
    probed: bool
    rows: Intervals = field(repr=False)
    columns: Intervals = field(repr=False)
    seen_rows: Intervals = field(repr=False)
    seen_columns: Intervals = field(repr=False)

    def region(self, row: int, col: int, clip: bool = True) -> Box:
        """The box that unit (row, col) sees: of the picture when ``clip``, else with the padding that it reaches into.

        For a layer without a map only unit (0, 0) can be asked: all its units together.

        Raises:
            LayerError: the layer has no such unit.
        """
        height, width = len(self.rows), len(self.columns)
        if not (0 <= row < height and 0 <= col < width):
            raise LayerError(f'"{self.path}" has {height}×{width} units; there is none at row {row}, column {col}.')
        rows, columns = (self.seen_rows, self.seen_columns) if clip else (self.rows, self.columns)
        (top, bottom), (left, right) = rows[row].tolist(), columns[col].tolist()
        return Box(top, left, bottom, right)

    @property
    def note(self) -> str:
        """One plain sentence for each thing that is special about this field; empty when nothing is."""
        said = []
        if self.whole_input and self.input_size == (1, 1):
            said.append("The input has a single position, so every unit sees all of it.")
        elif self.whole_input:
            said.append(
                "Every unit sees the whole input: before it, all positions are mixed, "
                "by global pooling, attention or a linear layer over the whole map."
            )
        if self.gated and not self.whole_input:
            said.append(
                "Strictly every unit sees the whole input, through a gate such as squeeze-excite; "
                "the numbers hold the gate constant, as is the custom."
            )
        if not self.regular and not self.whole_input and not self.probed:
            said.append("The units are not alike: size and stride differ from unit to unit, the box is exact for each.")
        if self.holes:
            said.append("Some pixels inside the box are never read: dilation, or a stride larger than the kernel.")
        if self.corners:
            said.append("Corners of the box are not read: branches of different shapes are joined.")
        if self.probed:
            said.append(
                "Estimated from the gradients of three units, since the network's operations could not be followed."
            )
        return " ".join(said)
