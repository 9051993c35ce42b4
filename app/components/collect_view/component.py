"""The classes with their pictures: checks and packs what the view draws. The view asks for thumbnails itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from app.components import view
from app.components.blob import pack

_render = view("collect_view")


@dataclass(frozen=True)
class Tile:
    """One picture: the name under which its thumbnail is asked for, what to call it, and what is odd about it."""

    id: str
    title: str
    mark: str = ""


@dataclass(frozen=True)
class Row:
    """One class: its id, its name, how many pictures it has, and those that can be looked at here."""

    id: str
    name: str
    count: int
    tiles: tuple[Tile, ...]


@dataclass(frozen=True)
class Room:
    """How many more pictures fit, of how many in all, and how many megabytes may be uploaded in one go."""

    room: int
    most: int
    megabytes: int


@dataclass(frozen=True)
class Scene:
    """Everything the view shows.

    `source` names the set that the ids are of, `address` gives thumbnails for ids after it, `editable` classes are the
    learner's, `asked` is the id of the picture that is asked about, if it is one of these, `room` bounds uploads.
    """

    source: str
    rows: tuple[Row, ...]
    address: str
    editable: bool
    title: str
    asked: str = ""
    room: Room | None = None


def collect_view(key: str, scene: Scene, on_edit: Callable[[], None], on_ask: Callable[[], None]) -> None:
    """Mount the view. `on_ask`: `st.session_state[key].ask` is {id}. `on_edit`: `.edit` is {what, ids, to, name}.

    `what` is "move" (ids to the class `to`), "remove" (ids), "rename" (the class `to` gets `name`) or "remove class".
    """
    header: dict[str, Any] = {
        "rows": [
            {
                "id": row.id,
                "name": row.name,
                "count": row.count,
                "tiles": [{"id": tile.id, "title": tile.title, "mark": tile.mark} for tile in row.tiles],
            }
            for row in scene.rows
        ],
        "source": scene.source,
        "address": scene.address,
        "editable": scene.editable,
        "title": scene.title,
        "asked": scene.asked,
        "limits": None if scene.room is None else asdict(scene.room),
    }
    _render(key=key, data=pack(header), on_edit_change=on_edit, on_ask_change=on_ask)


def packed_thumbnails(pictures: list[tuple[str, bytes]]) -> bytes:
    """What the view gets when it asks: JPEG files by id."""
    return pack({"ids": [name for name, _ in pictures]}, **{f"t{n}": jpeg for n, (_, jpeg) in enumerate(pictures)})
