"""Which class a picture is nearest to, and because of which pictures: checks and packs what the view draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.components import view
from app.components.blob import pack

_render = view("nearest_view")


@dataclass(frozen=True)
class ClassRow:
    """A class, the distance to the mean of its pictures, to the nearest of them, and how many there are."""

    name: str
    mean: float
    nearest: float
    pictures: int


@dataclass(frozen=True)
class Near:
    """A training picture: what to call it, its class, how far it is, and what it looks like, as JPEG."""

    title: str
    class_name: str
    distance: float
    picture: bytes


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything the view shows. Distances are between vectors of length 1, so from 0 to 2.

    `asked` names the picture asked about, `picture` is what the network sees of it, as JPEG. `answer` is None for none
    of these. `limit`: how far the nearest training picture may be. So many training pictures are `known` of `total`.
    `recorded` names what was not computed here and now; empty where all was. `back` names the picture
    in use, where another one is asked about.
    """

    asked: str
    picture: bytes
    network: str
    trained: bool
    answer: str | None
    rows: tuple[ClassRow, ...]
    limit: float
    nearest: tuple[Near, ...]
    known: int
    total: int
    recorded: str = ""
    back: str = ""


def nearest_view(key: str, scene: Scene, on_back: Callable[[], None]) -> None:
    """Mount the view. `on_back`: the learner wants to ask about the picture in use again."""
    plain = ("asked", "network", "trained", "answer", "limit", "known", "total", "recorded", "back")
    header: dict[str, Any] = {name: getattr(scene, name) for name in plain}
    header["rows"] = [
        {"name": row.name, "mean": row.mean, "nearest": row.nearest, "pictures": row.pictures} for row in scene.rows
    ]
    header["near"] = [
        {"title": near.title, "className": near.class_name, "distance": near.distance} for near in scene.nearest
    ]
    arrays = {f"near{number}": near.picture for number, near in enumerate(scene.nearest)}
    _render(key=key, data=pack(header, picture=scene.picture, **arrays), on_back_change=on_back)
