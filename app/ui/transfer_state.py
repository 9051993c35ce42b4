"""What is set on the page Transfer learning above its runs: which pictures, which network. All of it is in the link."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from app.ui.linked import is_count, linked, linked_choice, set_linked
from app.ui.network_picker import NetworkChoice, read_network
from app.ui.picture import DEFAULT, ChosenPicture
from app.ui.transfer_data import SOURCES, TransferData, find_data, owner_of
from app.ui.visitor import visitor

PAGE = "transfer_learning"
SOURCE = "tl_data"
ASK = "tl_ask"
ANSWER = "tl_answer"
COLLECT = "tl_collect"
WEBCAM = "tl_webcam"
IN_USE = "picture"
"""What `ASK` says where the learner asks about the picture in use; empty as long as they have asked about nothing."""
OPENING = {"stamps": 115, "mnist": 3388, "fashion": 2881}
"""The training picture that each set opens with, so that the first look is at an answer with its reasons."""
_SEEN = "_tl_picture"


@dataclass(frozen=True)
class Form:
    """What the learner set: the network, the name of the pictures in ``SOURCES``, and which is asked about.

    `ask` is what the link says; `asked` is the id of the training picture that is meant, see `picture_id`, and anything
    else for the picture in use.
    """

    choice: NetworkChoice
    source: str
    ask: str = ""
    asked: str = ""


def read_form(chosen: ChosenPicture) -> Form:
    """The settings, without drawing anything. Who has just chosen a picture asks about that."""
    if st.session_state.get(_SEEN, chosen.key) != chosen.key:
        set_linked(ASK, IN_USE)
    st.session_state[_SEEN] = chosen.key
    source, ask = linked_choice(SOURCE, tuple(SOURCES)), linked(ASK, "")
    opens = not ask and source in OPENING and chosen.key == DEFAULT
    return Form(read_network(), source, ask, str(OPENING[source]) if opens else ask)


def pictures_of(form: Form) -> TransferData:
    """The pictures that are set, of own ones those of this visitor as they are now."""
    found = find_data(form.source, owner_of(visitor()))
    assert found is not None  # the name is one of SOURCES
    return found


def picture_id(data: TransferData, number: int) -> str:
    """A training picture's name in links and views: an own picture's id, else its number."""
    source = data.dataset.examples[number].source
    return source.stem if data.own and isinstance(source, Path) else str(number)


def asked_number(form: Form, data: TransferData) -> int | None:
    """The number of the training picture that is asked about; None where it is the picture in use."""
    if not form.asked:
        return None
    if not data.own:
        known = is_count(form.asked) and int(form.asked) < len(data.dataset.examples)
        return int(form.asked) if known else None
    ids = (picture_id(data, number) for number in range(len(data.dataset.examples)))
    return next((number for number, one in enumerate(ids) if one == form.asked), None)


def asked() -> None:
    """The learner clicked a training picture."""
    set_linked(ASK, str(dict(st.session_state[COLLECT].ask).get("id", "")))


def back() -> None:
    """The learner wants to ask about the picture in use."""
    set_linked(ASK, IN_USE)
