"""Where does a page's long work run, and what is shown of it? One desk for all pages, a lane for each kind of work."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import streamlit as st

from app.ui.picture_picker import picker_is_open
from app.ui.plain import plain
from app.ui.shelf import PICTURES
from cnnviz.compute import Job, JobDesk, Lane, Progress, heavy_at_once, usable_cores

QUICK, SLOW, FILM, GALLERY, TEACH = "quick", "slow", "film", "gallery", "teach"
TEACH_GRACE = 120.0
"""Seconds that a run goes on unwatched: a browser lets a page in the background look once a minute only."""
LOOK = 0.5
"""Seconds between two looks at jobs that go on."""


def _slow_at_once() -> int:
    return min(4, heavy_at_once())  # each holds some hundred megabytes


JOBS = JobDesk(
    {
        QUICK: Lane(at_once=4),  # a second each, so that nobody waits for what is slow
        SLOW: Lane(_slow_at_once),
        FILM: Lane(at_once=max(1, usable_cores() - 1)),
        GALLERY: Lane(),
        TEACH: Lane(_slow_at_once, TEACH_GRACE),
    }
)
"""All jobs by key. The keys are tuples, an own picture's key among their parts: what was found goes with it."""

PICTURES.on_gone(lambda gone: JOBS.drop(lambda key: isinstance(key, tuple) and not gone.isdisjoint(key)))


def looks(job: Job[Any, Any]) -> str:
    """What is said of a job whose steps are pictures that a network looks at."""
    done, total = job.progress.done, job.progress.total
    return f"The network looks at picture {done} of {total}." if total else "Begins."


def show_jobs(
    watch: Callable[[], Sequence[Job[Any, Any]]],
    show: Callable[[list[Any]], None],
    name: str,
    words: Callable[[Job[Any, Any]], str] = looks,
) -> None:
    """Draw what jobs found so far, and below it how far they are or what they failed with, until all are over.

    Args:
        watch: asks for the jobs; it may ask for more of them as soon as some are done.
        show: is given what each found so far, None for nothing yet, as soon as the first one has something.
        name: what the keys of the widgets here begin with.
        words: what is said of a job that runs.
    """
    live = any(job.live for job in watch())

    @st.fragment(run_every=LOOK if live else None)
    def part() -> None:
        jobs = watch()
        goes_on = any(job.live for job in jobs)  # looked at before what was found, so that nothing is missed
        found = [job.latest for job in jobs]
        if found[0] is not None:
            show(found)
        _say_how_far(jobs, name, words)
        if goes_on != live and not picker_is_open():
            st.rerun()  # the page follows; and who tried again is shown how far it is

    part()


def _say_how_far(jobs: Sequence[Job[Any, Any]], name: str, words: Callable[[Job[Any, Any]], str]) -> None:
    """What each failed with, up to the first that goes on: how far that is."""
    for number, job in enumerate(jobs):
        if job.error is not None:
            st.error(plain(str(job.error), 600), icon=":material/error:")
            st.button("Try again", on_click=JOBS.forget, args=(job.key,), key=f"{name}_again_{number}")
        elif job.live:
            done, total = job.progress.done, job.progress.total
            said = f"{waits(job.key) or words(job)} {time_left(job.progress)}"
            st.progress(done / total if total else 0.0, said.strip())
            return


def waits(key: Hashable) -> str:
    """What is said of a job that waits for its turn: its place. Empty where it does not wait for others."""
    ahead = JOBS.ahead_of(key)
    if not ahead:
        return ""
    return "Waits: one other comes first." if ahead == 1 else f"Waits: {ahead} others come first."


def time_left(progress: Progress[Any]) -> str:
    """How long the work will still take by its pace so far, in words; empty while there is no pace, or little left."""
    seconds = progress.seconds_left
    if seconds is None or seconds < 2:
        return ""
    return f"about {seconds:.0f} s left" if seconds < 100 else f"about {seconds / 60:.0f} min left"
