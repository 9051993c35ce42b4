"""Does the answer rest on what a heat map shows? Its probability while the map's strongest pixels go, or come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnnviz.analysis import Curve

# Lines and markers differ too, so that nothing is told by colour alone.
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
_MARKERS = ("circle", "square", "diamond", "triangle-up", "cross", "x")


def curve_figure(curves: Mapping[str, Curve], colours: Sequence[str] = (), marked: float | None = None) -> Any:
    """A ``plotly.graph_objects.Figure``: by the title of each map its deletion or insertion curve, with its area.

    ``colours`` are CSS colours for the lines in their order; without them Plotly chooses. ``marked``: the share of
    pixels, 0 to 1, at which a vertical line stands.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    for number, (title, curve) in enumerate(curves.items()):
        name = f"{title}, area {curve.area:.3g}"
        figure.add_scatter(
            x=[100 * share for share in curve.fractions],
            y=[100 * probability for probability in curve.probabilities],
            name=name,
            mode="lines+markers",
            line={
                "color": colours[number % len(colours)] if colours else None,
                "dash": _DASHES[number % len(_DASHES)],
                "width": 2.5,
            },
            marker={"symbol": _MARKERS[number % len(_MARKERS)], "size": 8},
            hovertemplate="%{x:.3g} % of pixels: %{y:.3g} %<extra>" + title + "</extra>",
        )
    if marked is not None:
        figure.add_vline(x=100 * marked, line_dash="dot", line_width=2, line_color="#888888")
    kinds = {curve.kind for curve in curves.values()}
    done = {frozenset({"deletion"}): "deleted", frozenset({"insertion"}): "inserted"}.get(frozenset(kinds), "changed")
    figure.update_layout(
        height=340,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        hovermode="closest",
    )
    figure.update_xaxes(title=f"{done}: per cent of pixels, highest values first", range=[-2, 102])
    figure.update_yaxes(title="probability of the answer, %", rangemode="tozero")
    return figure
