"""Stacks of layers drawn level by level: which units, and at last which pixels, does the unit at the top read?

Along one row of the picture as a tree, and over rows and columns as the share that each pixel has if all weights are
alike. Pointing at a unit lights up what it reads, in the browser.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.components import view
from app.components.blob import pack
from app.components.colour_bar import ColourBar
from cnnviz.analysis import FieldSpec, grow, paths

_render = view("stack_view")


@dataclass(frozen=True)
class Stack:
    """One stack by its name; `titles` names its layers, the one at the picture first."""

    name: str
    specs: tuple[FieldSpec, ...]
    titles: tuple[str, ...]


def shares(specs: Sequence[FieldSpec]) -> np.ndarray:
    """The share of each pixel of a row in the unit at the top, all weights alike; together 1. Rows and columns
    multiply."""
    ways = paths(specs)
    return ways / ways.sum()


def stack_view(key: str, stacks: Sequence[Stack], bar: ColourBar, palette: np.ndarray) -> None:
    """Mount the view. `bar` is the scale of both shares of pixels, `palette` (256, 3) its colours."""
    header: dict[str, Any] = {"stacks": [_header(stack) for stack in stacks], "bar": vars(bar)}
    arrays = {f"shares_{number}": shares(stack.specs) for number, stack in enumerate(stacks)}
    _render(key=key, data=pack(header, palette=palette, **arrays))


def _header(stack: Stack) -> dict[str, Any]:
    layers = [
        {"title": title, "kernel": spec.kernel, "stride": spec.stride, "dilation": spec.dilation, "size": step.size,
         "jump": step.jump}
        for title, spec, step in zip(stack.titles, stack.specs, grow(stack.specs), strict=True)
    ]  # fmt: skip
    return {"name": stack.name, "layers": layers}
