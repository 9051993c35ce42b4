"""Which kernels are applied, one after another? The stages of the Classic kernels page, and their text in the link.

A stage is written as a kernel's name with its settings, ``gaussian(size=5,sigma=1.4)``, or as a matrix of one's own,
``[0,-1,0;-1,5,-1;0,-1,0]``; ``+0.5`` after it is a bias; ``relu``, ``max_pool`` and ``average_pool`` stand between
kernels. Stages are joined with ``>``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnviz.errors import SettingsError
from cnnviz.layer import KERNELS

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Operation:
    """What stands between kernels in a network. `window` is (height, width), also its stride."""

    title: str
    what: str
    why: str
    window: tuple[int, int]


OPERATIONS = {
    "relu": Operation(
        "ReLU", "Keeps what is positive and sets the rest to 0.", "max(0, x), for each value by itself.", (1, 1)
    ),
    "max_pool": Operation(
        "Max pooling 2×2", "Keeps the largest of every 2×2 values.", "Half as high and wide: 3 of 4 values go.", (2, 2)
    ),
    "average_pool": Operation(
        "Average pooling 2×2", "Keeps the mean of every 2×2 values.", "Half as high and wide: 3 of 4 values go.", (2, 2)
    ),
}
MAX_SIZE = 15
MAX_STAGES = 6
MAX_BIAS = 2.0
MAX_WEIGHT = 1_000_000
_STAGE = re.compile(r"(?:(?P<name>\w+)(?:\((?P<settings>[^()]*)\))?|\[(?P<matrix>[^\[\]]*)\])(?P<bias>[+-][\d.e+-]+)?")


@dataclass(frozen=True)
class Stage:
    """One kernel: from the catalogue with its settings, or (`kernel` None) a matrix of one's own.

    Or what a network has between its kernels: `kernel` is then the name of one of OPERATIONS.
    """

    kernel: str | None
    settings: dict[str, float] = field(default_factory=dict)
    own: tuple[tuple[float, ...], ...] = ()
    bias: float = 0.0

    @property
    def matrix(self) -> np.ndarray:
        """The weights, float64 (height, width); of an operation without weights, ones in the shape of its window."""
        if self.kernel is None:
            return np.array(self.own, dtype=np.float64)
        if self.kernel in OPERATIONS:
            return np.ones(OPERATIONS[self.kernel].window)
        return KERNELS[self.kernel].build(**self.settings)

    @property
    def title(self) -> str:
        return "Your own" if self.kernel is None else (OPERATIONS.get(self.kernel) or KERNELS[self.kernel]).title

    @property
    def kind(self) -> str:
        """ "kernel", or which operation."""
        return self.kernel if self.kernel in OPERATIONS else "kernel"

    def with_matrix(self, matrix: Any) -> Stage:
        """The same stage with a matrix of one's own."""
        rows = tuple(tuple(float(value) for value in row) for row in np.atleast_2d(matrix))
        if not (1 <= len(rows) <= MAX_SIZE and 1 <= len(rows[0]) <= MAX_SIZE):
            raise SettingsError(
                f"A kernel of {len(rows)}×{len(rows[0])} does not fit here: use 1 to {MAX_SIZE} rows and columns."
            )
        if not all(abs(value) <= MAX_WEIGHT for row in rows for value in row):
            raise SettingsError(f"A kernel's weights have to be numbers from −{MAX_WEIGHT:,} to {MAX_WEIGHT:,}.")
        return replace(self, kernel=None, settings={}, own=rows)

    def resized(self, size: int) -> Stage:
        """The matrix cut or filled with zeros to size × size, its centre kept in place."""
        old = self.matrix
        new = np.zeros((size, size))
        shift = [(size - 1) // 2 - (length - 1) // 2 for length in old.shape]
        for (row, col), weight in np.ndenumerate(old):
            if 0 <= row + shift[0] < size and 0 <= col + shift[1] < size:
                new[row + shift[0], col + shift[1]] = weight
        return self.with_matrix(new)

    def normalised(self) -> Stage:
        """The weights divided by their sum, so that flat areas keep their brightness."""
        total = self.matrix.sum()
        if abs(total) < 1e-12:
            raise SettingsError("These weights sum to 0, so no factor makes them sum to 1.")
        return self.with_matrix(self.matrix / total)

    def __str__(self) -> str:
        bias = f"{self.bias:+g}" if self.bias else ""
        if self.kernel is None:
            return "[" + ";".join(",".join(map(_number, row)) for row in self.own) + "]" + bias
        settings = ",".join(f"{name}={_number(value)}" for name, value in self.settings.items())
        return self.kernel + (f"({settings})" if settings else "") + bias


def parse_stages(text: str) -> tuple[Stage, ...]:
    """The stages that `text` (from a link) describes.

    Raises
    ------
    SettingsError
        When the text is not of that form, names an unknown kernel, or has too many stages.
    """
    parts = text.split(">")
    if len(parts) > MAX_STAGES:
        raise SettingsError(f"A chain of {len(parts)} kernels is too long: use at most {MAX_STAGES}.")
    return tuple(_parse_stage(part.strip()) for part in parts)


def format_stages(stages: Sequence[Stage]) -> str:
    return ">".join(map(str, stages))


def _parse_stage(text: str) -> Stage:
    match = _STAGE.fullmatch(text)
    if match is None or (match["name"] and match["name"] not in {**KERNELS, **OPERATIONS}):
        raise SettingsError(f"“{text[:40]}” is no kernel of the catalogue and no matrix like [0,1,0;1,-4,1;0,1,0].")
    try:
        bias = float(match["bias"] or 0)
        if not abs(bias) <= MAX_BIAS:
            raise SettingsError(f"A bias of {bias:g} is out of range: use −{MAX_BIAS:g} to {MAX_BIAS:g}.")
        if match["name"]:
            pairs = [pair.split("=") for pair in (match["settings"] or "").split(",") if pair]
            stage = Stage(match["name"], {name.strip(): float(value) for name, value in pairs}, bias=bias)
            stage.matrix  # noqa: B018  (refuses settings out of range)
            if stage.kernel in OPERATIONS and (pairs or bias):
                raise SettingsError(f"{stage.title} has neither settings nor a bias: write {stage.kernel} alone.")
            return stage
        rows = [[float(value) for value in row.split(",")] for row in match["matrix"].split(";")]
        if len({len(row) for row in rows}) != 1:
            raise ValueError
    except ValueError as error:
        if isinstance(error, SettingsError):
            raise
        raise SettingsError(f"“{text[:40]}” cannot be read as a kernel: write it like [0,1,0;1,-4,1;0,1,0].") from None
    return Stage(None, bias=bias).with_matrix(rows)


def _number(value: float) -> str:
    return repr(int(value)) if float(value).is_integer() else repr(float(value))


def run_stage(stage: Stage, image: Tensor, border: str) -> Tensor:
    """The map (C, H, W) float32 after one stage; nothing is clamped.

    Raises SettingsError where the map is too small for the stage.
    """
    from cnnviz.layer import convolve, pool

    if stage.kind == "relu":
        return image.clamp(min=0)
    if stage.kind == "kernel":
        return convolve(image, stage.matrix, padding_mode=border, bias=stage.bias)
    return pool(image, "max" if stage.kind == "max_pool" else "average", window=2)
