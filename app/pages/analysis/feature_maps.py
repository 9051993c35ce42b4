"""Feature maps: what every layer of a network makes of the picture, and what the network answers in the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.components.answers.component import Answers, answers
from app.components.layer_strip.component import layer_strip
from app.components.map_mosaic.component import map_mosaic, packed
from app.ui.feature_maps_code import Shown, feature_maps_code
from app.ui.feature_maps_form import feature_maps_form
from app.ui.feature_maps_state import MOSAIC, STRIP, Form, layer_chosen, map_opened, open_layer, open_map, read_form
from app.ui.frame import bench, close_page, guarded, live, open_page
from app.ui.network_picker import obtain
from app.ui.network_store import NETWORKS
from app.ui.scenes import offered
from app.ui.theme import current_theme

if TYPE_CHECKING:
    from app.ui.feature_maps_layers import StripLayer
    from cnnviz.network import Network

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
    from app.ui.feature_maps_layers import strip_of
    from app.ui.feature_maps_passes import layer_output, seen_by
    from app.ui.feature_maps_view import answers_of, mosaic_scene

    strip, seen, theme = strip_of(network), seen_by(network, form.choice.key, chosen), current_theme()
    layer = open_layer(strip)

    def scene(of: Network, layer: StripLayer, channel: int | None) -> bytes:
        output = layer_output(of, form.choice.key, chosen, strip_of(of), layer)
        return packed(mosaic_scene(form, of, layer, output, seen, channel, theme, scenes))

    def ahead(id: str) -> bytes | None:
        """Another layer's maps, for the view that does not wait for this page; None while the network is not here."""
        there = NETWORKS.ask(*form.choice.key).network
        return None if there is None else scene(there, strip_of(there).find(id), None)

    def maps() -> Shown:
        shape = layer_output(network, form.choice.key, chosen, strip, layer).maps.shape
        channel = open_map(shape[0])
        map_mosaic(MOSAIC, scene(network, layer, channel), on_open=map_opened)
        return Shown(layer, shape, channel)

    scenes = offered("feature_maps", chosen, ahead)
    strip_place = st.container()
    shown = guarded(maps)  # first: the maps are what the learner waits for; some layers have none, and say so
    with strip_place:
        marked = layer.id if shown is None else None
        layer_strip(STRIP, form.choice.title, strip.layers, strip.left_out, marked, on_choose=layer_chosen)
    found = layer_output(network, form.choice.key, chosen, strip, layer if shown else strip.default).answers
    drawn[:] = [Drawn(answers_of(form.choice, network, found, seen), shown)]


def body() -> None:
    settings, picture = bench()
    form = read_form()
    form_place, answers_place = settings.container(), settings.container()
    with picture:  # first: the learner sees the maps before Streamlit has gone through the form
        shown = guarded(lambda: show(form, answers_place))
    with form_place:
        feature_maps_form(form)
    close_page("feature_maps", feature_maps_code(form, chosen, shown), chosen)


live(body, chosen)
