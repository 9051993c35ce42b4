"""The patches of pictures that excite a channel most and least: checks and packs what the view draws."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from app.components import view
from app.components.blob import pack

_render = view("channel_patches")


@dataclass(frozen=True)
class Tile:
    """One patch: rows `top` to `bottom` − 1, columns `left` to `right` − 1 of the picture with this name.

    `value` is the unit's at (`row`, `column`) of the map, `mean` that of the whole map.
    """

    picture: str
    top: int
    left: int
    bottom: int
    right: int
    row: int
    column: int
    value: float
    mean: float


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything the view shows. `pictures` are JPEG files of `side` × `side` pixels by name, as the network sees them.

    `channel` names it, as in "channel 9 of conv_stem". So many pictures are `looked_through` of `total`.
    `yours` is the learner's picture, with the greatest value of its map and its place by it, counted from 1; None as
    long as it was not looked through. `best` is the picture whose whole map has the greatest mean, with that mean; None
    where the mean is not what is looked for. `made` is the same number of the picture that was made for it, None as
    long as there is none.
    """

    channel: str
    trained: bool
    side: int
    most: tuple[Tile, ...]
    least: tuple[Tile, ...]
    pictures: dict[str, bytes]
    looked_through: int
    total: int
    yours: tuple[str, float, int] | None = None
    best: tuple[str, float] | None = None
    made: float | None = None


def channel_patches(key: str, scene: Scene) -> None:
    """Mount the view."""
    names = list(scene.pictures)
    header: dict[str, Any] = {
        "channel": scene.channel,
        "trained": scene.trained,
        "side": scene.side,
        "rows": [
            [{**asdict(tile), "number": names.index(tile.picture)} for tile in tiles]
            for tiles in (scene.most, scene.least)
        ],
        "looked_through": scene.looked_through,
        "total": scene.total,
        "yours": scene.yours,
        "best": scene.best,
        "made": scene.made,
    }
    arrays = {f"picture{number}": scene.pictures[name] for number, name in enumerate(names)}
    _render(key=key, data=pack(header, **arrays))
