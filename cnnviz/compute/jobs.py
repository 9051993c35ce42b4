"""How does long work run beside the pages: started once, watched by several, stopped when nobody watches any more?

Work is an iterator: what it yields is how far it is, and the last thing it yields is its result. Between two of them it
looks whether anybody still watches. So a wish to stop is met within one step, and no work goes on unseen.
"""

from __future__ import annotations

import atexit
import itertools
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from typing import Generic, Literal, TypeVar

from cnnviz.errors import CnnvizError

T = TypeVar("T")

State = Literal["waiting", "running", "done", "stopped", "failed"]

UNWATCHED = 20.0
"""Seconds after which a watcher who does not look any more counts as gone."""
CLOSING = 10.0
"""Seconds that the program's end waits for running steps to end, all of them together."""
KEPT = 48
"""Results that are kept, the longest unused let go first."""


class Job(Generic[T]):
    """One piece of long work. Read it anywhere; only its desk changes it.

    Attributes:
        state: "stopped" means that nobody watched any more; `latest` is then as far as it got.
        latest: what the work yielded last; None before the first.
        error: what it failed with.
        watchers: when each of those who watch looked last, by the desk's clock.
        number: its place in the order in which jobs were asked for.
    """

    def __init__(self) -> None:
        self.state: State = "waiting"
        self.latest: T | None = None
        self.error: CnnvizError | None = None
        self.watchers: dict[str, float] = {}
        self.number = 0

    @property
    def live(self) -> bool:
        """Whether it waits or runs: whether there is more to come."""
        return self.state in ("waiting", "running")


class JobDesk(Generic[T]):
    """Jobs by key, ``at_once`` of them running; further ones wait for their turn. Safe to call from any thread."""

    def __init__(
        self,
        at_once: int = 1,
        unwatched: float = UNWATCHED,
        kept: int = KEPT,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._jobs: OrderedDict[Hashable, Job[T]] = OrderedDict()
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(at_once)
        self._unwatched = unwatched
        self._kept = kept
        self._clock = clock
        self._threads: set[threading.Thread] = set()
        self._closed = False
        atexit.register(self.close)

    def watch(self, key: Hashable, watcher: str, work: Callable[[], Iterator[T]]) -> Job[T]:
        """The job of this key, begun if there is none or if it was stopped; ``watcher`` counts as there from now on.

        Returns at once. A job that failed is not begun again, see :meth:`forget`.
        """
        with self._lock:
            job = self._jobs.get(key)
            begin = job is None or job.state == "stopped"
            if job is None or begin:
                job = self._jobs[key] = Job()
                job.number = next(self._numbers)
            job.watchers[watcher] = self._clock()
            self._jobs.move_to_end(key)
            self._bound()
        if begin:
            thread = threading.Thread(target=self._run, args=(job, work), name="cnnviz-job", daemon=True)
            with self._lock:
                self._threads.add(thread)
            thread.start()
        return job

    def find(self, key: Hashable) -> Job[T] | None:
        """The job of this key, if there is one; looking does not count as watching."""
        with self._lock:
            return self._jobs.get(key)

    def leave(self, key: Hashable, watcher: str) -> None:
        """``watcher`` does not want this any more; if nobody else watches, it stops before its next step."""
        with self._lock:
            job = self._jobs.get(key)
            if job is not None:
                job.watchers.pop(watcher, None)

    def ahead_of(self, key: Hashable) -> int:
        """How many other jobs run or wait that were asked for before this one."""
        with self._lock:
            job = self._jobs.get(key)
            if job is None:
                return 0
            return sum(other.live and other.number < job.number for other in self._jobs.values())

    def forget(self, key: Hashable) -> None:
        """Let go of a job that is over, so that the next who asks begins it anew."""
        with self._lock:
            job = self._jobs.get(key)
            if job is not None and not job.live:
                del self._jobs[key]

    def close(self) -> None:
        """Stop everything before its next step, and wait for that: the program's end must cut off no computation."""
        with self._lock:
            self._closed = True
            threads = tuple(self._threads)
        end = time.monotonic() + CLOSING
        for thread in threads:
            thread.join(timeout=max(0.0, end - time.monotonic()))

    def _run(self, job: Job[T], work: Callable[[], Iterator[T]]) -> None:
        try:
            self._work(job, work)
        finally:
            with self._lock:
                self._threads.discard(threading.current_thread())

    def _work(self, job: Job[T], work: Callable[[], Iterator[T]]) -> None:
        state: State = "done"
        while not self._places.acquire(timeout=0.5):
            if not self._wanted(job):
                job.state = "stopped"
                return
        try:
            job.state = "running"
            for job.latest in work():
                if not self._wanted(job):
                    state = "stopped"
                    break
        except CnnvizError as error:
            job.error, state = error, "failed"
        except Exception as error:  # the thread must end with an answer: whoever watches reads it
            job.error, state = CnnvizError(f"The work could not be done: {error}"), "failed"
        finally:
            self._places.release()
            job.state = state

    def _wanted(self, job: Job[T]) -> bool:
        since = self._clock() - self._unwatched
        with self._lock:
            return not self._closed and any(seen >= since for seen in job.watchers.values())

    def _bound(self) -> None:
        over = [key for key, job in self._jobs.items() if not job.live]
        for key in over[: max(0, len(over) - self._kept)]:
            del self._jobs[key]
