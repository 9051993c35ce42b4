"""Build a network: presets, the input, pasted text, programs opened, what the view is sent and what the code prints."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from app.ui.build_maps import input_picture, layer_maps, too_large
from app.ui.build_state import DEFAULT, PAGE, STACK, parse, spell
from app.ui.build_words import layer_words
from app.ui.lesson import questions
from cnnviz.analysis import stack_report
from cnnviz.errors import SettingsError
from cnnviz.network import PRESETS, build, parse_source, parse_specs, source
from tests.app.pages import arrays_of, chosen, open_page, scene_of
from tests.app.programs import run_program

FILE = "pages/network/build_a_network.py"


def opened(text: str = "", **query: str) -> AppTest:
    return open_page(FILE, urlencode({**({STACK: text} if text else {}), **query}))


def text_of(app: AppTest) -> str:
    """The stack as the view was sent it."""
    text: str = scene_of(app, "stack_builder")["text"]
    return text


def test_opens_on_lenet_with_numbers_and_maps_of_every_layer() -> None:
    app = opened()
    assert not app.exception
    scene = scene_of(app, "stack_builder")
    preset = PRESETS["lenet5"]
    reports = stack_report(preset.specs, preset.input_shape)
    assert [row["state"] for row in scene["rows"]] == ["fine"] * 12
    assert [row["multiply_adds"] for row in scene["rows"]] == [report.multiply_adds for report in reports]
    assert [row["weights"] + row["biases"] for row in scene["rows"]] == [report.parameters for report in reports]
    assert "61,706 parameters; 416,520 multiply-adds" in scene["sentence"]
    assert scene["rows"][3]["box"] == [10, 10, 24, 24]  # 14 × 14; unit 5 of 10, units two pixels apart
    arrays = arrays_of(app, "stack_builder")
    assert arrays["pixels"].shape == (32, 32, 3)
    assert arrays["maps_0"].shape == (6, 28, 28)
    assert STACK not in app.query_params


def test_the_maps_are_those_of_the_network_that_is_taken_home() -> None:
    preset = PRESETS["vgg"]
    reports = stack_report(preset.specs, preset.input_shape)
    made: dict[str, torch.nn.Sequential] = {}
    exec(source(preset.specs, preset.input_shape), made)
    values = input_picture(chosen().picture, preset.input_shape)[None]
    for layer, maps in zip(made["network"].eval(), layer_maps(reports, preset.input_shape, chosen()), strict=True):
        with torch.inference_mode():
            values = layer(values)
        reach = float(values.abs().max())
        low = -reach if maps.kind == "signed" else 0
        assert (maps.low, maps.high) == pytest.approx((low, reach))
        first = values[0, 0].numpy().ravel()[0] if values.ndim == 4 else float(values[0, 0])
        assert maps.index[0, 0, 0] == round(252 * (first - maps.low) / (maps.high - maps.low))


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_possible_and_can_be_taken_home(name: str) -> None:
    app = opened("3x32x32 c")
    app = app.button(key=f"bn_preset_{name}").click().run()
    preset = PRESETS[name]
    assert not app.exception
    assert text_of(app) == spell(preset.specs, preset.input_shape)
    assert all(row["state"] == "fine" for row in scene_of(app, "stack_builder")["rows"])
    program = scene_of(app, "stack_builder")["program"]
    assert parse_source(program).specs == preset.specs


def test_another_input_keeps_the_layers_and_an_impossible_one_says_what_fits() -> None:
    app = opened()
    app = app.select_slider(key="bn_side").set_value(28).run()
    scene = scene_of(app, "stack_builder")
    assert scene["text"] == DEFAULT.replace("1x32x32", "1x28x28")
    assert [row["state"] for row in scene["rows"]] == ["fine"] * 6 + ["impossible"] + ["waiting"] * 5
    wrong = scene["rows"][6]
    assert "only 4 high" in wrong["problem"]
    assert {"words": "Kernel 4 × 4", "text": "c_n120_k4"} in wrong["fixes"]
    assert "Layer 7 is impossible" in scene["sentence"] and "5 layers wait" in scene["sentence"]
    assert scene["program"] is None
    app = app.button_group(key="bn_channels").set_value(3).run()
    assert text_of(app).startswith("3x28x28 ")


def test_pasted_layers_are_taken_with_their_channels_and_what_differs_is_said() -> None:
    app = opened()
    app.text_area(key="bn_pasted").set_value("nn.Sequential(nn.Conv2d(3, 8, 3), nn.Flatten(), nn.Linear(99, 10))")
    app = app.button(key="bn_take").click().run()
    assert text_of(app) == "3x32x32 c_n8 l h"
    assert "written for 99" in app.warning[0].value and "7,200" in app.warning[0].value
    app.text_area(key="bn_pasted").set_value("import os")
    app = app.button(key="bn_take").click().run()
    assert text_of(app) == "3x32x32 c_n8 l h"
    refused, differs = (one.value for one in app.warning)
    assert "an import" in refused and "written for 99" in differs
    app = app.button(key="bn_nothing").click().run()
    assert text_of(app) == "3x32x32" and not app.warning


@pytest.mark.parametrize(
    "text", ["c f", "4x32x32 c", "3x32x999 c", "3x0x3", "3x32x32 zz", "3x32x32 " + "f " * 70, "x" * 10_000]
)
def test_a_link_that_means_no_stack_gives_way_to_lenet_and_says_so(text: str) -> None:
    app = opened(text)
    assert not app.exception
    assert text_of(app) == DEFAULT
    assert "cannot be read" in app.warning[0].value
    with pytest.raises(SettingsError):
        parse(text)


def test_what_is_too_large_to_run_here_still_has_its_numbers() -> None:
    app = opened("3x224x224 c_n64_p1 l h_n4096")
    scene = scene_of(app, "stack_builder")
    assert scene["rows"][2]["weights"] == 64 * 224 * 224 * 4096
    assert "too many to run" in scene["unrun"]
    assert all(row["maps"] is None for row in scene["rows"])
    reports = stack_report(parse_specs("c_n256_k9_p4 c_n256_k9_p4"), (3, 160, 160))
    assert "multiply-adds" in too_large(reports)


@pytest.mark.parametrize("text", ["", "3x20x20 c_p1 se db g l h", "3x20x20 c_k30 f"])
def test_the_code_prints_what_the_page_shows(text: str, tmp_path: Path) -> None:
    app = opened(text)
    app.session_state[f"{PAGE}_foot"] = "Code"
    app = app.run()
    scene = scene_of(app, "stack_builder")
    printed = run_program(app.code[0].value, tmp_path).splitlines()
    if "impossible" in {row["state"] for row in scene["rows"]}:
        assert scene["rows"][0]["problem"] in printed[0]
        return
    totals = [sum(row[name] for row in scene["rows"]) for name in ("multiply_adds", "activation_bytes")]
    parameters = sum(row["weights"] + row["biases"] for row in scene["rows"])
    assert [int(number) for number in printed[-1].split()] == [parameters, *totals]
    for line, row in zip(printed, scene["rows"], strict=False):
        low, high = map(float, line.split()[-2:])
        assert np.isclose(max(abs(low), abs(high)), row["maps"]["bar"]["high"], rtol=1e-5)


def test_the_questions_numbers_are_the_librarys() -> None:
    vgg, small = (stack_report(*parse(questions(PAGE)[number].setup[STACK])) for number in (0, 1))
    first = [next(report for report in one if report.spec.code == "h") for one in (vgg, small)]
    assert [report.parameters for report in first] == [524_416, 131_200]
    assert [sum(report.parameters for report in one) for one in (vgg, small)] == [598_234, 205_018]
    assert [report.parameters for report in vgg[:21]] == [report.parameters for report in small[:21]]
    assert first[1].multiply_adds == 131_072
    assert round(100 * first[1].parameters / 205_018) == 64
    assert round(100 * 131_072 / sum(report.multiply_adds for report in small)) == 1
    specs, start = parse(questions(PAGE)[2].setup[STACK])
    resnet = build(specs, start, seed=None)
    assert sum(isinstance(one, torch.nn.Conv2d) for one in resnet.modules()) == 15
    assert sum(one.numel() for one in resnet.parameters()) == 175_258


def test_the_question_on_one_by_one_has_the_librarys_numbers() -> None:
    specs, start = parse(questions(PAGE)[3].setup[STACK])
    reduced, alone = stack_report(specs, start)[2:], stack_report((*specs[:2], specs[4]), start)[2:]
    assert [sum(report.parameters for report in one) for one in (reduced, alone)] == [26_704, 102_464]
    assert [sum(report.multiply_adds for report in one) for one in (reduced, alone)] == [27_262_976, 104_857_600]
    assert reduced[0].parameters == 1_040


def test_layers_in_words() -> None:
    words = [layer_words(spec) for spec in parse_specs("c_n6_k3x5_s2_b0 m f_ftanh ds im_n3 o_p0.2 c_psame")]
    assert words == [
        "Convolution 3 × 5, to 6, stride 2, no bias",
        "Max pooling 2 × 2",
        "Tanh",
        "Depthwise separable 3 × 3, to 32",
        "Inception module 1 × 1 3",
        "Dropout 0.2",
        "Convolution 3 × 3, to 16, padding same",
    ]


def test_a_program_taken_home_is_opened_again_with_its_input() -> None:
    app = opened()
    program = source(PRESETS["mobilenet"].specs, PRESETS["mobilenet"].input_shape)
    for number, (content, text) in enumerate(((program, spell_preset("mobilenet")), ("import os", ""))):
        upload = app.get("file_uploader")[0]
        upload.set_value(("network.py", content.encode(), "text/x-python"))
        app = app.run()
        assert not app.exception
        assert text_of(app) == (text or spell_preset("mobilenet"))
        assert bool(app.warning) == (number == 1)


def spell_preset(name: str) -> str:
    return spell(PRESETS[name].specs, PRESETS[name].input_shape)
