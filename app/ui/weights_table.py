"""The counts of weights as a table that saves as CSV, and the example of the lecture."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.ui.weights_units import TITLES
from cnnviz.layer import UnitWeights, unit_weights

BYTES = 4  # of a weight as float32


def counts_table(rows: Sequence[UnitWeights]) -> None:
    """One row a way to connect."""
    st.dataframe(
        {
            "Layer": [TITLES[row.connection] for row in rows],
            "Weights a unit": [f"{row.per_unit:,}" for row in rows],
            "Units": [f"{row.units:,}" for row in rows],
            "Weights": [f"{row.weights:,}" for row in rows],
            "Biases": [f"{row.biases:,}" for row in rows],
            "With biases": [f"{row.total:,}" for row in rows],
            "Memory": [memory(row.total) for row in rows],
            "Weights =": [row.formula for row in rows],
        },
        hide_index=True,
        key="counts",
    )


def memory(numbers: int) -> str:
    """So many float32 numbers as bytes, three significant digits."""
    size, unit = float(numbers * BYTES), "B"
    for larger in ("kB", "MB", "GB", "TB", "PB"):
        if size < 1000:
            break
        size, unit = size / 1000, larger
    return f"{size:.3g} {unit}"


def example() -> str:
    """The lecture's example with its right value."""
    found = unit_weights((200, 200), "full", units=40_000)
    return (
        f"**The lecture's example:** a grey picture of 200 × 200 and 40,000 fully connected hidden units. The notes "
        f"say “~2B parameters”. It is {found.formula} = **{found.weights:,}**, and {found.total:,} with biases: "
        f"{found.weights / 1e9:.1f} billion."
    )
