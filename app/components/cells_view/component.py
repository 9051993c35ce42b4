"""The notes' table similar/different × many/few with what was measured: checks and packs what the view draws."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from app.components import view
from app.components.blob import pack

_render = view("cells_view")


@dataclass(frozen=True)
class Bar:
    """One arm: its accuracy in 0..1 with the standard error, over so many splits, and what it cost.

    `advised`: the notes advise it for this cell. `leads`: no other arm has more right.
    """

    title: str
    accuracy: float
    error: float
    splits: int
    seconds: float
    trainable: int
    advised: bool
    leads: bool


@dataclass(frozen=True, eq=False)
class BarSet:
    """One set of pictures with its arms.

    Attributes:
        title: which pictures, and how many of them.
        bars: the arms, in the order in which they stand everywhere; none yet for pictures that nothing was taught.
        said: what was measured, in a sentence.
        sheet: some of the pictures side by side, `pictures` of them, as JPEG.
    """

    title: str
    bars: tuple[Bar, ...]
    said: str
    sheet: bytes
    pictures: int


@dataclass(frozen=True, eq=False)
class TableCell:
    """One cell: what it is about, what the notes advise, what was measured. `here`: the page's pictures are such."""

    title: str
    advice: str
    sets: tuple[BarSet, ...]
    here: bool = False


@dataclass(frozen=True, eq=False)
class Scene:
    """The four cells, row by row, beside them the pictures on the page, and how all was measured."""

    cells: tuple[TableCell, TableCell, TableCell, TableCell]
    own: BarSet | None
    note: str


def cells_view(key: str, scene: Scene) -> None:
    """Mount the view."""
    sheets: dict[str, bytes] = {}
    header: dict[str, Any] = {
        "cells": [
            {
                "title": cell.title,
                "advice": cell.advice,
                "here": cell.here,
                "sets": [_set(one, sheets) for one in cell.sets],
            }
            for cell in scene.cells
        ],
        "own": None if scene.own is None else _set(scene.own, sheets),
        "note": scene.note,
    }
    _render(key=key, data=pack(header, **sheets))


def _set(one: BarSet, sheets: dict[str, bytes]) -> dict[str, Any]:
    """A set for the header; its sheet goes among the arrays, the same one once."""
    name = next((name for name, sheet in sheets.items() if sheet == one.sheet), f"sheet{len(sheets)}")
    sheets[name] = one.sheet
    return {
        "title": one.title, "bars": [asdict(bar) for bar in one.bars], "said": one.said, "sheet": name,
        "pictures": one.pictures,
    }  # fmt: skip
