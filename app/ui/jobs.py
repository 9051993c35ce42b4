"""Where does a page's long work run? At one desk for all pages and learners, in a lane for each kind of work."""

from __future__ import annotations

from app.ui.shelf import PICTURES
from cnnviz.compute import JobDesk, Lane, usable_cores

QUICK, SLOW, FILM, GALLERY = "quick", "slow", "film", "gallery"

JOBS = JobDesk(
    {
        QUICK: Lane(at_once=4),  # a second each, so that nobody waits for what is slow
        SLOW: Lane(at_once=2),
        FILM: Lane(at_once=max(1, usable_cores() - 1)),
        GALLERY: Lane(),
    }
)
"""All jobs by key. The keys are tuples, an own picture's key among their parts: what was found goes with it."""

PICTURES.on_gone(lambda gone: JOBS.drop(lambda key: isinstance(key, tuple) and not gone.isdisjoint(key)))
