"""Pixels to weights: the picture as numbers, one output unit connected in three ways, and what a move changes."""

import streamlit as st

from app.components.weights_zoom.component import weights_zoom
from app.ui.frame import bench, close_page, guarded, live, open_page
from app.ui.weights_code import weights_code
from app.ui.weights_form import SIDE, Form, shift_form, weights_form

chosen = open_page(
    "Pixels to weights",
    "A picture is a grid of numbers. A layer reads them through weights; how many depends on who reads what.",
)
size = (chosen.picture.height, chosen.picture.width)


def show_unit(form: Form) -> None:
    from app.components.weights_units.component import weights_units
    from app.ui.weights_table import counts_table, example
    from app.ui.weights_units import counts, small_picture, wirings

    inputs = small_picture(chosen)
    weights_units("weights_units", inputs, wirings(inputs, form, size))
    counts_table(counts(size, form))
    st.markdown(example())


def show_shift(form: Form) -> None:
    from app.components.weights_shift.component import weights_shift
    from app.ui.weights_shift import answer, panels, sentence

    found = answer(chosen, form)
    st.markdown(sentence(found))
    weights_shift("weights_shift", panels(chosen, form, found), (form.down, form.right))


def body() -> None:
    settings, picture = bench()
    with settings:
        form = weights_form()
    with picture:
        weights_zoom("weights_zoom", chosen.address(SIDE), size, form.grey)
        st.subheader("One output unit, connected in three ways", anchor=False)
        guarded(lambda: show_unit(form))
        st.subheader("Move the picture", anchor=False)
        form = shift_form(form)
        guarded(lambda: show_shift(form))
    close_page("pixels_to_weights", weights_code(form, chosen), chosen)


live(body, chosen)
