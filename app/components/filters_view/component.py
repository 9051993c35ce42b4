"""Filters of a convolution: all of a layer as pictures, where they can be, and one by its slices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from app.components import view
from app.components.blob import pack
from app.components.colour_bar import colour_bar
from cnnviz.image import Theme, palette

_render = view("filters_view")

HALF = 127
"""A gallery's weights travel as bytes: 0 as this, the filter's greatest |weight| as this far above or below it."""


@dataclass(frozen=True, eq=False)
class Gallery:
    """All filters of a layer that read one input channel or three: `weights` (O, n, kh, kw) uint8, see HALF.

    `limits` (O,) are each filter's greatest |weight|. `colour`: the three input channels are red, green and blue.
    """

    weights: npt.NDArray[np.uint8]
    limits: npt.NDArray[np.float32]
    colour: bool


@dataclass(frozen=True, eq=False)
class Slices:
    """One filter: `weights` (n, kh, kw), the input channel that each slice reads, its norm, and what it adds to the map
    on average; with `bias` (0 where there is none) that makes the map's `mean`."""

    channel: int
    weights: npt.NDArray[np.float32]
    inputs: npt.NDArray[np.int32]
    norms: npt.NDArray[np.float32]
    added: npt.NDArray[np.float32]
    bias: float | None
    mean: float


@dataclass(frozen=True, eq=False)
class FiltersScene:
    """What the view shows; with a `message` that alone, which says why there are no filters.

    `count` filters of `shape` (n, kh, kw) in `groups`; `limit` is the layer's greatest |weight|. `note` says how the
    filters belong to the layer that is open above. `names` are those of the input channels, where they have any.
    `orders` are (name, title).
    """

    layer: str = ""
    trained: bool = True
    message: str = ""
    note: str = ""
    count: int = 0
    shape: tuple[int, int, int] = (0, 0, 0)
    groups: int = 1
    limit: float = 0.0
    own: bool = False
    order: str = ""
    orders: Sequence[tuple[str, str]] = ()
    names: Sequence[str] = ()
    theme: Theme = "light"
    gallery: Gallery | None = None
    slices: Slices | None = None


def filters_view(key: str, scene: FiltersScene, on_open: Callable[[], None], on_order: Callable[[], None]) -> None:
    """Mount the view.

    `on_open`: `state[key].open` = {channel}, whose filter was clicked on. `on_order`: `state[key].order` = {order}.
    """
    plain = (
        "layer", "trained", "message", "note", "count", "shape", "groups", "limit", "own", "order", "orders", "names",
    )  # fmt: skip
    header: dict[str, Any] = {name: getattr(scene, name) for name in plain}
    header["bar"] = asdict(colour_bar("signed", -scene.limit, scene.limit, scene.theme))
    arrays: dict[str, np.ndarray | bytes] = {"palette": palette("signed", scene.theme)}
    header["colour"] = scene.gallery is not None and scene.gallery.colour
    if scene.gallery is not None:
        arrays |= {"gallery": scene.gallery.weights, "limits": scene.gallery.limits}
    header["slices"] = None
    if scene.slices is not None:
        one = scene.slices
        header["slices"] = {"channel": one.channel, "bias": one.bias, "mean": one.mean}
        arrays |= {"weights": one.weights, "inputs": one.inputs, "norms": one.norms, "added": one.added}
    _render(key=key, data=pack(header, **arrays), on_open_change=on_open, on_order_change=on_order)
