"""Ledgers and switched-off channels on the page Feature maps: the numbers sent to the views are torch's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from app.ui.feature_maps_layers import strip_of
from app.ui.jobs import JOBS
from app.ui.ledger_scene import MOST_TERMS, ledger_scene
from app.ui.ledger_units import UnitName, cell_of, read_unit, unit_at
from app.ui.lesson import questions
from app.ui.network_store import NETWORKS
from cnnviz import analysis, network
from cnnviz.errors import LayerError
from cnnviz.image import load_sample
from tests.app.pages import arrays_of, open_page, scene_of

PAGE = "pages/analysis/feature_maps.py"


def opened(query: str = "", foot: str = "Lesson") -> AppTest:
    return open_page(PAGE, f"view=layer&{query}", feature_maps_foot=foot)


def ledger(app: AppTest) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    return scene_of(app, "ledger_view"), arrays_of(app, "ledger_view")


def ranked(app: AppTest) -> dict[str, Any]:
    """What the view of the switches is sent once the ranked lists are there."""
    for _ in range(200):
        header = scene_of(app, "switch_view")
        if header["ranking"] is not None:
            return header
        assert header["waiting"]
        JOBS.find(app.session_state["_effects_looked_at"]).wait(60)
        app.run()
    raise AssertionError("The lists did not come.")


def without(net: network.Network, layer: str, channels: list[int]) -> torch.Tensor:
    """The logits with these channels of a layer at 0, by a hook."""

    def switch(module: torch.nn.Module, inputs: Any, output: torch.Tensor) -> torch.Tensor:
        changed = output.clone()
        changed[:, channels] = 0
        return changed

    hook = net.module.get_submodule(layer).register_forward_hook(switch)
    try:
        with torch.no_grad():
            return net.module(net.batch(load_sample("chelsea")))[0].double()
    finally:
        hook.remove()


def test_a_link_opens_the_ledger_of_a_unit(lite0: network.Network) -> None:
    app = opened("layer=conv_stem&map=29&unit=conv_stem/29.50.60")
    header, arrays = ledger(app)
    assert (header["unit"], header["asked"]) == ("conv_stem/29.50.60", 0)
    assert scene_of(app, "map_mosaic")["cell"] == [50, 60]
    with torch.no_grad():
        value = float(lite0.module.conv_stem(lite0.batch(load_sample("chelsea")))[0, 29, 50, 60])
    summed = header["lines"][0]
    assert summed["after"] == pytest.approx(value, rel=1e-5)
    assert arrays["line0_contributions"].sum() == pytest.approx(value, rel=1e-4)
    products = (arrays["line0_inputs"] * arrays["line0_weights"]).sum(axis=(1, 2))
    np.testing.assert_allclose(products, arrays["line0_contributions"], rtol=1e-9)
    np.testing.assert_allclose(arrays["line0_running"], products.cumsum(), rtol=1e-9)
    assert [line["kind"] for line in header["lines"]] == ["convolution", "norm", "activation"]
    assert header["folded"][0]["total"] == pytest.approx(header["lines"][1]["after"], rel=1e-4)
    assert all(line["agrees"] for line in header["lines"])


def test_of_a_thousand_terms_the_largest_are_sent_and_the_others_as_their_sum(lite0: network.Network) -> None:
    header, arrays = ledger(opened("layer=classifier&unit=classifier/285"))
    line = header["lines"][0]
    contributions = arrays["line0_contributions"]
    assert (line["sum"]["count"], len(contributions)) == (1280, MOST_TERMS)
    assert (np.diff(np.abs(contributions)) <= 0).all()
    logit = float(analysis.capture(lite0, load_sample("chelsea")).output[285])
    assert contributions.sum() + line["sum"]["rest"] + line["sum"]["bias"] == pytest.approx(logit, rel=1e-5)
    assert header["label"] == "Egyptian cat"
    assert header["lines"][-1]["kind"] == "softmax"
    assert header["lines"][-1]["sum"]["labels"][0] == "Egyptian cat"


def test_two_classes_are_compared_by_the_difference_of_their_logits(lite0: network.Network) -> None:
    header, arrays = ledger(opened("layer=classifier&unit=classifier/285&less=282"))
    logits = analysis.capture(lite0, load_sample("chelsea")).output
    line = header["lines"][0]
    assert header["less"] == 282
    assert line["after"] == pytest.approx(float(logits[285] - logits[282]), abs=1e-4)
    weights = lite0.module.classifier.weight.detach().double().numpy()
    order = arrays["line0_indices"][:, 0]
    np.testing.assert_allclose(arrays["line0_weights"], (weights[285] - weights[282])[order], atol=1e-7)


@pytest.mark.parametrize("unit", ["conv_stem/99.0.0", "nowhere/1.2.3", "conv_stem", "conv_stem/1.2.3.4.5.6", "$1/٣"])
def test_an_impossible_unit_in_the_link_is_said_and_forgotten(unit: str) -> None:
    app = opened(f"unit={unit}")
    assert not app.exception
    assert ledger(app)[0]["unit"] is None
    assert "unit" not in app.query_params
    assert [*app.error, *app.warning]
    assert scene_of(app, "map_mosaic")["layer"] == "bn1.act"


def test_the_map_goes_where_the_ledger_goes_and_leaves_behind_what_was_off() -> None:
    app = opened("layer=conv_stem&map=29&unit=conv_stem/29.50.60&off=4")
    app.session_state["unit"], app.session_state["_unit_moved"] = "blocks.0.0.conv_dw/7.5.6", True
    app.run()
    header = scene_of(app, "map_mosaic")
    assert (header["layer"], header["opened"], header["cell"]) == ("blocks.0.0.conv_dw", 7, [5, 6])
    assert header["listed"] == []
    app.session_state["map"], app.session_state["_map_moved"] = "8", True
    app.run()
    assert ledger(app)[0]["unit"] == "blocks.0.0.conv_dw/8.5.6"


def test_a_gesture_on_the_maps_counts_for_the_layer_that_was_seen() -> None:
    back = {"unit": "conv_stem/29.50.60", "_unit_moved": True}
    switched = {"off": "4", "_layer_seen": "conv_stem", "_channels_switched": True}
    closed = {"unit": "", "map": "", "_layer_seen": "conv_stem", "_map_moved": True}
    for gestures, off, opened_map in ((back | switched, [4], 29), (back | closed, [], None)):
        app = opened("layer=blocks.0.0.conv_dw&map=7&unit=blocks.0.0.conv_dw/7.5.6&off=2")
        for key, value in gestures.items():
            app.session_state[key] = value
        app.run()
        header = scene_of(app, "map_mosaic")
        assert (header["layer"], header["opened"], header["listed"]) == ("conv_stem", opened_map, off)


@pytest.mark.parametrize("name", ["efficientnet_lite0", "vit_b_32", "swin_t"])
def test_the_unit_of_a_cell_holds_the_value_of_the_map(name: str) -> None:
    net = NETWORKS.ask(name, "auto" if name == "efficientnet_lite0" else "none").result()
    strip, found = strip_of(net), analysis.capture(net, load_sample("chelsea"))
    layouts = set()
    for layer in strip.layers[::7]:
        if layer.layer.layout not in ("maps", "maps-last", "tokens", "vector"):
            continue
        values = found.call(layer.layer.path, layer.layer.call)
        maps = analysis.as_maps(values, layer.layer.layout)
        cell = tuple(length * 2 // 3 for length in maps.shape)
        unit = unit_at(layer, *cell)
        assert values[unit.index] == maps[cell]
        back = cell_of(unit, strip)
        assert back is not None
        assert (back.layer, back.channel, back.row, back.col) == (layer, *cell)
        assert read_unit(unit.text, strip) == unit
        assert read_unit(f"@{layer.id}/{'.'.join(map(str, cell))}", strip) == unit
        layouts.add(layer.layer.layout)
    assert layouts >= {"efficientnet_lite0": {"maps"}, "vit_b_32": {"tokens"}, "swin_t": {"maps-last"}}[name]


def test_a_class_token_has_no_cell() -> None:
    strip = strip_of(NETWORKS.ask("vit_b_32", "none").result())
    layer = strip.find("encoder.layers.encoder_layer_0.ln_1")
    assert cell_of(UnitName(layer.layer.path, 0, (0, 5)), strip) is None
    with pytest.raises(LayerError, match="names no cell"):
        read_unit(f"@{layer.id}/0.5", strip)


def test_a_walk_leads_through_attention_back_to_the_picture() -> None:
    net = NETWORKS.ask("vit_b_32", "none").result()
    strip, recorded = strip_of(net), analysis.record_pass(net, load_sample("chelsea"))
    name, kinds = "encoder.layers.encoder_layer_0.self_attention/20.30", []
    while name:
        scene = ledger_scene(net, strip, recorded, read_unit(name, strip), None, "")
        first = scene.lines[0]
        assert first.agrees
        assert first.sum is not None
        kinds.append(first.kind)
        if first.kind == "attention":
            assert first.sum.plane is not None
            assert first.sum.plane.shape == (7, 7)
            assert first.sum.spots is not None
            spots = first.sum.spots >= 0
            np.testing.assert_array_equal(first.sum.plane.ravel()[first.sum.spots[spots]], first.sum.weights[spots])
        index = [str(at) for at in first.sum.indices[0] if at >= 0]
        source = first.sum.sources[0]
        name = f"{source.id}/{'.'.join(index)}" if source.id is not None else ""
    assert kinds == ["linear", "attention", "linear", "addition", "convolution"]


def test_a_pooling_shows_its_window_and_the_winner() -> None:
    header, arrays = ledger(opened("network=resnet18&weights=none&layer=maxpool&map=3&unit=maxpool/3.10.10"))
    line = header["lines"][0]
    assert line["kind"] == "maximum"
    assert arrays["line0_plane"].shape == (3, 3)
    assert arrays["line0_plane"].max() == line["after"]
    assert arrays["line0_plane"].ravel()[arrays["line0_spots"][0]] == line["after"]


def test_a_block_that_rectifies_in_a_function_is_not_named_as_the_rectifier() -> None:
    net = NETWORKS.ask("googlenet", "none").result()
    recorded = analysis.record_pass(net, load_sample("chelsea"))
    strip = strip_of(net)
    scene = ledger_scene(net, strip, recorded, read_unit("conv1.conv/3.10.10", strip), None, "")
    assert [(line.kind, line.module) for line in scene.lines] == [
        ("convolution", "Conv2d"), ("norm", "BatchNorm2d"), ("activation", ""),
    ]  # fmt: skip
    assert "relu" in scene.lines[2].label


def test_the_answer_without_channels_is_that_of_a_hook(lite0: network.Network) -> None:
    app = opened("layer=bn1.act&off=12.8.99.x")
    header = scene_of(app, "switch_view")
    assert header["listed"] == [8, 12]
    after = without(lite0, "bn1.act", [8, 12]).softmax(0)
    before = without(lite0, "bn1.act", []).softmax(0)
    for label, was, now in header["moved"]["rows"]:
        at = lite0.categories.index(label)
        assert (was, now) == pytest.approx((float(before[at]), float(after[at])), abs=1e-4)
    assert header["moved"]["after"] == lite0.categories[int(after.argmax())]
    mosaic = scene_of(app, "map_mosaic")
    assert mosaic["listed"] == [8, 12]
    assert "2 channels off: Egyptian cat goes from 40.7 %" in mosaic["moved"]


def test_all_but_some_are_switched_off(lite0: network.Network) -> None:
    header = scene_of(opened("layer=bn1.act&off=1.2&keep=these"), "switch_view")
    after = without(lite0, "bn1.act", [at for at in range(32) if at not in (1, 2)]).softmax(0)
    assert header["keep"] is True
    label, _, now = header["moved"]["rows"][0]
    assert now == pytest.approx(float(after[lite0.categories.index(label)]), abs=1e-4)


def test_a_bright_map_is_not_an_important_one(lite0: network.Network) -> None:
    """The last question, its look and the lesson's numbers."""
    question = questions("feature_maps")[-1]
    app = opened(foot="Predict, then look")
    number = len(questions("feature_maps"))
    app.radio(key=f"feature_maps_question_{number}").set_value(1).run()
    app.button(key=f"feature_maps_question_{number}_commit").click().run()
    assert any("Right." in box.value for box in app.success)
    header = ranked(app)
    lists = header["ranking"]
    assert header["listed"] == [12]
    bright = lists["bright"][0]
    egyptian = lite0.categories.index("Egyptian cat")
    assert (bright["channel"], bright["by_effect"]) == (12, 17)
    assert bright["probability"] == pytest.approx(float(without(lite0, "bn1.act", [12]).softmax(0)[egyptian]), abs=1e-4)
    assert (f"{100 * bright['probability']:.3g}", f"{100 * lists['probability']:.3g}") == ("43.5", "40.7")
    most = lists["effect"][0]
    assert (most["channel"], f"{100 * most['probability']:.3g}") == (8, "11.8")
    assert most["probability"] == pytest.approx(float(without(lite0, "bn1.act", [8]).softmax(0)[egyptian]), abs=1e-4)
    assert [one["channel"] for one in lists["effect"]] != [one["channel"] for one in lists["bright"]]
    assert "43.5 %" in question.options[question.answer]


def test_the_code_prints_ledger_and_move() -> None:
    code = opened("layer=classifier&unit=classifier/285&less=282&off=3&keep=these", "Code").code[0].value
    assert "analysis.logit_difference(recorded, 285, 282)" in code
    assert "analysis.ablate(net, picture, 'classifier', [3], keep=True, call=0)" in code


def test_another_layer_or_network_leaves_unit_and_switches_behind() -> None:
    app = opened("layer=conv_stem&map=29&unit=conv_stem/29.50.60&off=4&ranked=yes&weights=none")
    app.selectbox(key="network_choice").select("squeezenet1_1").run()
    for key in ("layer", "map", "unit", "off", "ranked"):
        assert key not in app.query_params


def test_who_goes_to_another_layer_ends_the_search_there() -> None:
    app = opened("layer=blocks.1.0.conv_pw&ranked=yes")  # 96 channels: some seconds of passes
    job = JOBS.find(app.session_state["_effects_looked_at"])
    assert job is not None
    app.session_state["layer"], app.session_state["ranked"] = "conv_head", ""
    app.run()
    assert job.wait(60)
    assert job.state == "stopped" or job.result is not None  # a quick machine was done before
    assert scene_of(app, "switch_view")["ranking"] is None
