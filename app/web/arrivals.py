"""How does each gesture arrive once, and what is drawn for it whole, although parts of the page run by themselves?

What a run draws waits on its way to the browser twice, for some milliseconds. A run of a part of the page that begins
just then, such as of one that runs every half second, made Streamlit drop it at both places, and nobody drew it again:
a click that nothing came of, or a menu that stood beside the one that took its place.

- From the script's thread to the server's: a gesture that comes when the thread has just ended starts a new one, and
  all that the former one still had under way is ignored (`AppSession.request_rerun` says so). Here the new one waits
  until the last word of the former is heard.
- From the server to the browser: the end of a run that waits there is rewritten to "broken off" when another part's
  run begins, so that the browser leaves what it replaced (`forward_msg_queue._update_script_finished_message`). Here
  whatever another part drew to its end is sent as it is.

A view's gesture waits in the browser, too. The clock of a part that runs by itself took it along, and it arrived twice:
a burst of ten pictures was twenty. Here a clock brings no gestures.

Streamlit has no setting for any of this; an open issue of the family is streamlit/streamlit 16708.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from weakref import WeakKeyDictionary

from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.app_session import AppSession, AppSessionState
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.scriptrunner import RerunData

LOOK = 0.002
"""Seconds between two looks at whether a thread that has ended was heard out."""
_ENDED_WELL = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)

_clear = ForwardMsgQueue.clear
_request = AppSession.request_rerun
_create = AppSession._create_scriptrunner
_waiting: WeakKeyDictionary[AppSession, deque[RerunData]] = WeakKeyDictionary()


def all_arrives_once() -> None:
    """Have it so in this process."""
    AppSession.request_rerun = _request_of_its_own  # type: ignore[assignment, method-assign]
    ForwardMsgQueue.clear = _clear_what_was_broken_off  # type: ignore[assignment, method-assign]
    AppSession._create_scriptrunner = _create_in_turn  # type: ignore[assignment, method-assign]


def _request_of_its_own(session: AppSession, client_state: ClientState | None) -> None:
    """Take a request without what a clock took along; the gesture's own request comes next."""
    if client_state is not None and client_state.is_auto_rerun:
        widgets = client_state.widget_states.widgets
        without = [one for one in widgets if one.WhichOneof("value") != "json_trigger_value"]
        if len(without) < len(widgets):
            del widgets[:]
            widgets.extend(without)
    _request(session, client_state)


def _create_in_turn(session: AppSession, asked: RerunData) -> None:
    """Start a thread for this request, after those that wait already; on the server's thread, as everything here."""
    _waiting.setdefault(session, deque()).append(asked)
    _go_on(session)


def _go_on(session: AppSession) -> None:
    waiting = _waiting.get(session, deque())
    while waiting and session._state != AppSessionState.SHUTDOWN_REQUESTED:
        if session._scriptrunner is None:
            _create(session, waiting.popleft())
        elif session._scriptrunner.request_rerun(waiting[0]):
            waiting.popleft()
        else:  # its thread has ended, or is about to: its last word is under way
            session._event_loop.call_later(LOOK, _go_on, session)
            return


def _clear_what_was_broken_off(
    queue: ForwardMsgQueue, retain_lifecycle_msgs: bool = False, fragment_ids_this_run: list[str] | None = None
) -> None:
    """At the start of a part's run: all up to the end of the last run of other parts that ended well stays."""
    beginning = (retain_lifecycle_msgs and fragment_ids_this_run) or []
    ended = _end_of_others(queue._queue, beginning) if beginning else 0
    whole, queue._queue = queue._queue[:ended], queue._queue[ended:]
    _clear(queue, retain_lifecycle_msgs, fragment_ids_this_run)
    queue._queue = whole + queue._queue


def _end_of_others(messages: Sequence[ForwardMsg], beginning: Sequence[str]) -> int:
    for number in range(len(messages), 0, -1):
        message = messages[number - 1]
        ended_well = message.WhichOneof("type") == "script_finished" and message.script_finished in _ENDED_WELL
        if ended_well and not set(beginning) & set(message.metadata.run.fragment_ids):
            return number
    return 0
