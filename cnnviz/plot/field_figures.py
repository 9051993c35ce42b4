"""How far do networks see, the deeper one looks? One line a network, and the picture's size across all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnnviz.analysis import DepthCurve

# Lines and markers differ too, so that nothing is told by colour alone.
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
_MARKERS = ("circle", "square", "diamond", "triangle-up", "cross", "x")
_MANY = 40  # points; more markers than that would hide the line


def depth_figure(
    curves: Mapping[str, DepthCurve], picture: int, logarithmic: bool = False, colours: Sequence[str] = ()
) -> Any:
    """A ``plotly.graph_objects.Figure``: the largest field by the number of convolutions, by the title of each network.

    ``picture`` is the picture's height in pixels, drawn as a line that the legend names: a label in the chart would lie
    on the curves where the screen is narrow. ``colours`` are CSS colours for the lines in their
    order; without them Plotly chooses.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    for number, (title, curve) in enumerate(curves.items()):
        figure.add_scatter(
            x=list(curve.depths),
            y=list(curve.sizes),
            name=title,
            mode="lines" if len(curve.depths) > _MANY else "lines+markers",
            customdata=list(curve.paths),
            line={
                "color": colours[number % len(colours)] if colours else None,
                "dash": _DASHES[number % len(_DASHES)],
                "width": 2.5,
            },
            marker={"symbol": _MARKERS[number % len(_MARKERS)], "size": 8},
            hovertemplate="%{y} pixels at %{customdata}<extra>" + title + "</extra>",
        )
    figure.add_scatter(
        x=[0, max((curve.depths[-1] for curve in curves.values() if curve.depths), default=1)],
        y=[picture, picture],
        name=f"picture: {picture} px",
        mode="lines",
        line={"color": "#888888", "dash": "2px,5px", "width": 2},
        hoverinfo="skip",
    )
    figure.update_layout(
        height=420,
        margin={"l": 70, "r": 10, "t": 10, "b": 45},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        hovermode="x",
    )
    figure.update_xaxes(title="convolutions from the picture, on the longest way", rangemode="tozero")
    figure.update_yaxes(title="field, pixels", type="log" if logarithmic else "linear", rangemode="tozero")
    return figure
