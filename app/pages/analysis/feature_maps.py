"""Feature maps: what every layer of a network makes of the picture, and what the network answers in the end."""

import streamlit as st

from app.components.answers.component import answers
from app.components.layer_strip.component import layer_strip
from app.components.map_mosaic.component import map_mosaic
from app.ui.feature_maps_code import Shown, feature_maps_code
from app.ui.feature_maps_form import MOSAIC, STRIP, feature_maps_form, layer_chosen, map_opened, open_layer, open_map
from app.ui.frame import bench, close_page, guarded, new_token, open_page
from app.ui.network_picker import obtain

chosen = open_page(
    "Feature maps",
    "Each channel of a layer is a map: where in the picture did this layer find what that channel responds to?",
)
settings, picture = bench()
with settings:
    form = feature_maps_form()
    answers_place = st.container()


def show() -> Shown | None:
    network = obtain(form.choice)
    if network is None:
        return None
    # torch is in from here on; before, these imports would hold up the page.
    from app.ui.feature_maps_layers import strip_of
    from app.ui.feature_maps_passes import layer_output, seen_by
    from app.ui.feature_maps_view import answers_of, mosaic_scene

    strip = strip_of(network)
    layer = open_layer(strip)
    layer_strip(STRIP, form.choice.title, strip.layers, strip.left_out, on_choose=layer_chosen)
    output = layer_output(network, form.choice.key, chosen, strip, layer)
    seen = seen_by(network, form.choice.key, chosen)
    channel = open_map(len(output.maps))
    map_mosaic(MOSAIC, mosaic_scene(new_token(), form, network, layer, output, seen, channel), on_open=map_opened)
    with answers_place:
        answers("answers", answers_of(form.choice, output, seen))
    return Shown(layer, output.maps.shape, channel)


with picture:
    shown = guarded(show)

close_page("feature_maps", feature_maps_code(form, chosen, shown), chosen)
