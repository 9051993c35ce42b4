"""How should the process be set up in which torch serves many learners? Settings that count before Python starts."""

from __future__ import annotations

import os
import sys

# What the user has set wins. Other systems than Linux with GNU's libraries ignore them.
SETTINGS = {
    # Between two operations torch's threads spin for a moment and then sleep. By default they spin so long that they
    # take the cores from the threads of other learners.
    "GOMP_SPINCOUNT": "10000",
    # Memory of one pass is kept for the next instead of going back and being fetched again page by page. One arena for
    # all threads, so that what one learner's pass gave back serves the next one's.
    "MALLOC_TRIM_THRESHOLD_": "268435456",
    "MALLOC_MMAP_THRESHOLD_": "33554432",
    "MALLOC_ARENA_MAX": "1",
}


def environment() -> dict[str, str]:
    """This process's environment with the settings added."""
    return {**SETTINGS, **os.environ}


def restart_with_settings() -> None:
    """Start this program anew with the settings, unless it has them: they are read before the first line runs."""
    if not SETTINGS.keys() <= os.environ.keys():
        os.execve(sys.executable, sys.orig_argv, environment())
