"""What stands around all pages: the tab's title and icon, the presenter's large type, what computes."""

from pathlib import Path

import streamlit as st

from app.ui.linked import note_page
from app.ui.plain import plain
from cnnviz import compute
from cnnviz.errors import CnnvizError

_ICON = Path(__file__).parents[2] / "assets" / "icon.png"
_LAYOUT = """
.block-container { padding: 2.5rem clamp(1rem, 3vw, 3rem) 2rem; max-width: 100rem; }
h1 { font-size: 2rem !important; padding: 0 !important; }
[data-testid="stSidebar"]:not([data-collapsed="true"]) { width: 13.5rem !important; }
@media (min-width: 641px) {
  .st-key-bench > div > [data-testid="stHorizontalBlock"] { flex-wrap: nowrap; }
  .st-key-bench > div > [data-testid="stHorizontalBlock"] > [data-testid="stColumn"] { min-width: 0; }
  .st-key-bench > div > [data-testid="stHorizontalBlock"] > [data-testid="stColumn"]:first-child { flex: 0 0 15rem; }
}
@media (max-width: 640px) {
  .block-container { padding-top: 3.75rem; }
  .st-key-bench > div > [data-testid="stHorizontalBlock"] { flex-direction: column-reverse; }
}
"""
_LARGE = "html { font-size: 22px !important; }"


def show_chrome(title: str) -> None:
    """Called once a run, before the page."""
    note_page(title)
    st.set_page_config(page_title=f"{title} · cnnviz", page_icon=str(_ICON), layout="wide")
    with st.sidebar:
        large = st.toggle("Large type", key="large", bind="query-params", help="For a projector: everything larger.")
        if compute.ready():
            _name_device()
    st.html(f"<style>{_LAYOUT}{_LARGE if large else ''}</style>")


def _name_device() -> None:
    """What computes; a device that is not there is said here, and the pages that need none go on."""
    try:
        st.caption(f"Computing on {compute.describe()}.")
    except CnnvizError as error:
        st.warning(plain(str(error), 300), icon=":material/error:")
