"""The chart of fields by depth shows the numbers it was given, with the picture's size across."""

from cnnviz.analysis import DepthCurve
from cnnviz.plot import depth_figure

CURVES = {
    "One": DepthCurve((1, 2), (3, 5), ("a", "b"), "", False),
    "Two": DepthCurve(tuple(range(1, 60)), tuple(range(1, 119, 2)), tuple(map(str, range(59))), "end", True),
}


def test_each_network_is_one_line_told_apart_by_more_than_colour() -> None:
    figure = depth_figure(CURVES, 224, colours=["#000000", "#ff0000"])
    assert [(line.name, line.line.color) for line in figure.data] == [("One", "#000000"), ("Two", "#ff0000")]
    assert (list(figure.data[0].x), list(figure.data[0].y)) == ([1, 2], [3, 5])
    assert list(figure.data[0].customdata) == ["a", "b"]
    assert figure.data[0].line.dash != figure.data[1].line.dash
    assert [line.mode for line in figure.data] == ["lines+markers", "lines"]


def test_the_picture_is_a_line_with_its_size_on_either_scale() -> None:
    for logarithmic in (False, True):
        figure = depth_figure(CURVES, 224, logarithmic)
        assert figure.layout.yaxis.type == ("log" if logarithmic else "linear")
        assert (figure.layout.shapes[0].y0, figure.layout.shapes[0].y1) == (224, 224)
        assert "224 pixels" in figure.layout.annotations[0].text
