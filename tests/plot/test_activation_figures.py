"""The chart of gradients shows the numbers it was given, and Plotly loads with the first figure only."""

import subprocess
import sys

from cnnviz.layer import GradientFlow
from cnnviz.plot import gradient_figure


def test_each_flow_is_one_line_with_its_own_dash_and_marker() -> None:
    flows = {name: GradientFlow(name, (0.1 * n, 0.5), (1.0, 1.0), (1.0, 1.0)) for n, name in enumerate("abc", start=1)}
    figure = gradient_figure(flows, ["#000000", "#ff0000"])
    assert [line.name for line in figure.data] == ["a", "b", "c"]
    assert [line.y[0] for line in figure.data] == [0.1, 0.2, 0.1 * 3]
    assert list(figure.data[0].x) == [1, 2]
    assert len({line.line.dash for line in figure.data}) == len({line.marker.symbol for line in figure.data}) == 3
    assert [line.line.color for line in figure.data] == ["#000000", "#ff0000", "#000000"]
    assert figure.layout.yaxis.type == "log"


def test_importing_the_figures_needs_no_plotly() -> None:
    program = "import sys; from cnnviz.plot import gradient_figure; sys.exit('plotly' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)
