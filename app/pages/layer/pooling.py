"""Pooling: what a window leaves of a map, and what happens when the picture moves by one pixel."""

import streamlit as st

from app.components.pooling_view.component import pooling_view
from app.ui.frame import bench, close_page, guarded, live, open_page
from app.ui.pooling_code import pooling_code
from app.ui.pooling_form import Form, pooling_form
from app.ui.pooling_maps import Pooled, pool_part, pooling_scene, source_map, words
from app.ui.pooling_shift import show_shift_test

chosen = open_page(
    "Pooling",
    "A window slides over a map and leaves one number at each place: the largest, the mean, or another summary.",
)


def show(form: Form) -> Pooled | None:
    whole = source_map(form, chosen)
    if whole is None:
        return None
    pooled = pool_part(form, whole)
    st.markdown(words(form, pooled))
    pooling_view("pooling_view", pooling_scene(form, pooled))
    guarded(lambda: show_shift_test(form, whole))
    return pooled


def body() -> None:
    settings, picture = bench()
    with settings:
        form = pooling_form()
    with picture:
        pooled = guarded(lambda: show(form))
    close_page("pooling", pooling_code(form, chosen, pooled), chosen)


live(body, chosen)
