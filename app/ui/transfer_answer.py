"""How does the first answer come onto the page: at once where it is recorded or kept, else as features come?"""

from __future__ import annotations

from collections.abc import Callable
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
    Asked,
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
from app.ui.transfer_state import ANSWER, Form, asked_number, back
from app.ui.visitor import visitor
from cnnviz.learn import DatasetError

if TYPE_CHECKING:
    from cnnviz.network import Network

LOOK = 0.5
"""Seconds between two looks at features that are being computed."""


def answer_part(form: Form, data: TransferData, chosen: ChosenPicture) -> None:
    """The nearest class of the picture that is asked about, drawn again as more training pictures are known."""
    number = asked_number(form, data)
    show(data, form.choice, lambda: asked_of(chosen, data, number), chosen.title)


def show(data: TransferData, choice: NetworkChoice, asked: Callable[[], Asked], in_use: str) -> None:
    """The same of any picture; `in_use` names the picture in use."""
    if not data.own and is_recorded(choice):
        known = recorded_of(data)
        guarded(lambda: _draw(data, choice, asked(), known, None, in_use))
        return
    if missing := too_few(data):
        NETWORKS.ask(*choice.key)  # it will be asked for in a moment
        st.info(plain(missing, longest=300), icon=":material/photo_library:")
        return
    network = obtain(choice)
    if network is None:
        return
    live = _follow(data, choice, network)[1]

    @st.fragment(run_every=LOOK if live else None)
    def part() -> None:
        known, goes_on = _follow(data, choice, network)
        guarded(lambda: _draw(data, choice, asked(), known, network, in_use))
        if live and not goes_on and not picker_is_open():
            st.rerun()

    part()


def _follow(data: TransferData, choice: NetworkChoice, network: Network) -> tuple[Known, bool]:
    """What is known of the training pictures by now, and whether more is on its way."""
    numbers = numbers_of(data)
    known = known_of(data, network, numbers)
    if len(known.numbers) == known.total:
        return known, False
    job = features_job(data, network, choice, visitor(), known.total - len(known.numbers))
    job.wait(PATIENCE)
    if job.error is not None:
        st.error(plain(str(job.error), longest=600), icon=":material/error:")
        st.button("Try again", on_click=JOBS.forget, args=(features_key(data, choice),), key="tl_try")
    elif job.live:
        done, total = job.progress.done, job.progress.total
        words = waits(features_key(data, choice)) or f"The network looks at training picture {done} of {total}."
        st.progress(done / total if total else 0.0, f"{words} {time_left(job.progress)}".strip())
    return known_of(data, network, numbers), job.live


def _draw(
    data: TransferData, choice: NetworkChoice, asked: Asked, known: Known, network: Network | None, in_use: str
) -> None:
    others, features = without(known, asked)
    try:
        means_of(data, others)
    except DatasetError:
        if others.total == len(others.numbers):  # else the first pictures are on their way
            st.info("Without this picture a class is empty; add another one to it.", icon=":material/photo_library:")
        return
    if features is None and network is None and not asked.recorded:
        network = obtain(choice)
        if network is None:
            return
    if features is None:
        features = asked_features(asked, choice, network)
    scene = answer_scene(data, others, choice, asked, features)
    nearest_view(ANSWER, scene if asked.number is None else replace(scene, back=in_use), on_back=back)
