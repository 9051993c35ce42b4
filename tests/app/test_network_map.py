"""The logic of the map of the network: link → columns, channels, tiles, answer. What needs a mouse: tests/browser."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from app.ui import network_map_part
from app.ui.network_map_passes import chart_of, side_of
from app.ui.network_map_places import places
from app.ui.network_map_state import MapForm
from cnnviz import analysis, network
from cnnviz.image import colour_index, load_sample
from tests.app.pages import arrays_of, chosen, open_page, scene_of
from tests.app.programs import run_program

PAGE = "pages/analysis/feature_maps.py"
ALL_OPEN = ".".join(str(stage) for stage in range(40))


def opened(query: str = "", foot: str = "Lesson") -> AppTest:
    return open_page(PAGE, query, feature_maps_foot=foot)


def box_of(header: dict[str, Any], name: str) -> dict[str, Any]:
    return next(box for box in header["boxes"] if box["name"] == name)


def tiles_of(header: dict[str, Any], arrays: dict[str, np.ndarray], name: str) -> np.ndarray:
    """The tiles of a column (sides, channels, height, width)."""
    start = 0
    copies = 1 if header["difference"] else header["sides"]
    for box in header["boxes"]:
        shape = (copies, len(box["shown"]), *box["tile"])
        if box["name"] == name:
            return arrays["tiles"][start : start + int(np.prod(shape))].reshape(shape)
        start += int(np.prod(shape))
    raise AssertionError(name)


@pytest.fixture(scope="module")
def page() -> AppTest:
    return opened()


@pytest.fixture(scope="module")
def wide() -> AppTest:
    return opened(f"open={ALL_OPEN}&by=maximum")


def test_the_page_opens_on_the_map_with_its_stages_closed(page: AppTest) -> None:
    assert not page.exception
    header = scene_of(page, "network_map")
    assert [stage["label"] for stage in header["stages"]][:4] == ["picture", "conv_stem", "blocks.0", "blocks.1"]
    assert not any(stage["open"] for stage in header["stages"])
    assert [box["depth"] for box in header["boxes"]] == list(range(11))
    assert box_of(header, "conv_stem")["field"] == "3 × 3"
    assert box_of(header, "conv_stem")["layer"] == "bn1.act"
    assert box_of(header, "blocks.2.1")["size"] == [28, 28]
    assert not [one for one in page.get("bidi_component") if "map_mosaic" in one.proto.component_name]


def test_the_answer_is_the_networks(page: AppTest, lite0: network.Network) -> None:
    header, arrays = scene_of(page, "network_map"), arrays_of(page, "network_map")
    direct = network.predict(lite0, load_sample("chelsea"))
    assert header["labels"] == [answer.label for answer in direct]
    shares = torch.from_numpy(arrays["logits"][0]).double().softmax(0)
    for index, answer in zip(header["listed"], direct, strict=True):
        assert float(shares[index]) == pytest.approx(answer.probability, rel=1e-4)


def test_more_than_300_maps_are_drawn_with_all_stages_open(wide: AppTest) -> None:
    header = scene_of(wide, "network_map")
    assert sum(len(box["shown"]) for box in header["boxes"]) >= 300
    assert all(stage["open"] for stage in header["stages"])


def test_channels_are_those_with_the_greatest_maximum(wide: AppTest, on_chelsea: analysis.Activations) -> None:
    header, arrays = scene_of(wide, "network_map"), arrays_of(wide, "network_map")
    maps = on_chelsea["blocks.3.1.bn2.act"]
    box = box_of(header, "blocks.3.1.conv_dw")
    best = maps.amax((1, 2)).sort(descending=True, stable=True)
    assert [float(maps[channel].max()) for channel in box["shown"]] == pytest.approx(best.values[:8].tolist())
    first = sum(len(one["shown"]) for one in header["boxes"][: header["boxes"].index(box)])
    mean, least, greatest, _ = arrays["numbers"][0, first]
    one = maps[box["shown"][0]]
    assert [mean, least, greatest] == pytest.approx(
        [float(number) for number in (one.mean(), one.min(), one.max())], rel=1e-4, abs=1e-5
    )


def test_tiles_are_the_maps_on_their_columns_scale(wide: AppTest, on_chelsea: analysis.Activations) -> None:
    header, arrays = scene_of(wide, "network_map"), arrays_of(wide, "network_map")
    name = "blocks.1.0.conv_pw"
    box = box_of(header, name)
    limits = arrays["limits"][header["boxes"].index(box)]
    assert (box["tile"], box["stride"], box["size"]) == ([56, 56], 2, [112, 112])
    maps = on_chelsea["blocks.1.0.bn1.act"][box["shown"]].numpy()[:, ::2, ::2]
    assert limits[1] == pytest.approx(np.abs(maps).max(), rel=1e-5)
    wanted = colour_index(maps, np.tile(limits, (len(maps), 1)))
    assert np.abs(tiles_of(header, arrays, name)[0].astype(int) - wanted).max() <= 1  # other threads round differently


def test_one_scale_for_all_leaves_the_picture_its_own() -> None:
    arrays = arrays_of(opened("mapscale=all&by=mean"), "network_map")
    assert len(set(arrays["limits"][1:, 1].tolist())) == 1
    assert arrays["limits"][0, 1] != arrays["limits"][1, 1]


def test_the_share_in_the_answer_is_that_of_the_class_asked_for(lite0: network.Network) -> None:
    header = scene_of(opened("class=281"), "network_map")
    assert header["target"] == 281
    side = side_of(lite0, ("efficientnet_lite0", "auto"), chosen())
    shares = analysis.contributions(side.recorded, chart_of(lite0, side), 281)
    box = box_of(header, "conv_head")
    wanted = np.sort(np.abs(shares[box["column"]]))[::-1][:8]
    np.testing.assert_allclose(np.abs(shares[box["column"]][box["shown"]]), wanted, rtol=1e-5)


@pytest.mark.parametrize("compare", ["side", "difference"])
def test_two_pictures_stand_side_by_side_or_as_their_difference(compare: str, lite0: network.Network) -> None:
    app = opened(f"against=coffee&compare={compare}&by=mean")
    header, arrays = scene_of(app, "network_map"), arrays_of(app, "network_map")
    maps = [analysis.capture(lite0, load_sample(name), ["bn1.act"])["bn1.act"] for name in ("chelsea", "coffee")]
    box = box_of(header, "conv_stem")
    limits = arrays["limits"][header["boxes"].index(box)]
    kept = [one[box["shown"], ::2, ::2].numpy() for one in maps]
    wanted = [kept[0] - kept[1]] if compare == "difference" else kept
    tiles = tiles_of(header, arrays, "conv_stem")
    assert tiles.shape[0] == len(wanted)
    for side, one in zip(tiles, wanted, strict=True):
        assert np.abs(side.astype(int) - colour_index(one, np.tile(limits, (len(one), 1)))).max() <= 1
    assert arrays["logits"].shape == (2, 1000)
    assert {"Egyptian cat", "espresso"} <= set(header["labels"])


def test_branches_stand_in_lanes_side_by_side() -> None:
    header = scene_of(opened("network=googlenet&weights=none&open=4&by=mean"), "network_map")
    inside = [box for box in header["boxes"] if box["name"].startswith("inception3a")]
    first = [box for box in inside if box["depth"] == inside[0]["depth"]]
    assert [(box["lane"], box["lanes"], len(box["shown"])) for box in first] == [(lane, 4, 2) for lane in range(4)]
    joined = inside[-1]
    assert (joined["kind"], joined["lane"], len(joined["sources"])) == ("concatenation", 0, 4)
    assert joined["depth"] == first[0]["depth"] + 2


def test_a_skip_connection_is_a_source_of_its_addition(lite0: network.Network) -> None:
    side = side_of(lite0, ("efficientnet_lite0", "auto"), chosen())
    chart = chart_of(lite0, side)
    all_of_it = places(chart, chart.shown(range(40)))
    end = next(place for place in all_of_it if chart.columns[place.column].name == "blocks.1.1" and place.through == 0)
    assert [chart.columns[one].name for one in end.sources] == ["blocks.1.0.conv_pwl", "blocks.1.1.conv_pwl"]
    assert end.depth == 1 + max(place.depth for place in all_of_it if place.column in end.sources)


def test_a_sum_without_a_layer_opens_beside_the_branch_that_was_added(wide: AppTest) -> None:
    end = next(
        box
        for box in scene_of(wide, "network_map")["boxes"]
        if (box["name"], box["kind"]) == ("blocks.1.1", "addition")
    )
    assert (end["layer"], end["unit"], end["near"]) == ("", "blocks.1.1", "blocks.1.1.bn3.drop")


def test_tokens_are_drawn_on_the_grid_of_their_patches() -> None:
    header = scene_of(opened("network=vit_b_32&weights=none&by=mean&open=3"), "network_map")
    assert box_of(header, "encoder.layers.encoder_layer_0.ln_1")["size"] == [7, 7]
    assert box_of(header, "encoder.layers.encoder_layer_0.self_attention")["channels"] == 768


@pytest.mark.parametrize(("names", "compare", "side"), [
    (("chelsea",), "side", 0), (("chelsea", "coffee"), "side", 1), (("chelsea", "coffee"), "difference", 0),
])  # fmt: skip
def test_what_feeds_a_column_is_served_with_the_librarys_numbers(
    names: tuple[str, ...], compare: str, side: int, lite0: network.Network
) -> None:
    choice = SimpleNamespace(key=("efficientnet_lite0", "auto"))
    form = MapForm((), "mean", "layer", "", compare, 1.0, None)
    pictures = [chosen(name) for name in names]
    blob = network_map_part._feeds(lite0, choice, pictures, form, 10, side)
    (length,) = struct.unpack_from("<I", blob)
    header = json.loads(blob[4 : 4 + length])
    passes = [side_of(lite0, choice.key, picture) for picture in pictures]
    chart = chart_of(lite0, passes[0])
    first = header["fed"][0]
    found = [analysis.feeds(one.recorded, chart, 10, [first["channel"]], chart.shown())[0] for one in passes]
    wanted = found[0].less(found[1]) if compare == "difference" else found[side]
    assert first["total"] == pytest.approx(wanted.total)
    assert first["rest"] == pytest.approx(wanted.rest, abs=1e-6)
    assert [tuple(one[:2]) for one in first["strongest"]] == [one[:2] for one in wanted.strongest(8)]
    everything = sum(one[2] for one in first["strongest"]) + first["others_sum"] + first["rest"]
    assert everything == pytest.approx(first["total"], abs=1e-6)


def test_what_feeds_the_difference_adds_up_to_how_the_means_differ(lite0: network.Network) -> None:
    passes = [side_of(lite0, ("efficientnet_lite0", "auto"), chosen(name)) for name in ("chelsea", "coffee")]
    chart = chart_of(lite0, passes[0])
    (column,) = (one for one in chart.columns if one.name == "blocks.1.0.conv_pwl")  # a convolution: no bends between
    first, second = (
        analysis.feeds(one.recorded, chart, column.index, [3], chart.shown(range(40)))[0] for one in passes
    )
    apart = first.less(second)
    assert apart.total == pytest.approx(first.total - second.total)
    assert sum(float(share.sum()) for share in apart.shares.values()) == pytest.approx(apart.total, abs=1e-4)
    assert apart.bias is None


def test_a_pinned_channel_is_drawn_whatever_the_order(page: AppTest) -> None:
    weakest = 3  # of conv_stem, by its share in this answer, or at least none of the eight strongest
    assert weakest not in box_of(scene_of(page, "network_map"), "conv_stem")["shown"]
    app = opened(f"pin=1.{weakest}")
    header = scene_of(app, "network_map")
    assert box_of(header, "conv_stem")["shown"][-1] == weakest
    assert header["pinned"] == [1, weakest, 0]
    assert not app.warning


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("open=99.x.1111111&by=x&t=9&view=x", ()),
        (
            "class=5000&pin=1.9999&against=nobody",
            ("There is no class 5000", "no channel 9999 in column 1", "no sample picture named “nobody” to compare"),
        ),
        ("class=x&pin=abc", ("“x” is no number of a class", "“abc” names no column and channel")),
    ],
)
def test_a_link_with_impossible_settings_opens_the_map(query: str, words: tuple[str, ...]) -> None:
    app = opened(query)
    assert not app.exception
    assert not app.error
    assert scene_of(app, "network_map")["temperature"] == 1.0
    assert scene_of(app, "network_map")["pinned"] is None or words
    said = " ".join(warning.value for warning in app.warning)
    assert all(one in said for one in words)
    assert bool(said) == bool(words)


def test_a_gesture_that_comes_when_its_view_has_gone_is_late_and_no_error() -> None:
    def elsewhere() -> None:
        from app.ui import channel_state, feature_maps_state, network_map_state, why_state

        for name in ("layer_chosen", "map_opened", "filter_opened", "unit_opened", "switched_on_map", "switched_below"):
            getattr(feature_maps_state, name)()
        of_map = ("stages_opened", "class_asked", "channel_pinned", "temperature_set", "layer_asked")
        for name in of_map:
            getattr(network_map_state, name)()
        for late in (feature_maps_state.ranked, channel_state.chosen_in_atlas, why_state.looked, why_state.stopped):
            late()

    app = AppTest.from_function(elsewhere).run()
    assert not app.exception
    assert not app.query_params


def test_a_link_to_a_layer_opens_the_view_of_layers() -> None:
    app = opened("layer=conv_head")
    assert scene_of(app, "map_mosaic")["layer"] == "conv_head"
    assert not [one for one in app.get("bidi_component") if "network_map" in one.proto.component_name]


@pytest.mark.parametrize("query", ["open=3&pin=54.89", "by=mean&t=2&against=coffee&compare=difference"])
def test_the_code_gives_the_channels_and_the_answer_of_the_map(query: str, tmp_path: Path) -> None:
    app = opened(query, "Code")
    header = scene_of(app, "network_map")
    lines = run_program(app.code[0].value, tmp_path).splitlines()
    printed = [line.rsplit(" [", 1) for line in lines]
    for box, (name, channels) in zip(header["boxes"][1:], printed, strict=False):
        assert name == box["name"]
        assert [int(one) for one in channels.rstrip("]").split(", ")] == box["shown"]
    labels = [line.split("  ", 1)[1] for line in lines if "  " in line and "=" not in line]
    assert set(header["labels"]) <= set(labels)
