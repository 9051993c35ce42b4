"""How is one thing timed against another on a machine that others use too?"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One line of the table: seconds of ours and of its peer, their ratio, and the most it may be (None: no limit).

    `most` bounds ours itself, in seconds. `failures` counts what went wrong meanwhile; one is enough for the line not
    to hold. `unit` "MB" says that ours and peer are megabytes. `note` stands behind the line.
    """

    what: str
    against: str
    ours: float
    peer: float
    ratio: float
    limit: float | None
    most: float | None = None
    failures: int = 0
    unit: str = "ms"
    note: str = ""

    @property
    def holds(self) -> bool | None:
        """Whether the figure is what it has to be; None where nothing is asked of it."""
        if self.limit is None and self.most is None and not self.failures:
            return None
        within = self.limit is None or self.ratio <= self.limit
        return within and (self.most is None or self.ours <= self.most) and not self.failures


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


def in_turns(
    ours: Callable[[], float], peer: Callable[[], float], repeats: int, warm_up: int = 0
) -> tuple[float, float]:
    """Median of the seconds that both report of themselves, asked in turns after `warm_up` turns that do not count."""
    told = [(ours(), peer()) for _ in range(warm_up + repeats)][warm_up:]
    return statistics.median(pair[0] for pair in told), statistics.median(pair[1] for pair in told)
