"""The three views of the Normalization page: who shares a mean, other batch-mates, neighbouring channels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.components.norm_tiles.component import norm_tiles
from app.ui import normalization_maps as maps
from app.ui import normalization_view as view
from app.ui.normalization_form import Form
from app.ui.picture import ChosenPicture, sample_picture
from cnnviz.compute import one_thread

if TYPE_CHECKING:
    from cnnviz.network import Network

_VIEW = "norm_tiles"
_DRAWN = (
    "Every second row and column of the maps is drawn; the numbers are those of all. Values beyond the ends of a bar "
    "have the end's colour."
)


@one_thread()
def show_sets(form: Form, network: Network, chosen: ChosenPicture) -> None:
    """The whole batch before and after; pointing lights up who shares a mean."""
    pictures = (chosen, *(sample_picture(name) for name in form.mates))
    titles = [one.title for one in pictures]
    x = maps.batch(network, pictures, form.first)
    st.markdown(view.sets_words(form, x))
    named = ", ".join(f"{number} {title}" for number, title in enumerate(titles, 1))
    st.caption(f"Pictures: {named}. {_DRAWN}")
    norm_tiles(_VIEW, view.sets_scene(form, x, titles))
    _show_table(view.sets_table(form, x))


@one_thread()
def show_company(form: Form, network: Network, chosen: ChosenPicture) -> None:
    """The learner's picture in two companies: first the maps, then what the whole network answers."""
    first, second = (maps.in_company(network, chosen, names, form) for names in (form.mates, form.others))
    words = st.empty()
    words.markdown(view.company_words(form, (first, second), None))
    st.caption(_DRAWN)
    x = maps.batch(network, (chosen,), form.first)
    norm_tiles(_VIEW, view.company_scene(form, x, (first, second), maps.epsilon(network)))
    _show_table(view.company_table(form, (first, second)))
    one, other = (maps.answer_in_company(network, chosen, names, form.training) for names in (form.mates, form.others))
    words.markdown(view.company_words(form, (first, second), (one, other)))


@one_thread()
def show_neighbours(form: Form, network: Network, chosen: ChosenPicture) -> None:
    """All channels before and after local response normalization."""
    layer = maps.activated(network, chosen)
    st.markdown(view.neighbours_words(form, layer))
    norm_tiles(_VIEW, view.neighbours_scene(form, layer))


def _show_table(table: view.Table) -> None:
    with st.expander("The numbers, as a table"):
        st.dataframe(table, hide_index=True, key="norm_table")
