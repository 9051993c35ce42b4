"""How far do several networks see, the deeper one looks? A chart, and the numbers behind it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

import streamlit as st

from app.ui.charts import show_chart
from app.ui.frame import foot_follows
from app.ui.sheets import csv_of, save_csv
from app.ui.theme import chart_colours
from cnnviz.network import list_networks, network_info

if TYPE_CHECKING:
    from cnnviz.analysis import DepthCurve

COMPARED = "rf_compare"
LOGARITHMIC = "rf_compare_log"
OPENING = ("alexnet", "vgg16", "resnet18", "resnet50", "efficientnet_lite0")
MOST = 6


def draw_compare(input_size: tuple[int, int]) -> None:
    """The choice of networks, the chart with the picture's height as a line, what it says, the table."""
    from cnnviz.plot import depth_figure

    names = st.multiselect(
        "Networks", [info.name for info in list_networks()], default=list(OPENING), max_selections=MOST,
        key=COMPARED, bind="query-params", format_func=lambda name: network_info(name).title,
        on_change=foot_follows, args=("receptive_fields",),
        help="Receptive fields need no weights: nothing is downloaded.",
    )  # fmt: skip
    logarithmic = st.toggle("Logarithmic scale", key=LOGARITHMIC, bind="query-params")
    with st.spinner("Following the networks layer by layer …", show_time=False):
        curves = {network_info(name).title: curve_of(name) for name in names}
    if not curves:
        st.info("Choose a network.", icon=":material/info:")
        return
    st.markdown(compare_sentence(curves, input_size[0]))
    show_chart(depth_figure(curves, input_size[0], logarithmic, chart_colours()), key="rf_compare_chart")
    _table(curves, input_size[0])


@lru_cache(maxsize=128)
def curve_of(name: str) -> DepthCurve:
    """The curve of a network of the zoo by name, from its structure alone and for pictures of its own size."""
    from cnnviz.analysis import depth_curve, growth_rows, receptive_fields
    from cnnviz.compute import at_work
    from cnnviz.network.construction import skeleton

    info = network_info(name)
    with at_work():
        module = skeleton(info).eval()
        fields = receptive_fields(module, info.input_size)
        return depth_curve(growth_rows(module, fields), fields)


def compare_sentence(curves: Mapping[str, DepthCurve], picture: int) -> str:
    """Which sees farthest, and which layers see everything or are held up by gates."""
    local = {title: max(curve.sizes) for title, curve in curves.items() if curve.sizes}
    words = []
    if local:
        widest = max(local, key=lambda title: local[title])
        beyond = sum(size > picture for size in local.values())
        words.append(
            f"**{widest}** sees farthest: {local[widest]:,} pixels. {beyond} of {len(curves)} see more than the "
            f"picture's {picture} in their last layers: for them the edge of the field is padding."
        )
    gated = [title for title, curve in curves.items() if curve.gated]
    if gated:
        words.append(f"With gates held constant: {', '.join(gated)}; strictly their gates see the whole input.")
    short = [title for title, curve in curves.items() if len(curve.depths) < 2]
    if short:
        words.append(
            f"No curve for {', '.join(short)}: after the first convolution attention mixes the positions; the table "
            "says from where on everything is seen."
        )
    return " ".join(words)


def compare_csv(curves: Mapping[str, DepthCurve]) -> str:
    """Every point of every curve."""
    points = (
        (title, *point)
        for title, curve in curves.items()
        for point in zip(curve.depths, curve.sizes, curve.paths, strict=True)
    )
    return csv_of(("network", "convolutions deep", "largest field, pixels", "layer"), points)


def _table(curves: Mapping[str, DepthCurve], picture: int) -> None:
    st.dataframe(
        {
            "Network": list(curves),
            "Convolutions deep": [curve.depths[-1] if curve.depths else 0 for curve in curves.values()],
            "Largest field, pixels": [max(curve.sizes, default=1) for curve in curves.values()],
            f"Passes {picture} pixels at": [curve.passes(picture) or "never" for curve in curves.values()],
            "Sees everything from": [curve.whole_from or "never" for curve in curves.values()],
            "Gates": ["held constant" if curve.gated else "none" for curve in curves.values()],
        },
        hide_index=True,
        key="rf_compare_table",
    )
    save_csv("Save the curves as CSV", compare_csv(curves), "cnnviz fields by depth.csv", "rf_compare_csv")
