"""Which picture is in use? One for all pages: a sample (named in the link) or an own one (never there)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import streamlit as st
from PIL import Image
from streamlit import config

from app.ui.plain import plain
from app.ui.shelf import LIFETIME, PICTURES
from app.ui.visitor import visitor
from cnnviz.errors import ImageError
from cnnviz.image import SAMPLES, fit, load_sample

DEFAULT = "chelsea"
_KEY = "picture"
_SEEN = "_picture_in_link"
_NOTICE = "_picture_notice"
_CHANGED = "_whole_page_changed"


@dataclass(frozen=True)
class ChosenPicture:
    """The picture that every page works on. `key` is a sample's name or an own picture's unguessable key."""

    key: str
    title: str
    picture: Image.Image
    own: bool

    def fitted(self, side: int) -> Image.Image:
        """At most `side` pixels on the longer side."""
        return fit(self.picture, side)

    def address(self, side: int) -> str:
        """Where the browser gets the exact pixels of `fitted(side)`."""
        base = config.get_option("server.baseUrlPath").strip("/")
        return f"{'/' + base if base else ''}/pictures/{side}/{self.key}.png"


def chosen_picture() -> ChosenPicture:
    """The picture in use; keeps the link's ``picture`` in step with it."""
    _follow_link()
    st.session_state.pop(_CHANGED, None)
    PICTURES.seen(visitor())
    key = st.session_state.get(_KEY) or PICTURES.current(visitor()) or DEFAULT
    picture = picture_of(visitor(), key)
    if picture is None:
        notice(
            f"Your picture is no longer here: it was deleted, made room for newer ones, or you were away for more than "
            f"{LIFETIME // 3600} hours. Here is a sample instead."
        )
        picture = sample_picture(DEFAULT)
    st.session_state[_KEY] = picture.key
    _write_link(None if picture.own else picture.key)
    return picture


def picture_of(who: str, key: str) -> ChosenPicture | None:
    """The sample or own picture of a key; None where the visitor `who` has none of this key, or no longer."""
    if key in SAMPLES:
        return sample_picture(key)
    own = PICTURES.get(who, key)
    return None if own is None else ChosenPicture(key, own.name, own.picture, own=True)


def picture_is_gone(chosen: ChosenPicture) -> bool:
    """Whether this own picture went while the page stood: deleted in another tab, say. The visitor counts as here."""
    PICTURES.seen(visitor())
    return chosen.own and PICTURES.get(visitor(), chosen.key) is None


@lru_cache
def sample_picture(name: str) -> ChosenPicture:
    """A sample, decoded once for everybody."""
    return ChosenPicture(name, SAMPLES[name].title, load_sample(name), own=False)


def choose(key: str) -> None:
    """Use the sample or own picture `key` from now on, on every page."""
    st.session_state[_KEY] = key
    ask_whole_page()
    st.session_state.pop(_NOTICE, None)
    PICTURES.choose(visitor(), None if key in SAMPLES else key)
    _write_link(key if key in SAMPLES else None)


def ask_whole_page() -> None:
    """Something changed that stands outside the part of the page that runs next."""
    st.session_state[_CHANGED] = True


def whole_page_asked() -> bool:
    """Whether that was so; asks once."""
    return bool(st.session_state.pop(_CHANGED, False))


def add_picture(content: bytes, name: str) -> bool:
    """Take a picture of the visitor; if it is refused, say why and go on with the picture there was."""
    try:
        choose(PICTURES.add(visitor(), content, name))
    except ImageError as error:
        notice(f"{plain(name)}: {plain(str(error), 300)}")
        return False
    return True


def forget_pictures() -> None:
    """Delete all of the visitor's pictures and go back to the first sample."""
    PICTURES.clear(visitor())
    choose(DEFAULT)


def notice(sentence: str) -> None:
    """Say something about a picture (Markdown) under the page's title until the next picture is chosen."""
    st.session_state[_NOTICE] = sentence


def current_notice() -> str | None:
    return st.session_state.get(_NOTICE)


def _follow_link() -> None:
    """A link (or the back button) that names another sample than the last time wins."""
    named = st.query_params.get(_KEY)
    if named is None or named == st.session_state.get(_SEEN):
        return
    st.session_state[_SEEN] = named
    if named in SAMPLES:
        choose(named)
    else:
        notice(f"There is no sample picture named “{plain(named, 40)}”. All there are stand behind the picture button.")


def _write_link(sample: str | None) -> None:
    if sample is None or (sample == DEFAULT and _KEY not in st.query_params):
        st.query_params.pop(_KEY, None)
    elif st.query_params.get(_KEY) != sample:
        st.query_params[_KEY] = sample
    st.session_state[_SEEN] = st.query_params.get(_KEY)
