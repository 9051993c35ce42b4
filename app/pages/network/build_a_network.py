"""Build a network: stack layers, and see at once what each makes of the picture, what it costs and what it sees."""

from __future__ import annotations

import streamlit as st

from app.ui.build_code import build_code
from app.ui.build_form import build_form
from app.ui.build_state import PAGE, read_stack
from app.ui.frame import bench, close_page, guarded, live, open_page
from cnnviz.compute import ready, warm_up

chosen = open_page(
    "Build a network",
    "Stack layers: shapes, parameters, multiply-adds, memory and receptive field follow, and the picture runs through.",
)


def show() -> None:
    place = st.empty()
    if not ready():
        place.info(
            "Loading PyTorch: the first network of a session takes a few seconds.", icon=":material/hourglass_top:"
        )
    warm_up().wait_for(("torch",))
    place.empty()
    from app.ui.build_part import build_part  # torch is in from here on; before, this import would hold up the page

    build_part(chosen)


def body() -> None:
    settings, picture = bench()
    specs, input_shape = read_stack()
    with settings:
        build_form(input_shape)
    with picture:  # by itself, so that an edit draws nothing else anew
        live(lambda: guarded(show), chosen)
    close_page(PAGE, build_code(specs, input_shape, chosen), chosen)


live(body, chosen)
