"""Runs of the page Transfer learning: begun, watched, steered, found again; their answers. A mouse: tests/browser."""

from __future__ import annotations

import io
import json
import re
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app.ui import transfer_run_jobs
from app.ui.downloads import DOWNLOADS
from app.ui.jobs import JOBS, TEACH
from app.ui.transfer_data import TransferData
from app.ui.transfer_run_curve import curve_asked
from app.ui.transfer_run_form import AskedRuns
from app.ui.transfer_run_home import packed_network, parcel_key
from app.ui.transfer_run_jobs import ArmRun, all_runs, begin, go_on, job_key, look, threads
from app.ui.transfer_run_recorded import recorded_runs
from app.ui.transfer_run_sabotage import answer_to
from app.ui.transfer_run_view import kept_words, verdict
from cnnviz.compute import RunError
from cnnviz.errors import SettingsError
from cnnviz.learn import ARMS, SABOTAGES, Teaching, answers_of, load_dataset, settings_for
from cnnviz.learn.recorded_arms import recorded_arms
from tests.app.pages import scene_of
from tests.learn.networks import small_network
from tests.learn.pictures import dataset_of

DATA = TransferData("key of the pictures", "Test", dataset_of((6, 6, 7)), "stamps")
OWN = TransferData("key of own", "Own", dataset_of((6, 6, 7), bursts=2), "own", owner="secret")
CHOICE: Any = SimpleNamespace(info=SimpleNamespace(name="efficientnet_lite0"), trained=True)
RECORDED: Any = SimpleNamespace(key=("efficientnet_lite0", "auto"))
SHORT = "tr_arms=frozen,last_block&tr_last_block=epochs:2"


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Runs in a folder of the test's own, of a network that is taught in a moment."""
    networks = {"auto": small_network(dropout=0.2), "none": small_network(seed=9)}
    ask = SimpleNamespace(ask=lambda name, weights: SimpleNamespace(result=lambda: networks[weights]))
    monkeypatch.setattr(transfer_run_jobs, "NETWORKS", ask)
    monkeypatch.setattr(transfer_run_jobs, "find_data", lambda source, owner: OWN if source == "own" else DATA)
    monkeypatch.setenv("CNNVIZ_HOME", str(tmp_path))
    yield
    JOBS.drop(lambda key: isinstance(key, tuple) and key[0] in ("teach", "parcel", "mistakes"))


def part() -> None:
    """The part of the page alone."""
    from app.ui.network_picker import read_network
    from app.ui.transfer_runs import runs_part
    from tests.app.test_transfer_runs import DATA

    runs_part(DATA, read_network())


def opened(query: str) -> AppTest:
    """The part as a link with this query opens it."""
    app = AppTest.from_function(part, default_timeout=60)
    for name, value in parse_qsl(query):
        app.query_params[name] = value
    return app.run()


def until(app: AppTest, holds: Callable[[], bool]) -> AppTest:
    """Look again and again, as a browser does by itself."""
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end and not app.exception, lines(app)
        time.sleep(0.1)
        app.run()
    return app


def lines(app: AppTest) -> list[str]:
    """What is said of each run."""
    return [one.value.partition("** ")[2] for one in app.markdown if one.value.startswith(":material/")]


def done(app: AppTest) -> bool:
    return bool(lines(app)) and all(line == "Done." for line in lines(app))


def started(query: str = SHORT) -> AppTest:
    app = opened(query)
    app.button(key="tr_start").click().run()
    return until(app, lambda: done(app))


def begun(teaching: Teaching, data: TransferData = DATA) -> str:
    (link,) = begin(data, CHOICE, [teaching], [], "anna")
    job = JOBS.find(job_key(seen(link).id))
    assert job is not None and job.wait(60)
    return link


def seen(link: str) -> ArmRun:
    one = look(link, "anna")
    assert isinstance(one, ArmRun)
    return one


def downloads(app: AppTest) -> list[str]:
    return [one.proto.label for one in app.get("download_button")]


def folders() -> list[Path]:
    return [path for path in all_runs().folder.iterdir() if path.is_dir()]


def test_arms_are_taught_and_their_answers_stand_there() -> None:
    app = started()
    assert not app.exception and not app.error
    table = app.table[0].value
    assert list(table["Arm"]) == ["Frozen backbone", "Last block"]
    assert list(table["Epochs"]) == ["5 of 5", "2 of 2"]
    assert all("±" in cell for cell in table["Test accuracy"])
    figure = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert [trace["name"] for trace in figure["data"]] == ["Frozen backbone"] * 2 + ["Last block"] * 2
    scene = scene_of(app, "confusion_view")
    assert (scene["title"], scene["classes"]) == ("Frozen backbone", list("abc"))
    (row, column), taken = scene["cell"], len(scene["pictures"])
    link = app.query_params["runs"].split(".")[0]
    with all_runs().open(link) as run:
        answers = answers_of(run)
    assert answers is not None and answers.confusion[row, column] == taken
    assert np.trace(answers.confusion) / answers.confusion.sum() == pytest.approx(answers.accuracy)


def test_reload_second_tab_and_second_press_find_the_runs_once() -> None:
    app = started()
    address = app.query_params["runs"]
    assert len(folders()) == 2 and address.count(".") == 1
    again = opened(f"{SHORT}&runs={address}")
    assert done(again) and list(again.table[0].value["Arm"]) == list(app.table[0].value["Arm"])
    again.button(key="tr_start").click().run()
    assert again.query_params["runs"] == address and len(folders()) == 2


def test_two_presses_at_once_begin_one_run() -> None:
    teaching = Teaching(settings_for("last_block", epochs=50))
    first, second = (begin(DATA, CHOICE, [teaching], [], "anna") for _ in range(2))
    assert first == second and len(folders()) == 1
    assert begin(DATA, CHOICE, [teaching], [], "bert") != first
    JOBS.stop(job_key(seen(first[0]).id))


def test_cancel_is_seen_at_once_and_continue_goes_to_the_end() -> None:
    app = opened("tr_arms=last_block&tr_last_block=epochs:40")
    app.button(key="tr_start").click().run()
    link = app.query_params["runs"]
    until(app, lambda: len(seen(link).found.epochs) > 1)
    job = JOBS.find(job_key(seen(link).id))
    assert job is not None
    app.button(key=f"tr_stop_{seen(link).id}").click().run()
    assert lines(app) == ["Stopped; it goes on from its last epoch."]
    assert job.wait(2)
    there = seen(link).found.epochs
    assert 1 < len(there) < 40
    app.button(key=f"tr_continue_{seen(link).id}").click().run()
    until(app, lambda: done(app))
    assert seen(link).found.epochs[: len(there)] == there and len(seen(link).found.epochs) == 40


def test_a_paused_run_waits_and_goes_on() -> None:
    (link,) = begin(DATA, CHOICE, [Teaching(settings_for("last_block", epochs=15))], [], "anna")
    transfer_run_jobs.pause(seen(link).id, True)
    job = JOBS.find(job_key(seen(link).id))
    assert job is not None and not job.wait(0.5)
    assert (seen(link).state, seen(link).words) == ("paused", "Paused.")
    transfer_run_jobs.pause(seen(link).id, False)
    assert job.wait(60) and seen(link).state == "done"


def test_after_a_restart_the_curve_is_there_and_continue_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    link = begun(Teaching(settings_for("last_block", epochs=2)))
    with all_runs().open(link) as run:
        folder = all_runs().folder / run.id
    (folder / "state.json").write_text('{"state": "running", "error": ""}')  # as a killed server leaves it
    JOBS.drop(lambda key: key == job_key(folder.name))
    one = seen(link)
    assert one.state == "stopped" and one.words.startswith("The server ended") and len(one.found.epochs) == 2
    go_on(link, "anna")
    job = JOBS.find(job_key(one.id))
    assert job is not None and job.wait(60)
    assert seen(link).state == "done" and seen(link).found.epochs == one.found.epochs


def test_who_has_the_view_link_sees_and_changes_nothing() -> None:
    link = begun(Teaching(settings_for("frozen")), OWN)
    view = seen(link).view_link
    app = opened(f"runs={view}&tr_view=links")
    assert done(app) and not app.exception
    assert not [one for one in app.button if one.key.startswith(("tr_stop", "tr_pause", "tr_continue"))]
    assert view in app.code[0].value and link not in app.code[0].value
    scene = scene_of(opened(f"runs={view}"), "confusion_view")
    assert scene["pictures"] == [] and "somebody's own" in scene["why_none"]
    assert scene_of(opened(f"runs={link}&tr_cell=0.0"), "confusion_view")["why_none"] == ""
    with pytest.raises(RunError, match="only shows"):
        go_on_here(view)


def go_on_here(view: str) -> None:
    """The work of *continue* without its job."""
    with all_runs().open(view) as run, run.writing():
        pass


def test_changed_pictures_are_not_taken_for_the_old_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    link = begun(Teaching(settings_for("frozen")))
    other = TransferData("another key", "Test", DATA.dataset, "stamps")
    monkeypatch.setattr(transfer_run_jobs, "find_data", lambda source, owner: other)
    app = opened(f"runs={link}")
    assert "changed or deleted" in scene_of(app, "confusion_view")["why_none"]
    JOBS.forget(job_key(seen(link).id))
    go_on(link, "anna")
    job = JOBS.find(job_key(seen(link).id))
    assert job is not None and job.wait(60) and "changed or deleted" in seen(link).words


@pytest.mark.parametrize(
    ("query", "arm", "expected"),
    [
        ("tr_everything=epochs:4,rest_rate:1e-05", "everything", {"epochs": 4, "rest_rate": 1e-5}),
        ("tr_frozen=optimiser:adamw,epochs:9", "frozen", {"optimiser": "adamw", "epochs": 9, "batch_size": 16}),
        ("tr_frozen=batch_norm:everywhere,patience:2", "frozen", {"batch_norm": "everywhere", "patience": 2}),
        ("tr_per_class=2&tr_seed=7", "last_block", {"per_class": 2, "seed": 7}),
        ("tr_frozen=epochs:0", "frozen", {}),
        ("tr_frozen=epochs:many", "frozen", {}),
        ("tr_frozen=arm:scratch", "frozen", {}),
        ("tr_last_block=head_rate:nan&tr_seed=-1&tr_per_class=1000", "last_block", {}),
    ],
)
def test_the_link_sets_each_arm_and_what_cannot_be_gives_way(query: str, arm: str, expected: dict[str, Any]) -> None:
    app = AppTest.from_function(_form_script)
    for name, value in parse_qsl(query):
        app.query_params[name] = value
    app.run(timeout=60)
    assert not app.exception
    (asked,) = [one for one in app.session_state["asked"].teachings if one.settings.arm == arm]
    assert asked.settings == settings_for(arm, **expected)
    assert asked.seed == expected.get("seed", 0)


def _form_script() -> None:
    import streamlit as st

    from app.ui.transfer_run_form import read_runs_form, runs_form
    from tests.app.test_transfer_runs import DATA

    st.session_state["asked"] = read_runs_form(DATA)
    runs_form(DATA)


def test_what_is_set_goes_into_the_link_and_back() -> None:
    app = opened("tr_arm=everything")
    app.number_input(key="tr_everything_epochs").set_value(6).run()
    app.select_slider(key="tr_everything_rest_rate").set_value(0.0).run()
    app.checkbox(key="tr_box_scratch").check().run()
    assert app.query_params["tr_everything"] == "epochs:6,rest_rate:0"
    assert app.query_params["tr_arms"] == "random_features,frozen,last_block,everything,scratch"
    app.number_input(key="tr_everything_epochs").set_value(10).run()
    assert app.query_params["tr_everything"] == "rest_rate:0"


def test_the_network_goes_home_once_it_is_taught(tmp_path: Path) -> None:
    link = begun(Teaching(settings_for("last_block", epochs=1)), OWN)
    packed = packed_network(seen(link), OWN.dataset)
    with zipfile.ZipFile(io.BytesIO(b"".join(packed.pieces()))) as file:
        facts, run = json.loads(file.read("model.json")), file.read("run.json").decode()
    assert facts["classes"] == ["a", "b", "c"] and len(facts["checks"]) == 4
    assert not any(secret in run for secret in ("secret", OWN.key, link, seen(link).view_link))
    app = opened(f"runs={link}&tr_view=home")
    assert app.checkbox(key="tr_also_program").value
    app.checkbox(key="tr_also_program").uncheck().run()
    assert app.query_params["tr_also"] == "none"
    app.button(key="tr_pack").click().run()
    key = parcel_key(seen(link), ())
    job = JOBS.find(key)
    assert job is not None and job.wait(60)
    (shown,) = [one.proto.body for one in app.run().get("html") if "Download the network" in one.proto.body]
    address = re.search(r"/downloads/([\w-]+)", shown)
    assert address is not None
    offered = DOWNLOADS.fetch(address[1], app.session_state["_visitor"])
    assert offered is not None and b"".join(offered.pieces())[:2] == b"PK"
    JOBS.drop(lambda other: isinstance(other, tuple) and OWN.key in other)  # as when all pictures are deleted
    with pytest.raises(SettingsError, match="no longer here"):
        offered.pieces()
    (unborn,) = begin(DATA, CHOICE, [Teaching(settings_for("last_block", epochs=60))], [], "anna")
    JOBS.stop(job_key(seen(unborn).id))
    with pytest.raises(SettingsError, match="not taught to the end"):
        packed_network(seen(unborn), DATA.dataset)


def test_a_guess_is_told_right_from_wrong_and_the_hidden_mistake_is_not_told_before() -> None:
    app = opened("tr_view=hidden&tr_arms=none")
    app.button(key="tr_hide").click().run()
    until(app, lambda: done(app))
    links = app.query_params["hidden"].split(".")
    hidden = seen(links[1]).teaching.sabotage
    assert hidden in SABOTAGES and hidden != "leak" and seen(links[0]).teaching.sabotage is None
    assert list(app.table[0].value["Arm"]) == ["Frozen, sound", "Frozen, with a mistake"]
    said = " ".join(one.value for one in (*app.markdown, *app.info, *app.success, *app.warning))
    assert SABOTAGES[hidden].sentence not in said
    wrong = next(name for name in SABOTAGES if name != hidden)
    app.radio(key="tr_guess_widget").set_value(wrong).run()
    assert app.warning[0].value == answer_to(wrong, hidden) and not app.success
    app.radio(key="tr_guess_widget").set_value(hidden).run()
    assert app.success[0].value == answer_to(hidden, hidden) and SABOTAGES[hidden].sentence in app.success[0].value


def test_a_learning_curve_is_measured_as_a_run() -> None:
    app = opened("tr_view=curve&tr_arms=frozen,random_features&tr_frozen=epochs:1&tr_random_features=epochs:1")
    app.button(key="tr_start_curve").click().run()
    until(app, lambda: done(app))
    figure = json.loads(app.get("plotly_chart")[-1].proto.spec)
    assert [trace["name"] for trace in figure["data"]] == ["Random features", "Frozen backbone"]
    assert [len(trace["x"]) for trace in figure["data"]] == [3, 3]  # 1, 2 and all
    assert "Save as CSV" in downloads(app)


def test_the_curve_takes_arms_and_splits_of_the_form() -> None:
    teachings = tuple(Teaching(settings_for(arm), 3, "group", 5) for arm in ("frozen", "everything"))
    asked = curve_asked(AskedRuns(teachings))
    assert [one.arm for one in asked.arms] == ["frozen", "everything"]
    assert (asked.seed, asked.by, asked.splits) == (3, "group", 5)


def test_runs_wait_in_one_lane_and_get_the_threads_the_machine_has(monkeypatch: pytest.MonkeyPatch) -> None:
    link = begun(Teaching(settings_for("frozen")))
    job = JOBS.find(job_key(seen(link).id))
    assert job is not None and job.lane == TEACH
    assert seen(link).facts.threads == threads() == 1
    monkeypatch.setattr(transfer_run_jobs, "usable_cores", lambda: 16)
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert threads() == 4


def test_ten_learners_at_once_are_all_served() -> None:
    teaching = Teaching(settings_for("last_block", epochs=1))
    links = [begin(DATA, CHOICE, [teaching], [], f"learner {number}")[0] for number in range(10)]
    jobs = [JOBS.find(job_key(seen(link).id)) for link in links]
    assert len(set(links)) == 10
    assert all(job is not None and job.wait(60) for job in jobs)
    assert [seen(link).state for link in links] == ["done"] * 10


def test_the_verdict_tells_a_lead_from_chance() -> None:
    runs = list(recorded_runs(replace(DATA, source="stamps", dataset=load_dataset("stamps")), RECORDED))
    words = {one.teaching.settings.arm: one for one in runs}
    assert "more than chance explains" in verdict([words["frozen"], words["random_features"]])
    assert "no more than chance explains" in verdict([words["frozen"], words["last_block"]])
    level = verdict([words["frozen"], replace(words["frozen"], name="The same"), words["random_features"]])
    assert "**Frozen backbone** and **The same** are level at 93.9 ± 4.0 %" in level
    assert verdict(runs[:1]) == "" == kept_words(runs)
    (first, *_), written = runs, runs[0].found
    decided = [replace(epoch, deciding_loss=abs(epoch.number - 3.0)) for epoch in written.epochs]
    stopped = replace(first, found=replace(written, epochs=tuple(decided)))
    assert f"**{first.title}** epoch 3)" in kept_words([stopped, *runs[1:]])


def test_before_anything_is_begun_the_recorded_arms_stand_there_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    stamps = replace(DATA, dataset=load_dataset("stamps"))
    monkeypatch.setattr(transfer_run_jobs, "find_data", lambda source, owner: stamps)
    app = AppTest.from_function(_stamps, default_timeout=60).run()
    assert not app.exception
    assert list(app.table[0].value["Arm"]) == [ARMS[name].title for name in recorded_arms()]
    assert any(one.value.startswith("Recorded") for one in app.caption)
    scene = scene_of(app, "confusion_view")
    assert scene["title"] == "Frozen backbone" and scene["pictures"]
    app.query_params["tr_view"] = "home"
    assert "press Start" in app.run().info[0].value


def _stamps() -> None:
    from app.ui.network_picker import read_network
    from app.ui.transfer_data import TransferData
    from app.ui.transfer_runs import runs_part
    from cnnviz.learn import load_dataset

    runs_part(TransferData("key of the pictures", "Stamps", load_dataset("stamps"), "stamps"), read_network())
