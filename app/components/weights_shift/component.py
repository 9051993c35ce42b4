"""The picture and what answers to it, before and after a move: panels that point at the same thing in each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from app.components import view
from app.components.blob import pack
from app.components.colour_bar import ColourBar

_render = view("weights_shift")


@dataclass(frozen=True, eq=False)
class Panel:
    """One picture (PNG) of the view; `values` (H, W) are read on pointing; `along`: it moved with the picture."""

    role: str
    title: str
    note: str
    png: bytes
    values: npt.NDArray[np.float32]
    along: bool
    bar: ColourBar | None = None


def weights_shift(key: str, panels: Sequence[Panel], move: tuple[int, int]) -> None:
    """Mount the view; `move` is (rows down, columns right)."""
    height, width = panels[0].values.shape
    header = {"height": height, "width": width, "move": move, "panels": []}
    header["panels"] = [
        {
            "role": panel.role,
            "title": panel.title,
            "note": panel.note,
            "along": panel.along,
            "bar": asdict(panel.bar) if panel.bar else None,
        }
        for panel in panels
    ]
    arrays: dict[str, np.ndarray | bytes] = {}
    for number, panel in enumerate(panels):
        arrays |= {f"png{number}": panel.png, f"values{number}": panel.values}
    _render(key=key, data=pack(header, **arrays))
