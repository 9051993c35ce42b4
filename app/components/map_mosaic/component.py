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
    """The map of the large view: its exact values (H, W), the picture beneath as JPEG; `cell` has its ledger open."""

    channel: int
    values: npt.NDArray[np.float32]
    picture: bytes
    cell: tuple[int, int] | None = None


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything the view shows.

    `shape` is (C, H, W). `mosaic` shows the maps in the order `order`, `columns` a row, `gap` pixels between them,
    every `stride`-th row and column of each: a pixel is an entry of the colours `palette` (256, 3). It is no PNG, since
    packing and unpacking one would take longer than all the rest. `limits` (C, 2) are the values of the first and last
    colour by channel. `side` is the picture's side in pixels. `labels` name the channels of an answer layer. With a
    layer's id appended, `scenes` is the address of that layer's scene. `listed` are the channels switched off, or with
    `keep` the only ones left on; `moved` says what the answer made of it.
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
    listed: tuple[int, ...] = ()
    keep: bool = False
    moved: str = ""


def map_mosaic(key: str, scene: bytes, on_open: Callable[[], None], on_off: Callable[[], None]) -> None:
    """Mount the view. `on_open`: `state[key].open` = {channel, layer}, channel null when the large view was closed.

    `on_off`: `state[key].off` = {channels, keep, layer}, which channels the learner switched off. A click on a cell
    goes to the ledger on the same page.
    """
    _render(key=key, data=scene, on_open_change=on_open, on_off_change=on_off)


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
    opened = cell = None
    if scene.opened is not None:
        opened, cell = scene.opened.channel, scene.opened.cell
        arrays |= {"values": scene.opened.values, "picture": scene.opened.picture}
    plain = (
        "network", "trained", "layer", "kind", "layout", "own_scale", "ordered_by", "shape", "columns",
        "gap", "stride", "side", "labels", "scenes", "listed", "keep", "moved",
    )  # fmt: skip
    header: dict[str, Any] = {name: getattr(scene, name) for name in plain}
    header |= {"bar": asdict(scene.bar), "opened": opened, "cell": cell}
    return pack(header, **arrays)
