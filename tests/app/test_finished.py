"""A part of the page that was drawn to its end stays so, although another part is drawn next."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

from app.web.finished import finished_parts_stay_finished

WELL, EARLY = ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY, ForwardMsg.FINISHED_EARLY_FOR_RERUN
WHOLE_WELL = ForwardMsg.FINISHED_SUCCESSFULLY


@pytest.fixture(autouse=True)
def protected() -> Iterator[None]:
    before = ForwardMsgQueue.clear
    finished_parts_stay_finished()
    yield
    ForwardMsgQueue.clear = before  # type: ignore[method-assign]


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


def test_the_whole_page_drops_all_that_waits_and_begins_anew() -> None:
    queue = queue_of(drawn("body", "menu"), finished("body", WELL), finished("", WHOLE_WELL))
    queue.clear(retain_lifecycle_msgs=True)
    assert sent(queue) == [EARLY, EARLY]
    queue = queue_of(drawn("body", "menu"), finished("body", WELL))
    queue.clear()
    assert sent(queue) == []
