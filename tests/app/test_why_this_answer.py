"""The logic of Why this answer: question and methods → maps, tests of trust, code, link. A mouse: tests/browser."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from app.ui import jobs
from app.ui.lesson import lesson_text, questions
from app.ui.picture import ChosenPicture
from app.ui.shelf import PICTURES
from app.ui.why_maps import _LOGITS, Question, answer_logits, answers_at, map_job
from app.ui.why_state import Form
from app.ui.why_view import job_tile
from cnnviz import analysis, network
from cnnviz.analysis.similarity import rank_correlation
from cnnviz.compute.job import Job, Progress
from cnnviz.image import load_sample
from tests.app.pages import arrays_of, followed, open_page, scene_of
from tests.app.programs import run_program

PAGE = "pages/analysis/why_this_answer.py"
QUICK = "why_methods=saliency,grad_cam"
PATIENCE = 120  # seconds; the machine may be shared


def opened(query: str = QUICK, foot: str = "Lesson") -> AppTest:
    """The page under a link, once none of its maps is on its way any more."""
    return complete(open_page(PAGE, query, why_this_answer_foot=foot))


def complete(app: AppTest, views: slice = slice(None)) -> AppTest:
    """Run the page again until nothing on its views (or some of them) is being computed."""
    followed(app, lambda: all(tile["status"] != "running" for scene in scenes(app)[views] for tile in scene["tiles"]))
    assert not app.exception
    return app


def scenes(app: AppTest) -> list[dict[str, Any]]:
    """The headers of the page's views, that of the maps first; a test's second."""
    count = sum(view.proto.component_name == "cnnviz_why_view" for view in app.get("bidi_component"))
    return [scene_of(app, "why_view", number) for number in range(count)]


def tiles(app: AppTest, number: int = 0) -> dict[str, dict[str, Any]]:
    return {tile["id"]: tile for tile in scenes(app)[number]["tiles"]}


def map_of(app: AppTest, method: str) -> np.ndarray:
    return arrays_of(app, "why_view", 0)[tiles(app)[method]["values"]]


def alike(found: np.ndarray, wanted: torch.Tensor) -> None:
    """Equal but for rounding: with another number of threads a unit at a bend of ReLU6 may fall to its other side."""
    difference = np.abs(found - wanted.numpy()) / float(wanted.abs().max())
    assert np.quantile(difference, 0.99) < 1e-3
    assert difference.max() < 0.03


@pytest.fixture(scope="module")
def page() -> AppTest:
    return opened("")


def test_the_page_opens_on_three_maps_of_the_most_probable_answer(page: AppTest, lite0: network.Network) -> None:
    scene = scene_of(page, "why_view")
    assert scene["question"] == "Egyptian cat"
    assert scene["answer"] == "40.7 %"
    assert list(tiles(page)) == ["saliency", "integrated_gradients", "grad_cam"]
    for method, settings in (("saliency", {}), ("grad_cam", {}), ("integrated_gradients", {"steps": 10})):
        direct = analysis.attribute(lite0, load_sample("chelsea"), None, method, **settings)
        alike(map_of(page, method), direct.map)
    with Image.open(BytesIO(arrays_of(page, "why_view")["picture"].tobytes())) as seen:
        assert seen.size == (224, 224)


def test_one_class_against_another_asks_for_the_difference(lite0: network.Network) -> None:
    app = opened("why_methods=grad_cam&why_target=282&why_against=285")
    assert scene_of(app, "why_view")["question"] == "tiger cat rather than Egyptian cat"
    direct = analysis.attribute(lite0, load_sample("chelsea"), 282, "grad_cam", against=285).map
    alike(map_of(app, "grad_cam"), direct)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("why_target=2000", "There is no class 2000"),
        ("why_against=285", "cannot be asked against class 285"),
        ("why_against=9999", "cannot be asked against class 9999"),
    ],
)
def test_an_impossible_class_in_the_link_is_said(query: str, words: str) -> None:
    app = open_page(PAGE, f"{QUICK}&{query}")
    assert words in app.warning[0].value
    assert scene_of(app, "why_view")["question"] == "Egyptian cat"
    assert query.split("=")[0] not in app.query_params


@pytest.mark.parametrize(
    "query", ["why_target=cat", "why_integrated_gradients_steps=2", "why_view_opacity=٣", "why_rise_masks=inf"]
)
def test_nonsense_in_the_link_gives_way_to_the_defaults(query: str) -> None:
    app = open_page(PAGE, f"{QUICK}&{query}")
    assert not app.exception
    assert scene_of(app, "why_view")["question"] == "Egyptian cat"
    assert scene_of(app, "why_view")["opacity"] == 75


def test_a_map_on_its_way_says_how_long_it_will_still_take() -> None:
    job = Job(("map", "nobody asked for this"), "slow", "me", (0, 0))
    job.progress = Progress(24, 169, None, 39.2)
    tile = job_tile(job, "occlusion", "Occlusion", "occlusion")
    assert (tile.status, tile.done, tile.total, tile.left) == ("running", 24, 169, "about 39 s left")


def test_a_method_that_cannot_says_why_in_its_place() -> None:
    app = opened("network=swin_t&weights=none&why_methods=saliency,guided_backprop,deeplift")
    found = tiles(app)
    assert found["saliency"]["status"] == "done"
    assert "works on ReLUs" in found["guided_backprop"]["message"]
    assert "has no rule" in found["deeplift"]["message"]
    assert not scene_of(app, "why_view")["trained"]


def test_what_is_said_of_a_link_stays_until_something_else_is_asked() -> None:
    app = open_page(PAGE, f"{QUICK}&why_target=2000").run()  # as it is drawn again when its maps have come
    assert "There is no class 2000" in app.warning[0].value
    app.selectbox(key="why_target_widget").select("282").run()
    assert not app.warning


def test_a_link_with_two_faults_is_told_of_both() -> None:
    app = open_page(PAGE, "why_methods=magic,saliency&why_target=2000")
    assert "There is no method “magic”" in app.warning[0].value
    assert "There is no class 2000" in app.warning[0].value
    assert list(tiles(app)) == ["saliency"]
    assert app.query_params["why_methods"] == "saliency"


def test_a_link_of_unknown_methods_alone_opens_with_the_usual_ones() -> None:
    app = open_page(PAGE, "why_methods=magic")
    assert "those with which this page opens" in app.warning[0].value
    assert list(tiles(app)) == ["saliency", "integrated_gradients", "grad_cam"]


def test_maps_are_made_at_the_layer_of_the_link(lite0: network.Network) -> None:
    app = opened("why_methods=saliency,grad_cam&why_layer=blocks.2.0.conv_dw", "Code")
    assert "made at blocks.2.0.conv_dw, 28 × 28" in tiles(app)["grad_cam"]["facts"]
    picture = load_sample("chelsea")
    alike(map_of(app, "grad_cam"), analysis.attribute(lite0, picture, None, "grad_cam", "blocks.2.0.conv_dw").map)
    alike(map_of(app, "saliency"), analysis.attribute(lite0, picture, None, "saliency").map)
    assert "'grad_cam', layer='blocks.2.0.conv_dw')" in app.code[0].value
    assert "'saliency')" in app.code[0].value
    chooser = app.selectbox(key="why_layer_widget")
    assert chooser.value == "blocks.2.0.conv_dw"
    assert chooser.options[0] == "Last: bn2.act"
    chooser.select("").run()
    assert "why_layer" not in app.query_params


def test_a_layer_that_the_network_does_not_have_is_said() -> None:
    app = opened("why_methods=grad_cam&why_layer=layer4")
    assert "no layer “layer4” with maps" in app.warning[0].value
    assert "made at bn2.act" in tiles(app)["grad_cam"]["facts"]


def test_a_map_of_zeros_says_so() -> None:
    app = opened("network=vit_b_32&weights=none&why_methods=grad_cam")  # its head begins with weights of 0
    assert tiles(app)["grad_cam"]["facts"].startswith("0 at every pixel")


def test_without_methods_the_page_asks_for_one() -> None:
    app = open_page(PAGE, QUICK)
    app.multiselect(key="why_methods_widget").set_value([]).run()
    assert "Choose a method" in app.info[0].value


def test_temperature_moves_the_probability_and_no_map(page: AppTest) -> None:
    warm = opened("why_temperature=2")
    assert scene_of(warm, "why_view")["answer"] == "7.44 % at temperature 2"
    np.testing.assert_array_equal(map_of(warm, "grad_cam"), map_of(page, "grad_cam"))


def test_settings_of_a_method_come_from_the_link_and_go_there(lite0: network.Network) -> None:
    app = opened(
        "why_methods=integrated_gradients&why_integrated_gradients_steps=5&why_integrated_gradients_baseline=black"
    )
    direct = analysis.attribute(
        lite0, load_sample("chelsea"), None, "integrated_gradients", steps=5, baseline="black"
    )  # fmt: skip
    alike(map_of(app, "integrated_gradients"), direct.map)
    app.number_input(key="why_integrated_gradients_steps_widget").set_value(6).run()
    assert app.query_params["why_integrated_gradients_steps"] in ("6", ["6"])


def shorter(monkeypatch: pytest.MonkeyPatch, **numbers: Any) -> None:
    """Let the page's tests of trust try less."""
    for name, number in numbers.items():
        for module in ("why_trust", "why_tests", "why_code"):
            monkeypatch.setattr(f"app.ui.{module}.{name}", number, raising=False)


def test_forgetting_changes_grad_cam_and_hardly_guided_backprop(
    lite0: network.Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    shorter(monkeypatch, STAGES=2)
    app = opened("why_methods=guided_backprop,grad_cam&why_test=forget")
    found = tiles(app, 1)
    direct = analysis.randomised_attributions(lite0, load_sample("chelsea"), None, ["grad_cam"], 2)
    first, last = direct.trials["grad_cam"]
    assert found["grad_cam/1"]["rank"] == pytest.approx(first.rank, abs=5e-3)
    # With all weights drawn anew most values are nearly alike: their order hangs on rounding, and so on threads.
    assert abs(found["grad_cam/2"]["rank"]) < 0.3 and abs(last.rank) < 0.3
    assert found["guided_backprop/1"]["title"] == "random down to classifier"
    assert found["guided_backprop/1"]["rank"] > 0.995
    assert found["grad_cam/1"]["rank"] < 0.2
    assert list(app.dataframe[0].value.columns) == ["map", "Guided backprop", "Grad-CAM"]


def test_deletion_and_insertion_come_with_their_area(lite0: network.Network, monkeypatch: pytest.MonkeyPatch) -> None:
    shorter(monkeypatch, STEPS=2)
    app = opened("why_methods=layer_cam&why_test=cut&why_test_view_look=insert&why_test_view_share=30", "Code")
    heat = analysis.attribute(lite0, load_sample("chelsea"), None, "layer_cam").map
    deletion = analysis.deletion_curve(lite0, load_sample("chelsea"), None, heat, steps=2)
    insertion = analysis.insertion_curve(lite0, load_sample("chelsea"), None, heat, steps=2)
    tile = tiles(app, 1)["layer_cam"]
    assert tile["facts"] == f"area: deletion {deletion.area:.3g}, insertion {insertion.area:.3g}"
    curves = arrays_of(app, "why_view", 1)[tile["curves"]]
    np.testing.assert_allclose(curves, [deletion.fractions, deletion.probabilities, insertion.probabilities], atol=1e-3)
    table = app.dataframe[0].value
    assert list(table.columns) == ["pixels, %", "Layer-CAM: deleted, %", "Layer-CAM: inserted, %"]
    shares = (deletion.fractions, deletion.probabilities, insertion.probabilities)
    np.testing.assert_allclose(table.to_numpy().T, 100 * np.array(shares), atol=0.1)
    assert (scenes(app)[1]["look"], scenes(app)[1]["share"]) == ("insert", 30)
    assert "analysis.insertion_curve(net, picture, target, one.map, steps=2)" in app.code[0].value


def test_noise_and_shift_are_tried(lite0: network.Network, monkeypatch: pytest.MonkeyPatch) -> None:
    shorter(monkeypatch, NOISE=(0.1,), SHIFTS=((0, 16),))
    app = opened("why_methods=grad_cam&why_test=steady&why_against=282", "Code")
    assert scenes(app)[1]["question"] == "Egyptian cat rather than tiger cat"
    assert "shifts=((0, 16),), against=282)" in app.code[0].value
    direct = analysis.stability(
        lite0, load_sample("chelsea"), 285, "grad_cam", noise=(0.1,), shifts=((0, 16),), against=282
    )
    lanes = {job.key[0]: job.lane for job in jobs.JOBS.jobs() if isinstance(job.key, tuple)}
    assert lanes["steady"] == jobs.SLOW and lanes["map"] == jobs.QUICK  # a map does not wait for a test's many
    ranks = [tile["rank"] for tile in scenes(app)[1]["tiles"][1:]]
    np.testing.assert_allclose(ranks, [trial.rank for trial in (*direct.noise, *direct.shifts)], atol=5e-3)


def test_the_code_gives_what_is_on_the_page(tmp_path: Path) -> None:
    app = opened(f"{QUICK}&why_against=282&why_scale=own", "Code")
    lines = [line.split() for line in run_program(app.code[0].value, tmp_path).splitlines()]
    assert lines[0][:2] == ["285", "0.407"]
    for line, method in zip(lines[5:7], ("saliency", "grad_cam"), strict=True):
        values = map_of(app, method)
        assert line[0] == method
        np.testing.assert_allclose(
            [float(word) for word in line[1:3]], [values.min(), values.max()], rtol=5e-3, atol=1e-4
        )
        assert Image.open(tmp_path / f"{method}.png").size == (224, 224)


@pytest.mark.parametrize("test", ["forget", "steady"])
def test_the_code_of_a_test_names_it(test: str) -> None:
    app = complete(open_page(PAGE, f"{QUICK}&why_test={test}", why_this_answer_foot="Code"), slice(1))
    call = {"forget": "analysis.randomised_attributions(net, picture, target, ['grad_cam'], 5)"}
    assert (
        call.get(test, "analysis.stability(net, picture, target, 'grad_cam', noise=(0.05, 0.1, 0.2)")
        in app.code[0].value
    )


def test_every_number_of_lesson_and_questions_is_true(lite0: network.Network) -> None:
    picture = load_sample("chelsea")
    with torch.inference_mode():
        logits = lite0.module(lite0.batch(picture))[0]
    said = [answers_at(logits, lite0, temperature, 2)[0].probability for temperature in (0.25, 1, 2)]
    assert [f"{100 * one:.3g} %" for one in said] == ["69 %", "40.7 %", "7.44 %"]
    words = " ".join(lesson_text("why_this_answer").split())
    assert "69 %, 40.7 % or 7.44 %" in words
    cats = [analysis.attribute(lite0, picture, label, "grad_cam") for label in (285, 282)]
    assert cats[0].layer_map is not None and tuple(cats[0].layer_map.shape) == (7, 7)
    assert rank_correlation(*(one.map.abs() for one in cats)) == pytest.approx(0.947, abs=2e-3)
    assert "0.947" in questions("why_this_answer")[1].why
    assert lite0.categories[282] == "tiger cat"
    assert answers_at(logits, lite0, 1, 2)[1].index == 282


def test_what_was_found_about_a_picture_goes_with_it(lite0: network.Network) -> None:
    buffer = BytesIO()
    Image.new("RGB", (60, 40), (200, 120, 40)).save(buffer, "PNG")
    own = PICTURES.get("someone", PICTURES.add("someone", buffer.getvalue(), "mine.png"))
    assert own is not None
    chosen = ChosenPicture(own.key, own.name, own.picture, own=True)
    form = Form(
        None, None, None, ("saliency",), {"saliency": {}}, "own", 1.0, None, "off", None  # type: ignore[arg-type]
    )  # fmt: skip
    question = Question(("efficientnet_lite0", "auto"), chosen, 3, None)
    job = map_job(lite0, form, question, "saliency", "someone")
    assert job.wait(PATIENCE)
    assert job.result is not None
    PICTURES.clear("someone")
    again = map_job(lite0, form, question, "saliency", "someone")
    assert again is not job
    again.wait(PATIENCE)
    assert not any(own.key in key for key in _LOGITS._entries if isinstance(key, tuple))
    assert callable(answer_logits)
