"""The map of a network: checks and packs what the view draws."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from app.components import view
from app.components.blob import pack
from app.components.colour_bar import ColourBar

_render = view("network_map")


@dataclass(frozen=True)
class MapBox:
    """One column as the view draws it.

    `name` is its module, `label` the short form. `size` is (height, width) of its maps, (1, 1) of a list of numbers,
    None where nothing can be drawn and `note` says why. `field` says what a unit sees. `layer` names the layer to
    open. Where there is no such layer, `unit` is the module whose ledger is opened, with the maps of the layer `near`
    above it; "" for none. `shown` are the channels
    drawn, `tile` (height, width) of their tiles, of every `stride`-th row and column. Where it stands, the last five
    tell: see `app.ui.network_map_places.Place`.
    """

    column: int
    stage: int
    name: str
    label: str
    kind: str
    channels: int
    size: tuple[int, int] | None
    field: str
    layer: str
    unit: str
    near: str
    note: str
    shown: tuple[int, ...]
    tile: tuple[int, int]
    stride: int
    depth: int
    lane: int
    lanes: int
    sources: tuple[int, ...]
    through: int


@dataclass(frozen=True)
class MapStageBox:
    """A stage: its columns' count, whether it is open, its label."""

    stage: int
    label: str
    name: str
    columns: int
    open: bool


@dataclass(frozen=True, eq=False)
class MapScene:
    """Everything the view shows.

    `sides` is 1 or 2: tiles, numbers and logits stand for the first picture, then the second; `difference` says that
    the tiles are the first less the second. `tiles` are entries of `palette`, all boxes one after the other. `numbers`
    (sides, tiles, 4) are mean, least, greatest and share in the answer of each tile's map; `limits` (boxes, 2) the
    values of the first and last colour. `labels` are those of all classes that may be listed, by class. `scenes` is the
    address of further scenes. `pinned` is (column, channel, side) of what the learner pinned: the view knows it first.
    """

    network: str
    trained: bool
    by: str
    per: str
    difference: bool
    stages: Sequence[MapStageBox]
    boxes: Sequence[MapBox]
    answer: int
    answer_sources: tuple[int, ...]
    listed: tuple[int, ...]
    labels: Sequence[str]
    target: int
    chosen_target: bool
    temperature: float
    pictures: Sequence[str]
    bar: ColourBar
    scenes: str
    tiles: npt.NDArray[np.uint8]
    palette: npt.NDArray[np.uint8]
    limits: npt.NDArray[np.float32]
    numbers: npt.NDArray[np.float32]
    logits: npt.NDArray[np.float32]
    seen: Sequence[bytes]
    pinned: tuple[int, int, int] | None = None


def network_map_view(
    key: str,
    scene: bytes,
    on_stages: Callable[[], None],
    on_target: Callable[[], None],
    on_heat: Callable[[], None],
    on_layer: Callable[[], None],
    on_pin: Callable[[], None],
) -> None:
    """Mount the view.

    `state[key]` tells `stages` = {open}, `target` = {class}, `heat` = {temperature}, `pin` = {at}, `layer`.
    """
    _render(
        key=key,
        data=scene,
        on_stages_change=on_stages,
        on_target_change=on_target,
        on_heat_change=on_heat,
        on_layer_change=on_layer,
        on_pin_change=on_pin,
    )


def packed(scene: MapScene) -> bytes:
    """A scene as the view takes it, from the page or from the address of a scene."""
    plain = (
        "network", "trained", "by", "per", "difference", "answer", "answer_sources", "listed", "labels", "target",
        "chosen_target", "temperature", "pictures", "scenes",
    )  # fmt: skip
    header: dict[str, Any] = {name: getattr(scene, name) for name in plain}
    header |= {
        "stages": [asdict(stage) for stage in scene.stages],
        "boxes": [asdict(box) for box in scene.boxes],
        "bar": asdict(scene.bar),
        "sides": len(scene.pictures),
    }
    arrays: dict[str, np.ndarray | bytes] = {
        "tiles": scene.tiles,
        "palette": scene.palette,
        "limits": scene.limits,
        "numbers": scene.numbers,
        "logits": scene.logits,
    }
    arrays |= {f"seen{place}": jpeg for place, jpeg in enumerate(scene.seen)}
    return pack(header, {"pinned": scene.pinned}, **arrays)


@dataclass(frozen=True, eq=False)
class FedChannel:
    """What feeds one channel: `strongest` are (column, channel, share); `others` counts the rest, with their sum."""

    channel: int
    total: float
    bias: float | None
    rest: float
    strongest: Sequence[tuple[int, int, float]]
    others: int
    others_sum: float


def packed_feeds(
    column: int, kind: str, fed: Sequence[FedChannel], shares: npt.NDArray[np.float32], tiles: dict[str, np.ndarray]
) -> bytes:
    """What feeds the channels of one column. `shares` (channels, tiles of the sources) of every tile that is drawn.

    `tiles` are those of strongest channels that are not drawn, by "column.channel".
    """
    header = {"column": column, "kind": kind, "fed": [asdict(one) for one in fed], "extra": list(tiles)}
    return pack(header, shares=shares, **{f"tile{place}": tile for place, tile in enumerate(tiles.values())})
