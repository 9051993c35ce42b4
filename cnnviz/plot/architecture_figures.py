"""Where in a network do its costs lie, how do networks compare, and which goes on from which?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

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
        figure.update_yaxes(title={"text": name, "standoff": 4}, range=[0, 1.05 * most[name]], row=row, col=1)
    figure.update_xaxes(title="layer, in the order in which they run", row=len(costs), col=1)
    figure.update_layout(
        height=_BAR_ROOM * len(costs) + 60,
        margin={"l": 75, "r": 10, "t": 10, "b": 45},
        showlegend=False,
        bargap=0.15,
    )
    return figure
