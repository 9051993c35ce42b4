"""A callback that has begun runs to its end, whatever comes in meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from streamlit.runtime.scriptrunner import RerunData, RerunException, StopException
from streamlit.runtime.state import SessionState
from streamlit.runtime.state.safe_session_state import SafeSessionState

from app.web.callbacks import callbacks_run_to_their_end


@pytest.fixture
def protected() -> Iterator[None]:
    before = SafeSessionState.on_script_will_rerun
    callbacks_run_to_their_end()
    yield
    SafeSessionState.on_script_will_rerun = before  # type: ignore[method-assign]


class Session(SessionState):
    """A session's state in which the browser's next request calls one callback."""

    def __init__(self, callback: Callable[[], None]) -> None:
        super().__init__()
        self.callback = callback

    def on_script_will_rerun(self, *args: object, **kwargs: object) -> None:
        self.callback()


def session(requests: list[BaseException], callback: Callable[[], None]) -> SafeSessionState:
    """Broken off by a request as soon as one is there, as a script's run does it."""

    def look() -> None:
        if requests:
            raise requests.pop(0)

    return SafeSessionState(Session(callback), look)


@pytest.mark.parametrize("request_", [RerunException(RerunData()), StopException()], ids=["rerun", "stop"])
def test_what_comes_in_meanwhile_waits_for_the_callback(protected: None, request_: BaseException) -> None:
    requests: list[BaseException] = []

    def pressed() -> None:
        state["first"] = 1
        requests.append(request_)  # the next gesture comes in just now
        state["second"] = 2

    state = session(requests, pressed)
    state.on_script_will_rerun(None)
    assert requests == [request_]
    with pytest.raises(type(request_)):
        _ = state["second"]
    assert (state["first"], state["second"]) == (1, 2)


def test_what_came_in_before_breaks_off_at_once(protected: None) -> None:
    called: list[int] = []
    state = session([StopException()], lambda: called.append(1))
    with pytest.raises(StopException):
        state.on_script_will_rerun(None)
    assert not called


def test_after_a_callback_that_fails_requests_are_heard_again(protected: None) -> None:
    requests: list[BaseException] = []

    def fails() -> None:
        raise ZeroDivisionError

    state = session(requests, fails)
    with pytest.raises(ZeroDivisionError):
        state.on_script_will_rerun(None)
    requests.append(StopException())
    with pytest.raises(StopException):
        state["anything"] = 1
