"""Work that goes on step by step as a test lets it, and a desk whose clock the test sets."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from cnnviz.compute import Job, JobDesk, Lane, Task

LONG = 60  # seconds; what does not happen by then does not happen


class Clock:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class Steps:
    """Work that goes one step further each time it is let, and can be waited for after each."""

    def __init__(self, count: int = 1) -> None:
        self.count = count
        self.begun = threading.Semaphore(0)
        self.times_begun = 0
        self.made = 0
        self._let = threading.Semaphore(0)

    def __call__(self, task: Task[int]) -> int:
        self.times_begun += 1
        self.begun.release()
        for number in range(self.count):
            assert self._let.acquire(timeout=LONG)
            self.made = number + 1
            task.tell(number + 1, self.count, number)
        return self.count

    def let(self, steps: int = 1) -> None:
        self._let.release(steps)

    def has_begun(self) -> bool:
        return self.begun.acquire(timeout=LONG)


class Watched(JobDesk):
    """A desk whose time stands still, and on which a test waits until something is so."""

    def __init__(self, lanes: dict[str, Lane] | None = None, clock: Clock | None = None, **bounds: int) -> None:
        super().__init__(lanes, clock=clock or Clock(), **bounds)

    def until(self, so: Callable[[], bool]) -> None:
        end = time.monotonic() + LONG
        while not so():
            assert time.monotonic() < end, "what was waited for did not happen"
            time.sleep(0.002)


def made(job: Job[int, Any], number: int) -> None:
    """Wait until the work has told this."""
    told = threading.Event()
    while job.progress.so_far != number:
        assert job.live, "it ended before"
        told.wait(0.002)


def over(job: Job[Any, Any]) -> str:
    """How it ended."""
    assert job.wait(LONG)
    return job.state
