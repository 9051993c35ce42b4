"""Transfer learning, above its runs: the first answer and why, one's own classes, and that nothing is lost."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st

from app.components.webcam_view.component import FRAMES, burst_of, frame_of
from app.ui import transfer_adding, transfer_collect, transfer_notices
from app.ui.transfer_adding import add_files, add_zip, refusals
from app.ui.transfer_asked import asked_of, by_turns, means_of, recorded_of, without
from app.ui.transfer_data import COLLECTIONS, OWN, find_data, owner_of
from app.ui.transfer_state import COLLECT, OPENING, SOURCE
from app.web.visitor import LIFETIME
from cnnviz.image import SAMPLES
from cnnviz.learn import Added, Collections, DatasetError, few_of, load_dataset
from cnnviz.learn.collection import KEPT_SECONDS
from cnnviz.learn.datasets import Refused
from tests.app.pages import arrays_of, chosen, followed, open_page, scene_of
from tests.app.programs import run_program
from tests.learn.pictures import blobs, png

FILE = "pages/learn/transfer_learning.py"
ME = owner_of("the test's visitor")


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test has a disk and a visitor of its own."""
    monkeypatch.setenv("CNNVIZ_HOME", str(tmp_path))
    monkeypatch.setattr("app.ui.transfer_answer.PATIENCE", 60.0)  # on a busy machine, too, the answer comes in one run
    monkeypatch.setattr("app.ui.transfer_state.visitor", lambda: "the test's visitor")


def own_classes(**pictures: tuple[int, ...]) -> dict[str, str]:
    """Classes of these names with the pictures of these seeds; the id of each."""
    ids = {name: COLLECTIONS.add_class(ME, name) for name in pictures}
    for name, seeds in pictures.items():
        COLLECTIONS.add(ME, ids[name], [(f"{name}_{seed}.png", png(blobs(seed))) for seed in seeds])
    return ids


def test_the_page_opens_answered_from_what_is_recorded() -> None:
    app = open_page(FILE)
    assert not app.exception
    scene = scene_of(app, "nearest_view")
    assert (scene["asked"], scene["answer"], scene["recorded"]) == ("deer (mammal)", "mammal", "recorded")
    assert scene["known"] == scene["total"] == 99 and {near["className"] for near in scene["near"]} == {"mammal"}
    assert scene["near"][0]["distance"] < scene["limit"]
    assert {row["name"] for row in scene["rows"]} == {"bird", "flower", "food", "mammal"}
    assert len(arrays_of(app, "nearest_view")) == 1 + len(scene["near"])
    rows = scene_of(app, "collect_view")["rows"]
    assert [row["count"] for row in rows] == [35, 25, 44, 65] and all(len(row["tiles"]) == 25 for row in rows)


@pytest.mark.parametrize("source", ["stamps", "mnist", "fashion"])
def test_each_set_opens_with_a_picture_that_is_answered_because_of_others_of_its_class(source: str) -> None:
    data = find_data(source)
    assert data is not None and set(OPENING) == {"stamps", "mnist", "fashion"}
    number = OPENING[source]
    others, features = without(recorded_of(data), asked_of(chosen(), data, number))
    assert features is not None
    answer = means_of(data, others).ask(features, reasons=5)
    own = data.dataset.classes[data.dataset.labels[number]]
    assert answer.class_name == own and {reason.class_name for reason in answer.reasons} == {own}


def test_who_chooses_a_picture_asks_about_that() -> None:
    app = open_page(FILE)
    app.session_state["picture"] = "text"
    scene = scene_of(app.run(), "nearest_view")
    assert (scene["asked"], scene["answer"], scene["back"]) == (SAMPLES["text"].title, None, "")
    app.session_state["picture"] = "chelsea"
    assert scene_of(app.run(), "nearest_view")["asked"] == "Chelsea the cat"
    assert scene_of(open_page(FILE, "picture=text"), "nearest_view")["asked"] == SAMPLES["text"].title


@pytest.mark.parametrize("source", ["stamps", "mnist", "fashion"])
def test_most_pictures_of_a_set_are_nearest_to_their_own_class_without_themselves(source: str) -> None:
    data = find_data(source)
    assert data is not None
    known, right = recorded_of(data), 0
    for number in known.numbers:
        others, features = without(known, asked_of(chosen(), data, number))
        assert features is not None and number not in others.numbers and len(others.numbers) == len(known.numbers) - 1
        answer = means_of(data, others).ask(features)
        right += answer.nearest == data.dataset.classes[data.dataset.labels[number]]
    assert right / len(known.numbers) >= {"stamps": 0.85, "mnist": 0.55, "fashion": 0.6}[source]


def test_a_training_picture_is_asked_about_by_the_others_and_the_link_keeps_it() -> None:
    number = few_of(load_dataset("stamps"))[3]
    app = open_page(FILE, f"tl_ask={number}")
    scene = scene_of(app, "nearest_view")
    name = load_dataset("stamps").examples[number].name.replace("_", " ").replace("-", " ")
    assert scene["asked"] == f"{name} (bird)" and scene["known"] == 99 and scene["back"] == "Chelsea the cat"
    assert name not in [near["title"] for near in scene["near"]]
    assert scene_of(app, "collect_view")["asked"] == str(number)


@pytest.mark.parametrize("ask", ["9999", "-1", "x", "²"])
def test_a_link_to_a_picture_that_is_not_there_asks_about_the_picture_in_use(ask: str) -> None:
    app = open_page(FILE, f"tl_ask={ask}")
    assert not app.exception and scene_of(app, "nearest_view")["back"] == ""


def test_own_classes_begin_with_a_sentence_and_answer_after_one_picture_each() -> None:
    app = open_page(FILE, f"{SOURCE}={OWN}")
    assert "Name two classes" in app.main.info[0].value
    own_classes(cup=(0,))
    app.run()
    assert any("cup" in info.value and "second class" in info.value for info in app.main.info)
    own_classes(mug=(1,))
    app.run()
    scene = scene_of(app, "nearest_view")
    assert [row["pictures"] for row in scene["rows"]] == [1, 1] and scene["recorded"] == ""
    assert {near["title"] for near in scene["near"]} == {"cup 0", "mug 1"}
    assert find_data(OWN, ME).dataset.counts == (1, 1)  # type: ignore[union-attr]


def test_what_was_collected_is_there_for_another_server_and_not_for_others(tmp_path: Path) -> None:
    own_classes(cup=(0, 1), mug=(2,))
    assert Collections(tmp_path / "collections").dataset(ME).counts == (2, 1)
    assert find_data(OWN, owner_of("somebody else")).dataset.examples == ()  # type: ignore[union-attr]


def test_the_key_of_own_pictures_follows_their_content() -> None:
    ids = own_classes(cup=(0,), mug=(1,))
    keys = [find_data(OWN, ME).key]  # type: ignore[union-attr]
    COLLECTIONS.rename(ME, ids["cup"], "glass")
    keys.append(find_data(OWN, ME).key)  # type: ignore[union-attr]
    COLLECTIONS.move(ME, [COLLECTIONS.read(ME).pictures[0].id], ids["mug"])
    keys.append(find_data(OWN, ME).key)  # type: ignore[union-attr]
    assert len(set(keys)) == 3 and all(ME not in key for key in keys)


def test_bursts_are_known_to_the_arms() -> None:
    ids = own_classes(cup=(0,), mug=(1,))
    assert not find_data(OWN, ME).has_bursts  # type: ignore[union-attr]
    COLLECTIONS.add(ME, ids["cup"], [("a", png(blobs(5))), ("b", png(blobs(6)))], group="burst")
    assert find_data(OWN, ME).has_bursts  # type: ignore[union-attr]


def test_notices_teach_and_mark_their_pictures() -> None:
    own_classes(cup=(0, 1, 2, 3, 4, 5), mug=(0, 7))
    app = open_page(FILE, f"{SOURCE}={OWN}")
    said = [info.value for info in app.main.info]
    assert any("right 75" in one for one in said), said
    assert any("stands in cup and in mug" in one for one in said), said
    marked = [tile for row in scene_of(app, "collect_view")["rows"] for tile in row["tiles"] if tile["mark"]]
    assert {tile["title"] for tile in marked} == {"cup 0", "mug 0"}


def edit(monkeypatch: pytest.MonkeyPatch, **asked: Any) -> None:
    """What the view reports, as the page's callback hears it."""
    told = SimpleNamespace(edit={"ids": [], "to": "", "name": "", **asked})
    data = find_data(OWN, ME)
    assert data is not None
    with monkeypatch.context() as patch:
        patch.setattr(st, "session_state", {COLLECT: told})
        transfer_collect._edited(data)()
        said = st.session_state["_tl_said_of_edit"]
    assert bool(said) == (asked["to"] == "gone")


def test_an_edit_that_cannot_be_is_said_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = own_classes(cup=(0,), mug=(1,))
    before = COLLECTIONS.read(ME)
    for asked in ({"what": "move", "to": "gone"}, {"what": "rename", "to": "gone", "name": "x"}):
        edit(monkeypatch, **asked)
        assert COLLECTIONS.read(ME) == before
    edit(monkeypatch, what="move", ids=[before.pictures[0].id], to=ids["mug"])
    assert COLLECTIONS.dataset(ME).counts == (0, 2)
    edit(monkeypatch, what="remove", ids=[before.pictures[0].id], to="")
    edit(monkeypatch, what="remove class", to=ids["cup"])
    assert COLLECTIONS.dataset(ME).counts == (1,)


def test_many_files_are_added_by_a_job_and_what_was_wrong_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = own_classes(cup=(), mug=())
    files = [(f"{seed}.png", png(blobs(seed))) for seed in range(20)]
    told: dict[str, Any] = {}
    monkeypatch.setattr(transfer_adding, "visitor", lambda: "me")
    monkeypatch.setattr(transfer_adding, "PATIENCE", 60.0)
    monkeypatch.setattr(st, "session_state", told)
    add_files(ME, ids["cup"], [*files, ("bad.png", b"nothing")], group="burst")
    assert told["_tl_said"][0] == "20 pictures added." and told["_tl_said"][1].startswith("Left out: bad.png.")
    add_zip(ME, ids["mug"], BytesIO(b"no zip"))
    assert "no zip" in told["_tl_said"][-1]
    add_files(ME, "gone", files[:1])
    assert "no longer there" in told["_tl_said"][-1]


def test_a_job_that_fails_in_the_middle_keeps_what_was_added_before(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = own_classes(cup=())
    told: dict[str, Any] = {}
    monkeypatch.setattr(transfer_adding, "visitor", lambda: "me")
    monkeypatch.setattr(transfer_adding, "PATIENCE", 60.0)
    monkeypatch.setattr(st, "session_state", told)

    def steps() -> Iterator[Added]:
        yield COLLECTIONS.add(ME, ids["cup"], [("a.png", png(blobs(0)))])
        raise DatasetError("The disk is full.")

    transfer_adding._start(ME, steps(), 2)
    assert told["_tl_said"] == ["1 picture added.", "The disk is full."]
    assert COLLECTIONS.dataset(ME).counts == (1,)


@pytest.mark.parametrize("added_first", [True, False])
def test_a_new_class_is_the_one_that_is_filled_whatever_the_menu_of_the_former_ones_says(
    monkeypatch: pytest.MonkeyPatch, added_first: bool
) -> None:
    ids = own_classes(cup=())
    told: dict[str, Any] = {"tl_name": "mug", "tl_into": ids["cup"], "tl_into_0": ids["cup"]}
    monkeypatch.setattr(st, "session_state", told)
    former = (ids["cup"],)
    heard = [lambda: transfer_collect._add_class(ME), lambda: transfer_collect._class_chosen("tl_into_0", former)]
    for callback in heard if added_first else reversed(heard):
        callback()
    names = {one.id: one.name for one in COLLECTIONS.read(ME).classes}
    assert names[told["tl_into"]] == "mug"
    transfer_collect._class_chosen("tl_into_0", former)  # what the second press of a double click brings along
    assert names[told["tl_into"]] == "mug"


def test_a_renamed_class_stays_the_one_that_is_filled(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = own_classes(cup=(), mug=())
    told: dict[str, Any] = {"tl_into": ids["cup"], "tl_into_0": "cup"}  # the browser's name of it from before
    monkeypatch.setattr(st, "session_state", told)
    transfer_collect._class_chosen("tl_into_0", tuple(ids.values()))
    assert told["tl_into"] == ids["cup"]
    told["tl_into_0"] = ids["mug"]
    transfer_collect._class_chosen("tl_into_0", tuple(ids.values()))
    assert told["tl_into"] == ids["mug"]


def test_small_files_are_taken_together_and_large_ones_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer_adding, "AT_ONCE", 3)
    monkeypatch.setattr(transfer_adding, "BYTES_AT_ONCE", 10)
    assert list(transfer_adding._parts([1, 1, 1, 1, 9, 1, 30], int)) == [[1, 1, 1], [1, 9], [1, 30]]
    assert list(transfer_adding._parts([], int)) == []


def test_only_what_is_a_picture_comes_from_the_webcam() -> None:
    good = base64.b64encode(png(blobs(0))).decode()
    assert burst_of({"frames": [good, 7, "not base64!", good]}) == [png(blobs(0))] * 2
    assert len(burst_of({"frames": [good] * 50})) == FRAMES
    assert burst_of({}) == [] and burst_of({"frames": "x"}) == []
    assert frame_of({"frame": good, "number": 3}) == (3, png(blobs(0)))
    assert frame_of({"frame": "A" * 3_000_000, "number": "x"}) == (0, b"")


def test_refusals_are_told_once_for_each_reason_however_many_files() -> None:
    refused = [Refused(f"{number}.txt", "cup", "It is no picture.") for number in range(3000)]
    (said,) = refusals(refused)
    assert said == "Left out: 0.txt, 1.txt, 2.txt and 2,997 more. It is no picture."
    assert refusals([*refused, Refused("b", "cup", "Too large.")])[1] == "Left out: b. Too large."


def test_the_cookie_lives_as_long_as_the_pictures() -> None:
    assert LIFETIME == KEPT_SECONDS


def test_the_code_gives_what_is_on_the_screen(tmp_path: Path) -> None:
    own_classes(cup=(0, 1), mug=(2, 3))
    id_of_one = COLLECTIONS.read(ME).pictures[1].id
    for example in COLLECTIONS.dataset(ME).examples:
        folder = tmp_path / "pictures" / COLLECTIONS.dataset(ME).classes[example.label]
        folder.mkdir(parents=True, exist_ok=True)
        assert isinstance(example.source, Path)
        shutil.copy(example.source, folder / example.name)
    for query in (f"{SOURCE}={OWN}", f"{SOURCE}={OWN}&tl_ask={id_of_one}"):
        app = open_page(FILE, query, transfer_learning_foot="Code")
        scene = scene_of(app, "nearest_view")
        printed = run_program(app.main.code[0].value, tmp_path)
        assert printed.startswith(scene["answer"] or "none of these")
        for row in scene["rows"]:
            assert f"{row['name']}: {row['mean']:.3g} from the mean" in printed
        assert f"near: up to {scene['limit']:.3g}" in printed
        assert f"({scene['near'][0]['className']}): {scene['near'][0]['distance']:.3g}" in printed


def test_the_code_of_a_set_that_ships_names_it() -> None:
    code = open_page(FILE, f"{SOURCE}=mnist&tl_ask=picture", transfer_learning_foot="Code").main.code[0].value
    compile(code, "code", "exec")
    assert "data = learn.load_dataset('mnist')" in code and "image.load_sample('chelsea')" in code


def test_more_pictures_than_fit_are_answered_and_cost_none_of_those_there(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = own_classes(cup=(0, 1), mug=(2,))
    told: dict[str, Any] = {}
    monkeypatch.setattr(transfer_adding, "visitor", lambda: "me")
    monkeypatch.setattr(transfer_adding, "PATIENCE", 60.0)
    monkeypatch.setattr("cnnviz.learn.collection.MOST_PICTURES", 20)
    monkeypatch.setattr(st, "session_state", told)
    one = png(blobs(3, side=16))
    add_files(ME, ids["cup"], [(f"{number}.png", one) for number in range(500)])
    assert told["_tl_said"][0] == "17 pictures added."
    assert told["_tl_said"][1].startswith("Left out: 17.png, 18.png, 19.png and 480 more. There are 20 pictures")
    assert COLLECTIONS.dataset(ME).counts == (19, 1)


def test_many_pictures_are_looked_at_for_copies_by_a_job_while_the_page_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transfer_notices, "AT_ONCE", 1)
    own_classes(cup=(0, 1, 2), mug=(0,))
    app = open_page(FILE, f"{SOURCE}={OWN}")
    assert not app.exception and not any("stands in" in info.value for info in app.main.info)
    app = followed(app, lambda: any("stands in cup and in mug" in info.value for info in app.main.info))


@pytest.mark.parametrize(
    ("labels", "expected"),
    [([], []), ([0, 0, 0], [0, 1, 2]), ([0, 0, 0, 1, 1, 2], [0, 3, 5, 1, 4, 2]), ([2, 2, 0, 2, 0], [0, 2, 1, 4, 3])],
)
def test_one_picture_of_each_class_is_looked_at_before_a_second_of_any(labels: list[int], expected: list[int]) -> None:
    assert by_turns(range(len(labels)), labels) == expected
