"""What is recorded of the arms is what teaching them gives, and agrees with the pictures that ship."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from cnnviz import network
from cnnviz.learn import (
    Teaching,
    load_dataset,
    picture_features,
    plane_of,
    recorded_arms,
    settings_for,
    split,
    teach,
)
from cnnviz.learn.recorded_spaces import CAME, recorded_spaces
from cnnviz.paths import ASSETS
from tests.learn.networks import small_network
from tests.learn.pictures import dataset_of


def test_the_recorded_arms_are_those_of_the_stamps_with_their_own_settings() -> None:
    stamps = load_dataset("stamps")
    found = recorded_arms.recorded_arms()
    assert tuple(found) == recorded_arms.RECORDED_NAMES
    for name, one in found.items():
        assert one.teaching == Teaching(settings_for(name))
        assert one.answers.test == split(stamps).test
        np.testing.assert_array_equal(one.answers.labels, stamps.labels[list(one.answers.test)])
        assert len(one.found.epochs) == one.teaching.settings.epochs
        assert one.found.epochs[-1].test_accuracy == pytest.approx(one.answers.accuracy, abs=1e-5)
    accuracies = {name: one.answers.accuracy for name, one in found.items()}
    assert min(accuracies["frozen"], accuracies["last_block"]) > 0.9 > 0.7 > accuracies["random_features"]


def test_what_is_written_down_is_what_teaching_gave(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, data = small_network(dropout=0.2), dataset_of((8, 8, 9))
    monkeypatch.setattr(recorded_arms, "load_dataset", lambda name: data)
    monkeypatch.setattr(network, "load_network", lambda name: asked)
    path = tmp_path / "arms.json"
    recording = recorded_arms.recording
    monkeypatch.setattr(recorded_arms, "recording", lambda: recording(("frozen", "last_block")))
    recorded_arms.record_arms(path, tmp_path / "spaces.npz")
    for name, one in recorded_arms.recorded_arms(path).items():
        result = teach(asked, data, split(data), settings_for(name))
        np.testing.assert_allclose(one.answers.probabilities, result.probabilities, rtol=1e-5)
        assert [epoch.number for epoch in one.found.epochs] == [epoch.number for epoch in result.history]
        assert one.found.outcomes[0].trainable_parameters == result.trainable_parameters
    parts = split(data)
    spaces = recorded_spaces(tmp_path / "spaces.npz")
    assert (spaces.train, spaces.test, tuple(spaces.named)) == (parts.train, parts.test, (CAME, "last_block"))
    came = picture_features(asked, [data.examples[number] for number in (*parts.train, *parts.test)])
    np.testing.assert_allclose(spaces.named[CAME].space.plane.points, plane_of(came).points, atol=1e-4)
    after = spaces.named["last_block"].space.plane.points
    assert not np.allclose(spaces.named[CAME].space.plane.points, after, atol=1e-3)


def test_the_list_of_what_ships_has_its_checksum() -> None:
    content = recorded_arms.RECORDED_ARMS.read_bytes()
    assert hashlib.sha256(content).hexdigest() in (ASSETS / "README.md").read_text(encoding="utf-8")
