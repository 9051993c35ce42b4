"""The line of the learners' benchmark fails where somebody was passed over, and not because somebody came first."""

from __future__ import annotations

from benchmarks.learners import MOST, Visit, passed_over, row_of


def crowd(*done: tuple[float, float]) -> list[Visit]:
    return [Visit([0.5], list(times)) for times in done]


def test_who_finds_the_places_free_may_end_before_others_have_begun() -> None:
    assert passed_over(crowd((10, 11), (10, 12), (30, 50), (31, 51)), places=2) == []


def test_whoever_waits_while_too_many_others_end_was_passed_over() -> None:
    (said,) = passed_over(crowd((10, 11), (10, 12), (13, 14), (31, 51)), places=2)
    assert said.startswith("learner 3 ")


def test_the_line_holds_by_its_median_and_its_failures() -> None:
    fine = crowd((10, 20), (11, 21))
    assert row_of(Visit([0.1]), fine).holds
    assert not row_of(Visit([0.1]), [*fine, Visit([3 * MOST] * 5, [12, 22])]).holds
    assert not row_of(Visit([0.1]), [*fine, Visit([0.5], [12, 22], ["a run failed"])]).holds
