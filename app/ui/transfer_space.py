"""Where does a network see the pictures, before it was taught and after? In the plane of PCA, or laid out by t-SNE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from app.components.feature_space.component import Item, Pane, Scene, feature_space
from app.ui.jobs import looks, show_jobs
from app.ui.linked import is_count, linked, linked_choice, segments, set_linked
from app.ui.plain import plain
from app.ui.theme import chart_colours
from app.ui.transfer_asked import title_of
from app.ui.transfer_run_jobs import ArmRun
from app.ui.transfer_run_recorded import is_recorded
from app.ui.transfer_shown import Shown, shown_of
from app.ui.transfer_space_jobs import (
    COLUMNS,
    SIDE,
    Seen,
    after_job,
    before_job,
    is_map,
    map_jobs,
    maps_of,
    recorded_space,
)
from cnnviz.learn import PERPLEXITIES, NeighbourMap, laid_like, near_of, own_share, shown_pictures, turned_like
from cnnviz.learn.tsne import PERPLEXITY

if TYPE_CHECKING:
    from typing import Any

    from app.ui.network_picker import NetworkChoice
    from app.ui.transfer_data import TransferData
    from app.ui.transfer_run_form import AskedRuns
    from cnnviz.compute import Job
    from cnnviz.learn import Answers

VIEW, AT, PICTURES, HOW, NEAR = "tr_space", "tr_point", "tr_pictures", "tr_plane", "tr_near"
PATIENCE = 0.4  # seconds that a run of the page waits for points, so that kept ones stand there at once
_HOW = {"pca": "PCA", "tsne": "t-SNE"}
_NEAR = tuple(f"{one:g}" for one in PERPLEXITIES)
_USUAL = f"{PERPLEXITY:g}"
_PCA = (
    "**PCA** is a shadow of the space: its two axes hold as much of the spread as any two can. In the space, pictures "
    "are at least as far apart as here."
)
_TSNE = (
    "**t-SNE** lays near neighbours side by side. Who lies beside whom means something; how far groups lie apart, how "
    "large they are and which way round they lie mean nothing."
)


def space_part(
    data: TransferData, choice: NetworkChoice, asked: AskedRuns, chosen: tuple[ArmRun, Answers] | None
) -> None:
    """The points of the network as it came, and beside them those of the taught one as soon as they are there."""
    shown, why = shown_of(data, choice, asked, chosen)
    if shown is None:
        st.info(plain(why, 300), icon=":material/info:")
        return
    train, test = shown_pictures(shown.dataset, shown.train, shown.test)
    total = len(shown.numbers)
    shown = replace(shown, train=train, test=test)
    perplexity = _settings()
    st.caption(f"{_PCA if perplexity is None else _TSNE} {_note(shown)}")

    def watch() -> list[Job[Any, Any]]:
        jobs = [before_job(shown), *([after_job(shown)] if _after(shown) else [])]
        return [*jobs, *([] if perplexity is None else map_jobs(jobs, perplexity))]

    def show(found: list[Any]) -> None:
        seen = [one for one in found if isinstance(one, Seen)]
        maps = None if perplexity is None else maps_of(seen, perplexity)
        feature_space(VIEW, _scene(shown, seen, maps, total), _told)
        if maps and maps[0].perplexity != perplexity:
            st.caption(f"{len(shown.numbers)} pictures allow no perplexity above {maps[0].perplexity:.3g}.")

    watch()[-1].wait(PATIENCE)
    show_jobs(watch, show, VIEW, lambda job: "Lays out who is near whom." if is_map(job) else looks(job))


def _settings() -> float | None:
    """The perplexity that t-SNE is asked for, None for PCA."""
    how = linked_choice(HOW, tuple(_HOW))
    layout, near = st.columns(2)
    with layout:
        segments(HOW, "Laid out by", _HOW, how)
    if how == "pca":
        return None
    perplexity = linked_choice(NEAR, (_USUAL, *_NEAR))
    with near:
        segments(
            NEAR, "Perplexity", _NEAR, perplexity,
            help="About how many neighbours each picture is laid beside, at most a third of the others. What stays as "
            "it changes is in the pictures.",
        )  # fmt: skip
    return float(perplexity)


def _after(shown: Shown) -> bool:
    """Whether there is a taught network whose features are others than before."""
    one = shown.run
    if one is None or one.state != "done" or _stays(one):
        return False
    return not is_recorded(one) or recorded_space(shown, one.teaching.settings.arm) is not None


def _stays(one: ArmRun) -> bool:
    settings = one.teaching.settings
    sound = one.teaching.sabotage is None and not one.name
    return sound and settings.arm == "frozen" and settings.batch_norm != "everywhere"


def _note(shown: Shown) -> str:
    one = shown.run
    if one is None:
        return "After a run of an arm its network stands beside this one."
    if _stays(one):
        return f"**{one.title}**: the features stay as they came; only the head learned, so there is no other after."
    recorded = f"**{one.title}** is recorded; Start teaches it here and now. " if is_recorded(one) else ""
    settings = one.teaching.settings
    learned = (
        "Training pictures were learned from and move apart in any case; the test pictures tell whether it helps."
        if settings.published or settings.learns != "head"
        else "Its weights were drawn at random and stay so: only the head learned."
    )
    return f"{recorded}The later network is laid like the first. {learned}"


def _scene(shown: Shown, seen: list[Seen], maps: list[NeighbourMap] | None, total: int) -> Scene:
    """As t-SNE lays it out where all the maps are there, else in the plane."""
    dataset, before = shown.dataset, seen[0]
    said: dict[int, int] = {}
    if shown.answers is not None:
        said = dict(zip(shown.answers.test, shown.answers.said.tolist(), strict=True))
    tested = set(shown.test)
    items = tuple(
        Item(title_of(dataset.examples[number]), dataset.examples[number].label, number in tested, said.get(number))
        for number in shown.numbers
    )
    titles = (shown.title, shown.run.title if shown.run else "")
    asked = _asked_places(shown)
    labels = dataset.labels[list(shown.numbers)].tolist()
    return Scene(
        classes=dataset.classes,
        colours=chart_colours(),
        items=items,
        panes=_panes(titles[: len(seen)], seen, maps, [_own(one, labels, asked) for one in seen]),
        near=near_of(len(items)),
        asked=len(asked),
        testing=bool(shown.test),
        dimensions=before.space.dimensions,
        total=total,
        sheet=before.sheet,
        side=SIDE,
        columns=COLUMNS,
        at=_at(len(items)),
        pictures=linked(PICTURES, "") == "1",
    )


def _asked_places(shown: Shown) -> range:
    """The places of the test pictures, which come last, or of all where there is no test."""
    return range(len(shown.train) if shown.test else 0, len(shown.numbers))


def _own(seen: Seen, labels: list[int], asked: range) -> float | None:
    share = own_share(labels, seen.space.neighbours, asked)
    return None if np.isnan(share) else share


def _panes(
    titles: Sequence[str], seen: Sequence[Seen], maps: Sequence[NeighbourMap] | None, own: Sequence[float | None]
) -> tuple[Pane, ...]:
    """The later one is laid like the first."""
    panes = []
    for number, (title, one) in enumerate(zip(titles, seen, strict=True)):
        near, first = one.space.neighbours, seen[0].space.plane
        if maps is None:
            plane = laid_like(one.space.plane, first) if number else first
            points, shares, kept = plane.points, plane.shares, plane.kept
        else:
            points = turned_like(maps[number].points, maps[0].points if number else first.points)
            shares, kept = None, maps[number].kept
        found = None if np.isnan(kept) else kept
        panes.append(Pane(title, points, shares, found, near.nearest, near.distances, own[number]))
    return tuple(panes)


def _at(items: int) -> int | None:
    text = linked(AT, "")
    return int(text) if is_count(text) and int(text) < items else None


def _told() -> None:
    """The learner held a picture, or switched pictures on or off."""
    state = dict(st.session_state[VIEW].state or {})
    at = int(state.get("at", -1))
    set_linked(AT, str(at) if at >= 0 else "")
    set_linked(PICTURES, "1" if state.get("pictures") else "")
