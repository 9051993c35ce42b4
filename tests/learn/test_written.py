"""What teaching leaves in a run: the same curves and network again, whoever breaks it off, and wherever."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnnviz.compute import Run, RunError, Runs
from cnnviz.errors import Cancelled
from cnnviz.learn import (
    CurveTeaching,
    FeatureCache,
    Step,
    Teaching,
    answers_of,
    learning_curve,
    network_of,
    settings_for,
    teach,
    teach_curve,
    teach_run,
    teaching_of,
    written,
    written_curve,
)
from cnnviz.network import Network
from tests.learn.networks import small_network
from tests.learn.pictures import dataset_of

DATA = dataset_of((8, 8, 9))
BLOCK = settings_for("last_block", epochs=3, batch_size=5, block_rate=0.01)


@pytest.fixture
def network() -> Network:
    return small_network(dropout=0.2)


def begun(folder: Path, teaching: Teaching) -> Run:
    return Runs(folder).create(teaching.as_json(), teaching.seed, threads=1)


def worked(run: Run, network: Network, stop_at: int | None = None) -> list[tuple[int, int]]:
    """Do the run's work, and give up at that step; what was told."""
    told: list[tuple[int, int]] = []

    def tell(done: int, total: int, step: Step) -> None:
        told.append((done, total))
        if len(told) == stop_at:
            raise Cancelled("Enough.")

    teach_run(run, network, DATA, tell, untrained=small_network(seed=9), cache=FeatureCache())
    return told


def numbers(run: Run) -> list[tuple[float, ...]]:
    """The curve without its seconds, and the accuracies."""
    found = written(run)
    curve = [(e.number, e.of, e.train_loss, e.train_accuracy, e.test_loss, e.test_accuracy) for e in found.epochs]
    return [*curve, *((outcome.accuracy, outcome.pictures) for outcome in found.outcomes)]


def test_a_run_says_what_teaching_at_once_says(tmp_path: Path, network: Network) -> None:
    teaching = Teaching(BLOCK, seed=3)
    run = begun(tmp_path, teaching)
    assert (written(run).epochs, written(run).outcomes, answers_of(run)) == ((), (), None)
    told = worked(run, network)
    assert run.state == "done"
    assert [done for done, _ in told] == sorted(done for done, _ in told) and told[-1][0] < told[-1][1]
    result = teach(network, DATA, teaching.plan(network, DATA).parts, BLOCK, FeatureCache())
    assert [epoch.test_loss for epoch in written(run).epochs] == [epoch.test_loss for epoch in result.history]
    answers = answers_of(run)
    assert answers is not None and answers.test == result.test
    np.testing.assert_array_equal(answers.probabilities, result.probabilities)
    np.testing.assert_array_equal(answers.confusion, result.confusion)
    (outcome,) = written(run).outcomes
    assert (outcome.accuracy, outcome.pictures) == (result.accuracy, len(result.test))
    assert outcome.trainable_parameters == result.trainable_parameters
    asked = DATA.examples[result.test[0]].picture()
    assert network_of(run, network, DATA).predict(asked) == result.model.predict(asked)


@pytest.mark.parametrize("stop_at", [1, 9, 20])
@pytest.mark.parametrize("how", [BLOCK, settings_for("frozen", epochs=3)], ids=["last block", "frozen"])
def test_a_run_that_was_broken_off_ends_as_if_it_had_not_been(
    tmp_path: Path, network: Network, how: Any, stop_at: int
) -> None:
    teaching = Teaching(how, splits=2)
    straight, broken = begun(tmp_path / "a", teaching), begun(tmp_path / "b", teaching)
    worked(straight, network)
    try:
        worked(broken, network, stop_at)
    except Cancelled:
        assert broken.state == "stopped"
        worked(broken, network)
    assert numbers(broken) == numbers(straight)
    assert len(written(broken).outcomes) == 2
    first, again = answers_of(straight), answers_of(broken)
    assert first is not None and again is not None
    np.testing.assert_array_equal(again.probabilities, first.probabilities)


def test_a_run_keeps_its_sabotage_and_nothing_else_is_read_as_teaching(tmp_path: Path, network: Network) -> None:
    clean, hidden = Teaching(BLOCK), Teaching(BLOCK, sabotage="bgr")
    with begun(tmp_path, hidden) as run, Runs(tmp_path).create({"seed": 1}, 1, 1) as other:
        assert teaching_of(run.facts.settings) == hidden != clean
        with pytest.raises(RunError, match="taught no network"):
            teaching_of(other.facts.settings)
    assert hidden.plan(network, DATA).network.preprocess != clean.plan(network, DATA).network.preprocess


def test_mistakes_come_surest_first(tmp_path: Path, network: Network) -> None:
    run = begun(tmp_path, Teaching(settings_for("frozen", epochs=1)))
    worked(run, network)
    answers = answers_of(run)
    assert answers is not None
    wrong = [place for place in range(len(answers.test)) if answers.said[place] != answers.labels[place]]
    assert sorted(answers.mistakes()) == wrong and wrong
    sure = [answers.probabilities[place].max() for place in answers.mistakes()]
    assert sure == sorted(sure, reverse=True)


def test_a_learning_curve_goes_on_where_it_was_broken_off(tmp_path: Path, network: Network) -> None:
    arms, numbers = (settings_for("frozen", epochs=1), BLOCK), (1, 2, 99, None)
    asked = CurveTeaching(arms, seed=1, splits=2, per_class=numbers)
    run = Runs(tmp_path).create(asked.as_json(), 1, 1)
    told: list[int] = []

    def tell(done: int, total: int) -> None:
        told.append(done)
        assert done < total == 601
        if done == 250:
            raise Cancelled("Enough.")

    with pytest.raises(Cancelled):
        teach_curve(run, network, DATA, tell, cache=FeatureCache())
    assert [(point.arm, point.per_class) for point in written_curve(run)] == [("frozen", 1), ("frozen", 2)]
    teach_curve(run, network, DATA, lambda done, total: told.append(done), cache=FeatureCache())
    assert told[-1] == 600
    splits = [Teaching(BLOCK, seed).plan(network, DATA).parts for seed in (1, 2)]
    *_, at_once = learning_curve(network, DATA, splits, arms, numbers, FeatureCache())
    assert [(p.arm, p.per_class, p.accuracy) for p in written_curve(run)] == [
        (p.arm, p.per_class, p.accuracy) for p in at_once.points
    ]
    with pytest.raises(RunError, match="no learning curve"):
        written_curve(begun(tmp_path, Teaching(BLOCK)))
