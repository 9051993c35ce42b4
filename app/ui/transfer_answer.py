"""How does the first answer come onto the page: at once where it is recorded or kept, else as features come?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from app.components.nearest_view.component import nearest_view
from app.ui.frame import guarded
from app.ui.jobs import JOBS, time_left, waits
from app.ui.network_picker import NetworkChoice, obtain
from app.ui.network_store import NETWORKS
from app.ui.picture import ChosenPicture
from app.ui.picture_picker import picker_is_open
from app.ui.plain import plain
from app.ui.transfer_asked import (
    PATIENCE,
    Known,
    answer_scene,
    asked_features,
    asked_of,
    features_job,
    features_key,
    is_recorded,
    known_of,
    means_of,
    numbers_of,
    recorded_of,
    too_few,
    without,
)
from app.ui.transfer_data import TransferData
from app.ui.transfer_state import ANSWER, ASK, Form, asked_number, back
from app.ui.transfer_webcam import burst_came, webcam_part, webcam_picture
from app.ui.visitor import visitor
from cnnviz.learn import DatasetError

if TYPE_CHECKING:
    from cnnviz.network import Network

LOOK = 0.5
"""Seconds between two looks at features that are being computed."""
PROGRESS = "tl_progress"
"""The room in which the page says how far it is with them."""
_SOON = "The answer comes as soon as the network has looked at one picture of each class."


def answer_part(form: Form, data: TransferData, chosen: ChosenPicture) -> None:
    """The nearest class of the picture that is asked about, drawn again as more training pictures are known."""
    number = asked_number(form, data)
    missing = too_few(data)
    recorded = not data.own and is_recorded(form.choice)
    network = None
    if missing:
        NETWORKS.ask(*form.choice.key)  # it will be asked for in a moment
    with st.container():  # what is said while it loads has its own place: the webcam below stays on when it is here
        if not missing and not recorded:
            network = obtain(form.choice)
    live = network is not None and _begin(data, form.choice, network)

    @st.fragment(run_every=LOOK if live else None)
    def part() -> None:
        if st.session_state.get(ASK) != form.ask:  # the learner went back: the page has not heard of it yet
            st.rerun()
        goes_on = False
        view, line = st.container(), st.container()
        webcam_part(data)  # drawn before what takes a moment, so that it does not fade meanwhile
        if missing:
            view.info(plain(missing, longest=300), icon=":material/photo_library:")
        elif recorded:
            with view:
                guarded(lambda: _draw(form, data, chosen, number, recorded_of(data), None))
        elif network is not None:
            with line.container(key=PROGRESS):  # below the view, which stays where it is
                goes_on = _progress(data, form.choice)
                if not goes_on:
                    st.html("&nbsp;")  # a container of nothing would have no room
            known = known_of(data, network, numbers_of(data))
            with view:
                guarded(lambda: _draw(form, data, chosen, number, known, network))
        if burst_came() or (live and not goes_on and not picker_is_open()):
            st.rerun()

    part()


def _begin(data: TransferData, choice: NetworkChoice, network: Network) -> bool:
    """Have what is missing computed, and wait a little for it; whether there is more to come."""
    known = known_of(data, network, numbers_of(data))
    if len(known.numbers) == known.total:
        return False
    job = features_job(data, network, choice, visitor(), known.total - len(known.numbers))
    job.wait(PATIENCE)
    return job.live


def _progress(data: TransferData, choice: NetworkChoice) -> bool:
    """Say how far the job is, or what it failed with; whether it goes on."""
    key = features_key(data, choice)
    job = JOBS.look(key, visitor())
    if job is not None and job.error is not None:
        st.error(plain(str(job.error), longest=600), icon=":material/error:")
        st.button("Try again", on_click=JOBS.forget, args=(key,), key="tl_try")
    if job is None or not job.live:
        return False
    done, total = job.progress.done, job.progress.total
    left = time_left(job.progress)
    words = waits(key) or f"The network looks at training picture {done} of {total}{', ' if left else ''}{left}."
    st.progress(done / total if total else 0.0, words)
    return True


def _draw(
    form: Form, data: TransferData, chosen: ChosenPicture, number: int | None, known: Known, network: Network | None
) -> None:
    asked = webcam_picture() or asked_of(chosen, data, number)
    others, features = without(known, asked)
    try:
        means_of(data, others)
    except DatasetError:
        complete = others.total == len(others.numbers)
        words = "Without this picture a class is empty; add another one to it." if complete else _SOON
        st.info(words, icon=":material/photo_library:")
        return
    if features is None and network is None and not (asked.recorded and is_recorded(form.choice)):
        network = obtain(form.choice)
        if network is None:
            return
    if features is None:
        features = asked_features(asked, form.choice, network)
    scene = answer_scene(data, others, form.choice, asked, features)
    nearest_view(ANSWER, scene if asked.number is None else replace(scene, back=chosen.title), on_back=back)
