"""Where in a network do its costs lie, how do networks compare, and which goes on from which?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnnviz.analysis import NetworkFigures
    from cnnviz.network import FamilyMember

_SYMBOLS = (("circle", 1.0), ("square", math.sqrt(math.pi) / 2))
"""Each with the length of its side against the diameter of a disc of the same area."""
_APART = (0.75, 2.5)  # decades and per cent, within which two names would meet
_BAR_ROOM = 130  # pixels of one row of bars


def cost_bars(
    titles: Sequence[str], costs: Mapping[str, Sequence[float]], most: Mapping[str, float], colour: str | None = None
) -> Any:
    """A ``plotly.graph_objects.Figure``: a row of bars for each cost, a bar for each layer in execution order.

    ``costs`` are the layers' by the name of the cost with its unit; ``most`` the largest value that each row has room
    for, so that two networks can be compared.
    """
    from plotly.subplots import make_subplots

    figure = make_subplots(rows=len(costs), cols=1, shared_xaxes=True, vertical_spacing=0.06)
    places = list(range(1, len(titles) + 1))
    for row, (name, values) in enumerate(costs.items(), start=1):
        figure.add_bar(
            x=places,
            y=list(values),
            customdata=list(titles),
            name=name,
            marker={"color": colour, "line_width": 0},
            hovertemplate="%{customdata}: %{y:,.3~s}<extra>" + name + "</extra>",
            row=row,
            col=1,
        )
        figure.update_yaxes(
            title={"text": name, "standoff": 4}, range=[0, 1.05 * most[name]], tickformat="~s", row=row, col=1
        )
    figure.update_xaxes(title="layer, in the order in which they run", row=len(costs), col=1)
    figure.update_layout(
        height=_BAR_ROOM * len(costs) + 60,
        margin={"l": 75, "r": 10, "t": 10, "b": 45},
        showlegend=False,
        bargap=0.15,
    )
    return figure


def accuracy_figure(networks: Sequence[NetworkFigures], chosen: str = "", colours: Sequence[str] = ()) -> Any:
    """A ``plotly.graph_objects.Figure``: accuracy by multiply-adds, a disc for each network, its area its parameters.

    The most accurate of a family bears its name, where there is room; ``chosen`` has a thick rim. Points carry the
    network's name as ``customdata[0]``.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    families = dict.fromkeys(one.family for one in networks)
    for number, family in enumerate(families):
        members = [one for one in networks if one.family == family]
        # Colours come again: then with another symbol.
        symbol, side = _SYMBOLS[number // max(1, len(colours)) % len(_SYMBOLS)]
        figure.add_scatter(
            x=[one.multiply_adds for one in members],
            y=[one.top1 for one in members],
            name=family,
            mode="markers",
            customdata=[[one.name, one.title, one.year, f"{one.parameters / 1e6:.3g}"] for one in members],
            marker={
                "symbol": symbol,
                "color": colours[number % len(colours)] if colours else None,
                "size": [side * _disc(one.parameters) for one in members],
                "opacity": 0.6,
                "line": {"width": [3 if one.name == chosen else 1 for one in members]},
            },
            hovertemplate=(
                "%{customdata[1]}, %{customdata[2]}<br>%{y:.1f} % with %{x:.3s} multiply-adds"
                "<br>%{customdata[3]} M parameters<extra></extra>"
            ),
        )
    named = [one for one in networks if one.name in _labelled(networks)]
    figure.add_scatter(  # last, so that no disc covers a name; below discs that are not seen again
        x=[one.multiply_adds for one in named],
        y=[one.top1 for one in named],
        mode="markers+text",
        marker={"size": [_disc(one.parameters) for one in named], "opacity": 0},
        text=[one.title for one in named],
        textposition="bottom center",
        textfont={"size": 12},
        customdata=[[one.name] for one in named],
        hoverinfo="skip",
        showlegend=False,
    )
    figure.update_layout(
        height=520,
        margin={"l": 60, "r": 10, "t": 10, "b": 45},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "itemsizing": "constant"},
    )
    figure.update_xaxes(title="multiply-adds for one picture", type="log", tickformat="~s", dtick=1, range=[7.4, 12.3])
    figure.update_yaxes(title="top-1 accuracy on ImageNet, %")
    return figure


def family_figure(members: Sequence[FamilyMember], chosen: str = "", colours: Sequence[str] = ()) -> Any:
    """A ``plotly.graph_objects.Figure``: papers by year, a line from each to those that it goes on from.

    Years without a paper are left out. Points carry the name of the paper's first network as ``customdata[0]``;
    ``chosen`` is one of any paper's networks.
    """
    import plotly.graph_objects as go

    years = sorted({member.year for member in members})
    at = {member.title: (years.index(member.year), member.lane) for member in members}
    ends = [(at[parent], at[member.title]) for member in members for parent in member.builds_on]
    figure = go.Figure()
    figure.add_scatter(
        x=[place for first, last in ends for place in (first[0], last[0], None)],
        y=[place for first, last in ends for place in (first[1], last[1], None)],
        mode="lines",
        line={"color": "#888888", "width": 1.5},
        opacity=0.6,
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=[at[member.title][0] for member in members],
        y=[member.lane for member in members],
        mode="markers+text",
        text=[member.title for member in members],
        # In turn, so that names of neighbouring years do not run into each other.
        textposition=[f"{('top', 'bottom')[at[member.title][0] % 2]} center" for member in members],
        customdata=[[member.networks[0], member.introduced, len(member.networks)] for member in members],
        marker={
            "size": [18 if chosen in member.networks else 12 for member in members],
            "symbol": ["diamond" if chosen in member.networks else "circle" for member in members],
            "color": colours[0] if colours else None,
            "opacity": 1,
        },
        hovertemplate="%{text}: %{customdata[1]}<extra></extra>",
    )
    figure.update_layout(height=470, margin={"l": 10, "r": 10, "t": 10, "b": 35}, showlegend=False)
    figure.update_xaxes(
        tickvals=list(range(len(years))), ticktext=[str(year) for year in years], range=[-0.5, len(years) - 0.4]
    )
    figure.update_yaxes(visible=False)
    return figure


def _labelled(networks: Sequence[NetworkFigures]) -> set[str]:
    """The most accurate of each family, from above, as far as their names do not run into each other."""
    best: dict[str, NetworkFigures] = {}
    for one in networks:
        if one.family not in best or (one.top1 or 0) > (best[one.family].top1 or 0):
            best[one.family] = one
    placed: list[tuple[float, float]] = []
    labelled = set()
    for one in sorted(best.values(), key=lambda one: -(one.top1 or 0)):
        at = (math.log10(one.multiply_adds or 1), one.top1 or 0.0)
        if all(abs(at[0] - x) > _APART[0] or abs(at[1] - y) > _APART[1] for x, y in placed):
            placed.append(at)
            labelled.add(one.name)
    return labelled


def _disc(parameters: int) -> float:
    """The diameter of a disc whose area grows with the parameters, in pixels."""
    return 5 + 1.7 * math.sqrt(parameters / 1e6)
