"""How does a setting live in the link? One text a key: in the address, kept over page changes, obeying the back button.

Widgets bind themselves to the address (``bind="query-params"``); this is for state that no single widget holds.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

ECHO = 5.0
"""Seconds after which the browser knows what address a run has set."""
_DIGITS = 6  # of a number in a link
_SWITCHED = "_page_switched"
_PAGE = "_page"


def note_page(page: str) -> None:
    """Called once a run, before the page: tells a page change from the back button within a page."""
    st.session_state[_SWITCHED] = st.session_state.get(_PAGE) != page
    st.session_state[_PAGE] = page


def page_switched() -> bool:
    """Whether this run is the first on its page."""
    return bool(st.session_state.get(_SWITCHED))


def linked(key: str, default: str) -> str:
    """The text of `key`: what the address says when it is new there, else what this session last set."""
    named, seen = st.query_params.get(key), st.session_state.get(_seen(key))
    if named != seen and not _is_echo(key, named):
        if named is not None:
            st.session_state[key] = named
        elif not page_switched():
            st.session_state[key] = default
    value = st.session_state.setdefault(key, default)
    _write(key, None if value == default else value)
    return value


def linked_choice(key: str, options: Sequence[str]) -> str:
    """The text of `key`, one of `options`: the first by default, and for a link that names another."""
    value = linked(key, options[0])
    if value not in options:
        set_linked(key, options[0])
    return value if value in options else options[0]


def set_linked(key: str, value: str) -> None:
    """Set the text of `key`; the address follows when the page reads it."""
    st.session_state[key] = value
    st.session_state[_seen(key)] = st.query_params.get(key)


def forget(key: str) -> None:
    """Take what cannot be out of the state and out of the address."""
    set_linked(key, "")
    linked(key, "")


def is_count(text: str) -> bool:
    """Whether a text is a whole number from 0 on; Python refuses to read one of thousands of digits."""
    return len(text) <= _DIGITS and text.isascii() and text.isdigit()


def hold(key: str, value: object) -> None:
    """Make the widget `key`, drawn next, show `value`; one that the browser has is left alone, as a slider in motion.

    A run that follows at once drops what the browser has not been sent yet: the widget would stand at its first option,
    and the next click would write that back. So the value is said by every run whose request did not bring it along.
    """
    if key not in st.session_state or st.session_state[key] != value or not _browser_has(key):
        st.session_state[key] = value


def segments(key: str, label: str, options: Mapping[str, str] | Sequence[str], value: str, **more: Any) -> None:
    """Buttons side by side, one of which shows `value`; the one pressed goes into the linked text `key`.

    `options`, with the words on each button unless they are their own. `more` goes to Streamlit's segmented control and
    comes before what stands here.
    """
    hold(widget_key(key), value)
    words = options.__getitem__ if isinstance(options, Mapping) else str
    known = list(options)
    settings: dict[str, Any] = {"format_func": words, "required": True, "width": "stretch"}
    st.segmented_control(label, known, **settings | follows(key, known) | more)


def follows(key: str, options: Sequence[str] | None = None) -> dict[str, Any]:
    """Arguments that make a widget write its value into the linked text `key`; `hold(widget_key(key), …)` before it.

    `options` of a list or of buttons: the browser names an entry by its words, and those of a list that stood here
    before, or none at all, say nothing.
    """
    return {"key": widget_key(key), "on_change": _follow, "args": (key, options)}


def widget_key(key: str) -> str:
    """The key of the widget that writes the linked text `key`."""
    return f"{key}_widget"


def _follow(key: str, options: Sequence[str] | None) -> None:
    value = st.session_state[widget_key(key)]
    if options is None or value in options:
        set_linked(key, str(value))


def _browser_has(key: str) -> bool:
    """Whether the request that this run answers brought a value of the widget `key`.

    Streamlit keeps what a request brought apart from older values, but has no public question for it.
    """
    context = get_script_run_ctx()
    if context is None:
        return False
    state = context.session_state._state
    return state.get_widget_id_from_key(key) in state._new_widget_state.states


def _write(key: str, value: str | None) -> None:
    before = st.query_params.get(key)
    if before != value:
        st.session_state[_left(key)] = {**st.session_state.get(_left(key), {}), before: time.monotonic()}
    if value is None:
        st.query_params.pop(key, None)
    elif before != value:
        st.query_params[key] = value
    st.session_state[_seen(key)] = value


def _is_echo(key: str, named: str | None) -> bool:
    """Whether the address is one that this session left a moment ago, and not by the back button.

    A run that begins before the browser has heard of the new address still brings the old one.
    """
    context = get_script_run_ctx()
    if context is None or context.is_history_navigation:
        return False
    left: Mapping[str | None, float] = st.session_state.get(_left(key), {})
    return named in left and time.monotonic() - left[named] < ECHO


def _left(key: str) -> str:
    return f"_{key}_left"


def _seen(key: str) -> str:
    return f"_{key}_in_link"
