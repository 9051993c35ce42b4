"""Jobs run once for all who watch, in fair turns, are held and go on, and stop before their next step when unwanted."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.compute import Job, JobDesk, Lane, Task, job_name
from cnnviz.errors import Cancelled, SettingsError

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


def test_work_is_done_once_for_all_who_ask_and_its_result_stays() -> None:
    desk, work = Watched(), Steps(3)
    job = desk.watch("a", "anna", work)
    assert desk.watch("a", "ben", work) is job
    work.let(3)
    assert over(job) == "done"
    assert desk.watch("a", "clara", work) is job and desk.find("a") is job and desk.look("a", "dora") is job
    assert (job.result, job.latest, work.times_begun) == (3, 3, 1)


def test_how_far_it_is_can_be_read_while_it_goes_on() -> None:
    desk, work = Watched(), Steps(4)
    job = desk.watch("a", "anna", work)
    work.let()
    made(job, 0)
    assert job.live and job.result is None and job.latest == 0
    assert (job.progress.done, job.progress.total) == (1, 4)
    work.let(3)
    assert over(job) == "done"
    assert (job.progress.done, job.progress.total, job.progress.so_far) == (4, 4, None)


def test_what_is_there_so_far_stays_when_only_the_count_is_told() -> None:
    told = []

    def work(task: Task[str]) -> str:
        task.tell(1, 3, "half")
        task.tell(2, 3)
        told.append(job.progress)
        return "whole"

    gate = threading.Event()
    desk = Watched()
    job = desk.watch("a", "anna", lambda task: (gate.wait(LONG), work(task))[1])
    gate.set()
    assert over(job) == "done"
    assert (told[0].done, told[0].so_far) == (2, "half")


def test_steps_are_followed_to_the_last_which_is_the_result() -> None:
    desk = Watched()
    job = desk.watch("a", "anna", lambda task: task.follow(iter("xyz"), 2))
    assert over(job) == "done"
    assert (job.result, job.progress.done, job.progress.total) == ("z", 2, 2)
    none = desk.watch("b", "anna", lambda task: task.follow(iter(())))
    assert over(none) == "failed"


def test_it_goes_on_until_the_last_who_looks_has_left() -> None:
    desk, work = Watched(), Steps(100)
    job = desk.watch("a", "anna", work)
    desk.watch("a", "ben", work)
    work.let()
    made(job, 0)
    desk.leave("a", "anna")
    work.let()
    made(job, 1)
    assert job.live, "ben still watches"
    desk.leave("a", "ben")
    work.let()
    assert over(job) == "stopped"
    assert (work.made, job.latest, job.result) == (3, 2, None)


def test_who_comes_back_has_it_begun_anew_though_the_former_is_at_its_last_step() -> None:
    desk, work, again = Watched({"work": Lane(at_once=2)}), Steps(2), Steps(1)
    job = desk.watch("a", "anna", work)
    assert work.has_begun()
    desk.stop("a")
    second = desk.watch("a", "anna", again)
    assert second is not job and job.state == "stopped" and not job.ended.is_set()
    again.let()
    assert over(second) == "done"
    work.let()
    assert over(job) == "stopped"
    assert desk.find("a") is second


def test_who_does_not_look_any_more_counts_as_gone() -> None:
    clock = Clock()
    desk, work = Watched({"work": Lane(grace=10)}, clock=clock), Steps(100)
    job = desk.watch("a", "anna", work)
    work.let()
    made(job, 0)
    clock.now = 9
    desk.look("a", "anna")
    clock.now = 18
    work.let()
    made(job, 1)
    clock.now = 20
    work.let()
    assert over(job) == "stopped"


def test_work_that_asks_rather_than_tells_hears_that_it_is_not_wanted() -> None:
    desk, asked = Watched(), threading.Event()

    def work(task: Task[None]) -> None:
        assert not task.unwanted()
        asked.set()
        while not task.unwanted():
            asked.wait(0.001)
        raise Cancelled("as asked")

    job = desk.watch("a", "anna", work)
    assert asked.wait(LONG)
    desk.leave("a", "anna")
    assert over(job) == "stopped"


def test_what_is_through_with_all_steps_is_kept_though_nobody_waited_for_it() -> None:
    desk = Watched()

    def work(task: Task[None]) -> str:
        desk.leave("a", "anna")
        task.tell(3, 3)
        return "whole"

    job = desk.watch("a", "anna", work)
    assert over(job) == "done" and job.result == "whole"


def test_only_so_many_run_at_once_and_who_waits_knows_its_place() -> None:
    desk, works = Watched({"work": Lane(at_once=2)}), [Steps() for _ in range(4)]
    jobs = [desk.watch(name, name, work) for name, work in zip("abcd", works, strict=True)]
    assert works[0].has_begun() and works[1].has_begun()
    assert [desk.ahead_of(name) for name in "abcd"] == [0, 0, 2, 3]
    works[2].let()
    works[3].let()
    assert [work.times_begun for work in works] == [1, 1, 0, 0]
    works[0].let()
    assert over(jobs[2]) == over(jobs[3]) == "done"
    assert jobs[1].state == "running"
    works[1].let()
    assert over(jobs[1]) == "done"


def test_a_lane_does_not_wait_for_another() -> None:
    desk = Watched({"quick": Lane(), "slow": Lane()})
    slow, quick = Steps(), Steps()
    job = desk.watch("s", "anna", slow, "slow")
    quick.let()
    assert over(desk.watch("q", "anna", quick, "quick")) == "done"
    assert job.live
    slow.let()
    assert over(job) == "done"
    with pytest.raises(SettingsError, match="quick, slow"):
        desk.watch("x", "anna", quick, "wide")


@given(owners=st.lists(st.sampled_from("abc"), min_size=1, max_size=7))
@settings(max_examples=25, deadline=None)
def test_everybodys_first_goes_before_anybodys_second(owners: list[str]) -> None:
    desk, first, order = Watched(), Steps(), []
    desk.watch("first", "zoe", first)
    assert first.has_begun()
    jobs = [
        desk.watch(number, owner, lambda task, number=number: order.append(number))
        for number, owner in enumerate(owners)
    ]
    before: Counter[str] = Counter()
    rounds = {}
    for number, owner in enumerate(owners):
        rounds[number] = before[owner]
        before[owner] += 1
    expected = sorted(rounds, key=lambda number: (rounds[number], number))
    assert [desk.ahead_of(number) for number in expected] == list(range(1, len(owners) + 1))
    first.let()
    assert all(over(job) == "done" for job in jobs)
    assert order == expected


def test_a_newcomer_goes_before_what_others_have_queued_beyond_the_present_round() -> None:
    desk, works = Watched(), {name: Steps() for name in ("a1", "a2", "a3", "b1")}
    jobs = {name: desk.watch(name, "anna", works[name]) for name in ("a1", "a2", "a3")}
    assert works["a1"].has_begun()
    works["a1"].let()
    assert works["a2"].has_begun()
    jobs["b1"] = desk.watch("b1", "ben", works["b1"])
    assert (desk.ahead_of("b1"), desk.ahead_of("a3")) == (1, 2)
    for name in ("a2", "b1", "a3"):
        works[name].let()
        assert over(jobs[name]) == "done"


def test_what_waits_and_is_not_wanted_any_more_never_begins() -> None:
    desk, first, second = Watched(), Steps(), Steps()
    one = desk.watch("a", "anna", first)
    assert first.has_begun()
    two = desk.watch("b", "ben", second)
    desk.leave("b", "ben")
    assert over(two) == "stopped" and second.times_begun == 0
    first.let()
    assert over(one) == "done"


def test_a_paused_job_gives_its_place_away_and_goes_on_where_it_was() -> None:
    desk, first, second = Watched(), Steps(3), Steps()
    one = desk.watch("a", "anna", first)
    assert first.has_begun()
    two = desk.watch("b", "ben", second)
    desk.pause("a")
    assert one.state == "running", "not before its step is through"
    first.let(3)
    assert second.has_begun()
    assert (one.state, one.latest, first.made) == ("paused", 0, 1)
    desk.resume("a")
    assert one.state == "waiting" and desk.ahead_of("a") == 1
    second.let()
    assert over(two) == over(one) == "done"
    assert (first.times_begun, one.result) == (1, 3)


def test_a_job_paused_in_the_queue_lets_others_by_and_keeps_its_turn() -> None:
    desk, works = Watched(), {name: Steps() for name in "abc"}
    jobs = {name: desk.watch(name, name, work) for name, work in works.items()}
    assert works["a"].has_begun()
    desk.pause("b")
    assert (jobs["b"].state, desk.ahead_of("b"), desk.ahead_of("c")) == ("paused", 0, 1)
    desk.resume("b")
    assert (jobs["b"].state, desk.ahead_of("b"), desk.ahead_of("c")) == ("waiting", 1, 2)
    desk.pause("b")
    for name in "ac":
        works[name].let()
        assert over(jobs[name]) == "done"
    assert works["b"].times_begun == 0
    desk.resume("b")
    works["b"].let()
    assert over(jobs["b"]) == "done"


@given(wishes=st.lists(st.tuples(st.sampled_from(("watch", "leave", "pause", "resume", "stop")), st.integers(0, 4))))
@settings(max_examples=25, deadline=None)
def test_whatever_is_wished_places_are_kept_and_all_comes_to_an_end(wishes: list[tuple[str, int]]) -> None:
    desk, running = Watched({"work": Lane(at_once=2)}), []

    def work(task: Task[int]) -> str:
        for number in range(3):
            running.append(sum(job.state == "running" for job in desk.jobs()))
            task.tell(number, 3)
        return "all"

    asked = []
    for wish, key in wishes:
        if wish == "watch":
            asked.append(desk.watch(key, f"learner {key % 2}", work))
        elif wish == "leave":
            desk.leave(key, f"learner {key % 2}")
        else:
            getattr(desk, wish)(key)
    for key in range(5):
        desk.resume(key)
        asked.append(desk.watch(key, "anna", work))
    assert all(over(job) in ("done", "stopped") for job in asked)
    assert all(job.result == "all" for job in asked if job.state == "done")
    assert [desk.watch(key, "anna", work).state for key in range(5)] == ["done"] * 5
    assert max(running) <= 2


@pytest.mark.parametrize("how", ["unwatched", "left", "stopped", "closed"])
def test_what_is_paused_can_end_all_the_same(how: str) -> None:
    clock = Clock()
    desk, work = Watched({"work": Lane(grace=10)}, clock=clock), Steps(2)
    job = desk.watch("a", "anna", work)
    desk.pause("a")
    work.let()
    desk.until(lambda: job.state == "paused")
    if how == "unwatched":
        clock.now = 11
    elif how == "left":
        desk.leave("a", "anna")
    elif how == "stopped":
        desk.stop("a")
    else:
        desk.close()
    assert over(job) == "stopped"
    assert work.made <= 1


def test_the_time_left_is_by_the_pace_without_pauses() -> None:
    clock, told = Clock(), []
    desk, gate = Watched({"work": Lane(grace=1000)}, clock=clock), threading.Event()

    def work(task: Task[None]) -> None:
        def tell(done: int, total: int, seconds: float) -> None:
            clock.now += seconds
            task.tell(done, total)
            told.append(job.progress.seconds_left)

        assert gate.wait(LONG)
        tell(10, 20, 5)  # goes on from a checkpoint: what took its time before says nothing
        tell(12, 20, 4)
        tell(13, 0, 1)
        desk.pause("a")
        tell(14, 20, 1)
        tell(15, 20, 3)
        tell(16, 20, 3)
        tell(20, 20, 9)

    job = desk.watch("a", "anna", work)
    gate.set()
    desk.until(lambda: job.state == "paused")
    clock.now += 15
    desk.resume("a")
    assert over(job) == "done"
    assert told == [None, 16.0, None, 9.0, None, 12.0, 0.0]


@pytest.mark.parametrize("error", [SettingsError("Too small; make it larger."), ZeroDivisionError("by zero")])
def test_a_failure_is_kept_in_words_until_it_is_forgotten(error: Exception) -> None:
    def fail(task: Task[int]) -> None:
        task.tell(1, 2, 7)
        raise error

    desk = Watched()
    job = desk.watch("a", "anna", fail)
    assert over(job) == "failed" and str(error) in str(job.error) and job.latest is None
    assert desk.watch("a", "anna", fail) is job
    desk.forget("a")
    again = desk.watch("a", "anna", lambda task: 1)
    assert over(again) == "done"


def test_a_lane_that_cannot_say_how_many_fit_fails_its_jobs_in_words() -> None:
    def broken() -> int:
        raise SettingsError("There is no device 7; use cpu.")

    job = Watched({"work": Lane(at_once=broken)}).watch("a", "anna", lambda task: 1)
    assert over(job) == "failed" and str(job.error) == "There is no device 7; use cpu."


def test_the_longest_unused_results_go_when_newer_ones_need_the_room() -> None:
    desk = Watched(most_bytes=250)
    for name in "ab":
        assert over(desk.watch(name, "anna", lambda task: np.zeros(25, np.float32))) == "done"
    desk.look("a", "ben")
    assert over(desk.watch("c", "anna", lambda task: np.zeros(25, np.float32))) == "done"
    assert [job.key for job in desk.jobs()] == ["a", "c"]
    assert desk.nbytes == 200
    alone = desk.watch("d", "anna", lambda task: np.zeros(100, np.float32))
    assert over(alone) == "done"
    assert desk.jobs() == (alone,), "larger than all the room, it stays for who asked"


def test_only_so_many_are_remembered_though_they_hold_nothing() -> None:
    desk = Watched(most_jobs=2)
    for name in "abcd":
        assert over(desk.watch(name, "anna", lambda task: None)) == "done"
    assert [job.key for job in desk.jobs()] == ["c", "d"]


def test_what_is_dropped_stops_and_is_forgotten() -> None:
    desk, work = Watched({"work": Lane(at_once=2)}), Steps(2)
    running = desk.watch(("map", "mine"), "anna", work)
    assert over(desk.watch(("map", "other"), "anna", lambda task: 1)) == "done"
    assert over(desk.watch(("cut", "mine"), "anna", lambda task: 2)) == "done"
    desk.drop(lambda key: isinstance(key, tuple) and "mine" in key)
    assert [job.key for job in desk.jobs()] == [("map", "other")]
    work.let()
    assert over(running) == "stopped"
    assert [job.key for job in desk.jobs()] == [("map", "other")]


def test_wishes_about_what_is_not_there_change_nothing() -> None:
    desk = Watched()
    for wish in (desk.stop, desk.pause, desk.resume, desk.forget):
        wish("nothing")
    desk.leave("nothing", "anna")
    assert desk.find("nothing") is None and desk.look("nothing", "anna") is None and desk.ahead_of("nothing") == 0


def test_at_the_end_of_the_program_what_runs_is_stopped_and_waited_for() -> None:
    desk, work, waits = Watched(), Steps(100), Steps()
    job = desk.watch("a", "anna", work)
    assert work.has_begun()
    other = desk.watch("b", "ben", waits)
    closing = threading.Thread(target=desk.close)
    closing.start()
    assert over(other) == "stopped" and waits.times_begun == 0
    assert closing.is_alive(), "it waits for the step that runs"
    work.let()
    closing.join(LONG)
    assert (job.state, work.made) == ("stopped", 1) and not closing.is_alive()
    assert over(desk.watch("c", "anna", Steps())) == "stopped"


def test_a_jobs_name_tells_keys_apart_and_nothing_of_them() -> None:
    assert job_name(("map", "secret")) == job_name(("map", "secret")) != job_name(("map", "other"))
    assert "secret" not in job_name(("map", "secret"))
