"""How does a part of the page that was drawn to its end stay so, although another part is drawn next?

What a run draws is sent to the browser together, a moment later. When a part begins to run in that moment, such as one
that runs every half second, Streamlit takes for broken off what waits there, also the run of another part that came to
its end. The browser then leaves what that run replaced: a menu stands beside the one that took its place, until its
part is drawn the next time. Here whatever ended well is sent as it is; only what was broken off is dropped.
"""

from __future__ import annotations

from collections.abc import Sequence

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

_ENDED_WELL = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)

_clear = ForwardMsgQueue.clear


def finished_parts_stay_finished() -> None:
    """Have it so in this process; Streamlit itself has no setting for it (streamlit/streamlit issue 16708)."""
    ForwardMsgQueue.clear = _clear_what_was_broken_off  # type: ignore[assignment, method-assign]


def _clear_what_was_broken_off(
    queue: ForwardMsgQueue, retain_lifecycle_msgs: bool = False, fragment_ids_this_run: list[str] | None = None
) -> None:
    """At the start of a part's run: all up to the end of the last run that ended well stays."""
    a_part_begins = retain_lifecycle_msgs and fragment_ids_this_run is not None
    ended = _end_of_the_last(queue._queue) if a_part_begins else 0
    whole, queue._queue = queue._queue[:ended], queue._queue[ended:]
    _clear(queue, retain_lifecycle_msgs, fragment_ids_this_run)
    queue._queue = whole + queue._queue


def _end_of_the_last(messages: Sequence[ForwardMsg]) -> int:
    for number in range(len(messages), 0, -1):
        message = messages[number - 1]
        if message.WhichOneof("type") == "script_finished" and message.script_finished in _ENDED_WELL:
            return number
    return 0
