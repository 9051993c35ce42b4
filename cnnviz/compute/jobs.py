"""How does long work run beside the pages: once for all who ask the same, in turn, and never longer than wanted?

Each job runs in a thread of its own. It waits in the queue of its lane, where everybody's first job goes before
anybody's second; it goes on as long as somebody looks at it; and what it found stays until newer results need the room.
"""

from __future__ import annotations

import atexit
import hashlib
import itertools
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from cnnviz.compute.job import Job, Progress, S, State, T, Task, Work
from cnnviz.compute.sizes import bytes_held
from cnnviz.errors import Cancelled, CnnvizError, SettingsError

GRACE = 20.0
"""Seconds after which a watcher who does not look any more counts as gone."""
MOST_BYTES = 128_000_000
"""What all results together may hold; the longest unused are let go first."""
MOST_JOBS = 500
"""Jobs that are remembered after their end, however little they hold."""
CLOSING = 10.0
"""Seconds that the program's end waits for running steps to end, all of them together."""
_LOOK = 0.5  # seconds between two looks of a waiting job whether it is still wanted


@dataclass(frozen=True)
class Lane:
    """A queue for one kind of work: how many of it run at once, and how long unwatched work goes on, in seconds.

    `at_once` may be a function. It is asked in a job's thread, so it may take its time, as :func:`heavy_at_once` does.
    """

    at_once: int | Callable[[], int] = 1
    grace: float = GRACE


class JobDesk:
    """All jobs by key. Safe to call from any thread; nothing here waits for work, but :meth:`close`."""

    def __init__(
        self,
        lanes: Mapping[str, Lane] | None = None,
        most_bytes: int = MOST_BYTES,
        most_jobs: int = MOST_JOBS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lanes = dict(lanes or {"work": Lane()})
        self._most_bytes = most_bytes
        self._most_jobs = most_jobs
        self._clock = clock
        self._jobs: OrderedDict[Hashable, Job[Any, Any]] = OrderedDict()
        self._waiting: set[Job[Any, Any]] = set()
        self._working: set[Job[Any, Any]] = set()
        self._threads: set[threading.Thread] = set()
        self._numbers = itertools.count()
        self._served = dict.fromkeys(self._lanes, 0)
        self._places: dict[str, int] = {}
        self._lock = threading.Lock()
        self._closed = False
        atexit.register(self.close)

    def watch(self, key: Hashable, watcher: str, work: Work[S, T], lane: str = "work") -> Job[S, T]:
        """The job of this key, begun if there is none or if it was stopped; `watcher` counts as there from now on.

        A job that failed is not begun again, see :meth:`forget`. Raises SettingsError for an unknown lane.
        """
        if lane not in self._lanes:
            raise SettingsError(f"There is no lane {lane!r} at this desk; use one of {', '.join(self._lanes)}.")
        with self._lock:
            job = self._jobs.get(key)
            begin = job is None or job.state == "stopped"
            if job is None or begin:
                job = self._jobs[key] = Job(key, lane, watcher, self._place(lane, watcher))
                self._waiting.add(job)
            job.watchers[watcher] = self._clock()
            self._jobs.move_to_end(key)
            if begin:
                thread = threading.Thread(target=self._run, args=(job, work), name=f"cnnviz-{lane}", daemon=True)
                self._threads.add(thread)
                thread.start()
        return job

    def look(self, key: Hashable, watcher: str) -> Job[Any, Any] | None:
        """The job of this key if there is one, `watcher` counting as there from now on; begins nothing."""
        with self._lock:
            job = self._jobs.get(key)
            if job is not None:
                job.watchers[watcher] = self._clock()
                self._jobs.move_to_end(key)
            return job

    def find(self, key: Hashable) -> Job[Any, Any] | None:
        """The job of this key if there is one; looking does not count as watching."""
        with self._lock:
            return self._jobs.get(key)

    def jobs(self) -> tuple[Job[Any, Any], ...]:
        """All that are known, the longest unused first."""
        with self._lock:
            return tuple(self._jobs.values())

    def leave(self, key: Hashable, watcher: str) -> None:
        """`watcher` does not want this any more; if nobody else watches, it stops before its next step."""
        with self._lock:
            job = self._jobs.get(key)
            if job is not None:
                job.watchers.pop(watcher, None)
                job.wake.set()

    def stop(self, key: Hashable) -> None:
        """Stop it for all who watch, before its next step. Who asks from now on has it begun anew."""
        self._stop(lambda job: job.key == key)

    def pause(self, key: Hashable) -> None:
        """Hold the job before its next step; it gives its place to others. The grace period goes on."""
        with self._lock:
            job = self._jobs.get(key)
            if job is not None and job.live:
                job.on_hold = True
                if job in self._waiting:
                    job.state = "paused"
                    self._deal(job.lane)

    def resume(self, key: Hashable) -> None:
        """Let a paused job go on as soon as its turn comes; it comes where it stood in the queue."""
        with self._lock:
            job = self._jobs.get(key)
            if job is not None and job.on_hold:
                job.on_hold = False
                if job.state == "paused":
                    job.state = "waiting"
                    self._deal(job.lane)

    def ahead_of(self, key: Hashable) -> int:
        """The place in the queue: how many others run or come before this one in its lane; 0 where it does not wait."""
        with self._lock:
            job = self._jobs.get(key)
            if job is None or job.state != "waiting":
                return 0
            queue = self._queue(job.lane)
            return sum(other.lane == job.lane for other in self._working) + queue.index(job)

    def forget(self, key: Hashable) -> None:
        """Let go of a job that is over, so that the next who asks begins it anew."""
        with self._lock:
            job = self._jobs.get(key)
            if job is not None and not job.live:
                del self._jobs[key]

    def drop(self, which: Callable[[Hashable], bool]) -> None:
        """Stop and forget all jobs whose key satisfies `which`, with all that they found."""
        self._stop(lambda job: which(job.key))
        with self._lock:
            for key in [key for key in self._jobs if which(key)]:
                del self._jobs[key]

    @property
    def nbytes(self) -> int:
        """What all that is over holds."""
        with self._lock:
            return sum(job.nbytes for job in self._jobs.values())

    def close(self) -> None:
        """Stop everything before its next step, and wait for that: the program's end must cut off no computation."""
        with self._lock:
            self._closed = True
            threads = tuple(self._threads)
            for job in self._waiting:
                job.wake.set()
        end = time.monotonic() + CLOSING
        for thread in threads:
            thread.join(timeout=max(0.0, end - time.monotonic()))

    def _may_go_on(self, job: Job[Any, Any]) -> tuple[bool, bool]:
        """In the job's thread, between two steps: waits while it is paused; whether it was, and is still wanted."""
        with self._lock:
            held = job.on_hold and self._wanted(job)
            if held:
                self._working.discard(job)
                self._waiting.add(job)
                job.state = "paused"
                self._deal(job.lane)
            wanted = self._wanted(job)
        return held, self._turn_comes(job) if held else wanted

    def _run(self, job: Job[Any, Any], work: Work[Any, Any]) -> None:
        result, error = None, None
        state: State = "stopped"
        try:
            if self._turn_comes(job):
                result = work(Task(job, partial(self._may_go_on, job), self._clock))
                state = "done"
        except Cancelled:
            pass
        except CnnvizError as reason:
            error, state = reason, "failed"
        except Exception as reason:  # the thread must end with an answer: whoever watches reads it
            error, state = CnnvizError(f"This could not be computed: {reason}"), "failed"
        finally:
            with self._lock:
                self._end(job, state, result, error)

    def _turn_comes(self, job: Job[Any, Any]) -> bool:
        """Wait for a place; False when it is not wanted any more."""
        at_once = self._lanes[job.lane].at_once
        places = at_once if isinstance(at_once, int) else at_once()
        with self._lock:
            self._places[job.lane] = places
            self._deal(job.lane)
        while True:
            with self._lock:
                if not self._wanted(job) or job in self._working:
                    return job.live
                job.wake.clear()
            job.wake.wait(_LOOK)

    def _deal(self, lane: str) -> None:
        """Give free places to those whose turn it is, and wake these alone: hundreds may wait."""
        free = self._places.get(lane, 0) - sum(job.lane == lane for job in self._working)
        for job in self._queue(lane):
            if free <= 0:
                return
            if self._wanted(job):
                self._waiting.discard(job)
                self._working.add(job)
                job.state = "running"
                self._served[lane] = max(self._served[lane], job.place[0])
                free -= 1
            job.wake.set()

    def _queue(self, lane: str) -> list[Job[Any, Any]]:
        """Who waits, in the order of their turns."""
        waiting = [job for job in self._waiting if job.lane == lane and not job.on_hold]
        return sorted(waiting, key=lambda job: job.place)

    def _place(self, lane: str, owner: str) -> tuple[int, int]:
        """The round after that of the owner's last job there, and no earlier than the round that is being served."""
        there = itertools.chain(self._waiting, self._working)
        rounds = [job.place[0] + 1 for job in there if (job.lane, job.owner) == (lane, owner)]
        return max([self._served[lane], *rounds]), next(self._numbers)

    def _wanted(self, job: Job[Any, Any]) -> bool:
        """Whether to go on; if not, that is settled: who asks for it from now on gets a new one."""
        since = self._clock() - self._lanes[job.lane].grace
        if job.live and (self._closed or not any(seen >= since for seen in job.watchers.values())):
            job.state = "stopped"
            self._waiting.discard(job)
        return job.live

    def _stop(self, which: Callable[[Job[Any, Any]], bool]) -> None:
        with self._lock:
            for job in self._jobs.values():
                if which(job) and job.live:
                    job.state = "stopped"
                    self._waiting.discard(job)
                    job.wake.set()

    def _end(self, job: Job[Any, Any], state: State, result: Any, error: CnnvizError | None) -> None:
        self._working.discard(job)
        self._waiting.discard(job)
        self._threads.discard(threading.current_thread())
        if job.state == "stopped":  # it was not wanted any more, and may have come to its end all the same
            state, result, error = "stopped", None, None
        job.result, job.error = result, error
        if state != "stopped":
            job.progress = Progress(job.progress.done, job.progress.total)
        job.state = state
        job.nbytes = bytes_held(job.latest)
        job.ended.set()
        self._bound(job)
        self._deal(job.lane)

    def _bound(self, newest: Job[Any, Any]) -> None:
        """Let go of the longest unused while all that is over is too much."""
        over = [job for job in self._jobs.values() if not job.live]
        total, count = sum(job.nbytes for job in over), len(over)
        for job in over:
            if total <= self._most_bytes and count <= self._most_jobs:
                return
            if job is not newest:
                del self._jobs[job.key]
                total, count = total - job.nbytes, count - 1


def job_name(key: Hashable) -> str:
    """A job's name for the browser, which tells nothing of what it is about."""
    return hashlib.blake2b(repr(key).encode(), digest_size=8).hexdigest()
