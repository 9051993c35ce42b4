"""Architectures: the graph with its costs, two networks on one scale, building blocks, all networks, the program."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.ui.architectures_blocks import blocks_sentence
from app.ui.architectures_facts import architecture
from app.ui.architectures_scene import around, every_block, opened
from app.ui.architectures_tables import layers_csv, layers_of, node_key
from app.ui.architectures_words import shape_short
from cnnviz import analysis, network
from cnnviz.network import PAIRS
from tests.app.pages import open_page, scene_of
from tests.app.programs import run_program

FILE = "pages/network/architectures.py"


@pytest.fixture(scope="module")
def googlenet() -> AppTest:
    """The page as it opens."""
    return open_page(FILE)


def test_the_page_opens_on_a_network_with_its_blocks_closed(googlenet: AppTest) -> None:
    assert not googlenet.exception
    scene = scene_of(googlenet, "network_graph")
    assert (scene["name"], scene["opened"]) == ("GoogLeNet", [])
    top = [item["title"] for item in scene["items"] if item["parent"] == -1]
    assert top == ["input", "Stem", "inception3a–3b", "inception4a–4e", "inception5a–5b", "Head"]


def test_the_boxes_at_the_top_cost_together_what_the_network_costs(googlenet: AppTest) -> None:
    scene, totals = scene_of(googlenet, "network_graph"), architecture("googlenet").totals()
    spent = [sum(item["costs"][at] for item in scene["items"] if item["parent"] == -1) for at in (0, 1)]
    assert spent == [totals.multiply_adds, totals.parameters]
    assert totals.parameters == network.network_info("googlenet").parameters


def test_a_group_costs_what_its_parts_cost() -> None:
    items = architecture("resnet18").scene.items
    for item in items:
        if item.parts:
            assert item.costs == tuple(sum(items[part].costs[at] for part in item.parts) for at in range(3))
            assert all(items[part].parent == item.item for part in item.parts)


def test_a_block_of_densenet_reads_the_maps_of_all_before_it() -> None:
    items = {item.path: item for item in architecture("densenet121").scene.items if item.kind == "block"}
    second, last = (items[f"features.denseblock1.denselayer{number}"] for number in (2, 6))
    assert "64 + 32 = 96 channels of 56 × 56 in, 32 × 56 × 56 out" in second.detail
    assert "64 + 32 + … + 32 = 224 channels of 56 × 56 in" in last.detail
    assert second.note == "DenseLayer"


def test_layers_are_called_what_they_do() -> None:
    items = {item.key: item for item in architecture("resnet18").scene.items}
    stem = items["conv1:0"]
    assert (stem.title, stem.note, stem.shape) == ("7×7 conv, 64 /2", "+ BN, ReLU", "64×112²")
    assert stem.detail == (
        "Convolution 7 × 7, stride 2, padding 3: 3 × 224 × 224 in, 64 × 112 × 112 out; 7·7·3 products a value; "
        "then BN, ReLU"
    )
    assert items["layer1.0:add:0"].title == "add"
    assert items["maxpool:MaxPool2d:0"].title == "3×3 max pool /2"
    assert items["layer3.1"].note == "BasicBlock"
    depthwise = next(item for item in architecture("mobilenet_v2").scene.items if "depthwise" in item.title)
    assert depthwise.title == "3×3 depthwise, 32"
    assert shape_short((197, 768)) == "197×768"


def test_a_link_opens_blocks_and_says_what_it_cannot_have() -> None:
    app = open_page(FILE, "arch_network_a=resnet18&arch_open_a=all&arch_cost=memory")
    scene = scene_of(app, "network_graph")
    assert scene["opened"] == every_block(architecture("resnet18").scene)
    assert "layer3.1" in scene["opened"] and "conv1:0" not in scene["opened"]
    assert scene["cost"] == "memory"
    app = open_page(FILE, "arch_network_a=resnet81&arch_open_a=nothing")
    assert scene_of(app, "network_graph")["name"] == "GoogLeNet"
    assert any("resnet81" in warning.value and "GoogLeNet" in warning.value for warning in app.warning)


def test_two_networks_share_the_scale_of_their_bars() -> None:
    app = open_page(FILE, "arch_view=two&arch_network_a=vgg16&arch_network_b=resnet152")
    first, second = (scene_of(app, "network_graph", number) for number in (0, 1))
    assert first["most"] == second["most"]
    assert first["most"][1] == 123_642_856  # the three fully connected layers of VGG-16


def test_bars_have_every_layer_once_with_what_belongs_to_it() -> None:
    vgg = architecture("vgg16")
    layers = layers_of(vgg.scene)
    assert [item.title for item in layers][:3] == ["3×3 conv, 64", "3×3 conv, 64", "2×2 max pool /2"]
    assert sum(item.costs[1] for item in layers) == 138_357_544


def test_the_csv_has_every_row_of_the_costs() -> None:
    layers = architecture("vgg16").layers
    rows = list(csv.DictReader(io.StringIO(layers_csv(layers))))
    assert len(rows) == len(layers)
    first = rows[0]
    assert (first["layer"], first["kernel"], first["weights"], first["biases"]) == ("features.0", "3x3", "1728", "64")
    assert sum(int(row["multiply-adds"]) for row in rows) == 15_470_264_320


def test_building_blocks_stand_beside_what_they_replaced_with_sizes_from_the_link() -> None:
    app = open_page(FILE, "arch_view=blocks&arch_pair=three_3x3&arch_sizes=14,32")
    before, after = (scene_of(app, "network_graph", number) for number in (0, 1))
    assert (before["name"], after["name"]) == ("7×7", "Three 3×3")
    work = [sum(item["costs"][0] for item in scene["items"] if item["parent"] == -1) for scene in (before, after)]
    assert work == [49 * 32 * 32 * 14 * 14, 27 * 32 * 32 * 14 * 14]
    assert [box.value for box in app.number_input] == [14, 32]
    app.number_input(key="arch_three_3x3_channels").set_value(64).run()
    assert app.query_params["arch_sizes"] == "14,64"
    assert not app.warning


def test_sizes_that_do_not_fit_give_way_and_are_said() -> None:
    app = open_page(FILE, "arch_view=blocks&arch_pair=bottleneck&arch_sizes=14,1")
    assert [box.value for box in app.number_input] == [14, 256]
    assert len(app.warning) == 1


def test_the_sentence_on_blocks_says_their_ratio() -> None:
    sentence = blocks_sentence(PAIRS["reduced_5x5"], analysis.block_costs("reduced_5x5"))
    assert "**12,443,648** multiply-adds, 1/9.68 of the 120,422,400" in sentence
    gate = PAIRS["squeeze_excite"]
    large = analysis.block_costs(gate.name, {setting.name: setting.most for setting in gate.settings})
    assert "multiply-adds, hardly more than the 223,606,734,848" in blocks_sentence(gate, large)


def test_all_networks_are_compared_where_accuracy_is_published() -> None:
    app = open_page(FILE, "arch_view=all&arch_picked=vgg99")
    assert "There is no network “vgg99”; here is GoogLeNet." in app.warning[0].value
    app.query_params["arch_picked"] = "vgg16"
    app.run()
    assert not app.exception and not app.warning
    assert len(app.get("plotly_chart")) == 2
    assert any("**VGG-16, 2014.**" in text.value for text in app.markdown)
    app.selectbox[0].set_value("resnet50").run()
    assert any("**ResNet-50, 2015.**" in text.value for text in app.markdown)
    missing = [one for one in analysis.network_figures() if not one.comparable]
    assert any(f"{len(missing)} others have none" in text.value for text in app.markdown)
    app.button(key="arch_open_graph").click().run()
    assert scene_of(app, "network_graph")["name"] == "ResNet-50"


def test_the_program_prints_what_the_page_shows(tmp_path: Path) -> None:
    app = open_page(FILE, "arch_network_a=alexnet", architectures_foot="Code")
    (code,) = (block.value for block in app.code)
    printed = run_program(code, tmp_path)
    assert "AlexNet 21 nodes 21 edges" in printed
    assert "features.0 Conv2d (64, 55, 55) 23296 70276800" in printed
    blocks = open_page(FILE, "arch_view=blocks", architectures_foot="Code")
    (code,) = (block.value for block in blocks.code)
    assert "(120422400, 12443648) (153632, 15920)" in run_program(code, tmp_path)


def test_what_is_open_is_kept_only_if_it_is_there() -> None:
    scene = opened(architecture("resnet18").scene, ["layer1", "nothing", "maxpool:MaxPool2d:0"], "memory", "layer1")
    assert (scene.opened, scene.chosen) == (["layer1"], "layer1")


def test_the_numbers_of_the_lesson_and_of_its_questions_are_computed() -> None:
    vgg, deep = architecture("vgg16"), architecture("resnet152")
    first = next(layer for layer in vgg.layers if layer.path == "classifier.0")
    assert round(100 * first.parameters / vgg.totals().parameters) == 74
    assert first.share < 0.01 and round(first.weights / 1e6) == 103
    weighted = [
        sum(layer.kind in ("Conv2d", "Linear") for layer in one.layers if "downsample" not in layer.path)
        for one in (vgg, deep)
    ]
    assert weighted == [16, 152] and weighted[1] > 9 * weighted[0]
    parameters = [sum(layer.parameters for layer in one.layers) for one in (vgg, deep)]
    assert [round(count / 1e6) for count in parameters] == [138, 60] and 2 * parameters[1] < parameters[0]
    assert [round(count / 1e6) for count in analysis.block_costs("reduced_5x5").multiply_adds] == [120, 12]


def test_a_layer_from_the_table_is_found_in_the_graph_with_the_blocks_around_it() -> None:
    scene = architecture("resnet18").scene
    keys = {item.key for item in scene.items}
    assert all(node_key(layer) in keys for layer in architecture("resnet18").layers if layer.parameters)
    assert around(scene, "layer3.1.conv2:Conv2d:0") == ["layer3", "layer3.1", "layer3.1.conv2:0"]
    app = open_page(FILE, "arch_network_a=resnet18&arch_open_a=layer3&arch_chosen_a=layer3.1.conv2:0")
    assert scene_of(app, "network_graph")["chosen"] == "layer3.1.conv2:0"
    table = app.dataframe[0].value
    assert list(table["Layer"][table[""] == "▸"]) == ["layer3.1.conv2", "layer3.1.bn2"]
