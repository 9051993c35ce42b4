"""What pages say of long work: how far it is, what it found, its place in the queue, and how long it still takes."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.ui import jobs
from app.ui.jobs import JOBS, time_left, waits
from cnnviz.compute import Job, JobDesk, Lane, Progress
from cnnviz.errors import CnnvizError

GATES = {step: threading.Event() for step in ("told", "go on", "failed once")}


def test_who_waits_is_told_how_many_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    desk, begun, gate = JobDesk({"slow": Lane(grace=1000)}), threading.Event(), threading.Event()
    monkeypatch.setattr(jobs, "JOBS", desk)
    made = [desk.watch("a", "anna", lambda task: begun.set() or gate.wait(60), "slow")]
    assert begun.wait(60)
    made += [desk.watch(name, name, lambda task: None, "slow") for name in "bc"]
    assert waits("a") == waits("unknown") == ""
    assert waits("b") == "Waits: one other comes first."
    assert waits("c") == "Waits: 2 others come first."
    gate.set()
    assert all(job.wait(60) for job in made)
    assert waits("c") == ""


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, ""), (0.0, ""), (1.9, ""), (12.4, "about 12 s left"), (99.0, "about 99 s left"), (150, "about 2 min left")],
)
def test_the_time_left_is_said_in_words(seconds: float | None, words: str) -> None:
    assert time_left(Progress(1, 2, None, seconds)) == words


def part() -> None:
    """Two jobs: one fails once, then tells what it found half-way; the other is asked for when that one is done."""
    import streamlit as st

    from app.ui.jobs import JOBS, QUICK, show_jobs
    from tests.app.test_jobs import second, work

    def watch() -> list:
        first = JOBS.watch(("test of jobs", 1), "anna", work, QUICK)
        return [first, *([JOBS.watch(("test of jobs", 2), "anna", second, QUICK)] if first.result else [])]

    show_jobs(watch, lambda found: st.markdown(f"found {found}"), "test")


def work(task: Any) -> str:
    """What the first job does."""
    if not GATES["failed once"].is_set():
        GATES["failed once"].set()
        raise CnnvizError("It went wrong.")
    task.tell(1, 4, "half")
    GATES["told"].set()
    assert GATES["go on"].wait(60)
    return "whole"


def second(task: Any) -> str:
    """What the second does."""
    return "more"


def test_jobs_are_shown_from_their_failure_to_what_they_found() -> None:
    def bars(app: AppTest) -> list[tuple[int, str]]:
        return [(one.proto.value, one.proto.text) for one in app.get("progress")]

    def job(number: int) -> Job[str, str]:
        found = JOBS.find(("test of jobs", number))
        assert found is not None
        return found

    try:
        app = AppTest.from_function(part, default_timeout=60).run()
        assert job(1).wait(60)
        app.run()
        assert [one.value for one in app.error] == ["It went wrong."] and not app.markdown and not bars(app)
        app.button(key="test_again_0").click().run()
        assert GATES["told"].wait(60)
        app.run()
        assert not app.error and [one.value for one in app.markdown] == ["found ['half']"]
        assert bars(app) == [(25, "The network looks at picture 1 of 4.")]
        GATES["go on"].set()
        assert job(1).wait(60)
        app.run()
        assert job(2).wait(60)
        app.run()
        assert [one.value for one in app.markdown] == ["found ['whole', 'more']"] and not bars(app)
    finally:
        GATES["go on"].set()
        JOBS.drop(lambda key: isinstance(key, tuple) and key[0] == "test of jobs")
