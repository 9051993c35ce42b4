"""What a unit sees of the picture: checks and packs what the view draws; pointing is answered in the browser.

The view gets the first and last row and column of every unit, of all layers, so that it needs nobody to find a box.
Layers that lie on each other in this share their numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from app.components import view
from app.components.blob import pack
from app.components.colour_bar import ColourBar

_render = view("field_view")

Place = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Geometry:
    """One step through the depth. `rows` (H, 2), `columns` (W, 2): first and last + 1 pixel of every unit, unclipped.

    `note` says in a sentence what is special about this field; `whole`: every unit sees the whole picture. `small`:
    the layer's map (h, w), coarse, shown until the layer is in hand; 0 stands for 0, 255 for `high`.
    """

    path: str
    kind: str
    rows: npt.NDArray[np.int32]
    columns: npt.NDArray[np.int32]
    stride: tuple[int, int]
    whole: bool
    note: str
    small: npt.NDArray[np.uint8] | None = None
    high: float = 0.0


@dataclass(frozen=True, eq=False)
class MapPanel:
    """The map of the layer in hand: values (H, W) with their scale; `bar`'s ends are the first and the last colour.

    `title` is short, `meaning` says in full what the values are.
    """

    title: str
    meaning: str
    values: npt.NDArray[np.float32]
    bar: ColourBar
    palette: npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Heat:
    """The effective field (H, W) of the unit in hand, over the picture, with what is said of it."""

    values: npt.NDArray[np.float32]
    bar: ColourBar
    palette: npt.NDArray[np.uint8]
    mass_inside: float
    centre: tuple[float, float]
    radius_50: float
    radius_90: float
    source: str


@dataclass(frozen=True, eq=False)
class Nudge:
    """A changed patch of the picture and where the layer's map changed: `changed` and `allowed` (H, W) of 0 and 1.

    `allowed`: the patch lies in the unit's box. `through_gates` units more changed where only a gate carries it;
    `escaped` changed where theory allows none.
    """

    top: int
    left: int
    bottom: int
    right: int
    changed: npt.NDArray[np.uint8]
    allowed: npt.NDArray[np.uint8]
    through_gates: int
    escaped: int
    amount: float


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything the view shows. `picture` is a PNG of what the network gets, `size` (height, width) of it.

    `margin` pixels around the picture are drawn as padding. `current` is the index of the layer in hand.
    `small_scale`: bar, of which the colours count, and palette of the layers' small maps.
    """

    network: str
    trained: bool
    picture: bytes
    size: tuple[int, int]
    margin: int
    layers: Sequence[Geometry]
    current: int
    unit: Place
    pixel: Place | None
    panel: MapPanel | None
    small_scale: tuple[ColourBar, npt.NDArray[np.uint8]]
    heat: Heat | None = None
    heat_missing: str = ""
    nudging: bool = False
    nudge: Nudge | None = None


def field_view(key: str, scene: Scene, on_act: Callable[[], None]) -> None:
    """Mount the view.

    `on_act`: `state[key].act` = {layer, row, col, pixel}: the learner chose a unit of a layer, or a pixel [row, col].
    """
    spans, places = _shared_spans(scene.layers)
    header: dict[str, Any] = {
        name: getattr(scene, name)
        for name in ("network", "trained", "size", "margin", "current", "unit", "pixel", "nudging", "heat_missing")
    }
    header["layers"] = [
        {
            "path": layer.path,
            "kind": layer.kind,
            "stride": layer.stride,
            "whole": layer.whole,
            "note": layer.note,
            "rows": rows,
            "cols": columns,
            "small": None if layer.small is None else layer.small.shape,
            "high": layer.high,
        }
        for layer, (rows, columns) in zip(scene.layers, places, strict=True)
    ]
    small = [layer.small.ravel() for layer in scene.layers if layer.small is not None]
    header["small_stops"], colours = scene.small_scale[0].stops, scene.small_scale[1]
    arrays: dict[str, np.ndarray | bytes] = {
        "picture": scene.picture,
        "spans": spans,
        "small": np.concatenate([np.zeros(0, np.uint8), *small]),
        "small_palette": colours,
    }
    for name, part in (("map", scene.panel), ("heat", scene.heat), ("nudge", scene.nudge)):
        header[name], more = _part(name, part)
        arrays |= more
    _render(key=key, data=pack(header, **arrays), on_act_change=on_act)


def _shared_spans(layers: Sequence[Geometry]) -> tuple[npt.NDArray[np.int32], list[tuple[Place, Place]]]:
    """All spans in one array (N, 2), each only once; for each layer (first, count) of its rows and of its columns."""
    known: dict[bytes, Place] = {}
    chunks: list[npt.NDArray[np.int32]] = []
    length = 0

    def place(spans: npt.NDArray[np.int32]) -> Place:
        nonlocal length
        content = np.ascontiguousarray(spans, dtype=np.int32)
        key = content.tobytes()
        if key not in known:
            known[key] = (length, len(content))
            chunks.append(content)
            length += len(content)
        return known[key]

    places = [(place(layer.rows), place(layer.columns)) for layer in layers]
    return np.concatenate(chunks), places


def _part(name: str, part: MapPanel | Heat | Nudge | None) -> tuple[dict[str, Any] | None, dict[str, np.ndarray]]:
    """A part of the scene: its plain values for the header, its arrays under the part's name."""
    if part is None:
        return None, {}
    plain: dict[str, Any] = {}
    arrays: dict[str, np.ndarray] = {}
    for field, value in vars(part).items():
        if isinstance(value, np.ndarray):
            arrays[f"{name}_{field}"] = value
        else:
            plain[field] = asdict(value) if isinstance(value, ColourBar) else value
    return plain, arrays
