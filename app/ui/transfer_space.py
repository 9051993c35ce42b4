"""Where does a network see the pictures, before it was taught and after? In the plane that shows most of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import streamlit as st
from PIL import Image

from app.components.feature_space.component import Item, Pane, Scene, feature_space
from app.ui.jobs import JOBS, SLOW, show_jobs
from app.ui.linked import is_count, linked, set_linked
from app.ui.network_store import NETWORKS
from app.ui.plain import plain
from app.ui.theme import chart_colours
from app.ui.transfer_asked import title_of
from app.ui.transfer_run_answers import thumbnail
from app.ui.transfer_run_jobs import ArmRun, all_runs, networks_of
from app.ui.transfer_run_recorded import is_recorded
from app.ui.transfer_shown import Shown, shown_of
from app.ui.visitor import visitor
from cnnviz.compute import Job, Task
from cnnviz.image import encode_jpeg
from cnnviz.learn import (
    Example,
    Neighbours,
    Plane,
    laid_like,
    neighbours_of,
    network_of,
    own_share,
    plane_of,
    shown_pictures,
    taught_stem,
)
from cnnviz.learn.features import feature_stem

if TYPE_CHECKING:
    from app.ui.network_picker import NetworkChoice
    from app.ui.transfer_data import TransferData
    from app.ui.transfer_run_form import AskedRuns
    from cnnviz.learn import Answers
    from cnnviz.learn.features import Stem

VIEW, AT, PICTURES = "tr_space", "tr_point", "tr_pictures"
PATIENCE = 0.4  # seconds that a run of the page waits for points, so that kept ones stand there at once
_SIDE = 80  # pixels of a picture
_COLUMNS = 16


@dataclass(frozen=True, eq=False)
class Seen:
    """What one network makes of the shown pictures, and the pictures themselves as JPEG, or empty."""

    plane: Plane
    neighbours: Neighbours
    dimensions: int
    sheet: bytes = b""


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
    after = _after(shown)

    def watch() -> list[Job[None, Seen]]:
        return [_before_job(shown), *([_after_job(shown)] if after else [])]

    def show(found: list[Seen | None]) -> None:
        feature_space(VIEW, _scene(shown, [one for one in found if one is not None], total), _told)
        st.caption(_note(shown))

    watch()[-1].wait(PATIENCE)
    show_jobs(watch, show, VIEW)


def _after(shown: Shown) -> bool:
    """Whether there is a taught network whose features are others than before."""
    one = shown.run
    return one is not None and not is_recorded(one) and one.state == "done" and not _stays(one)


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
    if is_recorded(one):
        return f"Of **{one.title}** only the answers are recorded. Start teaches it, and its network stands here too."
    return (
        "Each network has its own axes, here turned alike. Training pictures were learned from and move apart in any "
        "case; the test pictures tell whether it helps."
    )


def _before_job(shown: Shown) -> Job[None, Seen]:
    def stem() -> Stem:
        return feature_stem(NETWORKS.ask(*shown.network).result())

    return _job(("space", *shown.key, *shown.network, shown.roles), shown, stem, with_sheet=True)


def _after_job(shown: Shown) -> Job[None, Seen]:
    one = shown.run
    assert one is not None

    def stem() -> Stem:
        network, untrained = networks_of(one.facts.settings)
        with all_runs().open(one.link) as run:
            return taught_stem(network_of(run, network, shown.dataset, untrained), one.id)

    return _job(("space", *shown.key, one.id, shown.roles), shown, stem, with_sheet=False)


def _job(key: tuple[Any, ...], shown: Shown, stem_of: Callable[[], Stem], with_sheet: bool) -> Job[None, Seen]:
    examples = [shown.dataset.examples[number] for number in shown.numbers]

    def work(task: Task[None]) -> Seen:
        stem, wanted = stem_of(), [(example, 0) for example in examples]
        for progress in stem.filling(wanted):
            task.tell(progress.done, progress.total)
        features = stem(wanted).cpu().numpy()
        places = range(len(shown.train)) if shown.train else range(len(examples))
        sheet = _sheet(examples) if with_sheet else b""
        return Seen(plane_of(features), neighbours_of(features, places), features.shape[1], sheet)

    return JOBS.watch(key, visitor(), work, SLOW)


def _scene(shown: Shown, seen: list[Seen], total: int) -> Scene:
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
        panes=tuple(_pane(title, one, before, labels, asked) for title, one in zip(titles, seen, strict=False)),
        asked=len(asked),
        testing=bool(shown.test),
        dimensions=before.dimensions,
        total=total,
        sheet=before.sheet,
        side=_SIDE,
        columns=_COLUMNS,
        at=_at(len(items)),
        pictures=linked(PICTURES, "") == "1",
    )


def _asked_places(shown: Shown) -> range:
    """The places of the test pictures, which come last, or of all where there is no test."""
    return range(len(shown.train) if shown.test else 0, len(shown.numbers))


def _pane(title: str, seen: Seen, before: Seen, labels: list[int], asked: range) -> Pane:
    plane = seen.plane if seen is before else laid_like(seen.plane, before.plane)
    own = own_share(labels, seen.neighbours, asked)
    return Pane(
        title, plane.points, plane.shares, seen.neighbours.nearest, seen.neighbours.distances,
        None if np.isnan(own) else own,
    )  # fmt: skip


def _at(items: int) -> int | None:
    text = linked(AT, "")
    return int(text) if is_count(text) and int(text) < items else None


def _told() -> None:
    """The learner held a picture, or switched pictures on or off."""
    state = dict(st.session_state[VIEW].state or {})
    at = int(state.get("at", -1))
    set_linked(AT, str(at) if at >= 0 else "")
    set_linked(PICTURES, "1" if state.get("pictures") else "")


def _sheet(examples: list[Example]) -> bytes:
    rows = -(-len(examples) // _COLUMNS)
    sheet = Image.new("RGB", (_COLUMNS * _SIDE, rows * _SIDE))
    for place, example in enumerate(examples):
        row, column = divmod(place, _COLUMNS)
        small = thumbnail(example.picture(), _SIDE)
        sheet.paste(small.resize((_SIDE, _SIDE)), (column * _SIDE, row * _SIDE))
    pixels: npt.NDArray[np.uint8] = np.asarray(sheet)
    return encode_jpeg(pixels, quality=85)
