"""The logic of Activation functions: controls → curves, map and stack; the link; the numbers in the words."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from app.ui.activation_code import Shown, activation_code
from app.ui.activation_curves import curves, scene
from app.ui.activation_flow import flow_rows, flow_sentence, flows
from app.ui.activation_form import Form, StackForm
from app.ui.activation_maps import apply, liveliest, shares
from app.ui.lesson import lesson_text
from app.ui.picture import ChosenPicture
from cnnviz.image import load_sample
from cnnviz.layer import ACTIVATIONS, gradient_flow
from tests.app.pages import arrays_of, open_page, scene_of
from tests.app.programs import run_program

PAGE = "pages/layer/activation_functions.py"
VIEW = "activation_view"
TABLE = np.array([[-2.0, -1.0, 0.0, 1.0], [2.0, 7.0, -3.0, 0.5]], dtype=np.float32)


def opened(query: str = "") -> AppTest:
    return open_page(PAGE, query)


def array(app: AppTest, name: str) -> np.ndarray:
    return arrays_of(app, VIEW)[name]


def test_the_page_opens_with_relu_on_a_real_map_of_both_signs() -> None:
    app = opened()
    assert not app.exception
    assert not app.error
    assert [curve["title"] for curve in scene_of(app, VIEW)["curves"]] == ["ReLU", "Sigmoid", "GELU"]
    before, after = array(app, "before"), array(app, "after")
    assert before.shape == (112, 112)
    assert 0.3 < (before < 0).mean() < 0.7
    np.testing.assert_array_equal(after, np.maximum(before, 0))
    np.testing.assert_array_equal(array(app, "slope"), before > 0)


def test_a_setting_reaches_map_curve_and_stack() -> None:
    app = opened("function=Leaky ReLU")
    app.slider(key="leaky_relu_slope").set_value(0.5).run()
    assert not app.exception
    before = array(app, "before")
    np.testing.assert_allclose(array(app, "after"), np.where(before > 0, before, 0.5 * before), rtol=1e-6)
    assert scene_of(app, VIEW)["curves"][0]["title"] == "Leaky ReLU (slope 0.5)"
    assert array(app, "values")[0, 0] == -4
    words = " ".join(element.value for element in app.markdown)
    assert f"**{gradient_flow('leaky_relu', settings={'slope': 0.5}).through:.3g}** reaches the first" in words


def test_a_link_restores_the_whole_state() -> None:
    query = "function=ELU&elu_alpha=0.5&compare=tanh&map_channel=3&initialisation=0.01&seed=7&picture=coffee"
    app = opened(query)
    assert not app.exception
    header = scene_of(app, VIEW)
    assert [curve["title"] for curve in header["curves"]] == ["ELU (alpha 0.5)", "tanh"]
    assert header["where"] == "coffee bn1.drop 3"
    words = " ".join(element.value for element in app.markdown)
    assert f"**{gradient_flow('elu', 20, 'small', 7, {'alpha': 0.5}).through:.3g}** reaches the first" in words


def test_a_compared_function_keeps_the_learners_setting_everywhere() -> None:
    app = opened("function=Leaky ReLU&leaky_relu_slope=0.3")
    app.multiselect(key="compare").set_value(["leaky_relu", "prelu"])
    app.run()
    app.selectbox(key="function").set_value("tanh").run()
    app.slider(key="prelu_slope").set_value(0.6).run()
    assert not app.exception
    titles = [curve["title"] for curve in scene_of(app, VIEW)["curves"]]
    assert titles == ["tanh", "Leaky ReLU (slope 0.3)", "PReLU (slope 0.6)"]
    assert array(app, "values")[1:, 0] == pytest.approx([-8 * 0.3, -8 * 0.6])
    assert list(app.dataframe[0].value["Function"])[1:] == titles
    flow = dict(zip(app.dataframe[1].value["Function"], app.dataframe[1].value["Gradient at layer 1"], strict=True))
    for name, slope in (("leaky_relu", 0.3), ("prelu", 0.6)):
        expected = gradient_flow(name, settings={"slope": slope}).through
        assert flow[f"{ACTIVATIONS[name].title} (slope {slope})"] == f"{expected:.3g}"


@pytest.mark.parametrize(
    "query", ["function=nonsense", "map_channel=9999", "map_channel=x", "compare=nobody", "seed=-3"]
)
def test_a_broken_link_opens_the_page_all_the_same(query: str) -> None:
    app = opened(query)
    assert not app.exception
    assert array(app, "before").shape == (112, 112)


def test_every_layer_offered_goes_straight_into_an_activation() -> None:
    app = opened()
    options = app.selectbox(key="map_layer").options
    assert [option.split(",")[0] for option in options] == ["112 × 112", "56 × 56", "28 × 28", "14 × 14", "7 × 7"]
    app.selectbox(key="map_layer").select_index(4).run()
    assert not app.exception
    assert array(app, "before").shape == (7, 7)


def test_shares_count_zeros_negatives_and_what_passes() -> None:
    before, relu, leaky = shares(Form("relu", compared=("leaky_relu",)), TABLE)
    assert (before.zeros, before.negatives, before.passes) == (1 / 8, 3 / 8, 1)
    assert (relu.zeros, relu.negatives, relu.passes) == (4 / 8, 0, 4 / 8)
    assert leaky.negatives == 3 / 8
    assert leaky.passes == pytest.approx((4 + 4 * 0.01) / 8)


def test_histograms_hold_all_values_on_common_bins() -> None:
    applied = apply(Form("relu6"), TABLE)
    assert applied.histogram_before.sum() == pytest.approx(1)
    assert applied.histogram_after.sum() == pytest.approx(1)
    assert (applied.edges[0], applied.edges[-1]) == (-3, 7)
    constant = apply(Form("identity"), np.zeros((2, 2), np.float32))
    assert constant.histogram_before.sum() == pytest.approx(1)


def test_the_map_to_open_with_has_both_signs() -> None:
    maps = np.stack([np.full((2, 2), -9.0), [[-30, 30], [-1, -1]], [[-2, 2], [-2, 2]]]).astype(np.float32)
    assert liveliest(maps) == 2


def test_the_curves_are_the_functions_at_every_hundredth() -> None:
    (curve,) = curves(Form("gelu"))
    x = torch.arange(-800, 801, dtype=torch.float64) / 100
    np.testing.assert_allclose(curve.values, torch.nn.functional.gelu(x), atol=1e-6)
    assert curve.values[900] == pytest.approx(float(ACTIVATIONS["gelu"](torch.tensor(1.0))), abs=1e-6)
    assert scene(Form("gelu"), apply(Form("gelu"), TABLE), "here").bar.high == 7


def test_the_table_of_flows_is_sorted_by_steadiness_and_holds_all_functions() -> None:
    rows = flow_rows(Form("relu"), StackForm("he", 0))
    assert len(rows) == len(ACTIVATIONS)
    distance = [abs(np.log(row.through)) for row in rows]
    assert distance == sorted(distance)
    assert {row.title: row.through for row in rows}["ReLU"] == gradient_flow("relu").through


def test_the_numbers_of_the_lesson_and_the_questions_are_computed() -> None:
    assert "0.25²⁰, about 9 × 10⁻¹³" in lesson_text("activation_functions")
    assert pytest.approx(9e-13, rel=0.02) == 0.25**20
    steepest = ACTIVATIONS["sigmoid"].slope(torch.linspace(-8, 8, 1601, dtype=torch.float64)).max()
    assert steepest == pytest.approx(0.25)
    assert ACTIVATIONS["gelu"].slope(torch.tensor(1.4)) > 1
    assert gradient_flow("sigmoid").through < 1e-9
    assert gradient_flow("relu", initialisation="small").through < 1e-15
    assert 0.3 < gradient_flow("relu").through < 3
    assert pytest.approx(9, abs=0.5) == (2 / 256) ** 0.5 / 0.01  # "about a ninth of what He's rule asks for"
    assert set(flows(Form("relu", compared=("tanh",)), StackForm("he", 0))) == {"ReLU", "tanh"}
    assert f"{gradient_flow('relu').through:.3g}" in flow_sentence(Form("relu"), StackForm("he", 0))


def test_committing_to_an_answer_sets_the_page_up() -> None:
    app = opened()
    app.session_state["activation_functions_foot"] = "Predict, then look"
    app.run()
    app.radio(key="activation_functions_question_3").set_value(1).run()
    app.button(key="activation_functions_question_3_commit").click().run()
    assert not app.exception
    assert app.success[0].value.startswith("Right.")
    assert app.selectbox(key="function").value == "leaky_relu"
    assert (array(app, "after") == 0).mean() == 0


@pytest.mark.parametrize("name", ["relu", "prelu", "silu", "gelu_tanh"])
def test_the_code_prints_the_numbers_on_the_screen(name: str, tmp_path: Path) -> None:
    settings = {setting.name: 0.3 for setting in ACTIVATIONS[name].settings}
    form, stack = Form(name, settings), StackForm("glorot", 2)
    chosen = ChosenPicture("chelsea", "chelsea", load_sample("chelsea"), own=False)
    code = activation_code(form, chosen, stack, Shown("bn1.drop", 0, 7))
    out = run_program(code, tmp_path)
    printed = [float(number) for number in re.findall(r": (\S+)$", out, re.MULTILINE)]
    app = opened(f"map_channel=7&function={ACTIVATIONS[name].title}")
    before, after = shares(form, array(app, "before"))
    flow = gradient_flow(name, 20, "glorot", 2, settings)
    assert printed == pytest.approx([after.zeros, before.negatives, after.passes, flow.through], rel=1e-5)
