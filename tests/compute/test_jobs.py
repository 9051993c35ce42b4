"""Jobs run once for all who watch, tell how far they are, and stop before their next step when unwanted."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from cnnviz.compute import Lane, Task, job_name
from cnnviz.errors import Cancelled, SettingsError
from tests.compute.desk import LONG, Clock, Steps, Watched, made, over


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
