"""Which stack is on the page Build a network? One text in the link: the input's shape, then the layers.

The view keeps the list while it is edited and reports the whole of it, so that reports may overtake one another and
none is lost. What the page sets by itself (a preset, a pasted text) reaches the view as a new stack.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from app.ui.frame import foot_follows
from app.ui.linked import forget, linked, set_linked
from app.ui.picture import ask_whole_page
from app.ui.plain import plain
from cnnviz.errors import SettingsError
from cnnviz.network.builder_presets import PRESETS
from cnnviz.network.specs import LayerSpec
from cnnviz.network.specs_text import parse_specs, spell_specs

PAGE = "build_a_network"
STACK = "bn_stack"
VIEW = "bn_view"
SIDES = (28, 32, 48, 64, 96, 128, 160, 224)
CHANNELS = (1, 3)
MOST_SIDE = 256
_SERIAL = "_bn_serial"
_NOTICE = "_bn_notice"
_REFUSED = "_bn_refused"
_SHAPE = re.compile(r"([13])x([1-9]\d{0,2})x([1-9]\d{0,2})")

InputShape = tuple[int, int, int]


def spell(specs: Sequence[LayerSpec], input_shape: InputShape) -> str:
    """A stack as the link has it: 1x32x32 c_n6_k5 f."""
    return " ".join(["x".join(map(str, input_shape)), spell_specs(specs)]).strip()


def parse(text: str) -> tuple[tuple[LayerSpec, ...], InputShape]:
    """The layers and the input's shape that a link's text means; SettingsError where it means none."""
    first, _, rest = text.partition(" ")
    found = _SHAPE.fullmatch(first)
    if found is None or max(int(found[2]), int(found[3])) > MOST_SIDE:
        raise SettingsError(
            f"A stack begins with its input, channels (1 or 3) × height × width up to {MOST_SIDE}, such as 3x32x32."
        )
    return parse_specs(rest), (int(found[1]), int(found[2]), int(found[3]))


DEFAULT = spell(PRESETS["lenet5"].specs, PRESETS["lenet5"].input_shape)


def read_stack() -> tuple[tuple[LayerSpec, ...], InputShape]:
    """The stack in hand; one that a link cannot mean gives way to the default, and the page says so."""
    try:
        return parse(linked(STACK, DEFAULT))
    except SettingsError as error:
        forget(STACK)
        set_linked(STACK, DEFAULT)
        notice(f"The link's stack cannot be read: {error} Here is LeNet-5.")
        return parse(linked(STACK, DEFAULT))


def take(specs: Sequence[LayerSpec], input_shape: InputShape) -> None:
    """Put another stack in place of the one in hand. What the view reports from before that comes too late."""
    st.session_state[_SERIAL] = serial() + 1
    _put(spell(specs, input_shape))


def edited() -> None:
    """The learner edited the list in the view."""
    told: Mapping[str, Any] | None = st.session_state[VIEW].stack
    if told is None or int(told["serial"]) <= serial():
        return
    st.session_state[_SERIAL] = int(told["serial"])
    before = read_stack()[1]
    try:
        specs, input_shape = parse(str(told["text"]))
    except SettingsError as error:
        notice(str(error))
        return
    _put(spell(specs, input_shape))
    if input_shape != before:  # an edit that was taken back: the form beside the list shows another input
        ask_whole_page()


def serial() -> int:
    """The number of the view's last report that is in the stack; the page's own changes count, too."""
    return int(st.session_state.get(_SERIAL, 0))


def _put(text: str) -> None:
    set_linked(STACK, text)
    for said in (_NOTICE, _REFUSED):
        st.session_state.pop(said, None)
    foot_follows(PAGE)


def notice(sentence: str) -> None:
    """Say something on the stack until it changes."""
    st.session_state[_NOTICE] = plain(sentence, 600)


def refuse(sentence: str) -> None:
    """Say beside the field why a text was not taken, until the stack changes or another text is read."""
    st.session_state[_REFUSED] = plain(sentence, 600)


def show_notice() -> None:
    """Say what is to be said of the stack."""
    _show(_NOTICE)


def show_refusal() -> None:
    """Say why the last text was not taken."""
    _show(_REFUSED)


def _show(key: str) -> None:
    if said := st.session_state.get(key):
        st.warning(said, icon=":material/info:")
