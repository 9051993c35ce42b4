"""A table as CSV: what a spreadsheet reads is what stood on the page."""

from __future__ import annotations

import csv
import io

import pytest

from app.ui.sheets import csv_text


def test_a_spreadsheet_reads_what_the_table_said() -> None:
    table: dict[str, list[object]] = {"layer": ["conv, first", 'the "second"'], "share, %": [12.5, None]}
    assert list(csv.reader(io.StringIO(csv_text(table)))) == [
        ["layer", "share, %"],
        ["conv, first", "12.5"],
        ['the "second"', ""],
    ]


def test_columns_of_unequal_length_are_no_table() -> None:
    with pytest.raises(ValueError, match="argument 2"):
        csv_text({"one": [1, 2], "two": [1]})
