"""Is the page light or dark? Colour maps have the page's ground at zero."""

from typing import Literal

import streamlit as st


def current_theme() -> Literal["light", "dark"]:
    """The theme in use; light until the browser has said."""
    return "dark" if st.context.theme.type == "dark" else "light"
