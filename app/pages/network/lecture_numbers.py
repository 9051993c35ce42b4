"""Lecture numbers: every figure of the five lecture notes, recomputed."""

from __future__ import annotations

import streamlit as st

from app.components.lecture_list.component import ListState, lecture_list
from app.ui.frame import close_page, guarded, live, open_page
from app.ui.lecture_code import lecture_code
from app.ui.lecture_state import VIEW, acted, notice, read_state, shown_figures
from app.ui.lecture_tables import draw_statements, draw_tables, figures_csv
from app.ui.sheets import save_csv
from cnnviz.compute import at_work

chosen = open_page(
    "Lecture numbers",
    "Every figure of the five lecture notes, computed anew from the networks themselves. Open one to see its working.",
)


def show() -> ListState:
    with st.spinner("Computing the figures of the notes …", show_time=False), at_work():
        from cnnviz.analysis import lecture_figures
        from cnnviz.analysis.lecture.figures import NOTES

        figures = lecture_figures()
    state = read_state(figures)
    notice(figures).show()
    lecture_list(VIEW, NOTES, figures, state, on_act=acted)
    save_csv(
        "Save these figures as CSV", figures_csv(shown_figures(figures, state)), "cnnviz lecture numbers.csv", "ln_csv",
        help="Those of the filter and the note, not of the search.",
    )  # fmt: skip
    draw_tables(figures)
    draw_statements()
    return state


def body() -> None:
    state = guarded(show)
    close_page("lecture_numbers", lecture_code(state), chosen)


live(body, chosen)
