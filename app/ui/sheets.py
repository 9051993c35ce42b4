"""How is a table saved? As CSV, by a button below it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

import streamlit as st


def save_button(label: str, table: Mapping[str, Sequence[object]], file: str, key: str) -> None:
    """A button that saves a table, column by column under its heading, in a file of this name."""
    st.download_button(label, csv_text(table), file, "text/csv", on_click="ignore", key=key)


def csv_text(table: Mapping[str, Sequence[object]]) -> str:
    """The table as CSV: the headings, then its rows; None gives an empty cell. Raises ValueError for uneven columns."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table)
    writer.writerows(zip(*table.values(), strict=True))
    return text.getvalue()
