"""How do films and patches come onto the page while they are still being made?

The work runs in threads of its own, which know nothing of Streamlit. A part of the page looks twice a second how far it
is, and no longer than until it is done. Who goes to another channel, or away, leaves; what nobody watches stops.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from app.components.channel_film.component import Scene, channel_film
from app.components.channel_patches.component import channel_patches
from app.ui.channel_films import Film, Reel, film_of, filming, recorded_film
from app.ui.channel_gallery import looking, patches_scene, with_own
from app.ui.channel_state import Asked, goal_of, recipe_of
from app.ui.channel_words import Words, words_of
from app.ui.jobs import FILM as FILM_LANE
from app.ui.jobs import GALLERY, JOBS, waits
from app.ui.network_store import NETWORKS
from app.ui.picture import ChosenPicture
from app.ui.picture_picker import picker_is_open
from app.ui.plain import plain
from app.ui.visitor import visitor
from cnnviz.compute import Job, Task

if TYPE_CHECKING:
    from cnnviz.analysis import LayerExtremes

FILM = "channel_film"
PATCHES = "channel_patches"
LOOK = 0.5
"""Seconds between two looks at work that goes on."""
_WATCHED = "_ch_watched"
_STOPPED = "_ch_stopped"


def draw_recorded(film: Film, asked: Asked) -> None:
    """A film that ships with the app."""
    _leave_other(asked)
    _show(film, "recorded", asked, words_of(asked))


def film_part(asked: Asked, channels: int, words: Words) -> float | None:
    """The film; returns the goal's amount in the finished picture, None until it is finished."""
    recorded = recorded_film(asked)
    if recorded is not None:
        draw_recorded(recorded, asked)
        return recorded.value
    _leave_other(asked)
    job = _film_job(asked, channels)
    _followed(job.live, lambda: _draw_film(asked, channels, words))
    reel = job.result
    return None if reel is None or reel.result is None else float(reel.result.value.mean())


def gallery_part(asked: Asked, chosen: ChosenPicture, made: float | None) -> None:
    """The patches that excite the channel most and least, of the pictures looked through so far."""
    job = _gallery_job(asked)
    _followed(job.live, lambda: _draw_gallery(asked, chosen, made))


def _followed(live: bool, draw: Callable[[], bool]) -> None:
    """Draw now and, as long as the work goes on, again and again; `draw` says whether it still does.

    When it is over the whole page is drawn once more, without looking any further; that would close the picture picker,
    so it waits for it.
    """

    @st.fragment(run_every=LOOK if live else None)
    def part() -> None:
        goes_on = draw()
        if live and not goes_on and not picker_is_open():
            st.rerun()

    part()


def _draw_film(asked: Asked, channels: int, words: Words) -> bool:
    job = _film_job(asked, channels)
    live, reel = job.live, job.latest  # one look: the thread goes on meanwhile
    if job.error is not None:
        st.error(plain(str(job.error), longest=600), icon=":material/error:")
        st.button("Try again", on_click=JOBS.forget, args=(film_key(asked),), key="ch_try")
        return False
    if reel is None:
        st.info(waits(film_key(asked)) or "Begins with noise.", icon=":material/blur_on:")
    else:
        state = "made" if reel.result else "forming" if live else "stopped"
        _show(film_of(reel), state, asked, words)
    if live:
        st.button("Stop", on_click=_stop, args=(asked,), key="ch_stop", icon=":material/stop:")
    elif reel is None or reel.result is None:
        st.button("Form it anew", on_click=_again, key="ch_again", icon=":material/replay:")
    return live


def _show(film: Film, state: str, asked: Asked, words: Words) -> None:
    scene = Scene(
        title=words.title,
        goal=words.goal,
        quantity=words.quantity,
        trained=words.trained,
        state=state,
        strip=film.strip,
        mime=film.mime,
        side=film.side,
        frames=film.steps,
        steps=asked.steps,
        count=asked.count,
        curve=film.curve,
        value=film.value,
        start_value=film.start_value,
        similarity=film.similarity,
    )
    channel_film(FILM, scene)


def film_key(asked: Asked) -> tuple[str, Asked]:
    """The key of a film's job."""
    return "film", asked


def gallery_key(network: tuple[str, str], layer: str) -> tuple[str, tuple[str, str], str]:
    """The key of the job that looks through the pictures at hand."""
    return "gallery", network, layer


def _film_job(asked: Asked, channels: int) -> Job[Reel, Reel]:
    """The film's job; one that the learner stopped is left alone."""
    known = JOBS.find(film_key(asked))
    if known is not None and st.session_state.get(_STOPPED) == asked:
        return known

    def work(task: Task[Reel]) -> Reel:
        network = NETWORKS.ask(*asked.network).result()
        return task.follow(filming(network, goal_of(asked, channels), recipe_of(asked)), asked.steps)

    return JOBS.watch(film_key(asked), visitor(), work, FILM_LANE)


def _gallery_job(asked: Asked) -> Job[LayerExtremes, LayerExtremes]:
    def work(task: Task[LayerExtremes]) -> LayerExtremes:
        return task.follow(looking(asked.network, asked.layer))

    return JOBS.watch(gallery_key(asked.network, asked.layer), visitor(), work, GALLERY)


def _draw_gallery(asked: Asked, chosen: ChosenPicture, made: float | None) -> bool:
    job = _gallery_job(asked)
    live, found, network = job.live, job.latest, NETWORKS.ask(*asked.network).network
    if job.error is not None:
        st.error(plain(str(job.error), longest=600), icon=":material/error:")
        return False
    if found is None or network is None:
        waiting = waits(gallery_key(asked.network, asked.layer))
        st.info(waiting or "Looks through the pictures at hand.", icon=":material/image_search:")
        return live
    found = with_own(found, network, asked, chosen)
    channel_patches(PATCHES, patches_scene(found, network, asked, chosen, made))
    return live


def _leave_other(asked: Asked) -> None:
    """The learner watches this film; a former one is not wanted any more."""
    former = st.session_state.get(_WATCHED)
    if former is not None and former != asked:
        JOBS.leave(film_key(former), visitor())
        st.session_state.pop(_STOPPED, None)
    st.session_state[_WATCHED] = asked


def _stop(asked: Asked) -> None:
    st.session_state[_STOPPED] = asked
    JOBS.leave(film_key(asked), visitor())


def _again() -> None:
    st.session_state.pop(_STOPPED, None)
