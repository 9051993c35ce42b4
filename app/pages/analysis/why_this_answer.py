"""Why this answer: which pixels spoke for it by each method, and whether such a map can be trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from app.components.why_view.component import why_view
from app.ui.frame import bench, close_page, guarded, live, open_page
from app.ui.network_picker import obtain
from app.ui.why_code import Shown, why_code
from app.ui.why_form import why_form
from app.ui.why_state import PAGE, VIEW, Form, looked, read_form, stopped

if TYPE_CHECKING:
    from app.ui.why_maps import Question
    from cnnviz.network import Network, Prediction

chosen = open_page(
    "Why this answer",
    "Which pixels spoke for what the network says? Several methods, side by side, and tests of how far to trust them.",
)


@dataclass(frozen=True)
class Drawn:
    """What the rest of the page needs of the view: the question, the likeliest answers, what is shown."""

    question: Question
    answers: Sequence[Prediction]
    categories: Sequence[str]
    layers: Mapping[str, str]
    shown: Shown


def show(form: Form) -> Drawn | None:
    network = obtain(form.choice)
    if network is None:
        return None
    # torch is in from here on; before, these imports would hold up the page.
    from app.ui.why_maps import CANDIDATES, answers_at
    from app.ui.why_passes import asked, done_before_long, layer_words, maps_offered
    from app.ui.why_view import maps_scene

    question, values = asked(network, form, chosen)
    layers = layer_words(network)
    answers = answers_at(values, network, form.temperature, CANDIDATES)
    if not form.methods:
        st.info("Choose a method beside this.", icon=":material/info:")
        return Drawn(question, answers, network.categories, layers, Shown(question.target, (), question.layer))
    scenes = maps_offered(form, question)
    tiles = done_before_long(network, form, question)
    why_view(
        VIEW, maps_scene(form, network, question, tiles, answers, scenes),
        on_look=looked, on_stop=stopped, on_done=lambda: None,
    )  # fmt: skip
    ready = tuple(tile.id for tile in tiles if tile.status == "done")
    return Drawn(question, answers, network.categories, layers, Shown(question.target, ready, question.layer))


def show_tests(form: Form, network: Network, question: Question) -> None:
    from app.ui.why_tests import show_test

    show_test(form, network, question)


def body() -> None:
    settings, picture = bench()
    form = read_form()
    with picture:  # first: the learner sees the maps before Streamlit has gone through the form
        drawn = guarded(lambda: show(form))
    with settings:
        if drawn:
            why_form(form, drawn.answers, drawn.categories, drawn.layers)
        else:
            why_form(form, (), (), {})
    network = obtain(form.choice) if drawn else None
    if drawn and network is not None:
        question = drawn.question
        guarded(lambda: show_tests(form, network, question))
    close_page(PAGE, why_code(form, chosen, drawn.shown if drawn else None), chosen)


live(body, chosen)
