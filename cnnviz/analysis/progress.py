"""How does long work say how far it is, and how is it stopped?"""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import Any

from cnnviz.errors import Cancelled

Progress = Callable[[int, int, Any], None]
"""Called with (done, total, so_far): steps done, of how many, and the result as far as it is there, or None."""

Stop = Callable[[], bool] | Event
"""Says whether to stop: an event that is set, or a function that returns True."""


class Watch:
    """Tells progress in one thread and hears a wish to stop from another.

    What is told as done never goes back, and a wish to stop is met before the next step.
    """

    def __init__(self, progress: Progress | None = None, cancelled: Stop | None = None) -> None:
        self._progress = progress
        self._total = 1
        self._asked = cancelled.is_set if isinstance(cancelled, Event) else cancelled

    @property
    def wanted(self) -> bool:
        """Whether anybody listens, so that a picture of the work so far is worth its time."""
        return self._progress is not None

    def check(self) -> None:
        """Raises Cancelled when the work is not wanted any more."""
        if self._asked is not None and self._asked():
            raise Cancelled("Stopped before it was done, as asked; start it again for the whole result.")

    def tell(self, done: int, total: int, so_far: Any = None) -> None:
        """Report ``done`` of ``total`` steps, then check."""
        self._total = total
        if self._progress is not None:
            self._progress(done, total, so_far)
        self.check()

    def finish(self, result: Any) -> None:
        """Report that all steps are done; it is too late to stop."""
        if self._progress is not None:
            self._progress(self._total, self._total, result)
