"""What is recorded for the cells of the table is what teaching gives; what is missing is gone on with, nothing else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from cnnviz.errors import SettingsError
from cnnviz.learn import CELLS, Cell, CellArm, cell_recording, load_dataset, measured_cells, notes_advice, teach
from cnnviz.learn.cells import CELL_ARMS, EARLIER, FEW, RECORDED_CELLS
from cnnviz.learn.outcome import Accuracy
from cnnviz.network import Network, load_network
from cnnviz.paths import ASSETS
from tests.learn.networks import SIDE, small_network
from tests.learn.pictures import dataset_of

SMALL = Cell("stamps", FEW, tests=1, side=SIDE, epochs=2)


@cache
def shipped() -> Network:
    return load_network("efficientnet_lite0")


def test_every_cell_is_measured_as_it_says() -> None:
    found = measured_cells()
    assert tuple(found.cells) == tuple(cell.name for cell in CELLS)
    for cell in CELLS:
        measured = found.cells[cell.name]
        assert [arm.name for arm in measured.arms] == [
            name for name in CELL_ARMS if measured_there(measured.arms, name)
        ]
        assert {EARLIER, "frozen", "last_block", "everything"} <= {arm.name for arm in measured.arms}
        for arm in measured.arms:
            assert arm.settings == cell.settings(arm.name)
            assert all(epochs[-1].test_accuracy == pytest.approx(accuracy, abs=1e-4)
                       for epochs, accuracy in zip(arm.curves, arm.accuracy.values, strict=True))  # fmt: skip
            assert all(len(epochs) == arm.settings.epochs for epochs in arm.curves)
            assert 0 < arm.trainable_parameters <= arm.parameters and arm.seconds > 0
        assert measured.best.accuracy.mean == max(arm.accuracy.mean for arm in measured.arms)
    assert {(cell.similar, cell.few) for cell in CELLS} == {(a, b) for a in (True, False) for b in (True, False)}


def measured_there(arms: tuple[CellArm, ...], name: str) -> bool:
    return any(arm.name == name for arm in arms)


def test_what_was_measured_of_digits_and_stamps_is_as_the_texts_say() -> None:
    digits, stamps = (measured_cells().cells[name] for name in ("mnist few", "stamps few"))
    reached = {arm.name: arm.accuracy.mean for arm in digits.arms}
    assert digits.best is digits.advised
    assert reached[EARLIER] > reached["frozen"] + 0.1 > reached["everything"] + 0.2
    of_stamps = {arm.name: arm.accuracy.mean for arm in stamps.arms}
    assert of_stamps["frozen"] > of_stamps["everything"] + 0.05


def test_a_recorded_training_comes_out_the_same_again() -> None:
    cell = next(cell for cell in CELLS if cell.name == "stamps few")
    network = shipped()
    again = cell_recording.measure(network, load_dataset("stamps"), cell, EARLIER, 0)
    recorded = measured_cells().cells[cell.name].arms[0]
    assert recorded.name == EARLIER
    assert again["accuracy"] == pytest.approx(recorded.accuracy.values[0], abs=2.1 / again["pictures"])
    assert again["trainable_parameters"] == recorded.trainable_parameters
    assert [epoch["train_loss"] for epoch in again["epochs"]] == pytest.approx(
        [epoch.train_loss for epoch in recorded.curves[0]], rel=0.05
    )


def test_the_notes_advise_one_arm_for_each_cell() -> None:
    assert notes_advice(similar=True, few=True).arm == "frozen"
    assert notes_advice(similar=False, few=True).arm == EARLIER
    assert notes_advice(similar=True, few=False).arm == notes_advice(similar=False, few=False).arm == "everything"


def test_the_error_is_never_less_than_chance_for_so_many_answers() -> None:
    arm = CellArm("frozen", SMALL.settings("frozen"), Accuracy((0.8, 0.8), 50), (), 1.0, 1, 1)
    assert arm.accuracy.standard_error == 0
    assert arm.standard_error == pytest.approx(np.sqrt(82 / 104 * 22 / 104 / 104))
    apart = replace(arm, accuracy=Accuracy((0.5, 0.9), 50))
    assert apart.standard_error == apart.accuracy.standard_error > 0.19


def test_few_are_part_of_many_and_are_tested_on_the_same_pictures() -> None:
    data = dataset_of((12, 13, 14))
    for seed in range(3):
        parts = cell_recording.parts_of(data, SMALL, seed)
        counts = np.bincount(data.labels[list(parts.test)], minlength=3)
        assert counts.tolist() == [1, 1, 1] and not set(parts.test) & set(parts.train)
        assert cell_recording.parts_of(data, replace(SMALL, per_class=None), seed) == parts


def test_what_is_measured_is_what_teaching_gives() -> None:
    network, data = small_network(), dataset_of((9, 9, 9))
    found = cell_recording.measure(network, data, SMALL, "everything", 1)
    result = teach(network, data, cell_recording.parts_of(data, SMALL, 1), SMALL.settings("everything", 1))
    assert found["accuracy"] == pytest.approx(result.accuracy)
    assert found["trainable_parameters"] == result.trainable_parameters
    assert [one["train_loss"] for one in found["epochs"]] == pytest.approx(
        [epoch.train_loss for epoch in result.history], rel=1e-3
    )


def test_earlier_layers_end_at_the_sixteenth_of_the_side_and_change_nothing() -> None:
    network = shipped()
    short = cell_recording.up_to_stage(network, 5)
    picture = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        module = network.module
        maps = module.get_submodule("bn1")(module.get_submodule("conv_stem")(picture))
        for stage in list(module.get_submodule("blocks").children())[:5]:
            maps = stage(maps)
        assert maps.shape == (1, 112, 4, 4)
        body = torch.nn.Sequential(*list(short.module.children())[:-1])
        torch.testing.assert_close(body(picture), maps.mean((2, 3)))
    assert not short.module.training


def test_a_recording_broken_off_goes_on_with_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, taught = tmp_path / "cells.json", list[tuple[str, str, int]]()

    def measure(network: object, dataset: object, cell: Cell, arm: str, seed: int) -> dict[str, Any]:
        if len(taught) == 3:
            raise KeyboardInterrupt
        taught.append((cell.name, arm, seed))
        entry = json.loads(RECORDED_CELLS.read_text())["entries"][0]
        settings = {name: getattr(cell.settings(arm, seed), name) for name in entry["settings"]}
        return entry | {"cell": cell.name, "arm": arm, "side": cell.side, "settings": settings}

    def first_five() -> Iterator[tuple[Cell, str, int]]:
        return iter([(CELLS[0], arm, seed) for seed in (0, 1) for arm in (EARLIER, "frozen", "last_block")][:5])

    monkeypatch.setattr(cell_recording, "load_network", lambda name: small_network())
    monkeypatch.setattr(cell_recording, "sureness", lambda network, features: 0.5)
    monkeypatch.setattr(cell_recording, "measure", measure)
    monkeypatch.setattr(cell_recording, "wanted", first_five)
    with pytest.raises(KeyboardInterrupt):
        cell_recording.record_cells(path)
    begun, taught[:] = list(taught), []
    cell_recording.record_cells(path)
    assert begun + taught == [(cell.name, arm, seed) for cell, arm, seed in first_five()]
    assert len(json.loads(path.read_text())["entries"]) == 5


def test_other_settings_than_those_of_the_cell_are_refused(tmp_path: Path) -> None:
    facts = json.loads(RECORDED_CELLS.read_text())
    facts["entries"][0]["settings"]["epochs"] += 1
    changed = tmp_path / "cells.json"
    changed.write_text(json.dumps(facts))
    with pytest.raises(SettingsError, match="other settings"):
        measured_cells(changed)
    first = CELLS[0]
    lacking = [one for one in facts["entries"][1:] if (one["cell"], one["arm"]) != (first.name, "frozen")]
    lacking = [one for one in lacking if one["cell"] != first.name or one["settings"]["seed"]]
    changed.write_text(json.dumps(facts | {"entries": lacking}))
    measured_cells.cache_clear()
    with pytest.raises(SettingsError, match="not measured to the end"):
        measured_cells(changed)
    with pytest.raises(SettingsError, match="no arm"):
        first.settings("random_features")


def test_the_list_of_what_ships_has_its_checksum() -> None:
    content = RECORDED_CELLS.read_bytes()
    assert hashlib.sha256(content).hexdigest() in (ASSETS / "README.md").read_text(encoding="utf-8")
