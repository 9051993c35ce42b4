"""Transfer learning: what a trained network saw of the world serves for classes that it never learned."""

from __future__ import annotations

import streamlit as st

from app.ui.frame import bench, close_page, guarded, live, open_page
from app.ui.transfer_answer import answer_part
from app.ui.transfer_code import transfer_code
from app.ui.transfer_collect import collect_part
from app.ui.transfer_form import transfer_form
from app.ui.transfer_later import teaching_part
from app.ui.transfer_runs import ARMS_ANCHOR, link_note
from app.ui.transfer_state import PAGE, pictures_of, read_form

chosen = open_page(
    "Transfer learning",
    "A network that was taught a thousand classes is taught yours: at once by its features, then better by "
    f"[training](#{ARMS_ANCHOR}).",
)


def body() -> None:
    form = read_form(chosen)
    data = pictures_of(form)
    settings, picture = bench()
    with picture:  # first: the learner sees it before Streamlit has gone through the form
        answer = st.container()
        guarded(lambda: collect_part(form, data, chosen))
    with settings:
        transfer_form(form, data)
    with answer:  # last: it may have to wait for the network
        guarded(lambda: answer_part(form, data, chosen))
    teaching_part(data, form.choice)
    close_page(PAGE, transfer_code(form, data, chosen), chosen, link_note())


live(body, chosen)
