"""Jobs run once for all who watch, a bounded number at once, and stop before their next step when nobody watches."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from cnnviz.compute import Job, JobDesk
from cnnviz.errors import SettingsError


def until(true: Callable[[], bool]) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end, "what was waited for did not happen"
        time.sleep(0.005)


class Steps:
    """Work that goes one step further each time it is let."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.begun = 0
        self.made = 0
        self.gate = threading.Semaphore(0)

    def __call__(self) -> Iterator[int]:
        self.begun += 1
        for number in range(self.count):
            self.gate.acquire()
            self.made = number
            yield number


def over(job: Job[int]) -> Callable[[], bool]:
    return lambda: not job.live


def test_the_last_thing_yielded_is_the_result_and_work_is_done_once() -> None:
    desk: JobDesk[int] = JobDesk()
    work = Steps(3)
    job = desk.watch("a", "anna", work)
    assert desk.watch("a", "ben", work) is job
    for _ in range(3):
        work.gate.release()
    until(over(job))
    assert (job.state, job.latest, work.begun) == ("done", 2, 1)
    assert desk.watch("a", "clara", work) is job


def test_what_is_reached_can_be_read_while_it_goes_on() -> None:
    desk: JobDesk[int] = JobDesk()
    work = Steps(2)
    job = desk.watch("a", "anna", work)
    work.gate.release()
    until(lambda: job.latest == 0)
    assert job.live
    work.gate.release()
    until(over(job))


def test_when_the_last_watcher_leaves_it_stops_before_the_next_step_but_one() -> None:
    desk: JobDesk[int] = JobDesk()
    work = Steps(100)
    job = desk.watch("a", "anna", work)
    desk.watch("a", "ben", work)
    work.gate.release()
    until(lambda: job.latest == 0)
    desk.leave("a", "anna")
    work.gate.release()
    until(lambda: job.latest == 1)
    assert job.live, "ben still watches"
    desk.leave("a", "ben")
    work.gate.release()
    until(over(job))
    assert (job.state, work.made) == ("stopped", 2)


def test_who_comes_back_has_it_begun_anew() -> None:
    desk: JobDesk[int] = JobDesk()
    first = Steps(5)
    job = desk.watch("a", "anna", first)
    desk.leave("a", "anna")
    first.gate.release()
    until(over(job))
    again = desk.watch("a", "anna", first)
    assert again is not job
    for _ in range(5):
        first.gate.release()
    until(over(again))
    assert (again.state, first.begun) == ("done", 2)


def test_who_does_not_look_any_more_counts_as_gone() -> None:
    now = [0.0]
    desk: JobDesk[int] = JobDesk(unwatched=10, clock=lambda: now[0])
    work = Steps(100)
    job = desk.watch("a", "anna", work)
    work.gate.release()
    until(lambda: job.latest == 0)
    now[0] = 9
    desk.watch("a", "anna", work)
    now[0] = 18
    work.gate.release()
    until(lambda: job.latest == 1)
    assert job.live
    now[0] = 20
    work.gate.release()
    until(over(job))
    assert job.state == "stopped"


def test_only_so_many_run_at_once_and_the_next_knows_how_many_are_before_it() -> None:
    desk: JobDesk[int] = JobDesk(at_once=1)
    first, second = Steps(1), Steps(1)
    one = desk.watch("a", "anna", first)
    until(lambda: one.state == "running")
    two = desk.watch("b", "ben", second)
    desk.watch("a", "anna", first)
    assert (desk.ahead_of("a"), desk.ahead_of("b")) == (0, 1)
    second.gate.release()
    time.sleep(0.05)
    assert (two.state, second.begun) == ("waiting", 0)
    first.gate.release()
    until(over(two))
    assert (one.state, two.state) == ("done", "done")


def test_what_waits_and_is_not_wanted_any_more_never_begins() -> None:
    desk: JobDesk[int] = JobDesk(at_once=1)
    first, second = Steps(1), Steps(1)
    one = desk.watch("a", "anna", first)
    until(lambda: one.state == "running")
    two = desk.watch("b", "ben", second)
    desk.leave("b", "ben")
    until(over(two))
    assert (two.state, second.begun) == ("stopped", 0)
    first.gate.release()
    until(over(one))


@pytest.mark.parametrize("error", [SettingsError("Too small; make it larger."), ZeroDivisionError("by zero")])
def test_a_failure_is_kept_in_words_until_it_is_forgotten(error: Exception) -> None:
    desk: JobDesk[int] = JobDesk()

    def fail() -> Iterator[int]:
        yield 1
        raise error

    job = desk.watch("a", "anna", fail)
    until(over(job))
    assert job.state == "failed" and str(error) in str(job.error)
    assert desk.watch("a", "anna", fail) is job
    desk.forget("a")
    again = desk.watch("a", "anna", Steps(0))
    assert again is not job
    until(over(again))


def test_the_longest_unused_results_are_let_go() -> None:
    desk: JobDesk[int] = JobDesk(kept=2)
    for name in "abc":
        until(over(desk.watch(name, "anna", Steps(0))))
    desk.watch("b", "anna", Steps(0))
    until(over(desk.watch("d", "anna", Steps(0))))
    desk.watch("d", "anna", Steps(0))
    assert desk.find("a") is None and desk.find("b") is not None and desk.find("d") is not None


def test_at_the_end_of_the_program_what_runs_is_stopped_and_waited_for() -> None:
    desk: JobDesk[int] = JobDesk()
    work = Steps(100)
    job = desk.watch("a", "anna", work)
    work.gate.release()
    until(lambda: job.latest == 0)
    threading.Timer(0.1, work.gate.release).start()
    desk.close()
    assert (job.state, work.made) == ("stopped", 1)
