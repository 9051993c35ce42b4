"""Receptive fields: which pixels does a unit see, which does it listen to, and who notices when one changes?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.components.field_view.component import field_view
from app.ui.field_code import Shown, field_code
from app.ui.field_form import field_form
from app.ui.field_state import VIEW, Form, acted, open_layer, open_places, read_form
from app.ui.frame import bench, close_page, guarded, live, open_page
from app.ui.network_picker import obtain

if TYPE_CHECKING:
    from app.ui.field_layers import FieldLayer

chosen = open_page(
    "Receptive fields",
    "A unit deep in a network sees a window of the picture: its receptive field. Point at a unit to see what it sees.",
)


@dataclass(frozen=True)
class Drawn:
    """What the rest of the page needs of the view: the network's layers, and what of them is shown."""

    layers: tuple[FieldLayer, ...]
    shown: Shown


def show(form: Form) -> Drawn | None:
    network = obtain(form.choice)
    if network is None:
        return None
    # torch is in from here on; before, these imports would hold up the page.
    from app.ui.field_layers import field_layers
    from app.ui.field_numbers import shown_map
    from app.ui.field_view import field_scene

    layers = field_layers(network)
    at = open_places(open_layer(layers), form)
    shown = shown_map(network, form, chosen, at)
    scene = field_scene(form, network, chosen, layers, at, shown)
    field_view(VIEW, scene, on_act=acted)
    return Drawn(layers, Shown(at, shown.channel, scene.heat is not None))


def show_benches(form: Form, drawn: Drawn) -> None:
    network = obtain(form.choice)
    if network is not None:
        from app.ui.field_benches import field_benches

        field_benches(network, drawn.shown.at, chosen)


def body() -> None:
    settings, picture = bench()
    form = read_form()
    with picture:  # first: the learner sees the box before Streamlit has gone through the form
        drawn = guarded(lambda: show(form))
    with settings:
        field_form(form, drawn.layers if drawn else (), drawn.shown.at if drawn else None)
    if drawn:
        show_benches(form, drawn)
    close_page("receptive_fields", field_code(form, chosen, drawn.shown if drawn else None), chosen)


live(body, chosen)
