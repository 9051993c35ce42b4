"""The settings of Architectures. Every widget shows what `architectures_state` has read and writes it back."""

from __future__ import annotations

import streamlit as st

from app.ui.architectures_state import VIEW, VIEWS, Form, network_key, network_taken, notice
from app.ui.linked import hold, segments, widget_key
from app.ui.network_picker import by_family, millions
from cnnviz.network import NetworkCard, NetworkInfo, card, network_info

_SIDE = {"a": "Network", "b": "The other network"}


def view_setting(form: Form) -> None:
    """What the page shows."""
    segments(VIEW, "View", VIEWS, form.view, label_visibility="collapsed", width="content")


def network_setting(side: str, info: NetworkInfo) -> None:
    """The list of all networks, and what is to be known of the chosen one."""
    key = widget_key(network_key(side))
    hold(key, info.name)
    st.selectbox(
        _SIDE[side],
        [known.name for known in by_family()],
        key=key,
        on_change=network_taken,
        args=(side,),
        format_func=_label,
        help="By family, smallest first. Type to search. M: million parameters.",
    )
    notice(side).show()


def show_card(info: NetworkInfo) -> None:
    """Year, idea, paper, accuracy."""
    known = card(info.name)
    st.markdown(f"**{known.title}, {known.year}.** {known.idea}")
    st.markdown(f"New: {known.introduced}. {accuracy_words(known)}")
    if known.remark:
        st.markdown(known.remark)
    st.caption(known.paper)


def accuracy_words(known: NetworkCard) -> str:
    """The published accuracy and who published it, or that there is none."""
    if known.top1 is None:
        return "No accuracy was published with weights that are at hand."
    five = f", top-5 {known.top5:.1f} %" if known.top5 is not None else ""
    return f"ImageNet top-1 {known.top1:.1f} %{five} ({known.accuracy_source})."


def _label(name: str) -> str:
    info = network_info(name)
    return f"{info.title} · {millions(info.parameters)}"
