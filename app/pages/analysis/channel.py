"""What a channel looks for: a picture made from noise until it excites a channel, beside pictures that do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.components.channel_atlas.component import Scene, channel_atlas
from app.ui.channel_code import channel_code
from app.ui.channel_films import atlas, atlas_sheet, recorded_film
from app.ui.channel_form import channel_form
from app.ui.channel_state import ATLAS, Asked, Form, asked_before_network, chosen_in_atlas, read_form
from app.ui.channel_words import words_of
from app.ui.channel_work import draw_recorded, film_part, gallery_part
from app.ui.frame import bench, close_page, guarded, live, open_page
from app.ui.network_picker import obtain

if TYPE_CHECKING:
    from app.ui.field_layers import FieldLayer

chosen = open_page(
    "What a channel looks for",
    "Begin with noise, and change it step by step until it excites one channel as much as possible. What appears?",
)


@dataclass(frozen=True)
class Drawn:
    """What the settings need of the network: its layers, what is asked of which, the classes."""

    layers: tuple[FieldLayer, ...]
    asked: Asked
    layer: FieldLayer
    labels: tuple[str, ...]


def show(form: Form, film_place: DeltaGenerator, patches_place: DeltaGenerator) -> Drawn | None:
    known = atlas()
    opening = known.opening if form.choice.key == known.network else None
    early = asked_before_network(form, opening) if opening else None
    recorded = recorded_film(early) if early else None
    if early and recorded:  # it ships, so it need not wait for the network
        with film_place:
            draw_recorded(recorded, early)
    with patches_place:
        network = obtain(form.choice)
    if network is None:
        return None
    # torch is in from here on; before, these imports would hold up the page.
    from app.ui.channel_state import asked_with_network
    from app.ui.field_layers import field_layers

    layers = field_layers(network)
    asked, layer = asked_with_network(form, layers, len(network.categories), opening)
    with film_place:
        made = recorded.value if recorded else film_part(asked, layer.channels, words_of(asked, network.categories))
    with patches_place:
        gallery_part(asked, chosen, made)
    return Drawn(layers, asked, layer, network.categories)


def show_atlas(form: Form) -> None:
    """The recorded channels by depth, where there are any of this network."""
    known = atlas()
    if form.choice.key != known.network:
        st.caption(f"An overview by depth is recorded for {known.title} only; here, step through the list of layers.")
        return
    early = asked_before_network(form, known.opening)
    marked = (early.layer, early.channel) if early else None
    here = {(layer, channel) for layer, column in zip(known.layers, known.channels, strict=True) for channel in column}
    sheet = atlas_sheet()
    scene = Scene(
        known.title, sheet, "image/webp", known.recipe["size"], known.layers, known.channels,
        marked if marked in here else None,
    )  # fmt: skip
    channel_atlas(ATLAS, scene, on_choose=chosen_in_atlas)


def body() -> None:
    settings, picture = bench()
    form = read_form()
    with picture:  # first: the learner sees the picture before Streamlit has gone through the form
        film_place, beside = st.columns([1, 1.25], gap="medium")
        with beside:
            show_atlas(form)
        patches_place = beside.container()
        drawn = guarded(lambda: show(form, film_place, patches_place))
    with settings:
        if drawn:
            channel_form(form, drawn.layers, drawn.asked, drawn.layer, drawn.labels)
        else:
            channel_form(form, (), None, None, ())
    asked, channels = (drawn.asked, drawn.layer.channels) if drawn else (None, 0)
    close_page("channel", channel_code(form, asked, channels, chosen), chosen)


live(body, chosen)
