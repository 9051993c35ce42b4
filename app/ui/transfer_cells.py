"""Similar or different, few or many: what the notes advise for each case, what was measured, and one's own pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

import streamlit as st
from PIL import Image

from app.components.cells_view.component import Bar, BarSet, Scene, TableCell, cells_view
from app.ui.linked import set_linked
from app.ui.network_picker import NetworkChoice
from app.ui.transfer_cells_place import LOOK, Place, place_of_pictures
from app.ui.transfer_data import TransferData
from app.ui.transfer_run_answers import thumbnail
from app.ui.transfer_run_form import CHOSEN, AskedRuns
from app.ui.transfer_run_jobs import ArmRun
from app.ui.transfer_run_view import accuracy_of
from cnnviz.image import encode_jpeg
from cnnviz.learn import (
    Advice,
    Cell,
    CellArm,
    Dataset,
    DatasetError,
    MeasuredCell,
    few_of,
    load_dataset,
    measured_cells,
    notes_advice,
)
from cnnviz.learn.cells import CELLS
from cnnviz.learn.splits import require_classes

VIEW = "tr_cells"
START_ARMS = "frozen,last_block,everything"
_THUMBNAIL = 56  # pixels
_SHOWN = 10  # pictures of a set
_NAMES = {"stamps": "Stamps", "mnist": "Digits", "fashion": "Clothes"}


def cells_part(data: TransferData, choice: NetworkChoice, asked: AskedRuns, runs: Sequence[ArmRun], start: str) -> None:
    """The table, and beside it the pictures on the page with what their runs reached; `start`: the key of Start."""
    per_class = asked.teachings[0].settings.per_class if asked.teachings else None
    own = [one for one in runs if one.facts.settings["pictures"] == data.key and not one.name]
    first = place_of_pictures(data, choice, per_class)

    @st.fragment(run_every=LOOK if first.waits else None)
    def part() -> None:
        place = place_of_pictures(data, choice, per_class) if first.waits else first
        cells_view(VIEW, table_scene(data, place, own))
        st.markdown(place.words)
        if first.waits and not place.waits:
            st.rerun(scope="fragment")

    part()
    missing = _not_ready(data, choice)
    st.button(
        f"Teach three arms on {data.title if not data.own else 'my pictures'}", on_click=_start, args=(start,),
        disabled=bool(missing), key="tr_cells_start", icon=":material/play_arrow:",
    )  # fmt: skip
    st.caption(missing or "Frozen backbone, last block and everything, with the settings on the left.")


def table_scene(data: TransferData, place: Place, runs: Sequence[ArmRun]) -> Scene:
    """Everything that the table shows."""
    corners = ((True, False), (True, True), (False, False), (False, True))
    first, second, third, fourth = (_corner(similar, few, place) for similar, few in corners)
    return Scene((first, second, third, fourth), _own(data, place, runs), note())


def measured_words(measured: MeasuredCell) -> str:
    """What was measured in a cell, and whether it bears out the advice."""
    advised, best = measured.advised, measured.best
    others = [one for one in measured.arms if one is not best]
    if best is not advised:
        if clearly(best, advised):
            lead = f"{_percent(best)} against {_percent(advised)}"
            more = f" {advised.title} was still gaining when its epochs were over." if advised.still_rising else ""
            return f"Measured otherwise: {best.title} beats the advised {advised.title.lower()}, {lead}.{more}"
        return (
            f"Measured: no clear winner. {best.title} has {_percent(best)}, the advised {advised.title.lower()} "
            f"{_percent(advised)}: within chance."
        )
    second = max(others, key=lambda one: one.accuracy.mean)
    lead = f"{_percent(best)} against {_percent(second)} of {second.title.lower()}"
    return f"Measured: the advice holds, {lead}{'.' if clearly(best, second) else ', a lead within chance.'}"


def clearly(best: CellArm, other: CellArm) -> bool:
    """Whether an arm leads by more than chance explains: twice the standard error of the difference."""
    error = math.hypot(best.standard_error, other.standard_error)
    return best.accuracy.mean - other.accuracy.mean > 2 * error


def note() -> str:
    """How the table was measured, read off what was recorded."""
    found = measured_cells()
    sides = ", ".join(f"{_NAMES[cell.dataset].lower()} {cell.side} pixels wide" for cell in CELLS if cell.few)
    epochs = ", ".join(f"{_words(cell)} {cell.epochs}" for cell in CELLS)
    splits = sorted({len(arm.accuracy.values) for one in found.cells.values() for arm in one.arms})
    counted = f"{splits[0]} to {splits[-1]}" if len(splits) > 1 else str(splits[0])
    versions = ", ".join(f"{name} {version}" for name, version in found.versions.items())
    return (
        f"Recorded with EfficientNet-Lite0 on small pictures, to keep it short: {sides}; at its own 224 more would be "
        f"right. Each arm has the settings this page opens with, but for the epochs of fine-tuning: {epochs}. All arms "
        f"of a cell met the same splits, {counted} of them; ± is by how they differ or by the number of test pictures, "
        f"whichever is more. Seconds are those of one core. {versions}."
    )


def _words(cell: Cell) -> str:
    return f"{'few' if cell.few else 'many'} {_NAMES[cell.dataset].lower()}"


def _corner(similar: bool, few: bool, place: Place) -> TableCell:
    told = notes_advice(similar, few)
    found = measured_cells().cells.values()
    sets = tuple(_measured(one, told) for one in found if (one.cell.similar, one.cell.few) == (similar, few))
    title = f"{'Similar' if similar else 'Different'} pictures, {'few' if few else 'many'}"
    return TableCell(title, told.sentence, sets, here=(similar, few) == (place.similar, place.few))


def _measured(one: MeasuredCell, told: Advice) -> BarSet:
    dataset = load_dataset(one.cell.dataset)
    number = f"{one.cell.per_class} of each class" if one.cell.per_class else "all but the test"
    bars = tuple(
        Bar(
            arm.title, arm.accuracy.mean, arm.standard_error, len(arm.accuracy.values), arm.seconds,
            arm.trainable_parameters, advised=arm.name == told.arm, leads=arm is one.best,
        )
        for arm in one.arms
    )  # fmt: skip
    sheet, count = _shipped_sheet(one.cell.dataset)
    return BarSet(f"{_NAMES[dataset.name]}, {number}", bars, measured_words(one), sheet, count)


def _own(data: TransferData, place: Place, runs: Sequence[ArmRun]) -> BarSet | None:
    if not data.dataset.examples:
        return None
    told = None if place.similar is None else notes_advice(place.similar, place.few)
    known = [(one, accuracy) for one in runs if (accuracy := accuracy_of(one)) is not None]
    best = max((accuracy.mean for _, accuracy in known), default=None)
    bars = tuple(
        Bar(
            _titled(one), accuracy.mean, accuracy.standard_error, len(accuracy.values), one.found.outcomes[0].seconds,
            one.found.outcomes[0].trainable_parameters,
            advised=told is not None and one.teaching.settings.arm == told.arm, leads=accuracy.mean == best,
        )
        for one, accuracy in known
    )  # fmt: skip
    said = "" if bars else "Nothing was taught on them yet: the button below begins it."
    if any(not one.link for one, _ in known):
        said = "Recorded at the network's own 224 pixels, with all pictures but the test."
    sheet, count = _shipped_sheet(data.source) if not data.own else _sheet(data.dataset)
    return BarSet(f"On this page: {data.title}", bars, said, sheet, count)


def _titled(one: ArmRun) -> str:
    number = one.teaching.settings.per_class
    return one.title if number is None else f"{one.title}, {number} of each"


def _percent(arm: CellArm) -> str:
    return f"{100 * arm.accuracy.mean:.1f} ± {100 * arm.standard_error:.1f} %".replace(" ", "\N{NO-BREAK SPACE}")


def _not_ready(data: TransferData, choice: NetworkChoice) -> str:
    """Why the arms cannot be begun on these pictures; empty where they can."""
    if not choice.trained:
        return "Arms begin from published weights; choose a network that has them."
    try:
        require_classes(data.dataset)
    except DatasetError as error:
        return str(error)
    return ""


def _start(start: str) -> None:
    set_linked(CHOSEN, START_ARMS)
    st.session_state[start] = True


@cache
def _shipped_sheet(name: str) -> tuple[bytes, int]:
    return _sheet(load_dataset(name))


def _sheet(dataset: Dataset) -> tuple[bytes, int]:
    """Some of the pictures side by side, as JPEG, and how many these are."""
    numbers = few_of(dataset, _SHOWN)[:_SHOWN]
    sheet = Image.new("RGB", (_THUMBNAIL * len(numbers), _THUMBNAIL))
    for place, number in enumerate(numbers):
        small = thumbnail(dataset.examples[number].picture(), _THUMBNAIL)
        sheet.paste(small, (place * _THUMBNAIL, 0))
    return encode_jpeg(sheet, quality=88), len(numbers)
