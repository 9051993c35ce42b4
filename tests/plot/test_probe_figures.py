"""The chart of probed stages: a line for each classifier over the depth, its uncertainty, and what guessing gives."""

from __future__ import annotations

import pytest

from cnnviz.learn import Accuracy, Probe, ProbedStage, Stage
from cnnviz.plot import probe_figure


def test_both_classifiers_have_a_line_over_the_stages_and_guessing_a_level() -> None:
    stages = tuple(
        ProbedStage(Stage(path, (4, 2, 2), 4), Accuracy((share, share + 0.1), 20), Accuracy((share - 0.1, share), 20))
        for path, share in (("", 0.3), ("block", 0.5), ("features", 0.7))
    )
    figure = probe_figure(Probe(stages, 0.25, 40, 20), ["picture", "block", "head's input"], ["red", "blue", "grey"])
    linear, nearest, guess = figure.data
    assert list(linear.y) == pytest.approx([35, 55, 75]) and list(nearest.y) == pytest.approx([25, 45, 65])
    assert list(linear.error_y.array) == pytest.approx([5, 5, 5])
    assert list(guess.y) == [25, 25] and list(guess.x) == [0, 2]
    assert len({(line.line.dash, line.marker.symbol) for line in figure.data}) == 3
    assert list(figure.layout.xaxis.ticktext) == ["picture", "block", "head's input"]
    assert linear.customdata[1][1] == "4 × 2 × 2"
