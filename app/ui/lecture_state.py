"""What the page Lecture numbers shows: filter, note, search, the open figure. Each is a text in the link."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from app.components import told
from app.components.lecture_list.component import ListState
from app.ui.frame import foot_follows
from app.ui.link_notice import LinkNotice
from app.ui.linked import is_count, linked, linked_choice, set_linked
from app.ui.plain import plain

if TYPE_CHECKING:
    from cnnviz.analysis import LectureFigure

VIEW = "lecture_list"
SHOW, NOTE, SEARCH, OPEN = "ln_show", "ln_note", "ln_search", "ln_open"
_SHOWN = ("differ", "all", "agree")
_NOTES = ("0", "1", "2", "3", "4", "5")
_TURN = "_ln_turn"
_LONGEST = 60
_OPENING = "AlexNet's table: conv4", "multiply-adds, millions"


def read_state(figures: tuple[LectureFigure, ...]) -> ListState:
    """What the link or the learner asks for; what cannot be gives way to the opening, a figure in words."""
    opening = _opening(figures)
    opened = linked(OPEN, opening)
    if not is_count(opened) or int(opened) > len(figures):
        said = f"There is no figure “{plain(opened, 20)}” here, only 1 to {len(figures)}; here is {opening}."
        notice(figures).replace(OPEN, said)
        opened = opening
    return ListState(
        show=linked_choice(SHOW, _SHOWN),
        note=int(linked_choice(NOTE, _NOTES)),
        search=linked(SEARCH, "")[:_LONGEST],
        opened=int(opened),
        turn=int(st.session_state.get(_TURN, 0)),
    )


def notice(figures: tuple[LectureFigure, ...]) -> LinkNotice:
    """What is said of a link that names a figure which is not there."""
    return LinkNotice("_ln_notice", (OPEN,), {OPEN: _opening(figures)})


def acted() -> None:
    """The learner changed the filter, the search or the open figure."""
    act: Mapping[str, Any] | None = told(VIEW, "act")
    if act is None:
        return
    st.session_state[_TURN] = int(act["turn"])
    set_linked(SHOW, str(act["show"]))
    set_linked(NOTE, str(int(act["note"])))
    set_linked(SEARCH, str(act["search"])[:_LONGEST])
    set_linked(OPEN, str(int(act["opened"])))
    foot_follows("lecture_numbers")


def shown_figures(figures: tuple[LectureFigure, ...], state: ListState) -> tuple[LectureFigure, ...]:
    """Those of the filter and of the note; the search is the browser's."""
    kept = (
        figures if state.show == "all" else [figure for figure in figures if figure.agrees == (state.show == "agree")]
    )
    return tuple(figure for figure in kept if state.note in (0, figure.note))


def _opening(figures: tuple[LectureFigure, ...]) -> str:
    """The number of the figure with which the page opens."""
    return str(next(figure.number for figure in figures if (figure.topic, figure.what) == _OPENING))
