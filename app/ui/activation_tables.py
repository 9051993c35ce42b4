"""The two tables of Activation functions: what each function leaves of a map, and of a gradient. Both save as CSV."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from app.ui.activation_flow import FlowRow
from app.ui.activation_form import DEPTH
from app.ui.activation_maps import Shares


def shares_table(rows: Sequence[Shares]) -> None:
    """The map before, and after each function."""
    st.dataframe(
        {
            "Function": [row.title for row in rows],
            "Zero": [100 * row.zeros for row in rows],
            "Negative": [100 * row.negatives for row in rows],
            "Mean": [row.mean for row in rows],
            "Mean slope": [row.passes for row in rows],
        },
        column_config={
            "Function": st.column_config.TextColumn(width="medium"),
            "Zero": _number("%.1f %%", "Share of the map's values that are exactly 0."),
            "Negative": _number("%.1f %%", "Share of the map's values below 0."),
            "Mean": _number("%.3f", "Mean of the map's values."),
            "Mean slope": _number("%.3f", "Mean of |f′| over the map: how much of a gradient passes on average."),
        },
        hide_index=True,
        key="shares",
    )


def flow_table(rows: Sequence[FlowRow]) -> None:
    """All functions, the steadiest first."""
    st.dataframe(
        {
            "Function": [row.title for row in rows],
            "Gradient at layer 1": [f"{row.through:.3g}" for row in rows],
            "Slopes multiplied": [f"{row.slopes:.3g}" for row in rows],
            "Values at the top": [f"{row.top:.3g}" for row in rows],
        },
        column_config={
            "Gradient at layer 1": _text(f"Its norm after {DEPTH} layers, where 1 entered at the top."),
            "Slopes multiplied": _text(f"The {DEPTH} root mean squares of f′ multiplied: the function's own part."),
            "Values at the top": _text("Root mean square of what the last layer puts out; 1 went in."),
        },
        hide_index=True,
        height=330,
        key="flow",
    )


def _number(format: str, help: str) -> Any:
    return st.column_config.NumberColumn(format=format, help=help)


def _text(help: str) -> Any:
    return st.column_config.TextColumn(help=help)
