"""Is the page light or dark? Colour maps have the page's ground at zero; charts have the theme's colours."""

from typing import Literal

import streamlit as st
from streamlit import config


def current_theme() -> Literal["light", "dark"]:
    """The theme in use; light until the browser has said."""
    return "dark" if st.context.theme.type == "dark" else "light"


def chart_colours() -> tuple[str, ...]:
    """The colours of the lines of a chart, in their order, for the theme in use."""
    return tuple(config.get_option(f"theme.{current_theme()}.chartCategoricalColors"))
