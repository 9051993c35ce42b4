"""From fields and numbers to what the view of Receptive fields draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from app.components.colour_bar import colour_bar
from app.components.field_view.component import Geometry, Heat, MapPanel, Nudge, Scene
from app.ui.field_layers import FieldLayer, steps_of
from app.ui.field_numbers import ShownMap, SmallMap, heat_of, nudge_of, seen_png, small_maps
from app.ui.theme import current_theme
from cnnviz.errors import LayerError
from cnnviz.image import Kind, limits, palette

if TYPE_CHECKING:
    from app.ui.field_state import Chosen, Form
    from app.ui.picture import ChosenPicture
    from cnnviz.analysis import EffectiveField, Influence
    from cnnviz.network import Network

MARGIN = 0.16  # of the picture's side: the widest margin of padding that is drawn
_NARROW = 0.06
_BRIGHTEST = 99.7  # percentile of the heat above 0 that gets the last colour, so that single peaks do not hide the rest
_SOURCES = {"picture": "for this picture", "samples": "averaged over samples", "noise": "averaged over noise"}


def field_scene(
    form: Form,
    network: Network,
    chosen: ChosenPicture,
    layers: Sequence[FieldLayer],
    at: Chosen,
    shown: ShownMap,
) -> Scene:
    """Picture, boxes of all steps through the depth, the layer's map, and heat or nudge as asked."""
    steps, current = steps_of(layers, at.layer)
    heat, missing = _heat(form, network, chosen, at, shown)
    found = nudge_of(network, form, chosen, at) if form.mode == "nudge" else None
    size = at.layer.field.input_size
    theme = current_theme()
    small = small_maps(network, form, chosen, steps)
    return Scene(
        network=form.choice.title,
        trained=network.trained,
        picture=seen_png(network, form.choice.info.name, chosen),
        size=size,
        margin=margin_of(steps, size),
        layers=[_geometry(layer, one) for layer, one in zip(steps, small, strict=True)],
        current=current,
        unit=at.unit,
        pixel=at.pixel,
        panel=_map_panel(at, shown) if found is None else _change_panel(at, found),
        small_scale=(colour_bar("magnitude", 0, 1, theme), palette("magnitude", theme)),
        heat=heat,
        heat_missing=missing,
        nudging=form.mode == "nudge",
        nudge=None if found is None else _nudge(form, found),
    )


def margin_of(steps: Sequence[FieldLayer], size: tuple[int, int]) -> int:
    """Pixels of padding that are drawn around the picture: as far as any unit reaches, within bounds."""
    reach = 0
    for step in steps:
        if not step.field.whole_input:
            for spans, length in zip((step.rows, step.columns), size, strict=True):
                reach = max(reach, -int(spans[:, 0].min()), int(spans[:, 1].max()) - length)
    return int(min(max(reach, _NARROW * max(size)), MARGIN * max(size)))


def _geometry(layer: FieldLayer, small: SmallMap | None) -> Geometry:
    field = layer.field
    plain = Geometry(layer.path, field.kind, layer.rows, layer.columns, field.stride, field.whole_input, field.note)
    return plain if small is None else replace(plain, small=small.values, high=small.high)


def _map_panel(at: Chosen, shown: ShownMap) -> MapPanel:
    kind: Kind = "signed" if float(shown.values.min()) < 0 else "magnitude"
    low, high = limits(shown.values[None], kind)[0]
    theme = current_theme()
    return MapPanel(
        "Mean size" if shown.channel is None else f"Channel {shown.channel}",
        f"The mean size of all {shown.channels:,} channels' values"
        if shown.channel is None
        else f"Channel {shown.channel}{', the strongest at this unit' * at.strongest}, of {shown.channels:,}",
        np.ascontiguousarray(shown.values, np.float32),
        colour_bar(kind, float(low), float(high), theme),
        palette(kind, theme),
    )


def _heat(form: Form, network: Network, chosen: ChosenPicture, at: Chosen, shown: ShownMap) -> tuple[Heat | None, str]:
    """The heat of the unit in hand, or a sentence that says why there is none."""
    if form.heat == "off" or form.mode == "nudge":
        return None, ""
    try:
        found = heat_of(network, form, chosen, at, shown.channel)
    except LayerError as error:
        return None, f"No heat here: {error}"
    theme = current_theme()
    return Heat(
        values=found.heat,
        bar=colour_bar("magnitude", 0.0, heat_top(found), theme),
        palette=palette("magnitude", theme),
        mass_inside=found.mass_inside,
        centre=found.centre,
        radius_50=found.radius_50,
        radius_90=found.radius_90,
        source=_SOURCES[form.heat],
    ), ""


def heat_top(found: EffectiveField) -> float:
    """The value of the last colour."""
    above = found.heat[found.heat > 0]
    return float(np.percentile(above, _BRIGHTEST))


def _change_panel(at: Chosen, found: Influence) -> MapPanel:
    theme = current_theme()
    high = max(float(found.change.max()), 1e-12)
    change = np.where(found.changed, found.change, 0).astype(np.float32)
    return MapPanel(
        "Change",
        "How much a unit changed: the largest change of all channels",
        change,
        colour_bar("magnitude", 0.0, high, theme),
        palette("magnitude", theme),
    )


def _nudge(form: Form, found: Influence) -> Nudge:
    patch = found.patch
    return Nudge(
        patch.top,
        patch.left,
        patch.bottom,
        patch.right,
        changed=found.changed.astype(np.uint8),
        allowed=found.by_convention.astype(np.uint8),
        through_gates=int(found.through_gates.sum()),
        escaped=int(found.escaped.sum()),
        amount=form.amount,
    )
