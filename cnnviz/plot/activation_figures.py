"""How does the gradient's way down a stack look? One line a function, layers across, a logarithmic scale upwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnnviz.layer import GradientFlow

# Lines and markers differ too, so that nothing is told by colour alone.
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
_MARKERS = ("circle", "square", "diamond", "triangle-up", "cross", "x")


def gradient_figure(flows: Mapping[str, GradientFlow], colours: Sequence[str] = ()) -> Any:
    """A ``plotly.graph_objects.Figure``: the gradient's norm at the input of each layer, by the title of each flow.

    ``colours`` are CSS colours for the lines in their order; without them Plotly chooses.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    for number, (title, flow) in enumerate(flows.items()):
        figure.add_scatter(
            x=list(range(1, len(flow.gradients) + 1)),
            y=list(flow.gradients),
            name=title,
            mode="lines+markers",
            line={
                "color": colours[number % len(colours)] if colours else None,
                "dash": _DASHES[number % len(_DASHES)],
                "width": 3 if number == 0 else 2,
            },
            marker={"symbol": _MARKERS[number % len(_MARKERS)], "size": 7},
            hovertemplate="layer %{x}: %{y:.3g}<extra>" + title + "</extra>",
        )
    layers = max((len(flow.gradients) for flow in flows.values()), default=1)
    figure.update_layout(
        height=330,
        margin={"l": 70, "r": 10, "t": 10, "b": 45},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        hovermode="x unified",
    )
    figure.update_xaxes(title="layer, from the picture's side", dtick=1, range=[0.5, layers + 0.5])
    figure.update_yaxes(title="gradient's norm, 1 at the top", type="log", exponentformat="power", nticks=8)
    return figure
