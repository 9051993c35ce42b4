"""The logic of Pixels to weights: controls → counts, drawings and shift test; the link; the numbers in the words."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from streamlit.testing.v1 import AppTest

from app.ui.lesson import lesson_text
from app.ui.weights_code import weights_code
from app.ui.weights_form import GRID, Form
from app.ui.weights_shift import answer, panels, sentence
from app.ui.weights_table import example, memory
from app.ui.weights_units import connections, counts, small_picture, wirings
from cnnviz.image import load_sample, to_tensor
from cnnviz.layer import unit_weights
from tests.app.pages import chosen, open_page, scene_of
from tests.app.programs import run_program

PAGE = "pages/layer/pixels_to_weights.py"
FORM = Form(kernel=3, maps=1, grey=False, down=4, right=6, detector="sobel_x")


def opened(query: str = "") -> AppTest:
    return open_page(PAGE, query)


def test_the_page_opens_on_the_pictures_own_pixels() -> None:
    app = opened()
    assert not app.exception
    assert not app.error
    zoom = scene_of(app, "weights_zoom")
    assert zoom["picture"].endswith("/pictures/512/chelsea.png")
    assert (zoom["height"], zoom["width"]) == load_sample("chelsea").size[::-1]
    assert [w["name"] for w in scene_of(app, "weights_units")["wirings"]] == ["full", "local", "conv"]
    assert scene_of(app, "weights_shift")["move"] == [4, 6]


def test_the_table_counts_for_the_real_size_of_the_picture() -> None:
    app = opened("window=5&maps=16&picture=coffee")
    height, width = load_sample("coffee").size[::-1]
    table = app.dataframe[0].value
    shown = [int(text.replace(",", "")) for text in table["Weights"]]
    values, outputs = height * width * 3, height * width * 16
    assert shown == [values * outputs, outputs * 5 * 5 * 3, 16 * 5 * 5 * 3]
    assert [row.total for row in counts((height, width), Form(5, 16, False, 0, 0, "sobel_x"))] == [
        int(text.replace(",", "")) for text in table["With biases"]
    ]


def test_the_convolutional_drawing_is_torchs_convolution() -> None:
    inputs = small_picture(chosen())
    assert inputs.shape == (GRID, GRID)
    conv = wirings(inputs, FORM, (300, 451))[2]
    middle = conv.weights[3 * GRID + 3].reshape(GRID, GRID)
    kernel = middle[2:5, 2:5]
    expected = F.conv2d(torch.from_numpy(inputs)[None, None], torch.from_numpy(kernel)[None, None], padding=1)
    np.testing.assert_allclose(conv.outputs, expected.ravel(), atol=1e-12)


@pytest.mark.parametrize("kernel", [1, 3, 5, 7])
def test_units_read_what_their_connection_says(kernel: int) -> None:
    read = {name: ~np.isnan(connections(name, GRID, kernel)) for name in ("full", "local", "conv")}
    assert read["full"].all()
    np.testing.assert_array_equal(read["local"], read["conv"])
    expected = F.conv2d(torch.ones(1, 1, GRID, GRID), torch.ones(1, 1, kernel, kernel), padding=kernel // 2)
    np.testing.assert_array_equal(read["conv"].sum(axis=1), expected.ravel())
    distinct = {
        name: len(np.unique(table[~np.isnan(table)])) for name in read for table in [connections(name, GRID, kernel)]
    }
    assert distinct["conv"] == kernel**2
    assert distinct["full"] == unit_weights(GRID, "full", kernel=kernel).weights
    assert distinct["local"] == read["local"].sum()


def test_a_link_restores_the_whole_state() -> None:
    app = opened("window=7&maps=2&weights_colours=Grey&down=-8&right=3&detector=Gaussian blur&picture=coffee")
    assert not app.exception
    assert scene_of(app, "weights_shift")["move"] == [-8, 3]
    assert scene_of(app, "weights_zoom")["luma"] == [0.299, 0.587, 0.114]
    assert "2 maps × (7 × 7 × 1 weights)" in list(app.dataframe[0].value["Weights ="])


@pytest.mark.parametrize("query", ["window=4", "maps=0", "down=999", "detector=nothing", "weights_colours=pink"])
def test_a_broken_link_opens_the_page_all_the_same(query: str) -> None:
    app = opened(query)
    assert not app.exception
    assert scene_of(app, "weights_zoom")


def test_the_shift_test_says_both_answers() -> None:
    found = answer(chosen(), FORM)
    words = sentence(found)
    assert "answered **1** where the picture stood" in words
    assert f"answers **{found.full_after:.3g}** now" in words
    assert found.full_after < 0.8
    assert "less than 10⁻¹²" in words
    shown = {panel.role: panel for panel in panels(chosen(), FORM, found)}
    inside = found.comparable.numpy()
    assert np.abs(shown["difference"].values[inside]).max() < 1e-6
    assert np.nanmax(np.abs(shown["difference"].values)) > 0.01  # the rim differs
    new = np.isnan(shown["difference"].values)  # 4 rows and 6 columns came in: nothing to compare with
    assert new[:4].all()
    assert new[:, :6].all()
    assert not new[4:, 6:].any()
    assert [panel.along for panel in shown.values()] == [False, True, False, False, True, True]


def test_the_lectures_example_has_its_right_value() -> None:
    assert "**1,600,000,000**, and 1,600,040,000 with biases: 1.6 billion" in example()
    assert (memory(28), memory(250), memory(250_000_000_000)) == ("112 B", "1 kB", "1 TB")


def test_the_numbers_of_the_lesson_are_computed() -> None:
    words = lesson_text("pixels_to_weights")
    assert f"{unit_weights(224, 'full', 3).per_unit:,} weights" in words
    assert "40,000 × 40,000 = 1.6 billion" in words
    assert unit_weights(200, "full").weights == 1_600_000_000
    conv = unit_weights(224, "conv", 3)
    assert (conv.weights, conv.biases) == (27, 1)
    assert unit_weights(10, "conv", 3, 1, 5).weights == 75


def test_committing_to_an_answer_sets_the_page_up() -> None:
    app = opened()
    app.session_state["pixels_to_weights_foot"] = "Predict, then look"
    app.run()
    app.radio(key="pixels_to_weights_question_2").set_value(1).run()
    app.button(key="pixels_to_weights_question_2_commit").click().run()
    assert not app.exception
    assert app.success[0].value.startswith("Right.")
    assert list(app.dataframe[0].value["Weights a unit"])[1:] == ["75", "75"]


def test_the_code_prints_the_numbers_on_the_screen(tmp_path: Path) -> None:
    form = Form(kernel=5, maps=4, grey=True, down=-3, right=7, detector="gaussian")
    out = run_program(weights_code(form, chosen()), tmp_path)
    found = answer(chosen(), form)
    for row in counts((300, 451), form):
        assert f"{row.connection} {row.per_unit} {row.weights} {row.biases} = {row.formula}" in out
    printed = re.findall(r"(?:connected|along|place): (.+)", out)
    grey = to_tensor(load_sample("chelsea"), "grey")[0, 150, 225]
    assert out.startswith("(300, 451) ")
    assert float(out.split(")")[1].split()[0]) == pytest.approx(255 * float(grey), rel=1e-6)
    numbers = [float(number) for line in printed for number in line.split()]
    assert numbers == pytest.approx(
        [found.full_before, found.full_after, found.difference, found.changed], rel=1e-9, abs=1e-12
    )
