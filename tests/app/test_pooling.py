"""The logic of Pooling: settings → maps, words, curves, link and code. What needs a mouse is in tests/browser."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from streamlit.testing.v1 import AppTest

from app.ui.lesson import lesson_text
from app.ui.pooling_code import pooling_code
from app.ui.pooling_form import Form
from app.ui.pooling_maps import pool_part, source_map, words
from app.ui.pooling_shift import shift_csv, shift_test, shift_words
from cnnviz.image import fit, load_sample, to_tensor
from tests.app.pages import arrays_of, chosen, open_page, scene_of
from tests.app.programs import run_program

PAGE = "pages/layer/pooling.py"


def opened(query: str = "") -> AppTest:
    return open_page(PAGE, query)


def scene(app: AppTest) -> tuple[dict, dict[str, np.ndarray]]:
    return scene_of(app, "pooling_view"), arrays_of(app, "pooling_view")


def pooled(form: Form, name: str = "chelsea") -> tuple[torch.Tensor, str]:
    whole = source_map(form, chosen(name))
    assert whole is not None
    found = pool_part(form, whole)
    return found.result, words(form, found)


def test_the_page_opens_on_a_cat_of_which_a_quarter_is_left() -> None:
    app = opened()
    assert not app.exception
    header, maps = scene(app)
    assert (header["kind"], header["window"]) == ("max", [2, 2])
    expected = F.max_pool2d(torch.tensor(maps["before"])[None], 2)[0]
    np.testing.assert_array_equal(maps["after"], expected)
    assert any("**25 %**" in element.value for element in app.markdown)


def test_a_link_restores_the_whole_state() -> None:
    app = opened(
        "pool_kind=Average&pool_window=3&pool_stride=2&pool_padding=1&pool_ceil=true&pool_count_padding=false"
        "&pool_part=16&pool_across=25&pool_shift=3&picture=coffee"
    )
    assert not app.exception
    header, maps = scene(app)
    assert (header["kind"], header["window"], header["padding"]) == ("average", [3, 3], 1)
    assert not header["countPadding"]
    assert maps["before"].shape == (16, 16)
    expected = F.avg_pool2d(torch.tensor(maps["before"])[None], 3, 2, 1, True, False)[0]
    np.testing.assert_allclose(maps["after"], expected, rtol=1e-6)


def test_what_cannot_be_is_said_in_place_and_the_page_goes_on() -> None:
    app = opened("pool_window=2&pool_padding=3")
    assert not app.exception
    assert "use padding of at most 1" in app.error[0].value
    app.slider(key="pool_padding").set_value(1).run()
    assert not app.error
    assert scene(app)[0]["padding"] == 1


@pytest.mark.parametrize("query", ["pool_kind=Median", "pool_window=99", "pool_part=7", "pool_taps=4"])
def test_a_broken_link_opens_on_the_default(query: str) -> None:
    app = opened(query)
    assert not app.exception
    assert scene(app)[0]["kind"] == "max"


def test_moving_the_picture_brings_real_pixels_in() -> None:
    still, moved = (scene(opened(f"pool_shift={n}"))[1]["before"] for n in (0, 3))
    np.testing.assert_array_equal(still[:, 3:], moved[:, :-3])
    picture = to_tensor(fit(load_sample("chelsea"), 192), "grey")[0]
    np.testing.assert_array_equal(moved, picture[:, 3 : 3 + moved.shape[1]])


def test_the_words_hold_the_formula_and_what_is_left_over() -> None:
    _, said = pooled(Form(part=16, window=3, stride=2))
    assert "⌊(16 + 2·0 − 3) / 2⌋ + 1 = 7 rows" in said
    assert "31 cells are read by no window" in said
    _, said = pooled(Form(part=16, window=3, stride=2, ceil_mode=True))
    assert "⌈(16 + 2·0 − 3) / 2⌉ + 1 = 8 rows" in said
    assert "no window" not in said
    _, said = pooled(Form(part=8, window=3, stride=8, padding=1, ceil_mode=True))
    assert "⌈(8 + 2·1 − 3) / 8⌉ + 1 = 2 rows" in said
    _, said = pooled(Form(part=8, window=2, stride=8, padding=1, ceil_mode=True))
    assert "= 2 rows" in said
    _, said = pooled(Form(part=12, window=1, stride=8, ceil_mode=True))
    assert "⌈(12 + 2·0 − 1) / 8⌉ + 1 = 2 (one fewer: the last would begin outside) rows" in said


def test_global_average_leaves_one_number() -> None:
    result, said = pooled(Form(kind="global average", window=8, padding=4))
    assert result.shape == (1, 1, 1)
    assert said.startswith("One number for the whole map")


def test_odd_shifts_change_max_pooling_and_even_ones_move_it_along() -> None:
    whole = source_map(Form(), chosen("text"))
    assert whole is not None
    test = shift_test(Form(), whole)
    curve = test.curves["Max 2 × 2"].against_moved
    assert all(value > 0.1 for value in curve[1::2])
    assert all(value == 0 for value in curve[::2])
    assert f"max 2 × 2 **{curve[1]:.3g}**" in shift_words(test, "moved along")
    rows = shift_csv(test).splitlines()
    assert len(rows) == 1 + 9
    assert float(rows[2].split(",")[3]) == curve[1]


@pytest.mark.parametrize("name", ["chelsea", "coffee", "astronaut", "rocket", "camera", "brick", "text"])
def test_the_lesson_is_right_about_every_sample(name: str) -> None:
    """Pooling changes less than stride alone (but max not on dark writing), a blur before the stride less still."""
    whole = source_map(Form(), chosen(name))
    assert whole is not None
    at = {way: curve.against_moved[1] for way, curve in shift_test(Form(), whole).curves.items()}
    stride, largest, mean, blurred = at.values()
    assert (largest > stride) == (name == "text")
    assert min(stride, largest) > blurred > 0
    assert stride > mean > 0
    longer = list(shift_test(Form(), whole, taps=7).curves.values())[-1].against_moved[1]
    assert blurred > longer > 0
    assert all(curve.against_moved[1] == 0 for curve in shift_test(Form(window=5, stride=1), whole).curves.values())


def test_the_numbers_of_the_lesson_are_computed() -> None:
    text = lesson_text("pooling")
    result, _ = pooled(Form(part=64))
    assert result.numel() / 64**2 == 0.25
    assert "25 % of the numbers; 75 % are gone" in text


@pytest.mark.parametrize(
    "form",
    [Form(), Form(kind="lp", p=3.5, window=3, stride=2, padding=1, part=32, shift=2),
     Form(kind="average", window=3, padding=1, count_include_pad=False, ceil_mode=True),
     Form(kind="global average"), Form(features=True, channel=6)],
)  # fmt: skip
def test_the_code_gives_exactly_what_is_on_the_screen(form: Form, tmp_path: Path) -> None:
    whole = source_map(form, chosen())
    assert whole is not None
    found = pool_part(form, whole)
    lines = run_program(pooling_code(form, chosen(), found), tmp_path).splitlines()
    mean = float(lines[0].rsplit(" ", 1)[1])
    assert mean == pytest.approx(found.result.mean().item(), rel=1e-6)
    middle = found.result[0, found.result.shape[1] // 2, found.result.shape[2] // 2].item()
    assert float(lines[1].split(" ")[0]) == pytest.approx(middle, rel=1e-5)
    curve = json.loads(lines[2].replace("(", "[").replace(")", "]"))
    shown = next(c for name, c in shift_test(form, whole).curves.items() if name.startswith("Max"))
    assert curve[0] == shown.against_moved[0] == 0
    assert len(curve) == len(shown.against_moved)


def test_committing_to_an_answer_sets_the_page_up() -> None:
    app = opened()
    app.session_state["pooling_foot"] = "Predict, then look"
    app.run()
    app.radio(key="pooling_question_2").set_value(1).run()
    app.button(key="pooling_question_2_commit").click().run()
    assert not app.exception
    assert app.success[0].value.startswith("Right.")
    assert scene(app)[0]["window"] == [5, 5]
    assert app.query_params["pool_stride"] == "1"
