"""The logic of Feature maps: network and layer → maps, answers, code, link. What needs a mouse: tests/browser."""

from __future__ import annotations

import gc
import re
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest
from torch.nn import functional

from app.ui.feature_maps_layers import strip_of
from app.ui.feature_maps_numbers import MOST_PIXELS, stride_for
from app.ui.feature_maps_passes import layer_output
from app.ui.lesson import questions
from app.ui.network_store import NETWORKS
from app.ui.picture import ChosenPicture
from cnnviz import analysis, network
from cnnviz.image import colourise, load_sample
from tests.app.pages import arrays_of, open_page, scene_of
from tests.app.programs import run_program

PAGE = "pages/analysis/feature_maps.py"


def opened(query: str = "", foot: str = "Lesson") -> AppTest:
    """The page under a link, with one of the parts at its foot open."""
    return open_page(PAGE, f"view=layer&{query}", feature_maps_foot=foot)


def sent(app: AppTest, component: str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The header and the arrays that a view was sent."""
    return scene_of(app, component), arrays_of(app, component)


@pytest.fixture(scope="module")
def page() -> AppTest:
    return opened()


def test_the_page_opens_on_the_first_activation_of_the_shipped_network(page: AppTest) -> None:
    assert not page.exception
    header, arrays = sent(page, "map_mosaic")
    assert (header["layer"], header["shape"], header["trained"]) == ("bn1.act", [32, 112, 112], True)
    assert header["opened"] is None
    assert header["bar"]["low"] == 0
    assert arrays["order"].tolist() == list(range(32))


def test_the_five_answers_are_cats(page: AppTest, lite0: network.Network) -> None:
    header, _ = sent(page, "answers")
    assert {label for label, _ in header["rows"][:3]} == {"tiger cat", "tabby", "Egyptian cat"}
    direct = network.predict(lite0, load_sample("chelsea"))
    for (label, probability), answer in zip(header["rows"], direct, strict=True):
        assert label == answer.label
        assert probability == pytest.approx(answer.probability, rel=1e-4)


def test_the_strip_shows_the_layers_in_the_order_in_which_they_run(page: AppTest, lite0: network.Network) -> None:
    header, _ = sent(page, "layer_strip")
    names = [entry[0] for entry in header["layers"]]
    assert names[:3] == ["conv_stem", "bn1.drop", "bn1.act"]
    assert names[-1] == "classifier"
    assert len(names) + header["left_out"] == len(analysis.layer_table(lite0))


def test_the_strip_is_sent_alike_whatever_layer_is_open(page: AppTest) -> None:
    other = opened("layer=conv_head&order=mean")
    assert sent(other, "layer_strip") == sent(page, "layer_strip")
    assert sent(other, "map_mosaic")[0]["layer"] == "conv_head"


def test_what_is_left_out_of_the_strip_changes_nothing(
    lite0: network.Network, on_chelsea: analysis.Activations
) -> None:
    shown = {entry.layer for entry in strip_of(lite0).layers}
    before = None
    for layer in on_chelsea.layers:
        values = on_chelsea.call(layer.path, layer.call)
        if layer not in shown:
            assert before is not None
            assert torch.equal(values, before), layer.path
        before = values


def test_the_norms_maps_are_the_normalised_convolution(
    lite0: network.Network, on_chelsea: analysis.Activations
) -> None:
    norm = lite0.module.bn1
    expected = functional.batch_norm(
        on_chelsea["conv_stem"][None], norm.running_mean, norm.running_var, norm.weight, norm.bias, eps=norm.eps
    )[0]
    torch.testing.assert_close(on_chelsea["bn1.drop"], expected)


def test_the_numbers_of_a_map_are_torchs(page: AppTest, on_chelsea: analysis.Activations) -> None:
    _, arrays = sent(page, "map_mosaic")
    maps = on_chelsea["bn1.act"]
    np.testing.assert_allclose(arrays["mean"], maps.mean((1, 2)), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(arrays["greatest"], maps.amax((1, 2)), rtol=1e-4)
    np.testing.assert_allclose(arrays["zeros"], (maps == 0).float().mean((1, 2)), atol=1e-3)
    row, col = divmod(int(arrays["place"][0]), 112)
    assert maps[0, row, col] == pytest.approx(arrays["greatest"][0].item(), rel=1e-4)


def test_maps_are_ordered_by_their_maximum() -> None:
    header, arrays = sent(opened("order=maximum&layer=conv_stem"), "map_mosaic")
    ordered = arrays["greatest"][arrays["order"]]
    assert header["ordered_by"] == "maximum"
    assert (np.diff(ordered) <= 0).all()


def test_an_own_scale_belongs_to_each_map() -> None:
    _, shared = sent(opened("layer=conv_stem"), "map_mosaic")
    _, own = sent(opened("layer=conv_stem&scale=own"), "map_mosaic")
    assert (shared["limits"] == shared["limits"][0]).all()
    reach = np.maximum(-own["least"], own["greatest"])
    np.testing.assert_allclose(own["limits"][:, 1], np.where(reach == 0, 1, reach))


def test_the_open_map_travels_with_its_exact_values(lite0: network.Network) -> None:
    header, arrays = sent(opened("layer=conv_stem&map=29"), "map_mosaic")
    direct = lite0.module.conv_stem(lite0.batch(load_sample("chelsea")))[0, 29]
    assert header["opened"] == 29
    assert arrays["values"].dtype == np.float32
    np.testing.assert_allclose(arrays["values"], direct.detach().numpy(), rtol=1e-4, atol=1e-5)
    with Image.open(BytesIO(arrays["picture"].tobytes())) as seen:
        assert seen.size == (224, 224)


def test_the_mosaic_has_one_pixel_a_value(on_chelsea: analysis.Activations) -> None:
    header, arrays = sent(opened("layer=conv_stem"), "map_mosaic")
    index = arrays["mosaic"]
    top = 113 * (9 // header["columns"])
    left = 113 * (9 % header["columns"])
    tile = index[top : top + 112, left : left + 112].astype(float)
    values = on_chelsea["conv_stem"][9].numpy()
    low, high = arrays["limits"][9]
    np.testing.assert_allclose(tile, (values - low) / (high - low) * 252, atol=0.51)


def test_an_unknown_layer_in_the_link_is_said_and_the_default_shown() -> None:
    app = opened("layer=nowhere&map=777&off=8.888")
    assert "no layer “nowhere”" in app.warning[0].value
    assert "no map “777” here, only 0 to 31;" in app.warning[0].value
    assert "no channel “888” to switch off" in app.warning[0].value and app.query_params["off"] == "8"
    assert sent(app, "map_mosaic")[0]["layer"] == "bn1.act"
    assert "layer" not in app.query_params
    assert "no layer “nowhere”" in app.run().warning[0].value  # still there after the rerun that a first page makes


@pytest.mark.parametrize(("name", "hint"), [("resnet19", "resnet18"), ("qqqqqq", "the list shows those there are.")])
def test_an_unknown_network_in_the_link_is_said_and_the_default_shown(name: str, hint: str) -> None:
    app = opened(f"network={name}")
    assert hint in app.warning[0].value
    assert "list_networks" not in app.warning[0].value
    assert sent(app, "map_mosaic")[0]["network"] == "EfficientNet-Lite0"


@pytest.mark.parametrize("channel", ["32", "-1", "cat", "٣", "1" * 4400], ids=lambda text: text[:9])
def test_an_impossible_map_in_the_link_shows_the_mosaic(channel: str) -> None:
    app = opened(f"map={channel}")
    assert not app.exception
    assert sent(app, "map_mosaic")[0]["opened"] is None
    assert "map" not in app.query_params


def test_without_connection_the_page_says_so_and_offers_random_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))  # no published weights lie there
    app = opened("network=resnet18", "Code")
    assert "ResNet-18 cannot be had" in app.warning[0].value
    assert "Connect to the internet once and try again, or use random weights." in app.warning[0].value
    assert not re.search('safetensors|weights=|"none"', app.warning[0].value)  # what works in code, not here
    assert "45 MB to download" in app.caption[0].value
    assert "Trained on ImageNet" not in app.caption[0].value
    assert not app.get("bidi_component")[1:]  # the page's own listener alone: nothing stands in for the maps
    app.button(key="use_random").click().run()
    assert app.query_params["weights"] == ["none"] or app.query_params["weights"] == "none"
    for component in ("map_mosaic", "answers"):
        assert sent(app, component)[0]["trained"] is False
    assert sent(app, "layer_strip")[0]["network"] == "ResNet-18, untrained"
    assert "untrained" in app.code[0].value


def test_another_network_opens_with_its_own_layer() -> None:
    app = opened("layer=conv_head&map=3&weights=none")
    app.selectbox(key="network_choice").select("squeezenet1_1").run()
    assert "layer" not in app.query_params
    assert "map" not in app.query_params
    assert "weights" not in app.query_params


def test_a_module_called_again_is_shown_call_by_call() -> None:
    _, arrays = sent(opened("network=resnet18&weights=none&layer=layer1.0.relu:1&map=0"), "map_mosaic")
    net = NETWORKS.ask("resnet18", "none").result()
    parts = net.module
    with torch.inference_mode():
        stem = parts.maxpool(parts.relu(parts.bn1(parts.conv1(net.batch(load_sample("chelsea"))))))
        expected = parts.layer1[0](stem)[0, 0]
    np.testing.assert_allclose(arrays["values"], expected, rtol=1e-4, atol=1e-5)


def test_answers_of_a_classifier_carry_their_labels(lite0: network.Network) -> None:
    header, arrays = sent(opened("layer=classifier"), "map_mosaic")
    assert header["shape"] == [1000, 1, 1]
    best = int(arrays["mean"].argmax())
    assert header["labels"][best] == "Egyptian cat"


def test_tokens_are_shown_on_the_grid_of_their_patches() -> None:
    layer = "encoder.layers.encoder_layer_0.ln_1"
    header, arrays = sent(opened(f"network=vit_b_32&weights=none&layer={layer}&map=5"), "map_mosaic")
    assert header["shape"] == [768, 7, 7]
    net = NETWORKS.ask("vit_b_32", "none").result()
    tokens = analysis.capture(net, load_sample("chelsea"), layers=[layer])[layer]
    np.testing.assert_allclose(arrays["values"].ravel(), tokens[1:, 5], rtol=1e-3, atol=1e-4)


INSIDE = [("swin_v2_t", "features.1.0.attn.cpb_mlp.0"), ("maxvit_t", "")]


@pytest.mark.parametrize(("name", "layer"), INSIDE)
def test_a_layer_without_rows_and_columns_leaves_strip_and_answers(name: str, layer: str) -> None:
    net = NETWORKS.ask(name, "none").result()
    layer = layer or next(one.id for one in strip_of(net).layers if one.layer.layout == "windows")
    app = opened(f"network={name}&weights=none&layer={layer}", "Code")
    assert not app.exception
    assert "no rows and columns" in app.error[0].value
    assert sent(app, "layer_strip")[0]["marked"] == layer
    direct = network.predict(net, load_sample("chelsea"))
    assert [label for label, _ in sent(app, "answers")[0]["rows"]] == [answer.label for answer in direct]
    assert "network.predict(net, picture)" in app.code[0].value


def test_the_part_that_stays_with_a_visitor_holds_no_maps_and_no_network() -> None:
    """Streamlit keeps the functions of a page's live parts; what hangs on them stays in memory with each visitor."""
    before = {id(one) for one in gc.get_objects() if type(one).__name__ == "Drawn"}
    app = opened("layer=conv_stem")
    for layer in ("conv_head", "bn1.act"):
        app.session_state["layer"] = layer
        app.run()
    found = [one for one in gc.get_objects() if type(one).__name__ == "Drawn" and id(one) not in before]
    assert found
    assert not any(_reaches(one, (np.ndarray, torch.Tensor, torch.nn.Module)) for one in found)


def _reaches(start: object, kinds: tuple[type, ...]) -> bool:
    """Whether an object of these kinds hangs on `start`, by its fields."""
    seen, waiting = set(), [start]
    while waiting:
        one = waiting.pop()
        if isinstance(one, kinds):
            return True
        if id(one) not in seen:
            seen.add(id(one))
            waiting += [*getattr(one, "__dict__", {}).values(), *(one if isinstance(one, (list, tuple)) else ())]
    return False


@pytest.mark.parametrize("size", [(1, 1), (3, 500), (500, 3)])
def test_the_smallest_pictures_have_maps(lite0: network.Network, size: tuple[int, int]) -> None:
    tiny = ChosenPicture(f"tiny {size}", "tiny", Image.new("RGB", size, (200, 30, 60)), own=True)
    strip = strip_of(lite0)
    output = layer_output(lite0, ("efficientnet_lite0", "auto"), tiny, strip, strip.default)
    assert output.maps.shape == (32, 112, 112)
    assert np.isfinite(output.maps).all()


CODE = [
    "",
    "layer=blocks.1.0.conv_pw&order=mean&scale=own&picture=coffee",
    "layer=conv_stem&map=29&order=magnitude",
    "layer=conv_stem&map=29&unit=conv_stem/29.50.60&off=3.5",
    "network=resnet18&weights=none&layer=layer2.0.relu:1&order=maximum",
]


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[AppTest, Path]]:
    """The page under each link of `CODE`, and the folder in which its program ran; what it printed is in out.txt."""
    made = {}
    for query in CODE:
        app, folder = opened(query, "Code"), tmp_path_factory.mktemp("program")
        (folder / "out.txt").write_text(run_program(app.code[0].value, folder))
        made[query] = app, folder
    return made


@pytest.mark.parametrize("query", CODE)
def test_the_code_gives_what_is_on_the_page(query: str, programs: dict[str, tuple[AppTest, Path]]) -> None:
    app, folder = programs[query]
    header, arrays = sent(app, "map_mosaic")
    answers, _ = sent(app, "answers")
    with Image.open(folder / "feature_maps.png") as made:
        difference = np.abs(np.asarray(made).astype(int) - arrays["mosaic"])
    assert difference.shape == arrays["mosaic"].shape
    assert difference.max() <= 1  # a level of 253: another number of threads rounds differently
    lines = (folder / "out.txt").read_text().splitlines()
    assert lines[0].startswith(str(tuple(header["shape"])))
    labels = [line.split("  ", 1)[1] for line in lines[-5:]]
    probabilities = [float(line.split("  ", 1)[0]) for line in lines[-5:]]
    assert labels == [label for label, _ in answers["rows"]]
    np.testing.assert_allclose(probabilities, [p for _, p in answers["rows"]], rtol=6e-3)
    assert (folder / "map_29.png").exists() == ("map=29" in query)


def test_the_codes_large_map_is_in_the_pure_colours_of_its_scale(programs: dict[str, tuple[AppTest, Path]]) -> None:
    app, folder = programs["layer=conv_stem&map=29&order=magnitude"]
    _, arrays = sent(app, "map_mosaic")
    wanted = colourise(arrays["values"], "signed", tuple(arrays["limits"][29].tolist()))
    with Image.open(folder / "map_29.png") as made:
        difference = np.abs(np.asarray(made)[::2, ::2].astype(int) - wanted)
    assert difference.max() <= 4  # a level may round to its neighbour


def test_a_large_layers_mosaic_is_thinned() -> None:
    app = opened("layer=blocks.1.0.conv_pw")
    header, arrays = sent(app, "map_mosaic")
    assert header["stride"] == stride_for((96, 112, 112))
    assert arrays["mosaic"].size <= MOST_PIXELS * 1.2


def test_every_number_of_the_lesson_is_true(lite0: network.Network, on_chelsea: analysis.Activations) -> None:
    assert on_chelsea["conv_stem"].shape == (32, 112, 112)
    assert on_chelsea["conv_head"].shape == (1280, 7, 7)
    convolutions = [layer for layer in on_chelsea.layers if "Conv" in layer.kind]
    assert (convolutions[0].path, convolutions[-1].path) == ("conv_stem", "conv_head")
    assert on_chelsea["conv_stem"].min() < 0
    assert (on_chelsea["bn1.act"].min(), on_chelsea["bn1.act"].max()) == (0, 6)
    assert float((on_chelsea["bn2.act"] == 0).float().mean()) == pytest.approx(0.935, abs=5e-4)


def test_every_number_of_the_questions_is_true(on_chelsea: analysis.Activations) -> None:
    _, dark, untrained, _ = questions("feature_maps")
    assert not on_chelsea["bn1.act"][29].any()
    assert float(on_chelsea["conv_stem"][29].min()) == pytest.approx(-2.07, abs=5e-3)
    assert float(on_chelsea["conv_stem"][29].max()) == pytest.approx(0.961, abs=5e-4)
    assert on_chelsea["conv_stem"][29].std() > 0.1
    assert on_chelsea["bn1.drop"][29].max() < 0  # the normalization made every value negative
    assert "from −2.07 to 0.961" in dark.options[dark.answer]
    net = network.load_network(untrained.setup["network"], untrained.setup["weights"])
    assert all(answer.probability < 0.01 for answer in network.predict(net, load_sample("chelsea")))


def test_a_question_sets_the_page_up() -> None:
    app = opened(foot="Predict, then look")
    app.radio(key="feature_maps_question_2").set_value(1).run()
    app.button(key="feature_maps_question_2_commit").click().run()
    header, _ = sent(app, "map_mosaic")
    assert (header["layer"], header["opened"], header["own_scale"]) == ("conv_stem", 29, True)
    assert any("Right." in box.value for box in app.success)
