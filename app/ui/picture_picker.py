"""How does a learner choose the picture? A button on every page opens it: samples, upload, paste, webcam."""

from __future__ import annotations

from base64 import b64encode
from functools import lru_cache
from urllib.parse import urlsplit

import streamlit as st
from PIL import Image

from app.components.page_events.component import page_events
from app.ui.lesson import TO_PLACE, TO_TOP
from app.ui.linked import page_switched
from app.ui.picture import (
    ChosenPicture,
    add_picture,
    choose,
    current_notice,
    forget_pictures,
    notice,
)
from app.ui.plain import plain
from app.ui.shelf import LIFETIME, PICTURES
from app.ui.uploads import taken
from app.ui.visitor import visitor
from cnnviz import compute
from cnnviz.image import MAX_BYTES, SAMPLES, encode_jpeg, fit, load_sample

_EVENTS = "page_events"
_OPEN = "_picker_open"
_THUMBNAIL = 200  # pixels
_SOURCES = {
    "Samples": ":material/photo_library:",
    "Upload or paste": ":material/upload:",
    "Webcam": ":material/photo_camera:",
}


def picture_button(chosen: ChosenPicture) -> None:
    """The button that names the picture in use; a picker that is open stays so when the page renews itself below it."""
    if page_switched():
        _note_closed()
    pressed = st.button(
        plain(chosen.title),
        icon=":material/image:",
        help="Choose another picture",
        key="choose_picture",
        width="stretch",
        on_click=_note_open,  # told before the run, which another one may overtake before it comes here
    )
    if pressed:
        _note_open()  # again: that the last one was closed may have been told after it
    if picker_is_open():
        _dialog()  # Streamlit closes a dialog that a run of the page does not ask for again


def open_picker() -> None:
    """Open the picker over the page; called after `picture_button`."""
    if not picker_is_open():
        _note_open()
        _dialog()


def picker_is_open() -> bool:
    """Whether the learner is choosing a picture now: a page that renews itself waits for it."""
    return bool(st.session_state.get(_OPEN))


def picture_events() -> None:
    """Listen for pictures dropped on the page or pasted into it; shown once a page."""
    page_events(
        key=_EVENTS,
        warm=compute.under_way() is not None,
        to_top=st.session_state.get(TO_TOP, 0),
        to_place=st.session_state.get(TO_PLACE, ""),
        max_bytes=MAX_BYTES,
        on_drawn=_warm_up,
        on_arrived=_arrived,
        on_refused=_refused,
        on_turned=_turned,
    )


def picture_notice() -> None:
    """What was wrong with the last picture, if anything."""
    if sentence := current_notice():
        st.warning(sentence, icon=":material/info:")


def _warm_up() -> None:
    compute.warm_up()


def _arrived() -> None:
    key = st.session_state[_EVENTS].arrived
    if PICTURES.get(visitor(), key) is not None:
        _note_closed()
        choose(key)


def _refused() -> None:
    _note_closed()
    notice(plain(str(st.session_state[_EVENTS].refused), 400))


def _turned() -> None:
    """Nothing to be noted: the run that follows knows which theme is in use."""


def _note_open() -> None:
    st.session_state[_OPEN] = True


def _note_closed() -> None:
    st.session_state[_OPEN] = False


def _close() -> None:
    """Go back to the page, which runs anew."""
    _note_closed()
    st.rerun()


def _take(key: str) -> None:
    choose(key)
    _note_closed()


def _delete_all() -> None:
    forget_pictures()
    _note_closed()


@st.dialog("Choose a picture", width="large", on_dismiss=_note_closed)
def _dialog() -> None:
    if not picker_is_open():  # a picture was chosen
        _close()
    source = st.segmented_control(
        "Where from",
        _SOURCES,
        default="Samples",
        required=True,
        label_visibility="collapsed",
        format_func=lambda name: f"{_SOURCES[name]} {name}",
        key="picture_source",
    )
    if source == "Samples":
        _samples()
    elif source == "Upload or paste":
        _upload()
    else:
        _webcam()
    _own_pictures()


def _samples() -> None:
    _grid([(name, sample.title, _sample_thumbnail(name)) for name, sample in SAMPLES.items()])


def _upload() -> None:
    turn = st.session_state.setdefault("_upload_turn", 0)
    upload = st.file_uploader(
        "A picture from this device, 25 MB at most",
        key=f"upload_{turn}",
        help="JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF or HEIC",
    )
    st.caption("Or close this and drop a picture anywhere on the page, or paste one with Ctrl+V (⌘V).")
    if upload is not None:
        st.session_state["_upload_turn"] = turn + 1  # the next turn's field is empty
        add_picture(taken(upload), upload.name)
        _close()


def _webcam() -> None:
    if not _secure_context():
        st.info(
            "A browser gives the webcam only to pages over HTTPS or on this machine itself. "
            "Upload a picture instead, or ask whoever runs the app to start it with "
            "`make app CERT=certificate.pem KEY=key.pem`.",
            icon=":material/lock:",
        )
        return
    turn = st.session_state.setdefault("_camera_turn", 0)
    shot = st.camera_input("Take a picture", key=f"camera_{turn}")
    if shot is not None:
        st.session_state["_camera_turn"] = turn + 1
        add_picture(taken(shot), "webcam picture")
        _close()


def _secure_context() -> bool:
    """Whether the browser treats this page's address as secure (W3C Secure Contexts: HTTPS or loopback)."""
    address = urlsplit(st.context.url or "http://localhost")
    host = address.hostname or ""
    return (
        address.scheme == "https"
        or host in {"localhost", "::1"}
        or host.startswith("127.")
        or host.endswith(".localhost")
    )


def _own_pictures() -> None:
    own = PICTURES.all(visitor())
    st.caption(
        f"Your pictures go to the computer that runs this app and nowhere else. They stay in its memory, without their "
        f"metadata, until {LIFETIME // 3600} hours after your last visit, and are never part of a link."
    )
    if not own:
        return
    _grid([(one.key, one.name, _inline(_thumbnail(one.picture))) for one in own])
    st.button("Delete all my pictures", icon=":material/delete:", on_click=_delete_all)


def _inline(jpeg: bytes) -> str:
    """As an address that carries the pixels: of own pictures nothing goes among the files that Streamlit serves."""
    return f"data:image/jpeg;base64,{b64encode(jpeg).decode()}"


def _grid(entries: list[tuple[str, str, bytes | str]], columns: int = 4) -> None:
    for start in range(0, len(entries), columns):
        for column, (key, title, thumbnail) in zip(st.columns(columns), entries[start : start + columns], strict=False):
            with column:
                st.image(thumbnail, width="stretch")
                st.button(plain(title), key=f"use_{key}", width="stretch", on_click=_take, args=(key,))


@lru_cache
def _sample_thumbnail(name: str) -> bytes:
    return _thumbnail(load_sample(name))


def _thumbnail(picture: Image.Image) -> bytes:
    return encode_jpeg(fit(picture, _THUMBNAIL))
