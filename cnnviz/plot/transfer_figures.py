"""How do arms learn? The accuracy and the loss of all of them over their epochs; their accuracy over more pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnnviz.learn import CurvePoint, Epoch

# Lines and markers differ too, so that nothing is told by colour alone.
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
_MARKERS = ("circle", "square", "diamond", "triangle-up", "cross", "x")


def epochs_figure(curves: Mapping[str, Sequence[Epoch]], places: Mapping[str, int], colours: Sequence[str] = ()) -> Any:
    """A ``plotly.graph_objects.Figure``: above the accuracy on the test pictures, below their loss, by epoch.

    Where early stopping chose, the epoch whose weights are kept has a ring round it. ``curves`` by the title of each
    arm; ``places`` says which colour, dash and marker each title has, so that an arm
    keeps its own whichever others are there. ``colours`` are CSS colours; without them Plotly chooses.
    """
    from plotly.subplots import make_subplots

    figure = make_subplots(2, 1, shared_xaxes=True, vertical_spacing=0.07, row_heights=[0.56, 0.44])
    for title, epochs in curves.items():
        style = _style(places[title], colours)
        numbers = [epoch.number for epoch in epochs]
        for row, values, words in (
            (1, [100 * epoch.test_accuracy for epoch in epochs], "%{y:.3g} % right"),
            (2, [epoch.test_loss for epoch in epochs], "loss %{y:.3g}"),
        ):
            hover = f"epoch %{{x}}: {words}<extra>{title}</extra>"
            figure.add_scatter(
                x=numbers, y=values, name=title, mode="lines+markers", legendgroup=title, showlegend=row == 1,
                hovertemplate=hover, row=row, col=1, **style,
            )  # fmt: skip
    _ring_kept(figure, curves, places, colours)
    longest = max((epochs[-1].of for epochs in curves.values() if epochs), default=10)
    _lay_out(figure, 430)
    figure.update_xaxes(range=[0.7, longest + 0.3], tickformat="d", dtick=max(1, round(longest / 10)))
    figure.update_xaxes(title="epoch", row=2, col=1)
    lowest = min((100 * epoch.test_accuracy for epochs in curves.values() for epoch in epochs), default=0.0)
    figure.update_yaxes(title="test accuracy, %", range=[max(0.0, min(lowest - 5, 80)), 102], row=1, col=1)
    figure.update_yaxes(title="test loss", rangemode="tozero", exponentformat="power", row=2, col=1)
    return figure


def pictures_figure(points: Sequence[CurvePoint], titles: Mapping[str, str], places: Mapping[str, int], most: int,
                    colours: Sequence[str] = ()) -> Any:  # fmt: skip
    """A ``plotly.graph_objects.Figure``: accuracy over the pictures of each class to learn from, with its uncertainty.

    ``titles`` and ``places`` are by the name of an arm, see :func:`epochs_figure`; ``most`` stands for all pictures.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    for arm, title in titles.items():
        own = [point for point in points if point.arm == arm]
        figure.add_scatter(
            x=[point.per_class or most for point in own],
            y=[100 * point.accuracy.mean for point in own],
            error_y={"type": "data", "array": [100 * point.accuracy.standard_error for point in own], "width": 4},
            name=title, mode="lines+markers", **_style(places[arm], colours),
            hovertemplate="%{x} of each class: %{y:.3g} % ± %{error_y.array:.2g}<extra>" + title + "</extra>",
        )  # fmt: skip
    _lay_out(figure, 330)
    numbers = sorted({point.per_class or most for point in points} | {1, most})
    ticks = [f"all, {number}" if number == most else str(number) for number in numbers]
    figure.update_xaxes(title="pictures of each class to learn from", type="log", tickvals=numbers, ticktext=ticks)
    figure.update_yaxes(title="test accuracy, %")
    return figure


def _ring_kept(
    figure: Any, curves: Mapping[str, Sequence[Epoch]], places: Mapping[str, int], colours: Sequence[str]
) -> None:
    """Rings round the epochs that early stopping keeps, with one entry in the legend for all of them."""
    from cnnviz.learn import kept_epoch

    kept = [(title, epoch) for title, epochs in curves.items() if (epoch := kept_epoch(epochs)) is not None]
    for place, (title, epoch) in enumerate(kept):
        colour = colours[places[title] % len(colours)] if colours else None
        for row, value in ((1, 100 * epoch.test_accuracy), (2, epoch.test_loss)):
            figure.add_scatter(
                x=[epoch.number], y=[value], mode="markers", name="weights kept", legendgroup="kept",
                showlegend=row == 1 and place == 0, cliponaxis=False, row=row, col=1,
                marker={"symbol": "circle-open", "size": 17, "color": colour, "line": {"width": 2.5}},
                hovertemplate=f"epoch %{{x}}: its weights are kept<extra>{title}</extra>",
            )  # fmt: skip


def _style(place: int, colours: Sequence[str]) -> dict[str, Any]:
    colour = colours[place % len(colours)] if colours else None
    return {
        "line": {"color": colour, "dash": _DASHES[place % len(_DASHES)], "width": 2.5},
        "marker": {"symbol": _MARKERS[place % len(_MARKERS)], "size": 8},
    }


def _lay_out(figure: Any, height: int) -> None:
    figure.update_layout(
        height=height,
        margin={"l": 60, "r": 10, "t": 10, "b": 45},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        hovermode="closest",
        uirevision="kept",
    )
