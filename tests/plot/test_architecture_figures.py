"""The charts of Architectures show the numbers that they are given, on the scales that they promise."""

from __future__ import annotations

import pytest

from cnnviz.analysis import NetworkFigures
from cnnviz.network import FamilyMember
from cnnviz.plot import accuracy_figure, cost_bars, family_figure

NETWORKS = (
    NetworkFigures("small", "Small", "One", 2012, 4_000_000, 1e8, 60.0),
    NetworkFigures("large", "Large", "One", 2014, 16_000_000, 4e9, 80.0),
    NetworkFigures("other", "Other", "Two", 2015, 16_000_000, 4.1e9, 79.5),
)


def test_each_cost_has_a_row_of_bars_on_the_scale_that_is_shared() -> None:
    figure = cost_bars(["a", "b"], {"work": [1, 5], "memory": [2, 0]}, {"work": 10, "memory": 2})
    assert [list(bars.y) for bars in figure.data] == [[1, 5], [2, 0]]
    assert figure.layout.yaxis.range == (0, 10.5)
    assert figure.layout.yaxis2.range[1] == pytest.approx(2.1)
    assert list(figure.data[0].customdata) == ["a", "b"]


def test_a_network_stands_at_its_work_and_accuracy_and_says_its_name_to_a_click() -> None:
    figure = accuracy_figure(NETWORKS, "large", ("#111111",))
    one, two, _ = figure.data
    assert (list(one.x), list(one.y)) == ([1e8, 4e9], [60.0, 80.0])
    assert [entry[0] for entry in one.customdata] == ["small", "large"]
    assert list(one.marker.line.width) == [1, 3]
    assert (one.marker.symbol, two.marker.symbol) == ("circle", "square")  # one colour only: they differ in shape
    assert two.marker.size[0] ** 2 == pytest.approx(one.marker.size[1] ** 2 * 3.14159265 / 4)


def test_names_that_would_run_into_each_other_are_left_out() -> None:
    names = accuracy_figure(NETWORKS).data[-1]  # drawn last, over all discs
    assert (list(names.text), list(names.x), list(names.y)) == (["Large"], [4e9], [80.0])


def test_the_tree_leaves_out_years_without_a_paper_and_leads_to_parents() -> None:
    old = FamilyMember("Old", 1998, "first", ("old1", "old2"), (), 0)
    new = FamilyMember("New", 2012, "second", ("new",), ("Old",), 2)
    lines, points = family_figure((old, new), "old2").data
    assert (list(lines.x), list(lines.y)) == ([0, 1, None], [0, 2, None])
    assert list(points.text) == ["Old", "New"]
    assert list(points.textposition) == ["top center", "bottom center"]
    assert list(points.marker.symbol) == ["diamond", "circle"]
    assert [entry[0] for entry in points.customdata] == ["old1", "new"]
