"""What the network saw and its most probable answers: checks and packs what the view draws."""

from __future__ import annotations

from dataclasses import dataclass

from app.components import view
from app.components.blob import pack

_render = view("answers")


@dataclass(frozen=True)
class Answers:
    """`rows` are (label, probability from 0 to 1), most probable first, of so many `classes`.

    `picture` is what the network saw, as JPEG.
    """

    network: str
    trained: bool
    rows: tuple[tuple[str, float], ...]
    classes: int
    picture: bytes
    side: int


def answers(key: str, shown: Answers) -> None:
    """Mount the table of answers."""
    plain = ("network", "trained", "rows", "classes", "side")
    header = {name: getattr(shown, name) for name in plain}
    _render(key=key, data=pack(header, picture=shown.picture))
