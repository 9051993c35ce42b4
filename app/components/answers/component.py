"""What the network saw and its most probable answers: checks and packs what the view draws."""

from __future__ import annotations

from dataclasses import dataclass

from app.components import view
from app.components.blob import pack

_render = view("answers")


@dataclass(frozen=True)
class Answers:
    """`rows` are (label, probability from 0 to 1), most probable first; `picture` is what the network saw, as JPEG."""

    network: str
    trained: bool
    rows: tuple[tuple[str, float], ...]
    picture: bytes
    side: int


def answers(key: str, shown: Answers) -> None:
    """Mount the table of answers."""
    header = {"network": shown.network, "trained": shown.trained, "rows": shown.rows, "side": shown.side}
    _render(key=key, data=pack(header, picture=shown.picture))
