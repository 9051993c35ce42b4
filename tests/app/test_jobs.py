"""What pages say of long work: its place in the queue, and how long it still takes."""

from __future__ import annotations

import threading

import pytest

from app.ui import jobs
from app.ui.jobs import time_left, waits
from cnnviz.compute import JobDesk, Lane, Progress


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
