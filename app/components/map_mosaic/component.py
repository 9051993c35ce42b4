"""All maps of a layer on the screen, and one of them large: checks and packs what the view draws."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from app.components import view
from app.components.blob import pack
from app.components.colour_bar import ColourBar

_render = view("map_mosaic")


class Numbers(Protocol):
    """One number a map, each (C,): see `app.ui.feature_maps_numbers.MapNumbers`."""

    @property
    def mean(self) -> npt.NDArray[np.float32]: ...

    @property
    def least(self) -> npt.NDArray[np.float32]: ...

    @property
    def greatest(self) -> npt.NDArray[np.float32]: ...

    @property
    def place(self) -> npt.NDArray[np.int32]: ...

    @property
    def zeros(self) -> npt.NDArray[np.float32]: ...


@dataclass(frozen=True, eq=False)
class OpenMap:
    """The map of the large view: its exact values (H, W), the picture beneath as JPEG."""

    channel: int
    values: npt.NDArray[np.float32]
    picture: bytes


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything the view shows.

    `shape` is (C, H, W). `mosaic` shows the maps in the order `order`, `columns` a row, `gap` pixels between them,
    every `stride`-th row and column of each: a pixel is an entry of the colours `palette` (256, 3). It is no PNG, since
    packing and unpacking one would take longer than all the rest. `limits` (C, 2) are the values of the first and last
    colour by channel. `side` is the picture's side in pixels. `labels` name the channels of an answer layer. With a
    layer's id appended, `scenes` is the address of that layer's scene.
    """

    network: str
    trained: bool
    layer: str
    kind: str
    layout: str
    own_scale: bool
    ordered_by: str
    shape: tuple[int, ...]
    mosaic: npt.NDArray[np.uint8]
    palette: npt.NDArray[np.uint8]
    columns: int
    gap: int
    stride: int
    side: int
    bar: ColourBar
    scenes: str
    order: npt.NDArray[np.int32]
    limits: npt.NDArray[np.float32]
    numbers: Numbers
    labels: Sequence[str] = ()
    opened: OpenMap | None = None


def map_mosaic(key: str, scene: bytes, on_open: Callable[[], None]) -> None:
    """Mount the view. `on_open`: `state[key].open` = {channel}, null when the large view was closed."""
    _render(key=key, data=scene, on_open_change=on_open)


def packed(scene: Scene) -> bytes:
    """A scene as the view takes it, from the page or from the address of a scene."""
    numbers = scene.numbers
    arrays: dict[str, np.ndarray | bytes] = {
        "mosaic": scene.mosaic,
        "palette": scene.palette,
        "order": scene.order,
        "limits": scene.limits,
        "mean": numbers.mean,
        "least": numbers.least,
        "greatest": numbers.greatest,
        "place": numbers.place,
        "zeros": numbers.zeros,
    }
    opened = None
    if scene.opened is not None:
        opened = scene.opened.channel
        arrays |= {"values": scene.opened.values, "picture": scene.opened.picture}
    plain = (
        "network", "trained", "layer", "kind", "layout", "own_scale", "ordered_by", "shape", "columns",
        "gap", "stride", "side", "labels", "scenes",
    )  # fmt: skip
    header: dict[str, Any] = {name: getattr(scene, name) for name in plain}
    header |= {"bar": asdict(scene.bar), "opened": opened}
    return pack(header, **arrays)
