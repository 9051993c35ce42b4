"""What does a taught network take for what? The confusion matrix of an arm, and the pictures in one of its cells."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st
from PIL import Image, ImageOps

from app.components.colour_bar import colour_bar
from app.components.confusion_view.component import CellPicture, Scene, confusion_view
from app.ui.linked import follows, hold, is_count, linked, set_linked, widget_key
from app.ui.theme import current_theme
from app.ui.transfer_run_jobs import ArmRun, all_runs, pictures_of
from app.ui.transfer_run_recorded import is_recorded, recorded_answers
from cnnviz.errors import CnnvizError
from cnnviz.image import encode_jpeg
from cnnviz.learn import ARMS, Answers, Dataset, answers_of

VIEW, CELL, ARM = "tr_confusion", "tr_cell", "tr_look"
MOST = 24
"""Pictures of a cell that are shown, the surest answers first."""
_SIDE = 112  # pixels


def chosen_run(runs: Sequence[ArmRun]) -> tuple[ArmRun, Answers] | None:
    """The arm whose answers are looked at, by a row of buttons; None as long as none is taught."""
    done = {one.title: (one, answers) for one in runs if (answers := _answers(one)) is not None}
    if not done:
        return None
    best = ARMS["frozen"].title  # mostly
    title = linked(ARM, "")  # no default of its own: which arms are taught changes from moment to moment
    if title not in done:
        title = best if best in done else next(iter(done))
    if len(done) > 1:
        hold(widget_key(ARM), title)
        st.segmented_control("Whose answers", tuple(done), required=True, **follows(ARM))
    return done[title]


def show_confusion(one: ArmRun, answers: Answers) -> None:
    """The matrix, with the pictures of the cell that is open."""
    classes = tuple(one.facts.settings["classes"])
    cell = _cell(answers)
    places = answers.taken_for(*cell)[:MOST]
    pictures, why = dataset_to_show(one)
    shown = () if pictures is None else tuple(_picture(pictures, answers, classes, place) for place in places)
    scene = Scene(
        title=one.title,
        classes=classes,
        counts=answers.confusion,
        bar=colour_bar("magnitude", 0, 100, current_theme()),
        cell=cell,
        pictures=shown,
        sheet=b"" if pictures is None or not shown else _sheet(pictures, answers, places),
        side=_side(pictures),
        why_none=why,
    )
    confusion_view(VIEW, scene, on_cell=_opened)


def dataset_to_show(one: ArmRun) -> tuple[Dataset | None, str]:
    """A run's pictures, or why they are not shown: own ones are for those who hold the owner's link."""
    settings = one.facts.settings
    if not one.owned and settings["owner"] is not None:
        return None, "These are somebody's own pictures, which this link does not show."
    try:
        return pictures_of(settings).dataset, ""
    except CnnvizError as error:
        return None, str(error)


def thumbnail(picture: Image.Image, side: int) -> Image.Image:
    """The picture's middle, square; small ones are not enlarged."""
    return ImageOps.fit(picture, (side, side))


def _answers(one: ArmRun) -> Answers | None:
    if is_recorded(one):
        return recorded_answers(one)
    with all_runs().open(one.link) as run:
        return answers_of(run)


def _cell(answers: Answers) -> tuple[int, int]:
    """The cell of the link; else that of the most frequent mistake, or of the first class where there is none."""
    counts = answers.confusion
    row, _, column = linked(CELL, "").partition(".")
    if is_count(row) and is_count(column) and max(int(row), int(column)) < len(counts):
        return int(row), int(column)
    wrong = counts - np.diag(np.diag(counts))
    return divmod(int(wrong.argmax()), len(counts))


def _opened() -> None:
    cell = st.session_state[VIEW].cell
    set_linked(CELL, f"{int(cell['row'])}.{int(cell['column'])}")


def _picture(dataset: Dataset, answers: Answers, classes: Sequence[str], place: int) -> CellPicture:
    said = int(answers.said[place])
    return CellPicture(
        dataset.examples[answers.test[place]].name, classes[said], float(answers.probabilities[place, said])
    )


def _sheet(dataset: Dataset, answers: Answers, places: Sequence[int]) -> bytes:
    side = _side(dataset)
    sheet = Image.new("RGB", (side * len(places), side))
    for number, place in enumerate(places):
        picture = dataset.examples[answers.test[place]].picture()
        sheet.paste(thumbnail(picture, side), (number * side, 0))
    return encode_jpeg(np.asarray(sheet), quality=90)


def _side(dataset: Dataset | None) -> int:
    if dataset is None or not dataset.examples:
        return 0
    return min(_SIDE, *dataset.examples[0].picture().size)
