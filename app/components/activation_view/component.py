"""Activation functions on the screen: checks and packs curves and maps; pointing is answered in the browser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from app.components import view
from app.components.blob import pack
from app.components.colour_bar import ColourBar

_render = view("activation_view")

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Curve:
    """One function: its values and its derivative at every step of x, both (2 · reach · per_unit + 1,)."""

    title: str
    formula: str
    values: Floats
    slope: Floats


@dataclass(frozen=True, eq=False)
class Map:
    """A feature map (H, W) and its colours as PNG."""

    title: str
    png: bytes
    values: Floats


@dataclass(frozen=True, eq=False)
class Histogram:
    """The share of the values in each bin, before and after; `edges` has one entry more."""

    edges: Floats
    before: Floats
    after: Floats


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything the view shows; `slope` (H, W) is the derivative of the first curve's function at the map's values."""

    curves: Sequence[Curve]
    reach: int
    per_unit: int
    where: str
    before: Map
    after: Map
    slope: Floats
    bar: ColourBar
    histogram: Histogram


def activation_view(key: str, scene: Scene) -> None:
    """Mount the view. Nothing comes back: it only shows."""
    points = 2 * scene.reach * scene.per_unit + 1
    if any(curve.values.shape != (points,) or curve.slope.shape != (points,) for curve in scene.curves):
        raise ValueError(f"Each curve needs {points} values and slopes.")
    height, width = scene.before.values.shape
    header = {
        "curves": [{"title": curve.title, "formula": curve.formula} for curve in scene.curves],
        "reach": scene.reach,
        "per_unit": scene.per_unit,
        "where": scene.where,
        "height": height,
        "width": width,
        "bar": asdict(scene.bar),
    }
    _render(
        key=key,
        data=pack(
            header,
            values=np.stack([curve.values for curve in scene.curves]),
            slopes=np.stack([curve.slope for curve in scene.curves]),
            before=scene.before.values,
            after=scene.after.values,
            slope=scene.slope,
            before_png=scene.before.png,
            after_png=scene.after.png,
            edges=scene.histogram.edges,
            histogram_before=scene.histogram.before,
            histogram_after=scene.histogram.after,
        ),
    )
