"""How does a Plotly chart stand on a page? With its axes in the page's own text colour."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st
from streamlit import config

from app.ui.theme import current_theme


def show_chart(figure: Any, key: str, on_point: Callable[[], None] | None = None) -> None:
    """Show a ``plotly.graph_objects.Figure``; Streamlit's own grey for axes has a contrast of 3.7 only, too little.

    `on_point` is called after a click on a point; `st.session_state[key].selection.points` says on which.
    """
    ink, ground = (config.get_option(f"theme.{current_theme()}.{name}") for name in ("textColor", "backgroundColor"))
    figure.update_xaxes(title_font_color=ink, tickfont_color=ink)
    figure.update_yaxes(title_font_color=ink, tickfont_color=ink)
    figure.update_layout(legend_font_color=ink)
    halo = ", ".join(f"{x}px {y}px 2px {ground}" for x in (-1, 1) for y in (-1, 1))  # names stand on lines and discs
    figure.update_traces(textfont_color=ink, textfont_shadow=halo, selector={"mode": "markers+text"})
    config_of = {"displaylogo": False, "toImageButtonOptions": {"filename": f"cnnviz {key}", "scale": 2}}
    if on_point is None:
        st.plotly_chart(figure, key=key, config=config_of)
    else:
        st.plotly_chart(figure, key=key, config=config_of, on_select=on_point, selection_mode="points")
