"""What has every page around its views? Title, one sentence, the picture; below: lesson, questions, code, link."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlencode

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.ui.code import show_code
from app.ui.lesson import show_lesson, show_questions
from app.ui.picture import ChosenPicture, ask_whole_page, chosen_picture, picture_is_gone, whole_page_asked
from app.ui.picture_picker import picture_button, picture_events, picture_notice
from app.ui.plain import plain
from cnnviz.errors import CnnvizError

T = TypeVar("T")

_TABS = ("Lesson", "Predict, then look", "Code", "Link")
_FOLLOWING = _TABS[2:]


def open_page(title: str, sentence: str) -> ChosenPicture:
    """The head of a page; returns the picture that the page works on."""
    chosen = chosen_picture()
    words, button = st.columns([4, 1], vertical_alignment="bottom")
    with words:
        st.title(title, anchor=False)
        st.markdown(sentence)
    with button:
        picture_button(chosen)
    picture_notice()
    picture_events()
    return chosen


def bench() -> tuple[DeltaGenerator, DeltaGenerator]:
    """The narrow column for settings and the wide one for the picture; on a phone the picture comes first."""
    settings, picture = st.container(key="bench").columns([1.2, 3.6], gap="medium")
    return settings, picture


def live(draw: Callable[[], None], chosen: ChosenPicture) -> None:
    """Run the part of a page that follows its own settings: a change there runs this part again, not the head.

    If `chosen` was deleted in the meantime, the whole page starts again without it.
    """

    @st.fragment
    def part() -> None:
        if whole_page_asked() or picture_is_gone(chosen):
            st.rerun()
        draw()

    part()


def foot_follows(name: str) -> None:
    """For callbacks of a part within the body: where the open tab shows the state, the page is drawn again."""
    if st.session_state.get(f"{name}_foot") in _FOLLOWING:
        ask_whole_page()


def close_page(name: str, code: str, chosen: ChosenPicture, note: str = "") -> None:
    """The foot of a page: lesson and questions of `app/lessons/NAME`, the code for what is on the screen, the link.

    `note` says what the link leaves out.
    """
    lesson, questions, program, link = st.tabs(_TABS, on_change="rerun", key=f"{name}_foot")
    # Only the open one is drawn: what nobody sees would be sent again with every change of a setting.
    if lesson.open:
        with lesson:
            show_lesson(name)
    if questions.open:
        with questions:
            show_questions(name)
    if program.open:
        with program:
            show_code(name, code)
    if link.open:
        with link:
            _show_link(chosen, note)


def guarded(draw: Callable[[], T]) -> T | None:
    """Run a part of a page; what it refuses is said in its place (then None), and the rest of the page goes on."""
    try:
        return draw()
    except CnnvizError as error:
        st.error(plain(str(error), longest=600), icon=":material/error:")
        return None


def _show_link(chosen: ChosenPicture, note: str) -> None:
    query = urlencode(st.query_params.to_dict())
    st.code(f"{st.context.url or ''}{'?' + query if query else ''}", language=None, wrap_lines=True)
    if chosen.own:
        st.caption("The link carries the settings, not your own picture: whoever opens it sees them on a sample.")
    else:
        st.caption(note or "The link opens this page in exactly this state: the sample picture and every setting.")
