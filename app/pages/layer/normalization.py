"""Normalization: whose mean is taken, what the other pictures of a batch change, and what LRN divides by."""

import streamlit as st

from app.components.norm_tiles.component import norm_tiles
from app.ui.frame import bench, close_page, guarded, live, open_page
from app.ui.network_picker import DEFAULT, NetworkChoice, obtain
from app.ui.normalization_code import normalization_code
from app.ui.normalization_form import Form, normalization_form
from cnnviz.network import network_info

chosen = open_page(
    "Normalization",
    "Subtract a mean, divide by a spread. The kinds differ in whose mean it is, and that decides what a layer knows.",
)


def show(form: Form) -> None:
    network = obtain(NetworkChoice(network_info(DEFAULT), "auto"))
    if network is None:
        return
    # torch is in from here on; before, these imports would hold up the page.
    from app.ui import normalization_maps as maps
    from app.ui import normalization_view as view

    if form.see == "neighbours":
        layer = maps.activated(network, chosen)
        st.markdown(view.neighbours_words(form, layer))
        norm_tiles("norm_tiles", view.neighbours_scene(form, layer))
        return
    pictures = (chosen, *(maps.sample_picture(name) for name in form.mates))
    if form.see == "sets":
        x = maps.batch(network, pictures, form.first)
        st.markdown(view.sets_words(form, x))
        st.caption(
            "Rows, from the top: "
            + ", ".join(one.title for one in pictures)
            + ". Columns: channels. Beyond the ends of a bar: the end colour."
        )
        norm_tiles("norm_tiles", view.sets_scene(form, x, [one.title for one in pictures]))
        table = view.sets_table(form, x)
    else:
        companies = (
            maps.in_company(network, chosen, form.mates, form),
            maps.in_company(network, chosen, form.others, form),
        )
        st.markdown(view.company_words(form, companies))
        st.caption("Columns: channels. Beyond the ends of a bar: the end colour.")
        x = maps.batch(network, (chosen,), form.first)
        norm_tiles("norm_tiles", view.company_scene(form, x, companies, maps.epsilon(network)))
        table = view.company_table(form, companies)
    with st.expander("The numbers, as a table"):
        st.dataframe(table, hide_index=True, key="norm_table")


def body() -> None:
    settings, picture = bench()
    with settings:
        form = normalization_form()
    with picture:
        guarded(lambda: show(form))
    close_page("normalization", normalization_code(form, chosen), chosen)


live(body)
