"""Where does a page's long work run? At one desk for all pages and learners, in a lane for each kind of work."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from app.ui.shelf import PICTURES
from cnnviz.compute import JobDesk, Lane, Progress, heavy_at_once, usable_cores

QUICK, SLOW, FILM, GALLERY, TEACH = "quick", "slow", "film", "gallery", "teach"
TEACH_GRACE = 120.0
"""Seconds that a run goes on unwatched: a browser lets a page in the background look once a minute only."""


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
