"""The growth table of a network on the page: the chosen layer's numbers, unions, what follows no formula, CSV."""

import csv
import io

import pytest
from streamlit.testing.v1 import AppTest

from app.ui.field_growth import growth_csv, growth_sentence, kernel_words, rows_up_to, sources_words
from cnnviz.analysis import GrowthRow, ReceptiveField, growth_rows, receptive_fields
from cnnviz.network import network_info
from cnnviz.network.construction import skeleton

Found = tuple[tuple[GrowthRow, ...], dict[str, ReceptiveField]]


def found(name: str) -> Found:
    module = skeleton(network_info(name)).eval()
    fields = receptive_fields(module)
    return growth_rows(module, fields), fields


@pytest.fixture(scope="module")
def resnet18() -> Found:
    return found("resnet18")


def growth_page() -> None:
    import streamlit as st

    from app.ui.field_growth import draw_growth
    from cnnviz.analysis import receptive_fields
    from cnnviz.network import load_network

    network = load_network("squeezenet1_1", "none")
    draw_growth(network, receptive_fields(network), st.query_params.get("layer", "features.3.expand3x3"))


def test_the_page_shows_the_layers_up_to_the_chosen_one_or_all() -> None:
    app = AppTest.from_function(growth_page, default_timeout=120).run()
    assert not app.exception
    assert "field **7 + (3 − 1) · 4 = 15**" in app.markdown[0].value
    shown = app.dataframe[0].value
    assert shown["Layer"].tolist()[0] == "features.3.expand3x3"
    assert shown[""].tolist() == ["▸"] + [""] * (len(shown) - 1)
    assert "15 × 15" in shown["Field, pixels"].tolist()
    more = app.toggle(key="rf_growth_all").set_value(True).run().dataframe[0].value
    assert len(more) > len(shown)
    assert more["Layer"].tolist()[0] == "classifier.1"
    assert more["Layer"][more[""] == "▸"].tolist() == ["features.3.expand3x3"]


def test_the_sentence_has_the_live_numbers_and_names_the_union(resnet18: Found) -> None:
    said = growth_sentence(*resnet18, "layer2.1.conv1")
    assert "67 + (3 − 1) · 8 = 83" in said
    assert "the union of the 2 layers that meet there" in said


def test_layers_without_a_kernel_say_so(resnet18: Found) -> None:
    said = growth_sentence(*resnet18, "layer1.0.bn1")
    assert "no kernel of its own to grow by; the field is that of layer1.0.conv1, **11 + (3 − 1) · 4 = 19**" in said
    assert "sees the whole input" in growth_sentence(*resnet18, "fc")


def test_what_a_gate_sees_is_said_in_words() -> None:
    rows, fields = found("efficientnet_b0")
    assert "whole input" in growth_sentence(rows, fields, "features.1.0.block.1.fc1")


def test_a_pooling_without_a_layer_of_its_own_is_said() -> None:
    rows, fields = found("inception_v3")
    assert "without a layer of its own" in growth_sentence(rows, fields, "Mixed_5b.branch_pool.conv")


def test_layers_behind_the_chosen_one_are_left_out(resnet18: Found) -> None:
    rows, fields = resnet18
    assert [row.path for row in rows_up_to(rows, fields, "layer1.0.bn1")] == ["conv1", "maxpool", "layer1.0.conv1"]
    assert rows_up_to(rows, fields, "fc") == rows


def test_the_csv_has_every_layer_with_all_that_it_reads(resnet18: Found) -> None:
    table = {row["layer"]: row for row in csv.DictReader(io.StringIO(growth_csv(*resnet18)))}
    assert len(table) == len(resnet18[0])
    assert table["conv1"]["reads"] == "picture"
    assert table["layer2.1.conv1"]["reads"] == "layer2.0.conv2 | layer2.0.downsample.0"
    assert (table["layer4.1.conv2"]["field height"], table["layer4.1.conv2"]["convolutions deep"]) == ("435", "17")


def test_words_for_kernels_and_sources(resnet18: Found) -> None:
    first = resnet18[0][0]
    assert kernel_words(first) == "7 × 7, stride 2"
    assert sources_words(first.sources) == "the picture"
    assert sources_words(["a", "b", "c"]) == "union of a, b and 1 more"
    assert sources_words([]) == ""
