"""The row above the convolution view: what to look at, and which input. The layer's own settings are in the view."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from app.ui.convolution_presets import DEFAULT, LAYERS, PRESETS
from app.ui.convolution_state import INPUTS, Layer, format_layer, parse_layer, sides
from app.ui.link_notice import LinkNotice
from app.ui.linked import hold, linked, set_linked
from app.ui.plain import plain
from cnnviz.errors import SettingsError

VIEW = "convolution_view"
_LAYER, _SHOW, _INPUT, _SIDE = "conv_layer", "conv_show", "conv_input", "conv_side"
_TOLD = "_convolution_told"  # (revision, text): the last settings that the view told of
_NOTICE = LinkNotice("_convolution_notice", (_LAYER,), {_LAYER: DEFAULT})


def convolution_form() -> tuple[Layer, int | None]:
    """Draw the row; the layer, and the view's revision of it where the view itself set it last."""
    name, layer = _current()
    hold(_SHOW, name)
    hold(_INPUT, layer.input)
    hold(_SIDE, layer.side)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _menu("Show", list(PRESETS), _SHOW, lambda key: PRESETS[key].title, _chosen, 275)
        _menu("Input", list(INPUTS), _INPUT, INPUTS.__getitem__, _given, 170)
        _menu("Size", sides(layer.input), _SIDE, lambda n: f"{n} × {n}", _given, 125)
        st.button("Start again", on_click=_chosen, disabled=layer == LAYERS[name], key="conv_again")
    _NOTICE.show()
    st.markdown(PRESETS[name].look)
    revision, text = st.session_state.get(_TOLD, (None, None))
    return layer, revision if text == format_layer(name, layer, LAYERS) else None


def _menu(
    label: str, options: Sequence[Any], key: str, words: Callable[[Any], str], changed: Callable[[], None], width: int
) -> None:
    """A menu whose entries say what it is for: its label is spoken, not shown, which leaves the height to the view."""
    st.selectbox(
        label, options, key=key, format_func=words, on_change=changed, width=width, label_visibility="collapsed"
    )


def edited() -> None:
    """The learner changed a setting in the view: the link follows. What is no convolution is not taken over."""
    told = st.session_state[VIEW].settings
    name, layer = _current()
    try:
        text = format_layer(name, layer.with_view_settings(told), LAYERS)
    except SettingsError:
        return
    st.session_state[_TOLD] = (int(told.get("revision", 0)), text)
    set_linked(_LAYER, text)


def _current() -> tuple[str, Layer]:
    try:
        return parse_layer(linked(_LAYER, DEFAULT), LAYERS)
    except SettingsError as error:
        _NOTICE.replace(_LAYER, f"The link's settings were left out. {plain(str(error), 300)}")
        return DEFAULT, LAYERS[DEFAULT]


def _chosen() -> None:
    set_linked(_LAYER, st.session_state[_SHOW])


def _given() -> None:
    name, layer = _current()
    set_linked(_LAYER, format_layer(name, layer.on(st.session_state[_INPUT], st.session_state[_SIDE]), LAYERS))
