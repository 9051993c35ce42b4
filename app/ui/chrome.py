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
[data-testid="stColumn"]:has(.st-key-choose_picture) { min-width: min(13rem, 100%); }
.st-key-choose_picture button p, [data-testid="stSidebarNavLink"] span * { white-space: normal; }
[data-testid="stMultiSelect"] :has(> [data-testid="stMultiSelectTagsContainer"]) { height: auto; max-height: none; }
[data-testid="stMultiSelectTagsContainer"] { flex-wrap: wrap; height: auto; overflow: visible; mask-image: none; }
[data-testid="stSelectbox"] input { text-overflow: ellipsis; }
[data-testid="stSelectboxVirtualDropdown"] [role="option"] > div {
  white-space: normal; overflow-wrap: anywhere; line-height: 1.15;
}
/* White on the light orange of the dark theme is 2:1. */
[data-testid="stBaseButton-primary"]:not(:disabled) { color: light-dark(#fff, #0f1116) !important; }
a:focus-visible, button:focus-visible, summary:focus-visible, [data-testid="stSidebarNavLink"]:focus-visible {
  outline: 3px solid var(--st-primary-color, currentColor) !important; outline-offset: 1px;
}
@media (min-width: 641px) {
  [data-testid="stHorizontalBlock"]:has(> [data-testid="stColumn"] .st-key-choose_picture) { flex-wrap: nowrap; }
  [data-testid="stHorizontalBlock"]:has(.st-key-choose_picture) > [data-testid="stColumn"]:first-child { min-width: 0; }
  .st-key-bench > div > [data-testid="stHorizontalBlock"] { flex-wrap: nowrap; }
  .st-key-bench > div > [data-testid="stHorizontalBlock"] > [data-testid="stColumn"] { min-width: 0; }
  .st-key-bench > div > [data-testid="stHorizontalBlock"] > [data-testid="stColumn"]:first-child { flex: 0 0 15rem; }
}
@media (max-width: 640px) {
  .block-container { padding-top: 3.75rem; }
  .st-key-bench > div > [data-testid="stHorizontalBlock"] { flex-direction: column-reverse; }
  .st-key-bench [data-testid="stColumn"] { min-width: 100%; }
}
"""
# With large type a window as wide as a projector's has no room beside the picture: the settings go below it.
_LARGE = """
html { font-size: 22px !important; }
@media (min-width: 641px) and (max-width: 1320px) {
  .st-key-bench > div > [data-testid="stHorizontalBlock"] { flex-direction: column-reverse; }
  .st-key-bench > div > [data-testid="stHorizontalBlock"] > [data-testid="stColumn"],
  .st-key-bench > div > [data-testid="stHorizontalBlock"] > [data-testid="stColumn"]:first-child {
    flex: 1 1 auto; width: 100%;
  }
}
"""


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
