"""The chart of fields by depth shows the numbers it was given, with the picture's size across."""

from cnnviz.analysis import DepthCurve
from cnnviz.plot import depth_figure

CURVES = {
    "One": DepthCurve((1, 2), (3, 5), ("a", "b"), "", False),
    "Two": DepthCurve(tuple(range(1, 60)), tuple(range(1, 119, 2)), tuple(map(str, range(59))), "end", True),
}


def test_each_network_is_one_line_told_apart_by_more_than_colour() -> None:
    figure = depth_figure(CURVES, 224, colours=["#000000", "#ff0000"])
    one, two, picture = figure.data
    assert [(line.name, line.line.color) for line in (one, two)] == [("One", "#000000"), ("Two", "#ff0000")]
    assert (list(one.x), list(one.y)) == ([1, 2], [3, 5])
    assert list(one.customdata) == ["a", "b"]
    assert len({line.line.dash for line in (one, two, picture)}) == 3
    assert [line.mode for line in (one, two)] == ["lines+markers", "lines"]


def test_the_picture_is_a_line_that_the_legend_names_on_either_scale() -> None:
    for logarithmic in (False, True):
        figure = depth_figure(CURVES, 224, logarithmic)
        assert figure.layout.yaxis.type == ("log" if logarithmic else "linear")
        line = figure.data[-1]
        assert (list(line.x), list(line.y)) == ([0, 59], [224, 224])
        assert "224 px" in line.name and line.showlegend is not False
        assert not figure.layout.annotations, "a label in the chart would lie on the curves"
