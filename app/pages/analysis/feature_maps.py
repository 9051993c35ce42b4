"""Feature maps: what every layer of a network makes of the picture, and what the network answers in the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.components.answers.component import answers
from app.components.layer_strip.component import layer_strip
from app.components.map_mosaic.component import map_mosaic
from app.ui.feature_maps_code import Shown, feature_maps_code
from app.ui.feature_maps_form import feature_maps_form
from app.ui.feature_maps_state import MOSAIC, STRIP, Form, layer_chosen, map_opened, open_layer, open_map, read_form
from app.ui.frame import bench, close_page, guarded, live, open_page
from app.ui.network_picker import obtain

if TYPE_CHECKING:
    from app.ui.feature_maps_passes import LayerOutput

chosen = open_page(
    "Feature maps",
    "Each channel of a layer is a map: where in the picture did this layer find what that channel responds to?",
)


def show(form: Form, beside: DeltaGenerator) -> Shown | None:
    network = obtain(form.choice)
    if network is None:
        return None
    # torch is in from here on; before, these imports would hold up the page.
    from app.ui.feature_maps_layers import strip_of
    from app.ui.feature_maps_passes import layer_output, seen_by
    from app.ui.feature_maps_view import answers_of, mosaic_scene

    strip = strip_of(network)
    seen = seen_by(network, form.choice.key, chosen)
    shown: list[tuple[LayerOutput, Shown]] = []

    def maps() -> None:
        layer = open_layer(strip)
        strip_place = st.container()
        output = layer_output(network, form.choice.key, chosen, strip, layer)
        channel = open_map(len(output.maps))
        map_mosaic(MOSAIC, mosaic_scene(form, network, layer, output, seen, channel), on_open=map_opened)
        with strip_place:
            layer_strip(STRIP, form.choice.title, strip.layers, strip.left_out, on_choose=layer_chosen)
        shown.append((output, Shown(layer, output.maps.shape, channel)))

    live(lambda: guarded(maps))  # another layer is answered without the rest of the page
    if not shown:
        return None
    with beside:
        answers("answers", answers_of(form.choice, shown[0][0], seen))
    return shown[0][1]


def body() -> None:
    settings, picture = bench()
    form = read_form()
    form_place, answers_place = settings.container(), settings.container()
    with picture:  # first: the learner sees the maps before Streamlit has gone through the form
        shown = guarded(lambda: show(form, answers_place))
    with form_place:
        feature_maps_form(form)
    close_page("feature_maps", feature_maps_code(form, chosen, shown), chosen)


live(body)
