"""What does the webcam bring: a burst for a class, or the picture that is asked about now?"""

from __future__ import annotations

import secrets

import streamlit as st

from app.components.webcam_view.component import burst_of, frame_of, webcam_view
from app.ui.transfer_adding import add_files, say
from app.ui.transfer_asked import Asked
from app.ui.transfer_collect import class_name, read_into
from app.ui.transfer_data import TransferData
from app.ui.transfer_state import WEBCAM
from cnnviz.image import load_image

_FRAME = "_tl_frame"
_ANSWERED = "_tl_answered"
_CAME = "_tl_burst_came"


def webcam_part(data: TransferData) -> None:
    """The webcam below the answer; bursts go into the class that is set beside it."""
    into = read_into(data)
    webcam_view(
        WEBCAM, class_name(data, into) if into else "", st.session_state.get(_ANSWERED, 0),
        on_burst=lambda: _burst(data, into), on_frame=_frame,
    )  # fmt: skip


def webcam_picture() -> Asked | None:
    """What the webcam saw last, while it is asked about live. Raises ImageError where that is no picture."""
    content = st.session_state.get(_FRAME)
    return Asked(load_image(content), "The webcam now", None) if content else None


def burst_came() -> bool:
    """Whether a burst came since this was asked last: the classes have to be drawn anew."""
    return bool(st.session_state.pop(_CAME, False))


def _burst(data: TransferData, into: str | None) -> None:
    """All pictures of a burst belong together, so they have a name in common."""
    frames = burst_of(dict(st.session_state[WEBCAM].burst))
    st.session_state[_CAME] = True
    owner = data.owner
    if owner is None or into is None or not frames:
        return
    say([])
    group = secrets.token_hex(4)
    add_files(owner, into, [(f"webcam picture {number}", frame) for number, frame in enumerate(frames, 1)], group)


def _frame() -> None:
    number, content = frame_of(dict(st.session_state[WEBCAM].frame))
    st.session_state[_ANSWERED] = number
    st.session_state[_FRAME] = content
