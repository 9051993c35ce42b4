"""Which layer's features serve best? The accuracy of a small classifier on every stage, from edges to objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnnviz.learn import Probe

# Lines and markers differ too, so that nothing is told by colour alone.
_LINES = (("a linear head", "linear", "solid", "circle"), ("nearest class mean", "nearest", "dash", "square"))


def probe_figure(found: Probe, names: Sequence[str], colours: Sequence[str] = ()) -> Any:
    """A ``plotly.graph_objects.Figure``: test accuracy over the stages with its uncertainty, for both classifiers.

    ``names`` are what the stages are called, in their order; ``colours`` CSS colours, without them Plotly chooses. A
    dotted line says what guessing the most frequent class reaches.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    places = list(range(len(found.stages)))
    shapes = [" × ".join(map(str, one.stage.shape)) for one in found.stages]
    for place, (title, field, dash, symbol) in enumerate(_LINES):
        values = [getattr(one, field) for one in found.stages]
        colour = colours[place % len(colours)] if colours else None
        figure.add_scatter(
            x=places,
            y=[100 * one.mean for one in values],
            error_y={"type": "data", "array": [100 * one.standard_error for one in values], "width": 4},
            name=title, mode="lines+markers", line={"color": colour, "dash": dash, "width": 2.5},
            marker={"symbol": symbol, "size": 9}, customdata=list(zip(names, shapes, strict=True)),
            hovertemplate="%{customdata[0]}, %{customdata[1]}: %{y:.3g} % ± %{error_y.array:.2g}<extra>"
            + title + "</extra>",
        )  # fmt: skip
    figure.add_scatter(
        x=[places[0], places[-1]], y=[100 * found.guess] * 2, name="always the most frequent class", mode="lines",
        line={"color": colours[-1] if colours else None, "dash": "dot", "width": 2},
        hovertemplate="%{y:.3g} %<extra>always the most frequent class</extra>",
    )  # fmt: skip
    figure.update_layout(
        height=380,
        margin={"l": 60, "r": 10, "t": 10, "b": 45},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        hovermode="closest",
        uirevision="kept",
    )
    figure.update_xaxes(title="from the picture to the head", tickvals=places, ticktext=list(names))
    figure.update_yaxes(title="test accuracy, %")
    return figure
