"""The logic of Receptive fields: network, layer, unit → boxes, heat, nudge, code, link. A mouse: tests/browser."""

from __future__ import annotations

import contextlib
import csv
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from app.components.field_view.component import Geometry, _shared_spans
from app.ui.field_layers import field_layers, find_layer, opening_layer, steps_of
from app.ui.field_numbers import SMALL, patch_round, strongest_channel
from app.ui.field_published import published_csv
from app.ui.field_view import MARGIN, margin_of
from app.ui.lesson import lesson_text, questions
from app.ui.network_store import NETWORKS
from cnnviz import analysis, network
from cnnviz.analysis.fields import Box
from cnnviz.image import load_sample
from tests.app.pages import arrays_of, open_page, scene_of
from tests.app.programs import run_program

PAGE = "pages/network/receptive_fields.py"
LITE0 = "efficientnet_lite0"


def array_of(app: AppTest, name: str) -> np.ndarray:
    """One of the arrays that the view was sent."""
    return arrays_of(app, "field_view")[name]


def spans_of(app: AppTest, step: dict[str, Any], axis: str) -> np.ndarray:
    first, count = step[axis]
    return array_of(app, "spans")[first : first + count]


def small_maps_of(app: AppTest) -> list[np.ndarray]:
    """The small map of every step, in the numbers that it stands for."""
    found, values = [], array_of(app, "small")
    for step in scene_of(app, "field_view")["layers"]:
        height, width = step["small"]
        found.append(values[: height * width].reshape(height, width) / 255 * step["high"])
        values = values[height * width :]
    assert not values.size
    return found


def few(values: np.ndarray) -> np.ndarray:
    """Those units of a map that stand in its small one."""
    every = -(-values.shape[0] // SMALL)
    return values[::every, ::every]


@pytest.fixture(scope="module")
def page() -> AppTest:
    return open_page(PAGE)


def test_the_page_opens_on_a_box_within_the_picture_and_its_heat(page: AppTest, lite0: network.Network) -> None:
    assert not page.exception and not page.error
    scene = scene_of(page, "field_view")
    step = scene["layers"][scene["current"]]
    assert step["path"] == "blocks.2.1.conv_dw"
    field = analysis.receptive_fields(lite0)[step["path"]]
    row, col = scene["unit"]
    box = field.region(row, col, clip=False)
    assert box == field.region(row, col), "the whole box lies in the picture"
    assert (box.height, box.width) == (67, 67)
    heat = array_of(page, "heat_values")
    assert heat.shape == (224, 224)
    assert heat.sum() == pytest.approx(1, rel=1e-4)
    outside = heat.copy()
    outside[box.top : box.bottom, box.left : box.right] = 0
    assert outside.max() == 0
    assert scene["heat"]["mass_inside"] == pytest.approx(1, abs=1e-5)


def test_every_step_carries_the_exact_boxes_of_its_units(page: AppTest, lite0: network.Network) -> None:
    fields = analysis.receptive_fields(lite0)
    steps = scene_of(page, "field_view")["layers"]
    for step in steps:
        field = fields[step["path"]]
        if not step["whole"]:
            np.testing.assert_array_equal(spans_of(page, step, "rows"), field.rows)
            np.testing.assert_array_equal(spans_of(page, step, "cols"), field.columns)
    widths = [fields[step["path"]].size[0] for step in steps if not step["whole"]]
    assert widths == sorted(set(widths)), "each step widens the field"
    assert steps[-1]["whole"]


def test_every_step_has_its_map_before_the_slider_gets_there(page: AppTest, lite0: network.Network) -> None:
    outputs = analysis.capture(lite0, load_sample("chelsea"))
    for step, values in zip(scene_of(page, "field_view")["layers"], small_maps_of(page), strict=True):
        mean = (
            outputs[step["path"]]
            .abs()
            .reshape(-1, len(spans_of(page, step, "rows")), len(spans_of(page, step, "cols")))
        )
        np.testing.assert_allclose(values, few(mean.mean(0).numpy()), atol=0.003 * step["high"] + 1e-6)
    assert array_of(page, "small").size < 60_000, "small enough to travel with every scene"


def test_each_step_of_parallel_branches_widens_the_field_too() -> None:
    layers = field_layers(NETWORKS.ask("googlenet", "none").result())
    steps, _ = steps_of(layers, opening_layer(layers))
    sizes = [layer.field.size[0] for layer in steps if not layer.field.whole_input]
    assert sizes == sorted(set(sizes)) and sizes[-1] == max(
        layer.field.size[0] for layer in layers if not layer.field.whole_input
    )
    narrow = find_layer(layers, "inception4a.branch1.conv")
    steps, at = steps_of(layers, narrow)
    assert steps[at] is narrow, "the layer in hand is a step in any case"


@pytest.mark.parametrize(("name", "path"), [(LITE0, "blocks.2.1"), ("googlenet", "inception4a"),
                                            ("swin_t", "features.3.0")])  # fmt: skip
def test_a_block_stands_in_the_list_with_its_own_map_and_field(name: str, path: str) -> None:
    weights = "auto" if name == LITE0 else "none"
    app = open_page(PAGE, f"network={name}&weights={weights}&rf_layer={path}&rf_channel=1")
    assert not app.exception and not app.error and not app.warning
    scene = scene_of(app, "field_view")
    assert scene["layers"][scene["current"]]["path"] == path
    assert scene["heat"] is not None
    net = NETWORKS.ask(name, weights).result()
    kept: list[torch.Tensor] = []
    with torch.no_grad(), net.module.get_submodule(path).register_forward_hook(lambda *call: kept.append(call[2])):
        net.module(net.preprocess(load_sample("chelsea"))[None])
    output = kept[0][0].permute(2, 0, 1) if name == "swin_t" else kept[0][0]
    assert len(app.selectbox(key="rf_channel_widget").options) == len(output) + 2
    small, high = small_maps_of(app)[scene["current"]], scene["layers"][scene["current"]]["high"]
    np.testing.assert_allclose(small, few(output.abs().mean(0).clip(max=high).numpy()), atol=0.003 * high + 1e-6)
    shown = array_of(app, "map_values")
    np.testing.assert_allclose(shown, output[1].numpy(), rtol=1e-3, atol=1e-3 * float(output.abs().max()))
    assert shown.shape == analysis.receptive_fields(net)[path].map_size


def test_a_link_restores_layer_unit_and_nudge() -> None:
    app = open_page(
        PAGE, "rf_layer=blocks.3.0.bn1.act&rf_unit=0,27&rf_mode=nudge&rf_pixel=3,220&rf_patch=4&rf_amount=-1"
    )
    assert not app.exception
    scene = scene_of(app, "field_view")
    assert scene["layers"][scene["current"]]["path"] == "blocks.3.0.bn1.act"
    assert (scene["unit"], scene["pixel"]) == ([0, 27], [3, 220])
    nudge = scene["nudge"]
    assert [nudge[edge] for edge in ("top", "left", "bottom", "right")] == [1, 218, 5, 222]
    changed, allowed = array_of(app, "nudge_changed"), array_of(app, "nudge_allowed")
    assert changed.any()
    assert not (changed & (1 - allowed)).any()
    assert nudge["escaped"] == nudge["through_gates"] == 0


@pytest.mark.parametrize(
    "query",
    ["rf_unit=99,99", "rf_unit=x", "rf_pixel=1,999", "rf_channel=9999", "rf_patch=7", "rf_mode=fly", "rf_amount=9"],
)
def test_what_a_broken_link_names_gives_way_to_the_opening(query: str) -> None:
    app = open_page(PAGE, query + "&rf_heat=off")
    assert not app.exception and not app.error
    scene = scene_of(app, "field_view")
    assert scene["unit"] == [10, 12]
    assert scene["pixel"] is None and not scene["nudging"]


def test_an_unknown_layer_is_said_in_words() -> None:
    app = open_page(PAGE, "rf_layer=blocks.99&rf_heat=off")
    assert not app.exception
    assert "no layer" in app.warning[0].value
    assert scene_of(app, "field_view")["layers"]


def test_another_layer_keeps_the_units_place_in_the_picture() -> None:
    app = open_page(PAGE, "rf_unit=20,5&rf_heat=off")
    app.selectbox(key="rf_layer_widget").set_value("blocks.3.1.conv_dw").run()
    assert scene_of(app, "field_view")["unit"] == [10, 2]
    assert app.query_params["rf_unit"] == "10,2"


def test_a_layer_behind_global_pooling_sees_everything_and_says_so() -> None:
    app = open_page(PAGE, "rf_layer=classifier")
    assert not app.exception and not app.error
    scene = scene_of(app, "field_view")
    step = scene["layers"][scene["current"]]
    assert step["whole"]
    assert "sees the whole input" in step["note"]
    assert spans_of(app, step, "rows").tolist() == [[0, 224]]


def test_a_channel_that_answers_to_nothing_is_said_in_place_of_its_heat() -> None:
    app = open_page(PAGE, "rf_layer=bn1.act&rf_channel=29&rf_unit=5,5")
    assert not app.exception and not app.error
    scene = scene_of(app, "field_view")
    assert scene["heat"] is None
    assert "gradient is zero everywhere" in scene["heat_missing"]


def test_the_strongest_channel_is_one_that_answers_although_relu6_cuts_others(lite0: network.Network) -> None:
    path = "blocks.2.1.bn1.act"
    maps = analysis.capture(lite0, load_sample("chelsea"))[path].numpy()
    cut = next((row, col) for row in range(28) for col in range(28) if maps[:, row, col].max() == 6)
    channel = strongest_channel(maps, cut)
    assert 0 < maps[channel, *cut] < 6
    app = open_page(PAGE, f"rf_layer={path}&rf_channel=strongest&rf_unit={cut[0]},{cut[1]}")
    scene = scene_of(app, "field_view")
    assert scene["map"]["title"] == f"Channel {channel}"
    assert scene["heat"] is not None and not scene["heat_missing"]


def test_layers_on_each_other_share_a_step_and_the_one_in_hand_stands_for_it(lite0: network.Network) -> None:
    layers = field_layers(lite0)
    act = find_layer(layers, "blocks.2.1.bn2.act")
    plain, at = steps_of(layers, opening_layer(layers))
    steps, index = steps_of(layers, act)
    assert index == at and len(steps) == len(plain)
    assert steps[index] is act
    assert plain[at].path == "blocks.2.1.conv_dw"


def test_gates_are_no_steps_through_the_depth_unless_one_is_in_hand() -> None:
    gated = NETWORKS.ask("mobilenet_v3_small", "none").result()
    layers = field_layers(gated)
    whole = [layer.field.whole_input for layer in steps_of(layers, opening_layer(layers))[0]]
    assert whole == sorted(whole)
    gate = find_layer(layers, "features.1.block.1.fc1")
    steps, index = steps_of(layers, gate)
    assert steps[index] is gate and gate.field.whole_input


def test_equal_spans_travel_once() -> None:
    spans = np.array([[0, 3], [2, 5]], np.int32)
    other = np.array([[0, 9]], np.int32)
    layers = [
        Geometry("a", "", spans, other, (2, 2), False, ""),
        Geometry("b", "", other, spans.copy(), (2, 2), False, ""),
    ]
    sent, places = _shared_spans(layers)
    assert sent.tolist() == [[0, 3], [2, 5], [0, 9]]
    assert places == [((0, 2), (2, 1)), ((2, 1), (0, 2))]


def test_the_margin_shows_padding_within_bounds(lite0: network.Network) -> None:
    layers = field_layers(lite0)
    assert margin_of(layers[:3], (224, 224)) < margin_of(layers, (224, 224)) == int(MARGIN * 224)


@pytest.mark.parametrize(("pixel", "expected"), [((0, 0), Box(0, 0, 4, 4)), ((9, 5), Box(6, 3, 10, 7))])
def test_a_patch_stays_within_the_picture(pixel: tuple[int, int], expected: Box) -> None:
    assert patch_round(pixel, 4, (10, 8)) == expected


@pytest.mark.parametrize(
    "query",
    ["", "rf_layer=blocks.3.1.conv_dw&rf_unit=0,9&rf_channel=strongest&rf_heat=noise",
     "rf_mode=nudge&rf_pixel=100,100&rf_patch=8&rf_amount=-0.3", "rf_layer=classifier",
     "rf_layer=bn1.act&rf_channel=29&rf_unit=5,5", "rf_layer=blocks.2.1&rf_channel=2"],
)  # fmt: skip
def test_the_code_gives_the_numbers_on_the_screen(query: str, tmp_path: Path) -> None:
    app = open_page(PAGE, query, receptive_fields_foot="Code")
    (code,) = [block.value for block in app.code]
    lines = printed_by(code, tmp_path if query == "" else None)
    scene = scene_of(app, "field_view")
    if scene["nudge"]:
        nudged = [int(array_of(app, f"nudge_{name}").sum()) for name in ("changed", "allowed")]
        assert [int(number) for number in lines[-1].split()] == [*nudged, 0]
    elif heat := scene["heat"]:
        told = [float(number) for number in lines[-1].split()]
        assert told == pytest.approx([heat["mass_inside"], heat["radius_50"], heat["radius_90"]], rel=1e-3)
    if not scene["layers"][scene["current"]]["whole"]:
        edges = [int(number) for number in re.findall(r"\w+=(-?\d+)", lines[1])]
        step, (row, col) = scene["layers"][scene["current"]], scene["unit"]
        (top, bottom), (left, right) = spans_of(app, step, "rows")[row], spans_of(app, step, "cols")[col]
        assert edges == [top, left, bottom, right]


def printed_by(code: str, folder: Path | None) -> list[str]:
    """What the code prints, run in a process of its own in `folder`; without one here."""
    if folder is not None:
        return run_program(code, folder).splitlines()
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(code, {})
    return out.getvalue().splitlines()


def test_the_numbers_of_lesson_and_questions_are_computed(lite0: network.Network) -> None:
    fields = analysis.receptive_fields(lite0)
    size = {path: fields[path].size[0] for path in fields}
    text = lesson_text("receptive_fields")
    assert "from 19 to 35" in text and "from 35 to 67" in text and "851 pixels" in text
    assert (size["blocks.1.1.conv_dw"], size["blocks.2.0.conv_dw"], size["blocks.2.1.conv_dw"]) == (19, 35, 67)
    assert size["conv_head"] == size["blocks.6.0.conv_dw"] == 851
    assert size["blocks.4.0.conv_dw"] == 211
    assert size["conv_stem"] == 3
    corner = fields["blocks.2.1.conv_dw"].region(0, 0)
    assert corner.height * corner.width < 67 * 67 / 2
    noise = analysis.effective_receptive_field(lite0, "blocks.4.0.conv_dw", (7, 7), count=6)
    assert 5 < 2 * noise.radius_50 < 211 / 2


@pytest.mark.parametrize("number", range(4))
def test_every_question_sets_up_a_page_that_stands(number: int, lite0: network.Network) -> None:
    setup = questions("receptive_fields")[number].setup
    assert setup["rf_layer"] in analysis.receptive_fields(lite0)
    app = open_page(PAGE, **setup)
    assert not app.exception and not app.error
    scene = scene_of(app, "field_view")
    assert scene["layers"][scene["current"]]["path"] == setup["rf_layer"]
    assert ",".join(map(str, scene["unit"])) == setup["rf_unit"]


def test_an_untrained_network_with_attention_opens_in_words() -> None:
    app = open_page(PAGE, "network=vit_b_32&weights=none&rf_heat=off")
    assert not app.exception and not app.error
    steps = scene_of(app, "field_view")["layers"]
    assert not steps[0]["whole"] and steps[-1]["whole"]


def test_the_sample_pictures_of_the_average_are_shipped() -> None:
    from app.ui.field_numbers import AVERAGED

    assert all(load_sample(name).size for name in AVERAGED)


@pytest.mark.parametrize("bench", ["How it grows", "Stacks of your own", "Networks side by side"])
def test_every_bench_below_the_view_stands(bench: str) -> None:
    app = open_page(PAGE, "rf_heat=off", rf_bench=bench)
    assert not app.exception and not app.error
    said = " ".join(element.value for element in app.markdown)
    if bench == "How it grows":
        assert "35 + (5 − 1)" in said and "= 67" in said


def test_the_published_numbers_stand_beside_ours_and_what_differs_is_explained() -> None:
    app = open_page(PAGE, "rf_heat=off", rf_bench="Published numbers")
    assert not app.exception and not app.error
    lines = analysis.published_fields()
    table = next(frame.value for frame in app.dataframe if "Published layer" in frame.value)
    assert len(table) == len(lines)
    assert set(table["Verdict"]) <= {"agrees", "explained"}
    agreeing = sum(line.published == line.ours for line in lines)
    assert any(f"**{agreeing} of {len(lines)}** layers" in element.value for element in app.markdown)
    row = table[(table["Network"] == "VGG-16") & (table["Published layer"] == "pool5")].iloc[0]
    assert (row["Field"], row["Stride"], row["Verdict"]) == ("212", "32", "agrees")
    rows = list(csv.DictReader(io.StringIO(published_csv(lines))))
    assert len(rows) == len(lines)
    assert all((row["verdict"] == "agrees") == (row["published_size"] == row["ours_size"]
               and row["published_stride"] == row["ours_stride"]
               and row["published_padding"] == row["ours_padding"]) for row in rows)  # fmt: skip
