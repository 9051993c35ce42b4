"""The logic of Classic kernels: controls → chain → result, links, painting. What needs a mouse is in tests/browser."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from app.ui.kernel_code import kernel_code
from app.ui.kernel_dials import dialled, dials
from app.ui.kernel_paint import Stroke, _discs
from app.ui.kernel_pictures import compute_panels
from app.ui.kernel_stages import Stage, parse_stages
from app.ui.kernel_state import Form
from app.ui.picture import ChosenPicture
from cnnviz.errors import SettingsError
from cnnviz.image import colourise, fit, load_sample, to_picture, to_tensor
from cnnviz.layer import KERNELS, convolve
from tests.app.pages import chosen, open_page, scene_of
from tests.app.programs import run_program

PAGE = "pages/layer/classic_kernels.py"


def opened(query: str = "") -> AppTest:
    return open_page(PAGE, query)


def scene(app: AppTest) -> dict:
    return scene_of(app, "kernel_view")


def form(stages: str, **settings: object) -> Form:
    chain = parse_stages(stages)
    defaults = {"two_passes": False, "grey": True, "signed": False, "channel": None, "border": "zeros"}
    return Form(chain, len(chain), **{**defaults, **settings})


def test_the_page_opens_on_a_sharpened_cat() -> None:
    app = opened()
    assert not app.exception
    header = scene(app)
    assert header["stages"] == [{"kind": "kernel", "matrix": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]], "bias": 0}]
    assert header["picture"].endswith("/pictures/512/chelsea.png")
    assert header["channels"] == 3


def test_choosing_an_edge_detector_shows_signed_grey() -> None:
    app = opened()
    app.selectbox(key="kernel").select("sobel_x").run()
    header = scene(app)
    assert header["stages"][0]["matrix"][1] == [-2, 0, 2]
    assert header["channels"] == 1
    assert not header["clamped"]
    assert app.query_params["stages"] == "sobel_x"


@pytest.mark.parametrize("name", KERNELS)
def test_every_step_of_every_slider_gives_the_matrix_that_the_server_computes(name: str) -> None:
    stage = Stage(name, bias=0.5)
    for dial in dials(stage):
        for number, matrix in enumerate(dial.matrices):
            turned = dialled(stage, dial.name, dial.minimum + number * dial.step)
            np.testing.assert_array_equal(turned.matrix, matrix)
            assert turned.bias == 0.5
        assert dial.minimum <= dial.value <= dial.maximum


def test_the_bias_slider_leaves_the_weights_alone() -> None:
    turned = dialled(Stage("sharpen"), "bias", 0.30000000000000004)
    assert turned.bias == 0.3
    np.testing.assert_array_equal(turned.matrix, Stage("sharpen").matrix)


def test_stages_are_added_chosen_and_removed() -> None:
    app = opened("stages=gaussian_blur")
    app.button(key="add_stage").click().run()
    assert len(scene(app)["stages"]) == 2
    app.segmented_control(key="stage_choice").set_value(0).run()
    assert len(scene(app)["stages"]) == 1
    assert app.query_params["stages"] == "gaussian_blur>sobel_x"
    app.button(key="remove_stage").click().run()
    assert app.query_params["stages"] == "sobel_x"
    assert not app.exception


def test_a_link_restores_the_whole_state() -> None:
    app = opened(
        "stages=gaussian(size=5,sigma=2.0)>[0,1;2,3]%2B0.5&stage=2&colours=grey&show=signed&border=reflect&picture=coffee"
    )
    header = scene(app)
    assert header["stages"][1] == {"kind": "kernel", "matrix": [[0, 1], [2, 3]], "bias": 0.5}
    assert header["border"] == "reflect"
    assert header["channels"] == 1
    assert header["picture"].endswith("coffee.png")
    assert not app.exception


@pytest.mark.parametrize(
    "query",
    [
        "stages=nonsense",
        "stages=[1,2",
        "stages=[1e39]",
        "stage=" + 5000 * "9",
        "stage=99",
        "stage=x",
        "picture=nobody",
        "border=sideways",
    ],
)
def test_a_broken_link_is_said_and_the_page_goes_on(query: str) -> None:
    app = opened(query)
    assert not app.exception
    assert scene(app)["stages"][0]["matrix"] == [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]
    if query.startswith(("stages", "picture")):
        assert len(app.warning) == 1
        assert len(app.run().warning) == 1 or query.startswith("picture")  # until another kernel is chosen


def test_an_impossible_border_is_said_in_place() -> None:
    tiny = ChosenPicture("tiny", "tiny", Image.new("RGB", (2, 2)), own=True)
    with pytest.raises(SettingsError, match=r"reflect|mirror"):
        compute_panels(form("gaussian(size=15)", border="reflect"), tiny)


def test_two_passes_give_the_same_picture_and_show_the_one_between() -> None:
    one = compute_panels(form("gaussian(size=9)"), chosen())
    two = compute_panels(form("gaussian(size=9)", two_passes=True), chosen())
    assert [panel.role for panel in two.panels] == ["input", "middle", "result"]
    assert [stage.matrix.shape for stage in two.stages] == [(9, 1), (1, 9)]
    image = to_tensor(fit(load_sample("chelsea"), 512), "grey")
    direct = convolve(image, one.stages[0].matrix)
    passed = convolve(convolve(image, two.stages[0].matrix), two.stages[1].matrix)
    torch.testing.assert_close(passed, direct, atol=2e-6, rtol=0)


@pytest.mark.parametrize(
    ("stages", "settings"),
    [("sharpen", {"grey": False}), ("gaussian(size=5,sigma=1.4)>[0,0.1,0;-1,1,0;0,0,1e-07]-0.25", {}),
     ("sobel_x", {"border": "reflect"}), ("laplacian_8>relu>max_pool>gaussian_blur>average_pool", {})],
)  # fmt: skip
def test_the_code_gives_exactly_the_result_on_the_screen(stages: str, settings: dict, tmp_path: Path) -> None:
    shown = form(stages, **settings)
    run_program(kernel_code(shown, chosen(), "light"), tmp_path)
    values = to_tensor(fit(load_sample("chelsea"), 512), "grey" if shown.grey else "colour")
    for stage in shown.stages:
        if stage.kind == "relu":
            values = torch.relu(values)
        elif stage.kind == "max_pool":
            values = torch.nn.functional.max_pool2d(values, 2)
        elif stage.kind == "average_pool":
            values = torch.nn.functional.avg_pool2d(values, 2)
        else:
            values = convolve(values, stage.matrix, padding_mode=shown.border, bias=stage.bias)
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "result.png")), np.asarray(to_picture(values)))


def test_a_brush_paints_discs_that_end_at_the_border() -> None:
    touched = _discs(((0, 0), (5, 5), (99, 99)), 2, 8, 9)
    expected = torch.zeros(8, 9, dtype=torch.bool)
    for row in range(8):
        for col in range(9):
            expected[row, col] = any((row - r) ** 2 + (col - c) ** 2 <= 2.5**2 for r, c in ((0, 0), (5, 5)))
    torch.testing.assert_close(touched, expected)


def test_painting_what_a_kernel_gives_finds_that_kernel() -> None:
    app = opened("tool=paint")
    assert not app.exception
    app.session_state["_strokes"] = (Stroke(((150, 220),), 12, 0.0, "laplacian_8"),)
    app.run()
    assert not app.exception
    np.testing.assert_allclose(scene(app)["stages"][0]["matrix"], [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]], atol=0)
    app.button(key="paint_undo").click().run()
    assert not app.exception


def test_painting_too_little_says_so() -> None:
    app = opened("tool=paint")
    app.session_state["_strokes"] = (Stroke(((150, 220),), 0, 1.0, None),)
    app.run()
    words = " ".join(element.value for element in app.markdown)
    assert "1 painted pixels for 9 unknown weights" in words or "1 painted pixel for 9 unknown weights" in words
    assert "No other kernel" not in words


def test_committing_to_an_answer_sets_the_page_up() -> None:
    app = opened()
    app.session_state["classic_kernels_foot"] = "Predict, then look"
    app.run()
    app.radio(key="classic_kernels_question_1").set_value(1).run()
    app.button(key="classic_kernels_question_1_commit").click().run()
    assert not app.exception
    assert app.success[0].value.startswith("Right.")
    assert app.query_params["stages"] == "laplacian_4"
    assert scene(app)["picture"].endswith("brick.png")


def test_the_catalogue_names_what_its_entries_do() -> None:
    assert Form((Stage("sobel_x"),), 1, False, True, True, None, "zeros").facts.startswith("Weights sum to 0")
    assert "9 multiply-adds" in Form((Stage("sobel_x"),), 1, False, True, True, None, "zeros").facts
    assert (
        "30 multiply-adds for each value in two passes instead of 225"
        in form("gaussian(size=15)", two_passes=True).facts
    )


def test_painting_with_an_impossible_border_is_said_in_place() -> None:
    from app.ui.shelf import PICTURES

    app = opened("tool=paint&border=reflect")
    buffer = BytesIO()
    Image.new("RGB", (2, 2)).save(buffer, "PNG")
    visitor = app.session_state["_visitor"]
    app.session_state["picture"] = PICTURES.add(visitor, buffer.getvalue(), "tiny.png")
    app.session_state["_strokes"] = (Stroke(((0, 0),), 0, 1.0, None),)
    app.session_state["fit_size"] = 9
    app.run()
    assert not app.exception
    assert len(app.error) >= 1
    assert "reflect" in app.error[0].value


def test_the_histogram_counts_every_value_once() -> None:
    panels = compute_panels(form("sobel_x>relu", signed=True), chosen())
    drawn = panels.panels[-1].histogram
    image = to_tensor(fit(load_sample("chelsea"), 512), "grey")
    values = torch.relu(convolve(image, Stage("sobel_x").matrix)).numpy()
    assert sum(drawn.counts) == values.size
    assert (drawn.low, drawn.high) == (values.min(), values.max())
    assert drawn.counts[0] >= (values == 0).sum()


def test_a_picture_too_small_to_pool_again_is_said_in_place() -> None:
    tiny = ChosenPicture("tiny", "tiny", Image.new("RGB", (3, 3)), own=True)
    with pytest.raises(SettingsError):
        compute_panels(form("max_pool>max_pool"), tiny)


def test_numbers_beyond_float32_are_drawn_without_a_histogram() -> None:
    huge = ">".join(["[1000000]"] * 6)
    assert compute_panels(form(huge, signed=True), chosen()).panels[-1].histogram is not None
    wide = ">".join(["[" + ";".join([",".join(["1000000"] * 15)] * 15) + "]"] * 6)
    assert compute_panels(form(wide, signed=True), chosen()).panels[-1].histogram is None


def test_the_code_of_a_signed_result_saves_the_picture_on_the_screen(tmp_path: Path) -> None:
    shown = form("gaussian(size=7)>sobel_x", signed=True, two_passes=True, border="replicate")
    run_program(kernel_code(shown, chosen(), "dark"), tmp_path)
    values = to_tensor(fit(load_sample("chelsea"), 512), "grey")
    for stage in shown.stages:
        values = convolve(values, stage.matrix, padding_mode="replicate")
    saved = np.asarray(Image.open(tmp_path / "result.png")).astype(int)
    # Two passes round differently in the last bit of float32: at most to the neighbouring colour.
    assert np.abs(saved - colourise(values[0], kind="signed", theme="dark")).max() <= 4
