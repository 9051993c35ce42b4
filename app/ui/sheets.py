"""How is a table saved? As CSV, by a button below it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

import streamlit as st


def save_button(label: str, table: Mapping[str, Sequence[object]], file: str, key: str) -> None:
    """A button that saves a table, column by column under its heading, in a file of this name."""
    save_csv(label, csv_text(table), file, key)


def save_csv(label: str, text: str, file: str, key: str, help: str | None = None) -> None:
    """The same of a table that is CSV already."""
    st.download_button(label, text, file, "text/csv", on_click="ignore", key=key, help=help)


def csv_text(table: Mapping[str, Sequence[object]]) -> str:
    """The table as CSV: the headings, then its rows; None gives an empty cell. Raises ValueError for uneven columns."""
    return csv_of(table, zip(*table.values(), strict=True))


def csv_of(headings: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """The same of a table that is known row by row."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(headings)
    writer.writerows(rows)
    return text.getvalue()
