"""How much does each way of getting smaller change as the picture moves? One line a way, pixels across."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

# Lines and markers differ too, so that nothing is told by colour alone.
_LINES = (("circle", "solid"), ("square", "dot"), ("diamond", "dash"), ("triangle-up", "dashdot"))


def shift_figure(curves: Mapping[str, Sequence[float]], colours: Sequence[str] = (), marked: int | None = None) -> Any:
    """A ``plotly.graph_objects.Figure``: by the title of each way its differences after a move of 0, 1, … pixels.

    Differences are in standard deviations. ``colours`` are CSS colours for the lines in their order; without them
    Plotly chooses. ``marked``: the move at which a vertical line stands.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    for number, (title, differences) in enumerate(curves.items()):
        symbol, dash = _LINES[number % len(_LINES)]
        figure.add_scatter(
            x=list(range(len(differences))),
            y=list(differences),
            name=title,
            mode="lines+markers",
            line={"color": colours[number % len(colours)] if colours else None, "dash": dash, "width": 2.5},
            marker={"symbol": symbol, "size": 9},
            hovertemplate="%{x} pixels: %{y:.6g}<extra>" + title + "</extra>",
        )
    if marked is not None:
        figure.add_vline(x=marked, line_dash="dot", line_width=2, line_color="#888888")
    figure.update_layout(
        height=320,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"},
        hovermode="x",
    )
    figure.update_xaxes(title="moved by … pixels", dtick=1)
    figure.update_yaxes(title="difference, in standard deviations", rangemode="tozero")
    return figure
