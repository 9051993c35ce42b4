"""What is to be said of one's own pictures? At once of few; many are looked at by a job, so that the page answers."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.ui.jobs import JOBS, QUICK, time_left, waits
from app.ui.picture_picker import picker_is_open
from app.ui.transfer_data import TransferData
from app.ui.visitor import visitor
from cnnviz.compute import Task
from cnnviz.learn import Notice, notices
from cnnviz.learn.duplicates import looking, not_looked_at

AT_ONCE = 64
"""Pictures that the page itself looks at: a quarter of a second."""
LOOK = 0.5
_BETWEEN = 16  # pictures between two looks at whether to go on


def known_notices(data: TransferData) -> tuple[Notice, ...]:
    """All that is to be said of own pictures; nothing yet while there are many that were not looked at."""
    if not data.own or not data.dataset.examples or not_looked_at(data.dataset) > AT_ONCE:
        return ()
    return notices(data.dataset)


def looking_part(data: TransferData) -> None:
    """Have those pictures looked at, say how far that is, and have the page drawn anew once it is done."""
    if not data.own or not_looked_at(data.dataset) <= AT_ONCE:
        return

    def work(task: Task[Any]) -> None:
        for number in looking(data.dataset):
            if number % _BETWEEN == 0:
                task.tell(number, len(data.dataset.examples))

    key = ("transfer copies", data.key)

    @st.fragment(run_every=LOOK)
    def part() -> None:
        job = JOBS.watch(key, visitor(), work, QUICK)
        if job.error is not None:
            return
        if not job.live and not picker_is_open():
            JOBS.forget(key)
            st.rerun()
        done, total = job.progress.done, job.progress.total
        left = time_left(job.progress)
        words = waits(job.key) or f"Copies among your pictures are looked for{', ' if left else ''}{left}."
        st.progress(done / total if total else 0.0, words)

    part()
