"""Curves of arms: each its own line and mark, accuracy above loss; accuracy over pictures with its uncertainty."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cnnviz.learn import Accuracy, CurvePoint, Epoch
from cnnviz.plot import epochs_figure, pictures_figure


def epochs(count: int) -> list[Epoch]:
    return [Epoch(n, 12, 1.0, 0.5, 1 / n, 0.1 * n, None, 1.0) for n in range(1, count + 1)]


def test_each_arm_has_two_lines_of_one_style_and_one_entry_in_the_legend() -> None:
    figure = epochs_figure({"Frozen": epochs(5), "Begun": []}, {"Frozen": 1, "Begun": 3}, ["red", "green", "blue"])
    above, below, *empty = figure.data
    assert list(above.y) == pytest.approx([10, 20, 30, 40, 50]) and list(below.y) == [
        epoch.test_loss for epoch in epochs(5)
    ]
    assert list(above.x) == list(below.x) == [1, 2, 3, 4, 5]
    assert (above.line, above.marker) == (below.line, below.marker)
    assert (above.line.color, above.line.dash, above.marker.symbol) == ("green", "dash", "square")
    assert [trace.showlegend for trace in figure.data] == [True, False, True, False]
    assert (above.yaxis, below.yaxis) == ("y", "y2") and all(len(trace.x) == 0 for trace in empty)
    assert figure.layout.xaxis.range[1] > 12


def test_the_epoch_that_early_stopping_keeps_is_ringed_and_no_other() -> None:
    losses = (0.9, 0.4, 0.4, 0.6)
    stopped = [replace(epoch, deciding_loss=loss) for epoch, loss in zip(epochs(4), losses, strict=True)]
    figure = epochs_figure({"Frozen": stopped, "All": epochs(4)}, {"Frozen": 1, "All": 2}, ["red", "green", "blue"])
    above, below = [trace for trace in figure.data if trace.name == "weights kept"]
    assert (list(above.x), list(above.y)) == ([2], [100 * stopped[1].test_accuracy])  # the first of two equal ones
    assert (list(below.x), list(below.y), below.yaxis) == ([2], [stopped[1].test_loss], "y2")
    assert (above.showlegend, below.showlegend, above.marker.color) == (True, False, "green")
    assert all(trace.name != "weights kept" for trace in epochs_figure({"All": epochs(4)}, {"All": 2}).data)


def test_the_curve_over_pictures_has_error_bars_and_all_at_its_end() -> None:
    points = [CurvePoint("frozen", n, Accuracy((0.5, 0.7), 20), 1.0, 10) for n in (1, 10, None)]
    figure = pictures_figure(points, {"frozen": "Frozen"}, {"frozen": 0}, most=30)
    (line,) = figure.data
    assert list(line.x) == [1, 10, 30] and list(line.y) == pytest.approx([60, 60, 60])
    assert list(line.error_y.array) == pytest.approx([10, 10, 10])
    assert figure.layout.xaxis.ticktext[-1] == "all, 30"
