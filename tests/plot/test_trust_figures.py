"""The chart of deletion and insertion shows the curves it was given, with their areas, and marks the share in hand."""

from cnnviz.analysis import Curve
from cnnviz.plot import curve_figure

FALLING = Curve("deletion", 285, (0.0, 0.5, 1.0), (0.4, 0.1, 0.0), 0.15)
SLOW = Curve("deletion", 285, (0.0, 0.5, 1.0), (0.4, 0.4, 0.0), 0.3)


def test_each_map_is_one_line_in_per_cent_with_its_area_dash_and_marker() -> None:
    figure = curve_figure({"Saliency": FALLING, "Grad-CAM": SLOW}, ["#000000", "#ff0000"])
    assert [line.name for line in figure.data] == ["Saliency, area 0.15", "Grad-CAM, area 0.3"]
    assert list(figure.data[0].x) == [0, 50, 100]
    assert list(figure.data[0].y) == [40, 10, 0]
    assert figure.data[0].line.dash != figure.data[1].line.dash
    assert figure.data[0].marker.symbol != figure.data[1].marker.symbol
    assert figure.layout.xaxis.title.text.startswith("deleted")
    assert not figure.layout.shapes


def test_the_share_in_hand_is_marked() -> None:
    (line,) = curve_figure({"Saliency": FALLING}, marked=0.2).layout.shapes
    assert line.x0 == line.x1 == 20
