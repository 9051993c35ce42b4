"""The chart of the shift test shows the numbers it was given, and marks the move in hand."""

from cnnviz.plot import shift_figure

CURVES = {"Max": (0.0, 0.2, 0.0), "Average": (0.0, 0.1, 0.0)}


def test_each_way_is_one_line_with_its_own_colour_dash_and_marker() -> None:
    figure = shift_figure(CURVES, ["#000000", "#ff0000"])
    assert {line.name: line.y for line in figure.data} == CURVES
    assert [list(line.x) for line in figure.data] == [[0, 1, 2], [0, 1, 2]]
    assert [line.line.color for line in figure.data] == ["#000000", "#ff0000"]
    assert figure.data[0].line.dash != figure.data[1].line.dash
    assert figure.data[0].marker.symbol != figure.data[1].marker.symbol
    assert not figure.layout.shapes


def test_the_move_in_hand_is_marked() -> None:
    (line,) = shift_figure(CURVES, marked=1).layout.shapes
    assert line.x0 == line.x1 == 1
