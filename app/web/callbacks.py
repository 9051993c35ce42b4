"""How does a gesture that has begun come to its end, although the next one is there already?

Streamlit breaks off a run at any look at the session's state once another gesture has come in. That is right for what
is drawn, which the next run draws anew. It also breaks off callbacks, in the middle, and does not call them again: of a
double click that adds a class, the class was added, and that pictures go into it was not. Here a callback that has
begun runs to its end; the request waits for the few milliseconds.
"""

from __future__ import annotations

from typing import Any

from streamlit.runtime.state.safe_session_state import SafeSessionState

_apply = SafeSessionState.on_script_will_rerun


def callbacks_run_to_their_end() -> None:
    """Have it so in this process; Streamlit itself has no setting for it (streamlit/streamlit issue 10578)."""
    SafeSessionState.on_script_will_rerun = _undisturbed  # type: ignore[assignment, method-assign]


def _undisturbed(state: SafeSessionState, *args: Any, **kwargs: Any) -> None:
    """Take the gestures' values over and call their callbacks, between two chances to be broken off."""
    look_for_requests = state._yield_callback
    look_for_requests()
    # By way of `object`: assigning to a session's state makes an entry in it.
    object.__setattr__(state, "_yield_callback", lambda: None)
    try:
        _apply(state, *args, **kwargs)
    finally:
        object.__setattr__(state, "_yield_callback", look_for_requests)
