"""The settings of the map of the network, and the second picture that it can be compared with."""

from __future__ import annotations

import streamlit as st

from app.ui.feature_maps_state import leave_layer
from app.ui.linked import follows, hold, segments, set_linked, widget_key
from app.ui.network_map_state import BY, BYS, COMPARE, COMPARES, MAP_SCALE, MAP_SCALES, NOTICE, SECOND, MapForm
from app.ui.network_picker import NetworkChoice, network_picker
from app.ui.picture import ChosenPicture, picture_of
from app.ui.plain import plain
from app.ui.shelf import PICTURES
from app.ui.visitor import visitor
from cnnviz.image import SAMPLES

_OWN = "_second_own_picture"  # the key of an own picture never stands in the link
_NONE = "None"


def network_map_form(choice: NetworkChoice, form: MapForm, chosen: ChosenPicture) -> None:
    """Draw network, order, scale and second picture in one row; above it what the link asked in vain."""
    NOTICE.show()
    network, by, scale, second = st.columns([1.3, 1.13, 1.13, 0.94])
    with network:
        network_picker(choice, on_change=leave_layer)
    with by:
        hold(widget_key(BY), form.by)
        st.selectbox(
            "Channels by",
            list(BYS),
            format_func=BYS.__getitem__,
            help="Which channels of a column are shown, strongest first. Share in the answer: values times the slope "
            "of the class's logit, summed over the map; click a class to ask about another.",
            **follows(BY),
        )
    with scale:
        hold(widget_key(MAP_SCALE), form.per)
        st.selectbox(
            "Colour scale",
            list(MAP_SCALES),
            format_func=MAP_SCALES.__getitem__,
            help="Red is negative, blue positive, zero the colour of the page.",
            **follows(MAP_SCALE),
        )
    with second:
        _second(form, chosen)


def second_picture(form: MapForm) -> ChosenPicture | None:
    """The picture that the first is compared with: a sample of the link, or an own one of this visitor."""
    own = st.session_state.get(_OWN, "")
    return (picture_of(visitor(), own) if own else None) or picture_of(visitor(), form.second)


def _second(form: MapForm, chosen: ChosenPicture) -> None:
    mine = {picture.key: plain(picture.name) for picture in PICTURES.all(visitor())}
    titles = {"": _NONE, **{name: sample.title for name, sample in SAMPLES.items()}, **mine}
    current = second_picture(form)
    hold(widget_key(SECOND), "" if current is None else current.key)
    st.selectbox(
        "Compare with",
        [key for key in titles if key != chosen.key or (current is not None and current.key == key)],
        format_func=lambda key: titles.get(key, _NONE),
        key=widget_key(SECOND),
        on_change=_second_chosen,
    )
    if current is not None:
        segments(COMPARE, "Shown as", COMPARES, form.compare)


def _second_chosen() -> None:
    key = st.session_state[widget_key(SECOND)]
    if key and picture_of(visitor(), key) is None:  # the words of an entry that has gone
        return
    st.session_state[_OWN] = "" if key in SAMPLES else key
    set_linked(SECOND, key if key in SAMPLES else "")
