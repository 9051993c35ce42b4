"""How much does each way of getting smaller change when the picture moves by a pixel? Curves, a sentence, a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import streamlit as st
from torch import Tensor

from app.ui.charts import show_chart
from app.ui.pooling_form import TAPS, Form
from app.ui.pooling_maps import spare
from app.ui.sheets import csv_text, save_csv
from app.ui.theme import chart_colours
from cnnviz.compute import one_thread
from cnnviz.layer import ShiftCurve, blur_pool, pool, shift_curve
from cnnviz.plot import shift_figure

Against = Literal["moved along", "not moved"]
_BINOMIALS = {2: "[1, 1]", 3: "[1, 2, 1]", 5: "[1, 4, 6, 4, 1]", 7: "[1, 6, 15, 20, 15, 6, 1]"}


@dataclass(frozen=True)
class ShiftTest:
    """The curves by name; the x axis is pixels from 0 on."""

    curves: dict[str, ShiftCurve]
    stride: int
    most: int


def show_shift_test(form: Form, whole: Tensor) -> None:
    """The settings of the test, its chart, what it says, its table. Raises SettingsError for too small a map."""
    st.subheader(f"Move the {'map' if form.features else 'picture'} by one pixel", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        against: Against = st.segmented_control(
            "Compared with the pooled map", ["moved along", "not moved"], default="moved along", required=True,
            key="pool_against", bind="query-params",
            help="Moved along: is the answer the same, only elsewhere (equivariance)? Not moved: is it the very same "
            "(invariance)?",
        )  # fmt: skip
        taps = st.segmented_control(
            "Blur before the stride", TAPS, default=3, required=True, key="pool_taps", bind="query-params",
            format_func=_BINOMIALS.__getitem__,
        )  # fmt: skip
    test = shift_test(form, whole, taps)
    st.markdown(shift_words(test, against))
    curves = {name: points(curve, against) for name, curve in test.curves.items()}
    figure = shift_figure(curves, chart_colours(), form.shift or None)
    show_chart(figure, "pool_chart")
    save_csv("Save the numbers as CSV", shift_csv(test), "cnnviz shift test.csv", "pool_csv")


@one_thread()
def shift_test(form: Form, whole: Tensor, taps: int = 3) -> ShiftTest:
    """Four ways to the same size, on the whole map without padding."""
    window, stride = form.window, form.stride
    most = spare(whole)
    size = f"{window} × {window}"
    ways: dict[str, Callable[[Tensor], Tensor]] = {
        "Stride alone": lambda maps: maps[:, ::stride, ::stride],
        f"Max {size}": lambda maps: pool(maps, "max", window, stride),
        f"Average {size}": lambda maps: pool(maps, "average", window, stride),
        f"Max {size}, blurred, then stride": lambda maps: blur_pool(pool(maps, "max", window, 1), taps, stride),
    }
    margin = max(1, -(-taps // stride))
    return ShiftTest({name: shift_curve(whole, way, stride, most, margin) for name, way in ways.items()}, stride, most)


def shift_words(test: ShiftTest, against: Against) -> str:
    """What the curves say, in numbers."""
    at = {name: points(curve, against) for name, curve in test.curves.items()}
    one = ", ".join(f"{name[0].lower() + name[1:]} **{values[1]:.3g}**" for name, values in at.items())
    words = f"One pixel: {one}."
    if against == "not moved":
        return f"{words} No pooling is invariant: 0 would be “nothing changed”, √2 “two unrelated maps”."
    if test.stride == 1:
        return f"{words} With stride 1 no place is skipped, so every pooled map just moves along."
    if test.stride <= test.most:
        return f"{words} Moved by the stride, {test.stride} pixels, each moves along exactly: 0."
    return words


def shift_csv(test: ShiftTest) -> str:
    """Both measures of every curve, one row a shift."""
    table: dict[str, Sequence[float]] = {"pixels": range(test.most + 1)}
    for name, curve in test.curves.items():
        table[f"{name} against moved along"] = curve.against_moved
        table[f"{name} against not moved"] = curve.against_still
    return csv_text(table)


def points(curve: ShiftCurve, against: Against) -> tuple[float, ...]:
    return curve.against_moved if against == "moved along" else curve.against_still
