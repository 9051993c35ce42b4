"""Jobs of a lane run in fair turns, no more at once than it has places; they are held and go on."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.compute import Lane, Task
from cnnviz.errors import SettingsError
from tests.compute.desk import LONG, Clock, Steps, Watched, over


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
