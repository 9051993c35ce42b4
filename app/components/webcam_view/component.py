"""The webcam: bursts into a class, single pictures to ask about. Packs what the view needs, checks what comes."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any

from app.components import view
from app.components.blob import pack

FRAMES = 10
"""Pictures of a burst."""
_MOST_TEXT = 2_000_000  # characters of one picture; the view sends some 40,000

_render = view("webcam_view")


def webcam_view(key: str, into: str, answered: int, on_burst: Callable[[], None], on_frame: Callable[[], None]) -> None:
    """Mount the view. `into` names the class that a burst goes into; empty where there is none.

    `on_burst`: `st.session_state[key].burst` is {frames, number}. `on_frame`: `.frame` is {frame, number}, where the
    frame is empty when no more come; the next is sent once `answered` is its number.
    """
    header = {"into": into, "answered": answered, "frames": FRAMES}
    _render(key=key, data=pack(header), on_burst_change=on_burst, on_frame_change=on_frame)


def burst_of(sent: Mapping[str, Any]) -> list[bytes]:
    """The pictures of a burst; what is none is left out."""
    frames = sent.get("frames")
    found = [_picture(text) for text in frames[:FRAMES]] if isinstance(frames, list) else []
    return [content for content in found if content]


def frame_of(sent: Mapping[str, Any]) -> tuple[int, bytes]:
    """The number of a picture to ask about, and the picture; empty where no more come."""
    number = sent.get("number")
    return (number if isinstance(number, int) else 0), _picture(sent.get("frame"))


def _picture(text: object) -> bytes:
    if not isinstance(text, str) or len(text) > _MOST_TEXT:
        return b""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
