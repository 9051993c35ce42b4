"""When a visitor's picture goes, does every copy go: what was made from it, what was uploaded, what a page holds?"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from app.ui import feature_maps_passes as passes
from app.ui import feature_maps_switch as switching
from app.ui import ledger_passes as ledgers
from app.ui.byte_cache import ByteCache
from app.ui.feature_maps_layers import strip_of
from app.ui.feature_maps_passes import layer_output, seen_by
from app.ui.feature_maps_state import Switched
from app.ui.picture import ChosenPicture
from app.ui.shelf import LIFETIME, PICTURES, PictureStore
from app.web import lifespan
from cnnviz.image import SAMPLES, load_sample
from cnnviz.network import Network, load_network

NETWORK = ("efficientnet_lite0", "auto")
CACHES = (
    passes._PASSES,
    passes._OUTPUTS,
    passes._SEEN,
    ledgers._RECORDED,
    switching._ABLATIONS,
)


@pytest.fixture(scope="module")
def network() -> Network:
    return load_network(*NETWORK)


@pytest.fixture
def visitor() -> Iterator[str]:
    """Somebody with a shelf of their own in the store of the app."""
    yield "a visitor of this test"
    PICTURES.clear("a visitor of this test")


def jpeg() -> bytes:
    """A photograph with its metadata, as a phone takes it."""
    exif = Image.Exif()
    exif[0x010F] = "maker of the phone"
    buffer = BytesIO()
    Image.fromarray(np.full((40, 60, 3), 90, dtype=np.uint8)).save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


def own_picture(visitor: str) -> ChosenPicture:
    own = PICTURES.get(visitor, PICTURES.add(visitor, jpeg(), "mine.jpg"))
    assert own is not None
    return ChosenPicture(own.key, own.name, own.picture, own=True)


def look_at(network: Network, chosen: ChosenPicture) -> None:
    strip = strip_of(network)
    layer_output(network, NETWORK, chosen, strip, strip.default)
    seen_by(network, NETWORK, chosen)
    ledgers.recorded_pass(network, NETWORK, chosen)
    head = strip.find("conv_head")
    switching.ablation_of(network, NETWORK, chosen, head, Switched((1,)))


def sizes() -> list[int]:
    return [cache.nbytes for cache in CACHES]


def test_deleting_the_pictures_deletes_what_was_made_from_them(network: Network, visitor: str) -> None:
    look_at(network, ChosenPicture("coffee", SAMPLES["coffee"].title, load_sample("coffee"), own=False))
    before = sizes()
    look_at(network, own_picture(visitor))
    assert all(now > then for now, then in zip(sizes(), before, strict=True))
    PICTURES.clear(visitor)
    assert sizes() == before


def test_what_is_made_from_a_picture_after_it_went_is_not_kept(network: Network, visitor: str) -> None:
    chosen = own_picture(visitor)
    PICTURES.clear(visitor)
    before = sizes()
    look_at(network, chosen)
    assert sizes() == before


def test_what_is_being_made_while_its_picture_goes_is_not_kept() -> None:
    store, cache = PictureStore(), ByteCache[str](100)
    store.drop_from(cache)
    key = store.add("ann", jpeg(), "mine.jpg")
    begun, may_end = threading.Event(), threading.Event()

    def make() -> tuple[str, int]:
        begun.set()
        may_end.wait(60)
        return "made", 10

    thread = threading.Thread(target=cache.get, args=(("network", key), make))
    thread.start()
    begun.wait(60)
    store.clear("ann")
    may_end.set()
    thread.join(60)
    assert cache.nbytes == 0
    assert cache.get(("network", key), lambda: ("made anew", 10)) == "made anew"
    assert cache.nbytes == 10


def test_a_cache_lets_go_of_one_pictures_values_and_of_no_others() -> None:
    store, cache = PictureStore(), ByteCache[str](100)
    store.drop_from(cache)
    mine, theirs = store.add("ann", jpeg(), "a.jpg"), store.add("ben", jpeg(), "b.jpg")
    for key in ((True, mine, "coffee"), (True, theirs, "coffee"), (True, "coffee"), "no tuple"):
        cache.get(key, lambda: ("value", 1))
    store.clear("ann")
    assert cache.nbytes == 3
    assert not cache.worth((True, mine, "coffee"), 98)
    assert cache.worth((True, theirs, "coffee"), 98)


def _picking(source: str) -> None:
    import streamlit as st
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    from app.ui import picture_picker
    from app.ui.picture import chosen_picture, current_notice

    chosen = chosen_picture()
    getattr(picture_picker, source)()
    context = get_script_run_ctx()
    held = [file for files in context.uploaded_file_mgr.file_storage.values() for file in files.values()]
    st.text(f"{chosen.own} {chosen.picture.size} {len(held)}")
    if current_notice():
        st.warning(current_notice())


@pytest.mark.parametrize("source", ["_upload", "_webcam"])
def test_an_uploaded_original_is_let_go_as_soon_as_it_is_read(source: str) -> None:
    app = AppTest.from_function(_picking, args=(source,), default_timeout=120).run()
    assert app.text[0].value.startswith("False")
    field = app.file_uploader[0] if source == "_upload" else app.camera_input[0]
    field.set_value(("mine.jpg", jpeg(), "image/jpeg"))
    app.run()
    assert not app.exception
    assert app.text[0].value == "True (60, 40) 0"


def test_a_refused_upload_is_let_go_too() -> None:
    app = AppTest.from_function(_picking, args=("_upload",), default_timeout=120).run()
    app.file_uploader[0].set_value(("*my* :red[words].jpg", b"no picture", "image/jpeg"))
    app.run()
    assert app.text[0].value.startswith("False")
    assert app.text[0].value.endswith(" 0")
    assert app.warning[0].value.startswith(r"\*my\* :")
    assert ":red" not in app.warning[0].value


def _watching() -> None:
    import streamlit as st

    from app.ui.picture import chosen_picture, current_notice, picture_is_gone
    from app.ui.shelf import PICTURES
    from app.ui.visitor import visitor

    chosen = chosen_picture()
    before = picture_is_gone(chosen)
    if st.session_state.get("elsewhere"):
        PICTURES.clear(visitor())
    st.text(f"{chosen.own} {before} {picture_is_gone(chosen)}")
    st.text(current_notice() or "")


def test_a_page_notices_that_its_picture_went_and_says_so_truthfully(monkeypatch: pytest.MonkeyPatch) -> None:
    app = AppTest.from_function(_watching, default_timeout=120)
    app.session_state["_visitor"] = "a visitor with two tabs"
    key = PICTURES.add("a visitor with two tabs", jpeg(), "mine.jpg")
    app.run()
    assert app.text[0].value == "True False False"
    app.session_state["elsewhere"] = True
    app.run()
    assert app.text[0].value == "True False True"
    assert not PICTURES.holds(key)
    app.run()
    assert app.text[0].value == "False False False"
    assert "no longer here" in app.text[1].value
    assert "expired" not in app.text[1].value


def test_the_server_lets_go_of_expired_pictures_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    store = PictureStore(lambda: now[0])
    key = store.add("ann", jpeg(), "mine.jpg")
    gone = threading.Event()
    store.on_gone(lambda keys: gone.set() if keys == {key} else None)
    monkeypatch.setattr(lifespan, "PICTURES", store)
    monkeypatch.setattr(lifespan, "LOOK_FOR_EXPIRED", 0.01)
    monkeypatch.setattr(lifespan, "prepare_first_page", lambda: None)

    async def life() -> set[str]:
        async with lifespan.lifespan(None):
            await asyncio.sleep(0.05)
            assert not gone.is_set()
            now[0] = LIFETIME + 1.0
            assert await asyncio.to_thread(gone.wait, 60)
        return {task.get_name() for task in asyncio.all_tasks()}

    assert "expire-pictures" not in asyncio.run(life())


def _listing(content: bytes) -> None:
    from app.ui.picture import add_picture
    from app.ui.picture_picker import _own_pictures

    add_picture(content, "mine.jpg")
    _own_pictures()


def test_own_thumbnails_are_not_among_the_files_that_streamlit_serves() -> None:
    app = AppTest.from_function(_listing, args=(jpeg(),), default_timeout=120).run()
    assert not app.exception
    urls = [url for images in app.image for url in images.value]
    assert len(urls) == 1
    assert urls[0].startswith("data:image/jpeg;base64,")
