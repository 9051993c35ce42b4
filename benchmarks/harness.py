"""How is one thing timed against another on a machine that others use too?"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One line of the table: seconds of ours and of its peer, their ratio, and the most it may be (None: no limit)."""

    what: str
    against: str
    ours: float
    peer: float
    ratio: float
    limit: float | None


def measure(
    ours: Callable[[], object],
    peer: Callable[[], object],
    repeats: int = 15,
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[float, float]:
    """Median seconds of both, run in turns, so that a change in the machine's load meets both alike."""
    ours(), peer()
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(repeats):
        for call, taken in zip((ours, peer), times, strict=True):
            start = clock()
            result = call()
            taken.append(clock() - start)
            del result
    return statistics.median(times[0]), statistics.median(times[1])
