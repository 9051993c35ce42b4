"""Home: one picture travels through a kernel, a layer and a network to an answer."""

from typing import Literal

import streamlit as st

from app.components.journey.component import Scene, journey_view
from app.ui.frame import guarded, open_page
from app.ui.journey import RECORDED_PICTURE, Journey, network_is_in, recorded, shared_network, travel, travel_of_sample
from app.ui.journey_stations import PICK, stations
from app.ui.pages import HOME, PAGES
from app.ui.picture import ChosenPicture
from app.ui.picture_picker import open_picker, picker_is_open
from cnnviz import compute

VIEW = "journey"
GO = "_home_go"
# The sentence stands close under its link, both on the same edge.
_LIST = """
.st-key-pages { border-top: 1px solid rgba(128, 128, 128, 0.35); padding-top: 0.5rem; }
.st-key-pages [data-testid="stColumn"] > [data-testid="stVerticalBlock"] { gap: 0; }
.st-key-pages [data-testid="stPageLink-NavLink"] { padding-left: 0; padding-right: 0; background: none; }
.st-key-pages [data-testid="stPageLink-NavLink"]:hover { text-decoration: underline; }
.st-key-pages [data-testid="stPageLink-NavLink"] p { font-size: 1.0625rem; }
.st-key-pages [data-testid="stMarkdown"] p { font-size: 0.9375rem; }
"""


def show(chosen: ChosenPicture) -> None:
    """Live results where torch is in; before that the recorded ones, but only under the picture that they belong to."""
    if compute.ready() and network_is_in():
        draw(chosen, live(chosen), "live", f"Computed from this picture on {compute.describe()}.")
        return
    if chosen.key == RECORDED_PICTURE:
        draw(chosen, recorded(), "recorded", "These results ship with the app; live ones follow in a few seconds.")
    else:
        draw(chosen, None, "waiting", "The results of this picture follow in a few seconds.")
    wait_for_libraries()


def live(chosen: ChosenPicture) -> Journey:
    return travel(chosen.picture, shared_network()) if chosen.own else travel_of_sample(chosen.key)


@st.fragment(run_every=1.0)
def wait_for_libraries() -> None:
    """Look once a second whether torch and the network are in; then draw the page anew, without this.

    Drawing anew would close the picture picker, so it waits for that.
    """
    if compute.ready() and network_is_in() and not picker_is_open():
        st.rerun()


def draw(
    chosen: ChosenPicture, journey: Journey | None, source: Literal["recorded", "live", "waiting"], remark: str
) -> None:
    journey_view(VIEW, Scene(stations(chosen, journey), source, remark), on_go=note_where_to_go)


def note_where_to_go() -> None:
    st.session_state[GO] = st.session_state[VIEW].go


def list_pages() -> None:
    """Every page with its sentence, in the order of the navigation."""
    pages = [page for page in PAGES if page != HOME]
    st.html(f"<style>{_LIST}</style>")
    with st.container(key="pages"):
        for start in range(0, len(pages), 3):
            for column, page in zip(st.columns(3), pages[start : start + 3], strict=False):
                with column:
                    st.page_link(page.file, label=f"**{page.title}**")
                    st.markdown(page.sentence)


target = st.session_state.pop(GO, None)
if target in {page.file for page in PAGES}:
    st.switch_page(target, query_params=st.query_params.to_dict())
chosen = open_page(
    "A picture on its way to an answer",
    "What convolutional networks compute, step by step, from this picture or your own.",
)
if target == PICK:
    open_picker()
guarded(lambda: show(chosen))
list_pages()
