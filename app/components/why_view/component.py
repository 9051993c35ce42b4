"""Heat maps side by side over the picture: checks and packs what the view draws; looks and pointing are its own.

Maps that are still being made arrive without the page: the view asks the address `scenes` for them by their ids.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from app.components import view
from app.components.blob import pack
from app.components.colour_bar import colour_bar
from cnnviz.image import Theme, palette

_render = view("why_view")

REACH = 4.0
"""Of the shared scale: a pixel with this many times an equal share of its map, or more, has the last colour."""


@dataclass(frozen=True, eq=False)
class Tile:
    """One map (H, W), or why there is none yet.

    `facts` stand below it, `help` on pointing at its title. `job` names the work that makes it. `signed`: whether
    values can be below 0. `message` says why there is no map; `left` how long it will still take; `quiet`: another tile
    of the same job says how far it is. `rank` is its correlation with another map. `curves` (3, n) are shares of
    pixels, and the answer's probability with those deleted, or inserted.
    """

    id: str
    job: str
    title: str
    help: str
    signed: bool
    status: Literal["done", "running", "failed", "stopped"]
    values: npt.NDArray[np.float32] | None = None
    facts: str = ""
    message: str = ""
    done: int = 0
    total: int = 0
    left: str = ""
    quiet: bool = False
    rank: float | None = None
    curves: npt.NDArray[np.float32] | None = None


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything the view shows.

    `picture` is a JPEG of the `side` × `side` pixels that the network saw; deleted pixels are taken from `base`, and
    inserted ones are put into `start`. `answer` and `others` are said of the picture. `looks` are (name, title).
    `columns` 0: as many as fit.
    """

    title: str
    trained: bool
    question: str
    answer: str
    others: str
    picture: bytes
    side: int
    tiles: Sequence[Tile]
    own: bool
    looks: Mapping[str, str]
    look: str
    opacity: int
    share: int
    theme: Theme
    scenes: str
    columns: int = 0
    base: bytes = b""
    start: bytes = b""


def why_view(
    key: str, scene: Scene, on_look: Callable[[], None], on_stop: Callable[[], None], on_done: Callable[[], None]
) -> None:
    """Mount the view.

    `on_look`: `state[key].look` = {look, opacity, share}. `on_stop`: `state[key].stop` = {job, stop}, false to start it
    again. `on_done`: maps that were on their way have come.
    """
    plain = (
        "title", "trained", "question", "answer", "others", "side", "own", "look", "opacity", "share", "scenes",
        "columns",
    )  # fmt: skip
    header: dict[str, Any] = {name: getattr(scene, name) for name in plain}
    header["looks"] = list(scene.looks.items())
    header["reach"] = REACH
    header["bars"] = {
        "signed": asdict(colour_bar("signed", -REACH, REACH, scene.theme)),
        "magnitude": asdict(colour_bar("magnitude", 0, REACH, scene.theme)),
    }
    header["tiles"], arrays = _tiles(scene.tiles)
    arrays |= {"picture": scene.picture, "base": scene.base, "start": scene.start}
    arrays |= {"signed": palette("signed", scene.theme), "magnitude": palette("magnitude", scene.theme)}
    _render(
        key=key, data=pack(header, **arrays), on_look_change=on_look, on_stop_change=on_stop, on_done_change=on_done
    )


def packed_tiles(tiles: Sequence[Tile]) -> bytes:
    """Some tiles as the view takes them from the address `scenes`."""
    header, arrays = _tiles(tiles)
    return pack({"tiles": header}, **arrays)


def _tiles(tiles: Sequence[Tile]) -> tuple[list[dict[str, Any]], dict[str, np.ndarray | bytes]]:
    headers: list[dict[str, Any]] = []
    arrays: dict[str, np.ndarray | bytes] = {}
    for number, tile in enumerate(tiles):
        plain = {name: value for name, value in vars(tile).items() if name not in ("values", "curves")}
        for name in ("values", "curves"):
            value = getattr(tile, name)
            plain[name] = None
            if value is not None:
                plain[name] = f"{name}_{number}"
                arrays[plain[name]] = value
        headers.append(plain)
    return headers, arrays
