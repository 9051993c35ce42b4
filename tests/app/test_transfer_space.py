"""The views of features on the page Transfer learning: points before and after, and every stage probed."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app.ui import transfer_probe, transfer_run_jobs, transfer_space_jobs
from app.ui.jobs import JOBS
from app.ui.transfer_data import TransferData
from app.ui.transfer_probe import probe_csv, probe_sentence
from app.ui.transfer_run_form import AskedRuns
from app.ui.transfer_run_jobs import ArmRun
from app.ui.transfer_shown import shown_of
from cnnviz.compute import RunFacts
from cnnviz.learn import (
    Accuracy,
    Answers,
    Probe,
    ProbedStage,
    Stage,
    Teaching,
    Written,
    fewer,
    load_dataset,
    neighbour_map,
    plane_of,
    settings_for,
    split,
    turned_like,
)
from cnnviz.learn.features import picture_features
from cnnviz.learn.recorded_spaces import CAME, recorded_spaces
from tests.app.pages import arrays_of, scene_of
from tests.learn.networks import small_network
from tests.learn.pictures import dataset_of

DATA = TransferData("key of the pictures", "Test", dataset_of((6, 6, 7)), "stamps")
CHOICE: Any = SimpleNamespace(title="Small", key=("small", "auto"))
NETWORK = small_network()


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Runs in a folder of the test's own, of a network that is taught in a moment."""
    ask = SimpleNamespace(ask=lambda name, weights: SimpleNamespace(result=lambda: NETWORK))
    for module in (transfer_run_jobs, transfer_space_jobs, transfer_probe):
        monkeypatch.setattr(module, "NETWORKS", ask)
    monkeypatch.setattr(transfer_run_jobs, "find_data", lambda source, owner: DATA)
    monkeypatch.setenv("CNNVIZ_HOME", str(tmp_path))
    yield
    JOBS.drop(lambda key: isinstance(key, tuple) and key[0] in ("teach", "space", "probe"))


def part() -> None:
    """The part of the page alone."""
    from app.ui.network_picker import read_network
    from app.ui.transfer_runs import runs_part
    from tests.app.test_transfer_space import DATA

    runs_part(DATA, read_network())


def opened(query: str, holds: Callable[[AppTest], bool]) -> AppTest:
    """The part as a link with this query opens it, looked at until something holds."""
    app = AppTest.from_function(part, default_timeout=60)
    for name, value in parse_qsl(query):
        app.query_params[name] = value
    return until(app.run(), holds)


def until(app: AppTest, holds: Callable[[AppTest], bool]) -> AppTest:
    end = time.monotonic() + 60
    while not holds(app):
        assert time.monotonic() < end and not app.exception, app.exception
        time.sleep(0.1)
        app.run()
    return app


def panes(app: AppTest) -> int:
    there = [one for one in app.get("bidi_component") if one.proto.component_name == "cnnviz_feature_space"]
    return len(scene_of(app, "feature_space")["panes"]) if there else 0


def untaught(monkeypatch: pytest.MonkeyPatch) -> None:
    """No arm is recorded for these pictures."""
    monkeypatch.setattr("app.ui.transfer_run_bench.recorded_runs", lambda data, choice: [])


def test_without_a_run_the_network_as_it_came_is_shown_with_the_split_of_the_form(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    untaught(monkeypatch)
    app = opened("tr_view=space&tr_seed=3&tr_point=4&tr_pictures=1", lambda app: panes(app) == 1)
    scene, arrays = scene_of(app, "feature_space"), arrays_of(app, "feature_space")
    parts = split(DATA.dataset, seed=3)
    assert [item["test"] for item in scene["items"]] == [False] * len(parts.train) + [True] * len(parts.test)
    assert [item["label"] for item in scene["items"]] == [DATA.dataset.labels[n] for n in (*parts.train, *parts.test)]
    assert all(item["said"] is None for item in scene["items"])
    assert (scene["at"], scene["pictures"], scene["asked"]) == (4, True, len(parts.test))
    assert scene["total"] == len(scene["items"]) == 19
    examples = [DATA.dataset.examples[number] for number in (*parts.train, *parts.test)]
    plane = plane_of(picture_features(NETWORK, examples))
    assert np.allclose(arrays["points0"], plane.points, atol=1e-4)
    assert set(arrays["nearest0"].tolist()) <= set(range(len(parts.train)))


def test_after_a_run_the_taught_network_stands_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    untaught(monkeypatch)
    app = AppTest.from_function(part, default_timeout=60)
    app.query_params.update({"tr_view": "space", "tr_arms": "frozen,last_block", "tr_last_block": "epochs:2"})
    app.run().button(key="tr_start").click().run()
    until(app, lambda app: sum(one.value.endswith("Done.") for one in app.markdown) == 2)
    until(app, lambda app: panes(app) == 1)
    assert any("only the head learned" in one.value for one in app.caption)
    app.query_params["tr_look"] = "Last block"
    until(app.run(), lambda app: panes(app) == 2)
    scene, arrays = scene_of(app, "feature_space"), arrays_of(app, "feature_space")
    assert [pane["title"] for pane in scene["panes"]] == ["EfficientNet-Lite0 as it came", "Last block"]
    assert not np.allclose(arrays["points0"], arrays["points1"], atol=1e-3)
    assert (arrays["points0"] * arrays["points1"]).sum() > 0  # turned alike
    asked = [item["said"] for item in scene["items"] if item["test"]]
    assert len(asked) == scene["asked"] and None not in asked

    app.query_params.update({"tr_plane": "tsne", "tr_near": "5"})
    until(app.run(), lambda app: scene_of(app, "feature_space")["panes"][0]["shares"] is None)
    laid, maps = scene_of(app, "feature_space"), arrays_of(app, "feature_space")
    assert [pane["title"] for pane in laid["panes"]] == [pane["title"] for pane in scene["panes"]]
    assert all(pane["shares"] is None and 0 < pane["kept"] <= 1 for pane in laid["panes"]) and laid["near"] == 5
    assert np.array_equal(maps["nearest1"], arrays["nearest1"])  # neighbours are those of all dimensions, as before
    assert (maps["points0"] * maps["points1"]).sum() > 0  # turned alike
    assert any("how far groups lie apart" in one.value for one in app.caption)


def test_a_map_from_a_link_is_that_of_the_features_and_another_perplexity_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    untaught(monkeypatch)
    app = opened("tr_view=space&tr_plane=tsne&tr_near=7", lambda app: panes(app) == 1)
    until(app, lambda app: scene_of(app, "feature_space")["panes"][0]["shares"] is None)
    assert app.query_params["tr_plane"] == "tsne" and "tr_near" not in app.query_params
    parts = split(DATA.dataset)
    examples = [DATA.dataset.examples[number] for number in (*parts.train, *parts.test)]
    features = picture_features(NETWORK, examples)
    expected = turned_like(neighbour_map(features).points, plane_of(features).points)
    assert np.allclose(arrays_of(app, "feature_space")["points0"], expected, atol=1e-3)


def test_recorded_arms_stand_before_and_after_and_no_network_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    stamps = TransferData("stamps", "Stamps", load_dataset("stamps"), "stamps")
    monkeypatch.setattr(f"{__name__}.DATA", stamps)
    monkeypatch.setattr(transfer_run_jobs, "find_data", lambda source, owner: stamps)
    monkeypatch.setattr(transfer_space_jobs, "NETWORKS", None)
    app = opened("tr_view=space&tr_look=Last+block&tr_plane=tsne&tr_near=15", lambda app: panes(app) == 2)
    scene, arrays = scene_of(app, "feature_space"), arrays_of(app, "feature_space")
    recorded = recorded_spaces()
    assert np.allclose(arrays["nearest1"], recorded.named["last_block"].space.neighbours.nearest)
    assert [pane["kept"] for pane in scene["panes"]] == [
        recorded.named[name].maps[15].kept for name in (CAME, "last_block")
    ]
    assert any("is recorded; Start teaches it" in one.value for one in app.caption)
    app.query_params["tr_look"] = "Random features"
    until(app.run(), lambda app: any("drawn at random and stay so" in one.value for one in app.caption))


def test_a_picture_of_each_class_is_shown_without_a_test_and_one_picture_is_too_few() -> None:
    few = replace(DATA, dataset=dataset_of((1, 1)))
    shown, why = shown_of(few, CHOICE, AskedRuns(()), None)
    assert shown is not None and (shown.train, shown.test, why) == ((0, 1), (), "")
    shown, why = shown_of(replace(DATA, dataset=dataset_of((1,))), CHOICE, AskedRuns(()), None)
    assert shown is None and "two classes" in why


@pytest.mark.parametrize("counts", [(1, 1), (1, 2), (2, 2)])
def test_few_pictures_are_laid_out_too(monkeypatch: pytest.MonkeyPatch, counts: tuple[int, ...]) -> None:
    untaught(monkeypatch)
    monkeypatch.setattr(f"{__name__}.DATA", replace(DATA, key=f"few {counts}", dataset=dataset_of(counts)))
    app = opened("tr_view=space&tr_plane=tsne", lambda app: panes(app) == 1)
    until(app, lambda app: scene_of(app, "feature_space")["panes"][0]["shares"] is None)
    points = arrays_of(app, "feature_space")["points0"].reshape(-1, 2)
    assert len(points) == sum(counts) and np.isfinite(points).all()
    assert any(f"{len(points)} pictures allow no perplexity above 1.5." in one.value for one in app.caption)
    assert (scene_of(app, "feature_space")["panes"][0]["kept"] is None) == (sum(counts) == 2)


def test_of_a_run_its_own_split_is_shown_and_somebody_elses_pictures_are_not() -> None:
    teaching = Teaching(settings_for("last_block", per_class=2), 5)
    parts = split(DATA.dataset, seed=5)
    labels = DATA.dataset.labels[list(parts.test)]
    answers = Answers(parts.test, labels, np.eye(3)[labels])
    facts = RunFacts({"network": "resnet18", "source": "stamps", "owner": None, "pictures": DATA.key}, 5, 1, {}, 0.0)
    one = ArmRun("link", "view", True, "id", facts, "done", "", 1.0, teaching, Written((), ()))
    shown, _ = shown_of(DATA, CHOICE, AskedRuns(()), (one, answers))
    assert shown is not None and shown.test == parts.test and shown.network == ("resnet18", "auto")
    assert shown.train == fewer(DATA.dataset, parts, 2).train
    secret = replace(one, owned=False, facts=replace(facts, settings={**facts.settings, "owner": "secret"}))
    shown, why = shown_of(DATA, CHOICE, AskedRuns(()), (secret, answers))
    assert shown is None and "somebody's own" in why


def test_every_stage_is_probed_and_saved_as_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    untaught(monkeypatch)
    monkeypatch.setattr(transfer_probe, "SPLITS", 2)
    app = opened("tr_view=stages", lambda app: len(app.get("plotly_chart")) > 0)
    figure = json.loads(app.get("plotly_chart")[-1].proto.spec)
    assert [trace["name"] for trace in figure["data"]][:2] == ["a linear head", "nearest class mean"]
    names = figure["layout"]["xaxis"]["ticktext"]
    assert names == ["picture", "stem.2", "blocks.0", "blocks.1", "last", "head's input"]
    assert any(f"On **{name}**" in one.value for one in app.markdown for name in names)


def test_the_sentence_of_a_probe_tells_a_lead_from_chance() -> None:
    def stage(path: str, *values: float) -> ProbedStage:
        return ProbedStage(Stage(path, (8, 4, 4), 8), Accuracy(values, 50), Accuracy(values, 50))

    picture, early = stage("", 0.5, 0.5, 0.5), stage("a", 0.91, 0.93, 0.92)
    far, close = stage("features", 0.71, 0.73, 0.72), stage("features", 0.94, 0.90, 0.90)
    assert ", more than chance" in probe_sentence(Probe((picture, early, far), 0.4, 120, 50))
    assert "no more than chance" in probe_sentence(Probe((picture, early, close), 0.4, 120, 50))
    best = Probe((picture, far, stage("features", 0.99, 0.99, 0.98)), 0.4, 120, 50)
    assert "Nothing before" in probe_sentence(best) and "61" not in probe_sentence(best)
    rows = list(csv.reader(io.StringIO(probe_csv(best))))
    assert [row[0] for row in rows[1:]] == ["picture", "head's input", "head's input"] and rows[2][1] == "8 × 4 × 4"
    assert best.lead(best.best, picture).clear
    assert not Probe((stage("", 0.5), stage("a", 0.9)), 0.4, 120, 50).lead(stage("a", 0.9), stage("", 0.5)).clear
