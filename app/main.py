"""Navigation and nothing else: the pages in their groups, and what stands around all of them."""

import streamlit as st

from app.ui.chrome import show_chrome

PAGES = {
    "": [st.Page("pages/home.py", title="Home", default=True)],
    "Foundations": [
        st.Page("pages/layer/classic_kernels.py", title="Classic kernels"),
    ],
    "Look inside": [
        st.Page("pages/analysis/feature_maps.py", title="Feature maps"),
    ],
}

page = st.navigation(PAGES)
show_chrome(page.title)
page.run()
