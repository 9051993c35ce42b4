"""The logic of Convolution: presets, link, input, code. What needs a mouse is in tests/browser."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from streamlit.testing.v1 import AppTest

from app.ui.convolution_code import convolution_code
from app.ui.convolution_input import given_input, middle, number_grid
from app.ui.convolution_presets import LAYERS, PRESETS
from app.ui.convolution_state import Layer, format_layer, parse_layer, write_number
from app.ui.lesson import lesson_text, questions
from app.ui.picture import ChosenPicture
from app.ui.shelf import PictureStore
from cnnviz.errors import SettingsError
from cnnviz.image import fit, to_tensor
from cnnviz.layer import output_size, unread
from tests.app.pages import chosen, open_page, scene_of
from tests.app.programs import run_program

PAGE = "pages/layer/convolution.py"


def opened(query: str = "") -> AppTest:
    return open_page(PAGE, query)


def scene(app: AppTest) -> dict:
    return scene_of(app, "convolution")


def torchs(layer: Layer, picture: ChosenPicture | None = None) -> torch.Tensor:
    """The output maps, by torch in float64, on what the view is sent of the picture, or of a sample."""
    sent = given_input(layer, picture or chosen()).values
    values = torch.from_numpy(np.ascontiguousarray(sent))
    values = values.to(torch.float32).div(255).double() if sent.dtype == np.uint8 else values.double()
    shape = (layer.maps, layer.channels // layer.groups, *layer.kernel)
    weights = torch.tensor(layer.weights, dtype=torch.float64).reshape(shape)
    if layer.flip:
        weights = weights.flip(-2, -1)
    bias = torch.tensor(layer.bias, dtype=torch.float64)
    rest = {"stride": layer.stride, "dilation": layer.dilation, "groups": layer.groups}
    if layer.transposed:
        return F.conv_transpose2d(values[None], weights.transpose(0, 1), bias, padding=layer.padding, **rest)[0]
    top, left = layer.padding
    mode = "constant" if layer.mode == "zeros" else layer.mode
    return F.conv2d(F.pad(values[None], (left, left, top, top), mode=mode), weights, bias, **rest)[0]


def test_the_page_opens_on_three_channels_of_the_picture() -> None:
    app = opened()
    assert not app.exception
    header = scene(app)
    assert header["names"] == ["Red", "Green", "Blue"]
    assert header["arrays"]["input"]["shape"] == [3, 48, 48]
    assert len(header["settings"]["weights"]) == 27
    assert "conv_layer" not in app.query_params


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_can_be_shown(name: str) -> None:
    app = opened(f"conv_layer={name}")
    assert not app.exception and not app.warning
    assert scene(app)["settings"] == LAYERS[name].view_settings()
    assert torchs(LAYERS[name]).numel()


def test_choosing_a_preset_writes_the_link_and_starts_again() -> None:
    app = opened("conv_layer=same;stride=3x3")
    assert scene(app)["settings"]["stride"] == [3, 3]
    app.button(key="conv_again").click().run()
    assert scene(app)["settings"]["stride"] == [1, 1]
    app.selectbox(key="conv_show").select("leftover").run()
    assert app.query_params["conv_layer"] == "leftover"
    assert scene(app)["settings"]["stride"] == [2, 2]


def test_another_input_keeps_the_layer() -> None:
    app = opened("conv_layer=same")
    app.selectbox(key="conv_input").select("colour").run()
    header = scene(app)
    assert header["arrays"]["input"]["shape"][0] == 3
    assert len(header["settings"]["weights"]) == 27
    app.selectbox(key="conv_side").select(64).run()
    assert scene(app)["arrays"]["input"]["shape"] == [3, 64, 64]
    assert not app.exception


@pytest.mark.parametrize(
    "text",
    ["nothing", "same;stride", "same;stride=0x0", "same;weights=1,2", "same;kernel=12x12", "same;weights=1/0",
     "same;bias=nan", "same;groups=2", "same;colour=red", "same;side=7777", "same;input=sound", "same;mode=sideways"],
)  # fmt: skip
def test_a_broken_link_is_said_and_the_page_goes_on(text: str) -> None:
    app = opened(f"conv_layer={text}")
    assert not app.exception
    assert len(app.warning) == 1
    assert scene(app)["settings"] == LAYERS["channels"].view_settings()
    assert len(app.run().warning) == 1  # until something else is asked


def normal(seed: int, count: int) -> tuple[float, ...]:
    return tuple(np.random.default_rng(seed).normal(size=count).tolist())


layers = st.builds(
    lambda kernel, stride, padding, dilation, maps, kind, seed, mode, flip: Layer(
        kernel=kernel, stride=stride, padding=padding, dilation=dilation, maps=maps, mode=mode, flip=flip, input=kind,
        side=12, bias=normal(seed, maps),
        weights=normal(seed, maps * (3 if kind == "colour" else 1) * kernel[0] * kernel[1]),
    ),
    *(st.tuples(st.integers(*bounds), st.integers(*bounds)) for bounds in ((1, 11), (1, 8), (0, 10), (1, 5))),
    st.integers(1, 4), st.sampled_from(["numbers", "grey", "colour"]), st.integers(0, 99),
    st.sampled_from(["zeros", "reflect", "replicate", "circular"]), st.booleans(),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(layers, st.sampled_from(list(PRESETS)))
def test_a_layer_survives_its_text_exactly(layer: Layer, preset: str) -> None:
    text = format_layer(preset, layer, LAYERS)
    assert parse_layer(text, LAYERS) == (preset, layer)
    assert layer.with_view_settings(json.loads(json.dumps(layer.view_settings()))) == layer


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e6, max_value=1e6))
def test_numbers_are_written_exactly(value: float) -> None:
    above, _, below = write_number(value).partition("/")
    assert float(above) / float(below or 1) == value


@pytest.mark.parametrize("told", [{}, {"kernel": "big"}, {"weights": [float("nan")]}, {"maps": 99}])
def test_what_the_view_cannot_have_said_is_refused(told: dict) -> None:
    layer = LAYERS["same"]
    with pytest.raises(SettingsError):
        layer.with_view_settings({**layer.view_settings(), **told} if told else {})


def test_pictures_are_cut_square_from_the_middle() -> None:
    for size in [(451, 300), (300, 451), (100, 100), (1000, 10), (13, 400)]:
        picture = Image.new("RGB", size)
        crop = middle(picture, 32)
        width, height = fit(picture, crop.side).size
        assert (crop.height, crop.width) == (min(32, height), min(32, width))
        assert 0 <= crop.top <= height - crop.height and 0 <= crop.left <= width - crop.width
        assert max(crop.height, crop.width) == min(32, max(size))


def test_the_view_is_sent_the_librarys_own_tensor() -> None:
    for kind in ("grey", "colour"):
        layer = LAYERS["same"].on(kind, 48)
        crop = middle(chosen().picture, 48)
        whole = to_tensor(fit(chosen().picture, crop.side), kind)
        expected = whole[:, crop.top : crop.top + crop.height, crop.left : crop.left + crop.width]
        sent = given_input(layer, chosen()).values
        as_view = (sent / 255).astype(np.float32) if sent.dtype == np.uint8 else sent
        np.testing.assert_array_equal(as_view, expected.numpy())


def test_the_number_grid_is_whole_numbers_that_differ() -> None:
    for side in (3, 6, 8, 12):
        grid = number_grid(side)
        assert set(np.unique(grid)) <= set(range(10))
        assert grid.max() > grid.min()


CODE = [*LAYERS.values(), replace(LAYERS["flip"], flip=True), replace(LAYERS["maps"], mode="reflect", stride=(2, 3))]


@pytest.mark.parametrize("layer", CODE, ids=lambda layer: f"{layer.input}-{layer.maps}-{layer.groups}-{layer.mode}")
def test_the_code_gives_exactly_the_output_on_the_screen(layer: Layer, tmp_path: Path) -> None:
    code = convolution_code(layer, chosen())
    run_program(code + "torch.save(result, 'result.pt')\n", tmp_path)
    result = torch.load(tmp_path / "result.pt")
    torch.testing.assert_close(result, torchs(layer), rtol=0, atol=1e-12)
    if "the_same" in code and not layer.flip:
        names: dict = {}
        exec(code, names)
        torch.testing.assert_close(names["the_same"], names["result"], rtol=0, atol=1e-12)


def test_the_code_of_a_large_own_picture_begins_as_the_page_does(tmp_path: Path) -> None:
    colours = np.random.default_rng(1).integers(0, 256, (1500, 2100, 3), np.uint8)
    Image.fromarray(colours).save(tmp_path / "mine.png")
    shelf = PictureStore()
    key = shelf.add("visitor", (tmp_path / "mine.png").read_bytes(), "mine.png")
    kept = shelf.get("visitor", key)
    assert kept is not None
    mine = ChosenPicture(key, kept.name, kept.picture, own=True)
    run_program(convolution_code(LAYERS["channels"], mine) + "torch.save(result, 'result.pt')\n", tmp_path)
    result = torch.load(tmp_path / "result.pt")
    torch.testing.assert_close(result, torchs(LAYERS["channels"], mine), rtol=0, atol=1e-12)


def test_the_numbers_of_the_lesson_and_the_presets_are_computed() -> None:
    text = lesson_text("convolution").replace("\n", " ")
    leftover = LAYERS["leftover"]
    assert output_size(6, 3, 2) == torchs(leftover).shape[1:] == (2, 2)
    never = unread(6, 3, 2)
    assert (never.rows.sum(), never.cols.sum()) == (1, 1)
    assert 36 - (6 - 1) ** 2 == 11 and "11 of the 36 cells" in questions("convolution")[1].look
    assert "⌊3 / 2⌋ + 1 = 2 places" in text
    assert 2 * (3 - 1) + 1 == 5 and "At 3 and D = 2 that is 5 cells" in text
    assert len(LAYERS["channels"].weights) == 27 and "adds 27 products, not 9" in text
    assert output_size(8, 3) == (6, 6) and "8 × 8 becomes 6 × 6" in PRESETS["shrinks"].look
    assert output_size(8, 3, padding=1) == (8, 8)
    assert output_size(6, 3, 2, padding=1) == (3, 3) and not unread(6, 3, 2, padding=1).rows.any()
    span = LAYERS["dilation"].dilation[0] * 2 + 1
    assert f"{span} × {span}" in PRESETS["dilation"].look


def test_a_lone_point_comes_out_as_the_turned_kernel() -> None:
    layer = LAYERS["flip"]
    kernel = torch.tensor(layer.weights, dtype=torch.float64).reshape(layer.kernel)
    assert torch.equal(torchs(layer)[0, 2:5, 2:5], kernel.flip(0, 1))
    assert torch.equal(torchs(replace(layer, flip=True))[0, 2:5, 2:5], kernel)


def test_the_questions_name_presets_that_there_are() -> None:
    for question in questions("convolution"):
        parse_layer(question.setup["conv_layer"], LAYERS)


def test_what_the_view_tells_is_written_as_what_differs_from_the_preset() -> None:
    told = replace(LAYERS["same"], stride=(2, 2)).view_settings()
    assert format_layer("same", LAYERS["same"].with_view_settings(told), LAYERS) == "same;stride=2x2"


def test_committing_to_an_answer_sets_the_page_up() -> None:
    app = opened("conv_layer=same;stride=3x3")
    app.session_state["convolution_foot"] = "Predict, then look"
    app.run()
    app.radio(key="convolution_question_2").set_value(1).run()
    app.button(key="convolution_question_2_commit").click().run()
    assert not app.exception
    assert app.success[0].value.startswith("Right.")
    assert app.query_params["conv_layer"] == "leftover"
    assert scene(app)["settings"] == LAYERS["leftover"].view_settings()


@pytest.mark.parametrize(
    "changes",
    [{"side": 3, "kernel": (11, 11), "weights": (1.0,) * 121}, {"padding": (10, 10), "mode": "reflect"},
     {"transposed": True, "padding": (10, 10)}, {"transposed": True, "mode": "circular"}],
)  # fmt: skip
def test_the_code_of_a_layer_that_cannot_be_says_so(changes: dict) -> None:
    code = convolution_code(replace(LAYERS["shrinks"], **changes), chosen())
    assert code.startswith("# There is no output with these settings. ")
    assert code.count("\n") == 1
