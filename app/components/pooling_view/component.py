"""A map and what pooling leaves of it: checks and packs what the view draws; pointing is answered in the browser."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from app.components import view
from app.components.blob import pack
from app.components.colour_bar import ColourBar

_render = view("pooling_view")


@dataclass(frozen=True, eq=False)
class MapPanel:
    """One map (H, W) float32 with its scale: the bar's ends are the values of the first and the last colour."""

    title: str
    values: npt.NDArray[np.float32]
    bar: ColourBar


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything the view shows. For a global average `window` and `stride` are the map's own size.

    `palette` (256, 3) colours both maps by their own bars.
    """

    kind: str
    window: tuple[int, int]
    stride: tuple[int, int]
    padding: int
    p: float
    count_padding: bool
    before: MapPanel
    after: MapPanel
    palette: npt.NDArray[np.uint8]


def pooling_view(key: str, scene: Scene) -> None:
    """Mount the view."""
    header = {
        "kind": scene.kind,
        "window": scene.window,
        "stride": scene.stride,
        "padding": scene.padding,
        "p": scene.p,
        "countPadding": scene.count_padding,
        "panels": [{"title": panel.title, "bar": asdict(panel.bar)} for panel in (scene.before, scene.after)],
    }
    blob = pack(header, before=scene.before.values, after=scene.after.values, palette=scene.palette)
    _render(key=key, data=blob)
