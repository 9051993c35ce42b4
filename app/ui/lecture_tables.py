"""The tables of the notes, row by row from computation, the figures as CSV, and what the notes say wrongly in words."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import TYPE_CHECKING

import streamlit as st

from app.ui.plain import plain
from app.ui.sheets import csv_of

if TYPE_CHECKING:
    from cnnviz.analysis import LectureFigure
    from cnnviz.analysis.lecture.statements import Statement


TABLE = "ln_table"
_COLUMNS = {
    "input, then filters, kernel, stride, padding": "Layer",
    "output: channels, side": "Output",
    "output": "Output",
    "memory of the output, KB": "Memory, KB",
    "numbers that the output holds": "Memory, numbers",
    "numbers that the picture holds": "Memory, numbers",
    "parameters, thousands": "Parameters, K",
    "weights": "Parameters",
    "multiply-adds, millions": "Multiply-adds, M",
    "values that the pooling looks at, millions": "Multiply-adds, M",
    "blocks of stages 1 to 4": "Blocks",
    "layers of stages 1 to 4": "Layers in stages",
    "layers with weights: stem, stages, FC": "Layers",
    "multiply-adds, billions": "Multiply-adds, G",
    "top-5 error on ImageNet, %": "Top-5 error",
    "filters of the first convolution": "Filters in 2012",
}
"""What a column of a table is called, by what its figures count."""
_ELSEWHERE = "AlexNet ["
"""How a figure's quotation begins that joins the table's title to a row."""


def draw_tables(figures: Sequence[LectureFigure]) -> None:
    """The choice of a table, its rows with both numbers where they differ, and what that comes to."""
    names = list(dict.fromkeys(figure.topic.partition(":")[0] for figure in figures if ": " in figure.topic))
    names = [name for name in names if name not in ("Implementation", "AlexNet")]
    st.subheader("The notes' tables, row by row", anchor=False)
    name = st.selectbox("Table", names, key=TABLE, bind="query-params")
    cells = [figure for figure in figures if figure.topic.startswith(f"{name}: ")]
    wrong = [figure for figure in cells if not figure.agrees]
    said = f"**{len(cells) - len(wrong)} of {len(cells)}** cells of this table are what is computed."
    for figure in wrong:
        said += (
            f"\n- {figure.topic.partition(': ')[2]}, {figure.what}: {figure.given} ≠ {figure.computed}. {figure.why}"
        )
    st.markdown(said)
    st.dataframe(table_rows(cells), hide_index=True, height="content", key="ln_table_rows")
    published = " (errors: as published with torchvision's weights)" if any("error" in f.what for f in cells) else ""
    st.caption(
        f"Computed from the network itself{published}, to a digit more than in the notes. "
        "Where the notes have another number, both stand there: notes ≠ computed."
    )


def table_rows(cells: Sequence[LectureFigure]) -> list[dict[str, str]]:
    """One record a row of the notes, in their order; a cell holds what is computed, to a digit more than the notes'."""
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for figure in cells:
        row = figure.topic.partition(": ")[2]
        if figure.quote.startswith(_ELSEWHERE):
            record = next(record for record in rows.values() if record["Row"] == row)
        else:
            record = rows.setdefault((row, figure.quote), {"Row": row})
        computed = layer_words(figure.computed) if _COLUMNS[figure.what] == "Layer" else figure.computed
        record[_COLUMNS[figure.what]] = computed if figure.agrees else f"{figure.given} ≠ {computed}"
    columns = ["Row", *dict.fromkeys(name for name in _COLUMNS.values() if any(name in one for one in rows.values()))]
    return [{column: record.get(column, "") for column in columns} for record in rows.values()]


def layer_words(numbers: str) -> str:
    """What a row says of its layer: "384 × 13, 256 filters, kernel 3, stride 1, pad 1" for 384x13x256x3x1x1."""
    parts = numbers.split("x")
    if len(parts) == 6:
        channels, side, filters, kernel, stride, padding = parts
        return f"{channels} × {side}, {filters} filters, kernel {kernel}, stride {stride}, pad {padding}"
    named = (f"kernel {parts[2]}" if len(parts) > 2 else "", f"stride {parts[3]}" if len(parts) > 3 else "")
    return ", ".join([" × ".join(parts[:2]), *(name for name in named if name)])


def draw_statements() -> None:
    """The sentences of the notes that do not hold, beside what holds."""
    from cnnviz.analysis.lecture.statements import STATEMENTS

    with st.expander(f"{len(STATEMENTS)} sentences of the notes that do not hold", icon=":material/rule:"):
        st.markdown("\n".join(_statement_line(one) for one in STATEMENTS))


def _statement_line(one: Statement) -> str:
    return f"- “{plain(one.quote, 200)}” (notes {one.note}). **{plain(one.holds, 400)}** {plain(one.reference, 120)}."


def figures_csv(figures: Sequence[LectureFigure]) -> str:
    """One row a figure, with everything that the page says of it."""
    names = (
        "number", "note", "topic", "quote", "what", "given", "computed", "verdict", "working", "source", "why",
        "reference",
    )  # fmt: skip
    return csv_of(names, map(attrgetter(*names), figures))
