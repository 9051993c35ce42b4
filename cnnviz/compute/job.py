"""What is one piece of long work: to those who watch it, and to the work itself?

Whoever watches reads a :class:`Job`. The work is a function of its :class:`Task`, which it tells how far it is; there
it is paused or stopped, so a wish is met within one step.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from cnnviz.errors import Cancelled, CnnvizError, SettingsError

S = TypeVar("S")
T = TypeVar("T")

State = Literal["waiting", "running", "paused", "done", "stopped", "failed"]


@dataclass(frozen=True)
class Progress(Generic[S]):
    """How far work is: `done` of `total` steps (0 where nobody knows), what is there so far, and the time left.

    `seconds_left` is by the mean pace since the work was last begun or continued, at the moment of telling; None while
    there is no pace yet.
    """

    done: int = 0
    total: int = 0
    so_far: S | None = None
    seconds_left: float | None = None


class Job(Generic[S, T]):
    """One piece of long work. Read it from any thread; only its desk changes it.

    Attributes:
        state: "stopped" means that nobody wanted it any more; its progress is then as far as it got.
        progress: what the work told last.
        result: what the work returned; None before its end.
        error: what it failed with.
        watchers: when each of those who watch looked last, by the desk's clock.
        owner: who asked first; turns are dealt out by owner.
        place: who waits begins in this order: the round in which it is its owner's turn, then the order of asking.
    """

    def __init__(self, key: Hashable, lane: str, owner: str, place: tuple[int, int]) -> None:
        self.key = key
        self.lane = lane
        self.owner = owner
        self.place = place
        self.state: State = "waiting"
        self.progress: Progress[S] = Progress()
        self.result: T | None = None
        self.error: CnnvizError | None = None
        self.nbytes = 0
        self.watchers: dict[str, float] = {}
        self.on_hold = False
        self.wake = threading.Event()
        self.ended = threading.Event()

    @property
    def live(self) -> bool:
        """Whether there is more to come: it waits, runs or is paused."""
        return self.state in ("waiting", "running", "paused")

    @property
    def latest(self) -> S | T | None:
        """The result, or what is there so far."""
        so_far = self.progress.so_far  # first: it is cleared only when the result is there
        return so_far if self.result is None else self.result

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until the work has ended in whatever way, at most so long; returns whether it has."""
        return self.ended.wait(seconds)


class Task(Generic[S]):
    """A job as its work sees it. No place for computing (``at_work``) is to be held while telling: it may be paused."""

    def __init__(
        self, job: Job[S, Any], may_go_on: Callable[[], tuple[bool, bool]], clock: Callable[[], float]
    ) -> None:
        """`may_go_on` waits while the job is paused; it says whether it was, and whether it is still wanted."""
        self._job = job
        self._may_go_on = may_go_on
        self._clock = clock
        self._begun: tuple[float, int] | None = None

    def tell(self, done: int, total: int, so_far: S | None = None) -> None:
        """Say how far the work is. Waits here while paused; raises Cancelled when nobody wants it, unless all is done.

        Without `so_far` what was there before stays.
        """
        now = self._clock()
        if self._begun is None:
            self._begun = (now, done)
        before = self._job.progress.so_far
        left = _seconds_left(*self._begun, now, done, total)
        self._job.progress = Progress(done, total, before if so_far is None else so_far, left)
        if not done >= total > 0 and self.unwanted():
            raise Cancelled("Stopped before it was done, because nobody wants it any more; start it again.")

    def unwanted(self) -> bool:
        """Whether to stop, for work that asks rather than tells. Waits here while paused."""
        paused, wanted = self._may_go_on()
        if paused:
            self._begun = None  # the pause is not counted into the pace
        return not wanted

    def follow(self, steps: Iterable[S], total: int = 0) -> S:
        """Go through `steps` and tell each; returns the last, which is the result."""
        last: S | None = None
        for number, last in enumerate(steps):
            self.tell(number, total, last)
        if last is None:
            raise SettingsError("This work has no steps; give it at least one.")
        return last


Work = Callable[[Task[S]], T]


def _seconds_left(begun: float, first: int, now: float, done: int, total: int) -> float | None:
    if done >= total > 0:
        return 0.0
    if total <= 0 or done <= first:
        return None
    return (now - begun) / (done - first) * (total - done)
