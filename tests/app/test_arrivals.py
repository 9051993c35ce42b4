"""Each gesture arrives once, and what is drawn for it whole, although parts of the page run by themselves."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.app_session import AppSession, AppSessionState
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.scriptrunner import RerunData
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequests, ScriptRequestType

from app.web import arrivals
from app.web.arrivals import all_arrives_once

WELL, EARLY = ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY, ForwardMsg.FINISHED_EARLY_FOR_RERUN
WHOLE_WELL = ForwardMsg.FINISHED_SUCCESSFULLY


@pytest.fixture(autouse=True)
def protected(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is put in place here is gone after the test."""
    for owner, name in (
        (ForwardMsgQueue, "clear"),
        (AppSession, "_create_scriptrunner"),
        (AppSession, "request_rerun"),
    ):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    all_arrives_once()


def drawn(part: str, text: str) -> ForwardMsg:
    message = ForwardMsg()
    message.metadata.delta_path[:] = [0, ["body", "clock"].index(part)]
    message.delta.fragment_id = part
    message.delta.new_element.markdown.body = text
    return message


def finished(part: str, status: ForwardMsg.ScriptFinishedStatus.ValueType) -> ForwardMsg:
    message = ForwardMsg(script_finished=status)
    message.metadata.run.fragment_ids[:] = [part] if part else []
    return message


def queue_of(*messages: ForwardMsg) -> ForwardMsgQueue:
    queue = ForwardMsgQueue()
    for message in messages:
        queue.enqueue(message)
    return queue


def sent(queue: ForwardMsgQueue) -> list[str | int]:
    return [
        one.delta.new_element.markdown.body if one.HasField("delta") else one.script_finished for one in queue.flush()
    ]


def test_what_ended_well_is_sent_with_all_its_parts_when_another_part_begins() -> None:
    queue = queue_of(drawn("body", "menu"), drawn("clock", "tick"), finished("body", WELL))
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=["clock"])
    assert sent(queue) == ["menu", "tick", WELL]


def test_what_was_broken_off_after_it_is_dropped() -> None:
    queue = queue_of(drawn("body", "menu"), finished("body", WELL), drawn("clock", "half"), finished("clock", EARLY))
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=["clock"])
    assert sent(queue) == ["menu", WELL, EARLY]


def test_what_the_same_part_drew_before_is_overtaken() -> None:
    queue = queue_of(drawn("clock", "tick"), finished("clock", WELL), drawn("body", "menu"), finished("body", WELL))
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=["body"])
    assert sent(queue) == ["tick", WELL, EARLY]


def test_the_whole_page_drops_all_that_waits_and_begins_anew() -> None:
    queue = queue_of(drawn("body", "menu"), finished("body", WELL), finished("", WHOLE_WELL))
    queue.clear(retain_lifecycle_msgs=True)
    assert sent(queue) == [EARLY, EARLY]
    queue = queue_of(drawn("body", "menu"), finished("body", WELL))
    queue.clear()
    assert sent(queue) == []


class Session:
    """As much of a session as a request for a run needs; a thread that has ended is heard out after a while."""

    def __init__(self) -> None:
        self._event_loop = asyncio.get_running_loop()
        self._state = AppSessionState.APP_IS_RUNNING
        self._scriptrunner: ScriptRequests | None = None
        self.begun: list[str] = []

    def ended(self, heard_after: float) -> None:
        assert self._scriptrunner is not None
        while self._scriptrunner.on_scriptrunner_ready().type is not ScriptRequestType.STOP:
            pass
        self._event_loop.call_later(heard_after, setattr, self, "_scriptrunner", None)

    def ask(self, query: str) -> None:
        """As `AppSession.request_rerun` does it for a part of the page."""
        asked = RerunData(query_string=query, fragment_id="part")
        if self._scriptrunner is None or not self._scriptrunner.request_rerun(asked):
            AppSession._create_scriptrunner(self, asked)  # type: ignore[arg-type]


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> None:
    def create(session: Any, asked: RerunData) -> None:
        session.begun.append(asked.query_string)
        session._scriptrunner = ScriptRequests()
        session._scriptrunner.request_rerun(asked)

    monkeypatch.setattr(arrivals, "_create", create)


def test_a_thread_begins_once_the_former_one_was_heard_out(threads: None) -> None:
    async def gestures() -> Session:
        session = Session()
        session.ask("first")
        assert session.begun == ["first"]
        session.ended(heard_after=0.05)
        session.ask("second")
        session.ask("third")
        assert session.begun == ["first"]
        for _ in range(100):
            await asyncio.sleep(0.01)
            if len(session.begun) > 1:
                break
        return session

    session = asyncio.run(gestures())
    assert session.begun == ["first", "second"]
    assert session._scriptrunner is not None
    waiting = session._scriptrunner.on_scriptrunner_ready().rerun_data
    assert waiting.query_string == "third"  # both were asked for, the later one last
    assert session._scriptrunner.on_scriptrunner_ready().type is ScriptRequestType.STOP


def test_a_session_that_closes_begins_nothing_more(threads: None) -> None:
    async def gestures() -> Session:
        session = Session()
        session.ask("first")
        session.ended(heard_after=0.02)
        session.ask("second")
        session._state = AppSessionState.SHUTDOWN_REQUESTED
        await asyncio.sleep(0.1)
        return session

    assert asyncio.run(gestures()).begun == ["first"]


@pytest.mark.parametrize("by_itself", [True, False])
def test_a_clock_brings_no_gesture_along(monkeypatch: pytest.MonkeyPatch, by_itself: bool) -> None:
    asked: list[ClientState | None] = []
    monkeypatch.setattr(arrivals, "_request", lambda session, state: asked.append(state))
    state = ClientState(is_auto_rerun=by_itself, fragment_id="part")
    state.widget_states.widgets.add(id="slider", int_value=3)
    state.widget_states.widgets.add(id="view", json_trigger_value='[{"event": "burst", "value": {}}]')
    state.widget_states.widgets.add(id="box", bool_value=True)
    AppSession.request_rerun(None, state)  # type: ignore[arg-type]
    AppSession.request_rerun(None, None)  # type: ignore[arg-type]
    assert asked[1] is None and asked[0] is not None
    found = [one.id for one in asked[0].widget_states.widgets]
    assert found == (["slider", "box"] if by_itself else ["slider", "view", "box"])
