"""The figures of the lecture notes as a list: filtered and searched in the browser, each opens its working.

Checks and packs what the view draws. All figures travel once; filter, search and the open one are reported back, so
that they stand in the link.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.components import view
from app.components.blob import pack

if TYPE_CHECKING:
    from cnnviz.analysis import LectureFigure

_render = view("lecture_list")
_FIELDS = (
    "number", "note", "topic", "quote", "what", "given", "computed", "working", "source", "agrees", "why", "reference",
)  # fmt: skip


@dataclass(frozen=True)
class ListState:
    """What the list shows: ``show`` is differ, all or agree; ``note`` 0 for all; ``opened`` a figure's number or 0.

    ``turn`` counts what the view has reported: by it the view knows its own words from the server's.
    """

    show: str
    note: int
    search: str
    opened: int
    turn: int


def lecture_list(
    key: str, notes: Sequence[str], figures: Sequence[LectureFigure], state: ListState, on_act: Callable[[], None]
) -> None:
    """Mount the list. `on_act`: `state[key].act` = {show, note, search, opened, turn}: the learner changed one."""
    rows = [[getattr(figure, name) for name in _FIELDS] for figure in figures]
    header = {"fields": _FIELDS, "notes": list(notes), "figures": rows}
    _render(key=key, data=pack(header, {"state": vars(state)}), on_act_change=on_act)
