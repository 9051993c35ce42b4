"""What does the view of Activation functions draw? Curves as values at every hundredth, the maps as pictures."""

from __future__ import annotations

import numpy as np
import torch

from app.components.activation_view.component import Curve, Histogram, Map, Scene
from app.components.colour_bar import colour_bar
from app.ui.activation_form import Form
from app.ui.activation_maps import Applied
from app.ui.theme import current_theme
from cnnviz.compute import one_thread
from cnnviz.image import encode_png, limits, mosaic
from cnnviz.layer import ACTIVATIONS

REACH, PER_UNIT = 8, 100  # the curves run from −REACH to REACH in steps of 1 / PER_UNIT


def scene(form: Form, applied: Applied, where: str) -> Scene:
    """The functions' curves, and the map before and after the one in hand on one scale; `where` says which map."""
    theme = current_theme()
    both = np.stack([applied.before, applied.after])
    scale = limits(both, "signed", "layer")
    maps = []
    for title, values, row in zip(("Before", "After"), both, scale, strict=True):
        sheet = mosaic(values[None], "signed", limits=row[None], columns=1, theme=theme)
        maps.append(Map(title, encode_png(sheet), values))
    return Scene(
        curves=curves(form),
        reach=REACH,
        per_unit=PER_UNIT,
        where=where,
        before=maps[0],
        after=maps[1],
        slope=applied.slope,
        bar=colour_bar("signed", float(scale[0, 0]), float(scale[0, 1]), theme),
        histogram=Histogram(applied.edges, applied.histogram_before, applied.histogram_after),
    )


@one_thread()
def curves(form: Form) -> tuple[Curve, ...]:
    """Function and derivative of each function shown, at every hundredth; the one in hand first."""
    x = torch.arange(-REACH * PER_UNIT, REACH * PER_UNIT + 1, dtype=torch.float64) / PER_UNIT
    made = []
    for name in form.shown:
        entry, settings = ACTIVATIONS[name], form.settings_of(name)
        values, slope = entry(x, **settings), entry.slope(x, **settings)
        made.append(Curve(form.title_of(name), entry.formula, values.numpy().astype("f4"), slope.numpy().astype("f4")))
    return tuple(made)
