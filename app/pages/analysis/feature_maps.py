"""Feature maps: what every layer of a network makes of the picture, and what the network answers in the end."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.components.answers.component import Answers, answers
from app.components.layer_strip.component import layer_strip
from app.components.map_mosaic.component import map_mosaic, packed
from app.ui.feature_maps_code import Shown, feature_maps_code
from app.ui.feature_maps_form import feature_maps_form
from app.ui.feature_maps_state import (
    MOSAIC,
    STRIP,
    Form,
    filter_opened,
    follow_unit,
    layer_chosen,
    less_class,
    map_opened,
    open_cell,
    open_layer,
    open_map,
    read_form,
    show_notice,
    switched_off,
    switched_on_map,
)
from app.ui.frame import bench, close_page, guarded, live, open_page
from app.ui.linked import segments
from app.ui.network_map_code import network_map_code
from app.ui.network_map_form import network_map_form, second_picture
from app.ui.network_map_state import VIEW, VIEWS, current_view, read_map_form
from app.ui.network_picker import obtain
from app.ui.network_store import NETWORKS
from app.ui.scenes import offered
from app.ui.theme import current_theme

chosen = open_page(
    "Feature maps",
    "Each channel of a layer is a map: where in the picture did this layer find what that channel responds to?",
)


@dataclass(frozen=True)
class Drawn:
    """What the rest of the page needs of the last layer drawn: its answers, no maps. `shown` None: no maps."""

    answers: Answers
    shown: Shown | None


def show(form: Form, beside: DeltaGenerator) -> Shown | None:
    if obtain(form.choice) is None:
        return None
    drawn: list[Drawn] = []
    # Another layer is answered without the rest of the page.
    live(lambda: guarded(lambda: layer_part(form, drawn)), chosen)
    if not drawn:
        return None
    with beside:
        answers("answers", drawn[0].answers)
    return drawn[0].shown


def layer_part(form: Form, drawn: list[Drawn]) -> None:
    """The strip, the open layer's maps; `drawn` is left with this one alone.

    Streamlit keeps the part as long as the visitor is there, so it holds neither network nor maps: it asks for them.
    """
    network = obtain(form.choice)
    if network is None:  # gone in between, and not to be had again: the page says so
        st.rerun()
    # torch is in from here on; before, these imports would hold up the page.
    from app.ui.feature_maps_below import ledger_part, moved_words, switch_part
    from app.ui.feature_maps_layers import strip_of
    from app.ui.feature_maps_passes import layer_output, seen_by
    from app.ui.feature_maps_switch import ablation_of
    from app.ui.feature_maps_view import answers_of, mosaic_scene
    from app.ui.filters_part import filters_part

    key = form.choice.key
    strip, seen, theme = strip_of(network), seen_by(network, key, chosen), current_theme()
    follow_unit(strip)
    layer = open_layer(strip)

    def ahead(id: str) -> bytes | None:
        """Another layer's maps, for the view that does not wait for this page; None while the network is not here."""
        there = NETWORKS.ask(*key).network
        if there is None:
            return None
        other = strip_of(there).find(id)
        output = layer_output(there, key, chosen, strip_of(there), other)
        return packed(mosaic_scene(form, there, other, output, seen, None, theme, scenes))

    def maps() -> Shown:
        output = layer_output(network, key, chosen, strip, layer)
        channel, switched = open_map(len(output.maps)), switched_off(len(output.maps))
        found = ablation_of(network, key, chosen, layer, switched)
        cell = open_cell(strip, layer, channel)
        words = moved_words(found)
        scene = mosaic_scene(form, network, layer, output, seen, channel, theme, scenes, cell, switched, words)
        map_mosaic(MOSAIC, packed(scene), on_open=map_opened, on_off=switched_on_map)
        near = channel is not None or output.maps[0].size == 1
        unit = guarded(lambda: ledger_part(network, key, chosen, strip, near))
        own = form.per == "map"
        filters = guarded(lambda: filters_part(network, key, chosen, strip, layer, channel, own, filter_opened))
        guarded(lambda: switch_part(network, key, chosen, strip, layer, switched, found))
        return Shown(layer, output.maps.shape, channel, unit, less_class() if unit else None, switched, filters)

    scenes = offered("feature_maps", chosen, ahead)
    strip_place = st.container()
    shown = guarded(maps)  # first: the maps are what the learner waits for; some layers have none, and say so
    with strip_place:
        show_notice()
        marked = layer.id if shown is None else None
        layer_strip(STRIP, form.choice.title, strip.layers, strip.left_out, marked, on_choose=layer_chosen)
    answered = layer_output(network, key, chosen, strip, layer if shown else strip.default).answers
    drawn[:] = [Drawn(answers_of(form.choice, network, answered, seen), shown)]


def map_of_network(form: Form) -> None:
    """The map of the network, all of it on one picture; its settings stand below, so that the maps come first."""
    network = obtain(form.choice)
    if network is not None:
        from app.ui.network_map_part import map_part  # torch is in from here on

        guarded(lambda: map_part(form.choice, network, chosen))


def body() -> None:
    form, view = read_form(), current_view()
    map_form = read_map_form()
    segments(VIEW, "View", VIEWS, view, label_visibility="collapsed", width="content")
    if view == "map":
        live(lambda: map_of_network(form), chosen)
        network_map_form(form.choice, map_form, chosen)
        code = network_map_code(form.choice, map_form, chosen, second_picture(map_form))
        close_page("feature_maps", code, chosen)
        return
    settings, picture = bench()
    form_place, answers_place = settings.container(), settings.container()
    with picture:  # first: the learner sees the maps before Streamlit has gone through the form
        shown = guarded(lambda: show(form, answers_place))
    with form_place:
        feature_maps_form(form)
    close_page("feature_maps", feature_maps_code(form, chosen, shown), chosen)


live(body, chosen)
