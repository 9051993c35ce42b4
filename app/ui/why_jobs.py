"""How does long work run beside the page? Once for all who ask the same, and never longer than wanted.

A job runs in a thread of its own, which never draws on a page. It goes on as long as somebody looks at it: who stops
it leaves it to the others, and when nobody has looked for a while, it ends. What it found stays until newer results
need the room or its picture is deleted.
"""

from __future__ import annotations

import atexit
import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

from app.ui.shelf import PICTURES
from cnnviz.errors import Cancelled, CnnvizError

Progress = Callable[[int, int, Any], None]
Work = Callable[[Progress, Callable[[], bool]], tuple[Any, int]]
"""Does the job: gets whom to tell (done, total, so_far) and whom to ask whether to stop; returns result and bytes."""

UNSEEN = 20.0  # seconds; who comes back to a tab that rested longer has its maps begun anew
MOST_BYTES = 128_000_000
SLOW_AT_ONCE = 2
QUICK_AT_ONCE = 4
CLOSING = 10.0  # seconds; a step of a job takes less


def job_name(key: tuple[Hashable, ...]) -> str:
    """A job's name for the browser, which tells nothing of the picture it is about."""
    return hashlib.blake2b(repr(key).encode(), digest_size=8).hexdigest()


@dataclass(eq=False)
class Job:
    """One piece of work. Read it from any thread; `error` is a sentence where it failed."""

    key: tuple[Hashable, ...]
    done: int = 0
    total: int = 0
    so_far: Any = None
    result: Any = None
    nbytes: int = 0
    error: str = ""
    started: threading.Event = field(default_factory=threading.Event)
    finished: threading.Event = field(default_factory=threading.Event)
    dropped: threading.Event = field(default_factory=threading.Event)
    watchers: dict[str, float] = field(default_factory=dict)


class JobDesk:
    """All jobs by key, within bounds. The keys are tuples, an own picture's key among their parts."""

    def __init__(self, most_bytes: int = MOST_BYTES, clock: Callable[[], float] = time.monotonic) -> None:
        self._jobs: OrderedDict[tuple[Hashable, ...], Job] = OrderedDict()
        self._lock = threading.Lock()
        self._most_bytes = most_bytes
        self._clock = clock
        self._places = {
            True: threading.BoundedSemaphore(SLOW_AT_ONCE),
            False: threading.BoundedSemaphore(QUICK_AT_ONCE),
        }

    def ask(self, key: tuple[Hashable, ...], watcher: str, work: Work, slow: bool) -> Job:
        """The job of that key, started where there is none; `watcher` counts as looking at it from now on."""
        with self._lock:
            job = self._jobs.get(key)
            new = job is None or job.dropped.is_set()
            if job is None or new:
                job = self._jobs[key] = Job(key)
            self._jobs.move_to_end(key)
            job.watchers[watcher] = self._clock()
        if new:
            name = f"cnnviz-why-{'slow' if slow else 'quick'}"
            threading.Thread(target=self._run, args=(job, work, self._places[slow]), name=name, daemon=True).start()
        return job

    def known(self, key: tuple[Hashable, ...]) -> Job | None:
        """The job of that key if there is one; starts nothing."""
        with self._lock:
            return self._jobs.get(key)

    def leave(self, key: tuple[Hashable, ...], watcher: str) -> None:
        """`watcher` wants the job no longer; if nobody else does, it stops before its next step."""
        with self._lock:
            job = self._jobs.get(key)
            if job is not None:
                job.watchers.pop(watcher, None)

    def drop(self, gone: frozenset[str]) -> None:
        """Stop and forget what was asked about the pictures `gone`."""
        with self._lock:
            for key in [key for key in self._jobs if not gone.isdisjoint(key)]:
                self._jobs.pop(key).dropped.set()

    def close(self) -> None:
        """Stop all jobs and wait a little: a thread that computes while Python is taken down ends it with an error."""
        with self._lock:
            jobs = list(self._jobs.values())
            for job in jobs:
                job.dropped.set()
        end = time.monotonic() + CLOSING
        for job in jobs:
            job.finished.wait(max(0.0, end - time.monotonic()))

    @property
    def nbytes(self) -> int:
        """The size of all results."""
        with self._lock:
            return sum(job.nbytes for job in self._jobs.values())

    def _unwanted(self, job: Job) -> bool:
        since = self._clock() - UNSEEN
        with self._lock:
            if not job.dropped.is_set() and not any(seen >= since for seen in job.watchers.values()):
                job.dropped.set()  # whoever asks from now on gets a new one
            return job.dropped.is_set()

    def _run(self, job: Job, work: Work, place: threading.BoundedSemaphore) -> None:
        def tell(done: int, total: int, so_far: Any) -> None:
            job.done, job.total = done, total
            if so_far is not None:
                job.so_far = so_far

        try:
            with place:
                job.started.set()
                if self._unwanted(job):
                    raise Cancelled("Nobody looks any more.")
                job.result, job.nbytes = work(tell, lambda: self._unwanted(job))
        except Cancelled:
            job.dropped.set()
        except CnnvizError as error:
            job.error = str(error)
        except Exception as error:  # the thread must end with an answer: whoever looks reads it
            job.error = f"This could not be computed: {error}"
        finally:
            job.so_far = None
            job.finished.set()
            self._bound(job)

    def _bound(self, newest: Job) -> None:
        """Let go of what ended without result, and of the longest unused while all together are too large."""
        with self._lock:
            if newest.dropped.is_set() and self._jobs.get(newest.key) is newest:
                del self._jobs[newest.key]
            total = sum(job.nbytes for job in self._jobs.values())
            for key, job in list(self._jobs.items()):
                if total <= self._most_bytes:
                    return
                if job.finished.is_set() and job is not newest:
                    total -= self._jobs.pop(key).nbytes


JOBS = JobDesk()
PICTURES.on_gone(JOBS.drop)
atexit.register(JOBS.close)
