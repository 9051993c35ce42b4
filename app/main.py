"""Navigation and nothing else: the pages in their groups, and what stands around all of them."""

import streamlit as st

from app.ui.chrome import show_chrome
from app.ui.pages import HOME, PAGES

groups: dict[str, list[st.Page]] = {}
for entry in PAGES:
    groups.setdefault(entry.group, []).append(st.Page(entry.file, title=entry.title, default=entry == HOME))

page = st.navigation(groups, expanded=True)
show_chrome(page.title)
page.run()
