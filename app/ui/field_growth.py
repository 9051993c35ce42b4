"""How does the field grow through the chosen network? A table, one formula with its numbers a layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from app.ui.sheets import csv_of, save_csv
from cnnviz.analysis import GrowthRow, growth_rows

if TYPE_CHECKING:
    from cnnviz.analysis import ReceptiveField
    from cnnviz.network import Network

ALL = "rf_growth_all"
_NAMED = 2  # sources named in the table; the CSV names all


def draw_growth(network: Network, fields: Mapping[str, ReceptiveField], chosen_layer: str) -> None:
    """The chosen layer's formula in a sentence, and the table of all layers with a kernel up to it."""
    rows = growth_rows(network, fields)
    upto = rows_up_to(rows, fields, chosen_layer)
    st.markdown(growth_sentence(rows, fields, chosen_layer))
    st.markdown(
        "A layer adds **(kernel − 1) · jump** pixels to the field of what it reads; its stride multiplies the jump."
    )
    everything = st.toggle("Show the layers behind it, too", key=ALL, bind="query-params")
    shown = tuple(reversed(rows if everything else upto))  # like a stack: the chosen layer above, the picture below
    st.dataframe(
        {
            "": ["▸" if row == upto[-1] else "" for row in shown],
            "Layer": [row.path for row in shown],
            "Kernel": [kernel_words(row) for row in shown],
            "Field, pixels": [field_words(fields[row.path]) for row in shown],
            "Field =": [row.formula or why_not(row, fields) for row in shown],
            "Jump, pixels": [pair_words(row.jump_after) if row.follows else "" for row in shown],
            "Reads": [sources_words(row.sources) for row in shown],
        },
        column_config={
            "": st.column_config.TextColumn(width=30),
            "Field =": st.column_config.TextColumn(width="medium", help="previous + (kernel − 1) · dilation · jump"),
            "Jump, pixels": st.column_config.TextColumn(help="Between the fields of two neighbours, after this layer."),
            "Reads": st.column_config.TextColumn(width="large", help="Where several meet, previous is their union."),
        },
        hide_index=True,
        height=420,
        key="rf_growth_table",
    )
    text = growth_csv(rows, fields)
    save_csv("Save the whole network as CSV", text, f"cnnviz growth {network.name}.csv", "rf_growth_csv")


def rows_up_to(
    rows: Sequence[GrowthRow], fields: Mapping[str, ReceptiveField], chosen_layer: str
) -> tuple[GrowthRow, ...]:
    """The rows of the layers that run before the chosen one, and its own."""
    order = {path: place for place, path in enumerate(fields)}
    last = order.get(chosen_layer, len(order))
    return tuple(row for row in rows if order[row.path] <= last)


def growth_sentence(rows: Sequence[GrowthRow], fields: Mapping[str, ReceptiveField], chosen_layer: str) -> str:
    """How the chosen layer's field comes about, with its numbers."""
    field = fields[chosen_layer]
    row = next((row for row in rows if row.path == chosen_layer), None)
    if row is None:
        sees = "sees the whole input" if field.whole_input else f"sees {pair_words(field.size, square=True)} pixels"
        grown = _grown_at(rows, fields, field)
        return f"**{chosen_layer}** ({field.kind}) {sees}. It has no kernel of its own to grow by{grown}."
    if not row.follows:
        return f"**{chosen_layer}**: {field_words(field)} pixels. {why_not(row, fields).capitalize()}."
    several = f", the union of the {len(row.sources)} layers that meet there," if len(row.sources) > 1 else ""
    holes = " Not every pixel of it is read." if field.holes else ""
    return (
        f"**{chosen_layer}**: field **{row.formula}**. What it reads{several} has a field of "
        f"{pair_words(row.previous)} and a jump of {pair_words(row.jump)}; after it the jump is "
        f"{pair_words(row.jump_after)}.{holes}"
    )


def growth_csv(rows: Sequence[GrowthRow], fields: Mapping[str, ReceptiveField]) -> str:
    """Every row with all its sources; heights and widths apart."""
    pairs = ("kernel", "stride", "dilation", "previous", "jump", "field", "jump after")
    sides = (f"{name} {axis}" for name in pairs for axis in ("height", "width"))

    def line(row: GrowthRow) -> list[object]:
        numbers = (row.kernel, row.stride, row.dilation, row.previous, row.jump, row.size, row.jump_after)
        whole = "yes" if fields[row.path].whole_input else "no"
        sources = " | ".join(source or "picture" for source in row.sources)
        return [row.path, row.kind, *(n for pair in numbers for n in pair), row.formula, row.depth, whole, sources]

    return csv_of(["layer", "kind", *sides, "field =", "convolutions deep", "whole input", "reads"], map(line, rows))


def _grown_at(rows: Sequence[GrowthRow], fields: Mapping[str, ReceptiveField], field: ReceptiveField) -> str:
    """Of a layer without a kernel: the last layer before it that has the same field, and how that came about."""
    before = (row for row in reversed(rows_up_to(rows, fields, field.path)) if row.follows)
    same = next((row for row in before if (row.size, row.jump_after) == (field.size, field.stride)), None)
    return f"; the field is that of {same.path}, **{same.formula}**" if same and not field.whole_input else ""


def kernel_words(row: GrowthRow) -> str:
    """3 × 3, stride 2, dilation 2: what is not 1."""
    words = pair_words(row.kernel, square=True)
    words += f", stride {pair_words(row.stride)}" if row.stride != (1, 1) else ""
    return words + (f", dilation {pair_words(row.dilation)}" if row.dilation != (1, 1) else "")


def field_words(field: ReceptiveField) -> str:
    """The size of the field, or that it is everything."""
    return "whole input" if field.whole_input else pair_words(field.size, square=True)


def why_not(row: GrowthRow, fields: Mapping[str, ReceptiveField]) -> str:
    """Why the formula does not say this layer's field; empty where it does."""
    field = fields[row.path]
    if row.follows:
        return ""
    if field.whole_input:
        return "positions are mixed before it, so it sees everything"
    if not field.regular:
        return "its units are not alike, so no one formula holds"
    return "more lies between, without a layer of its own, such as a pooling or a resizing"


def sources_words(sources: Sequence[str]) -> str:
    """The layers that are read, the first few by name."""
    names = [source or "the picture" for source in sources]
    if len(names) < 2:
        return "".join(names)
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"union of {', '.join(names[:_NAMED])}{more}"


def pair_words(pair: tuple[int, int], square: bool = False) -> str:
    """One number where both are alike, unless ``square``; else height × width."""
    return f"{pair[0]}" if pair[0] == pair[1] and not square else f"{pair[0]} × {pair[1]}"
