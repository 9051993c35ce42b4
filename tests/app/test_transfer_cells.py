"""The notes' table on the page Transfer learning: what it says of each cell, and of the pictures on the page."""

from __future__ import annotations

import time
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.ui import transfer_cells_place, transfer_run_bench
from app.ui.lesson import questions
from app.ui.transfer_cells import measured_words, note, table_scene
from app.ui.transfer_cells_place import Place, place_of_pictures
from app.ui.transfer_data import TransferData, find_data
from app.ui.transfer_run_recorded import recorded_runs
from cnnviz.learn import (
    CELLS,
    CellArm,
    MeasuredCell,
    Teaching,
    measured_cells,
    notes_advice,
    picture_features,
    sureness,
)
from cnnviz.learn.outcome import Accuracy, Epoch
from tests.app.pages import scene_of
from tests.learn.networks import small_network
from tests.learn.pictures import dataset_of

CHOICE: Any = SimpleNamespace(key=("efficientnet_lite0", "auto"), trained=True, info=None)
OTHER: Any = SimpleNamespace(key=("resnet18", "none"), trained=False, info=None)
STAMPS_FEW = next(cell for cell in CELLS if cell.name == "stamps few")


def cell_of(**reached: float) -> MeasuredCell:
    """Stamps, few, with arms that reached so much on three splits of 400 pictures."""
    return MeasuredCell(
        STAMPS_FEW,
        tuple(
            CellArm(name, STAMPS_FEW.settings(name), Accuracy((share,) * 3, 400), (), 1.0, 10, 100)
            for name, share in reached.items()
        ),
    )


def said_of(measured: MeasuredCell) -> str:
    return measured_words(measured).replace("\N{NO-BREAK SPACE}", " ")


def test_the_words_of_a_cell_say_whether_the_advice_holds() -> None:
    holds = said_of(cell_of(frozen=0.9, everything=0.7))
    assert holds == "Measured: the advice holds, 90.0 ± 0.9 % against 70.0 ± 1.3 % of everything."
    assert "a lead within chance" in said_of(cell_of(frozen=0.9, everything=0.89))
    other = said_of(cell_of(frozen=0.7, last_block=0.9))
    assert other == (
        "Measured otherwise: Last block beats the advised frozen backbone, 90.0 ± 0.9 % against 70.0 ± 1.3 %."
    )
    slow = cell_of(frozen=0.7, last_block=0.9)
    for curve, gaining in (((0.3, 0.5, 0.7), True), ((0.3, 0.8, 0.7), False), ((0.5, 0.7, 0.7), False)):
        epochs = tuple(Epoch(number, 3, 1.0, 0.5, 1.0, right, None, 1.0) for number, right in enumerate(curve, 1))
        arms = (replace(slow.arms[0], curves=(epochs, epochs)), slow.arms[1])
        assert ("still gaining" in said_of(replace(slow, arms=arms))) is gaining
    assert "no clear winner" in said_of(cell_of(frozen=0.89, last_block=0.9))


def test_the_table_has_each_measured_set_in_its_cell_with_the_advised_arm() -> None:
    data = find_data("stamps")
    assert data is not None
    scene = table_scene(data, place_of_pictures(data, CHOICE, None), recorded_runs(data, CHOICE))
    assert [cell.title for cell in scene.cells] == [
        "Similar pictures, many", "Similar pictures, few", "Different pictures, many", "Different pictures, few",
    ]  # fmt: skip
    assert [cell.here for cell in scene.cells] == [True, False, False, False]
    assert [len(cell.sets) for cell in scene.cells] == [1, 1, 2, 2]
    for cell, (similar, few) in zip(
        scene.cells, [(True, False), (True, True), (False, False), (False, True)], strict=True
    ):
        assert cell.advice == notes_advice(similar, few).sentence
        for one in cell.sets:
            assert sum(bar.advised for bar in one.bars) == sum(bar.leads for bar in one.bars) == 1
            assert max(bar.accuracy for bar in one.bars) == next(bar.accuracy for bar in one.bars if bar.leads)
    assert scene.own is not None
    assert [bar.title for bar in scene.own.bars if bar.advised] == ["Everything"]
    assert all(word in note() for word in ("96 pixels", "64 pixels", measured_cells().versions["torch"]))


def test_shipped_pictures_are_placed_by_their_number_and_by_what_was_recorded() -> None:
    for source, similar in (("stamps", True), ("mnist", False), ("fashion", False)):
        data = find_data(source)
        assert data is not None
        many, few = place_of_pictures(data, CHOICE, None), place_of_pictures(data, CHOICE, 5)
        assert (many.few, few.few) == (False, True)
        assert many.similar is few.similar is similar
        assert f"{100 * measured_cells().sureness[source]:.0f} %" in many.words
        assert place_of_pictures(data, OTHER, None).similar is None


def test_own_pictures_are_placed_as_soon_as_the_network_has_looked_at_them(monkeypatch: pytest.MonkeyPatch) -> None:
    network, data = small_network(), TransferData("own placed", "Own", dataset_of((6, 8, 7)), "own", "secret")
    loading = SimpleNamespace(network=None, error=None)
    monkeypatch.setattr(transfer_cells_place, "NETWORKS", SimpleNamespace(ask=lambda *key: loading))
    assert place_of_pictures(data, CHOICE, None).waits
    loading.network = network
    end = time.monotonic() + 30
    while (place := place_of_pictures(data, CHOICE, None)).similar is None and time.monotonic() < end:
        assert place.waits
        time.sleep(0.02)
    sure = sureness(network, picture_features(network, data.dataset.examples))
    assert place.similar is (sure >= measured_cells().similar_from)
    assert f"likeliest of its thousand classes {100 * sure:.0f} %" in place.words
    assert place.few and "4 pictures are" in place.words
    empty = TransferData("own empty", "Own", dataset_of((0, 0)), "own", "secret")
    assert place_of_pictures(empty, CHOICE, None) == Place(
        True, None, "Collect pictures of your own above, and their place in the table stands here."
    )


def test_the_question_on_fine_tuning_tells_what_was_measured() -> None:
    (question,) = [one for one in questions("transfer_learning") if one.setup.get("tr_view") == "cells"]
    for name, arms in (("stamps few", ("frozen", "everything")), ("mnist few", ("earlier", "everything"))):
        reached = {arm.name: arm.accuracy.mean for arm in measured_cells().cells[name].arms}
        first, second = (f"{100 * reached[arm]:.0f} %" for arm in arms)
        assert question.why.index(first) < question.why.index(second)


def part() -> None:
    """The part of the page alone."""
    from app.ui.network_picker import read_network
    from app.ui.transfer_data import find_data
    from app.ui.transfer_runs import runs_part

    data = find_data("stamps")
    assert data is not None
    runs_part(data, read_network())


def test_a_press_begins_three_arms_on_the_pictures_of_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[Teaching] = []

    def begin(data: object, choice: object, asked: list[Teaching], *rest: object) -> list[str]:
        begun.extend(asked)
        return []

    monkeypatch.setattr(transfer_run_bench, "begin", begin)
    app = AppTest.from_function(part, default_timeout=60)
    app.query_params["tr_view"], app.query_params["tr_per_class"] = "cells", "5"
    app.run()
    assert not app.exception
    assert [cell["here"] for cell in scene_of(app, "cells_view")["cells"]] == [False, True, False, False]
    assert len(scene_of(app, "cells_view")["own"]["bars"]) == 4
    app.button(key="tr_cells_start").click().run()
    assert not app.exception
    assert [one.settings.arm for one in begun] == ["frozen", "last_block", "everything"]
    assert {one.settings.per_class for one in begun} == {5}
