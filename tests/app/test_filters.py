"""The filters behind the maps: what the view is sent, against the weights themselves. A mouse: tests/browser."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.components.filters_view.component import HALF, FiltersScene
from app.ui.feature_maps_layers import strip_of
from app.ui.filters_part import convolution_behind, filters_scene
from app.ui.network_store import NETWORKS
from cnnviz.analysis import capture
from cnnviz.image import load_sample
from cnnviz.network import Network
from tests.app.pages import arrays_of, chosen, open_page, scene_of
from tests.app.programs import run_program

KEY = ("efficientnet_lite0", "auto")


def scene(network: Network, layer: str, channel: int | None = None, key: tuple[str, str] = KEY) -> FiltersScene:
    strip = strip_of(network)
    return filters_scene(network, key, chosen(), strip, strip.find(layer), channel)


@pytest.mark.parametrize(
    ("layer", "behind"),
    [
        ("conv_stem", "conv_stem"),
        ("bn1.drop", "conv_stem"),  # normalised
        ("bn1.act", "conv_stem"),  # and activated
        ("blocks.2.0.bn2.act", "blocks.2.0.conv_dw"),
        ("global_pool.pool", "conv_head"),
        ("classifier", None),
    ],
)
def test_a_layers_channels_come_from_the_last_convolution(lite0: Network, layer: str, behind: str | None) -> None:
    strip = strip_of(lite0)
    assert convolution_behind(strip, strip.find(layer)) == behind


def test_filters_that_read_colours_come_as_pictures(lite0: Network) -> None:
    found = scene(lite0, "bn1.act")
    weights = lite0.module.get_submodule("conv_stem").weight.detach().numpy()
    assert found.layer == "conv_stem" and "bn1.act has none" in found.note
    assert found.gallery is not None and found.gallery.colour and found.slices is None
    limits = found.gallery.limits[:, None, None, None]
    np.testing.assert_array_equal(found.gallery.limits, np.abs(weights).max((1, 2, 3)))
    shown = (found.gallery.weights.astype(np.float32) - HALF) / HALF * limits
    assert (np.abs(shown - weights) <= 0.5 / HALF * limits + 1e-7).all()
    assert found.limit == np.abs(weights).max()


def test_slices_are_the_weights_and_add_up_to_the_mean_of_the_map(lite0: Network) -> None:
    found = scene(lite0, "blocks.2.0.conv_pw", 5)
    part = lite0.module.get_submodule("blocks.2.0.conv_pw")
    assert found.slices is not None and found.gallery is None and found.names == ()
    np.testing.assert_array_equal(found.slices.weights, part.weight[5].detach().numpy())
    maps = capture(lite0, load_sample("chelsea"), layers=["blocks.2.0.conv_pw"]).call("blocks.2.0.conv_pw", 0)
    assert found.slices.mean == pytest.approx(float(maps[5].mean()), abs=1e-4)
    assert found.slices.bias is None
    assert found.slices.added.sum() == pytest.approx(found.slices.mean, abs=1e-5)


def test_a_depthwise_filter_reads_its_own_channel_alone(lite0: Network) -> None:
    found = scene(lite0, "blocks.1.0.conv_dw", 40)
    assert found.gallery is not None and not found.gallery.colour
    assert found.slices is not None and found.slices.inputs.tolist() == [40]
    assert found.shape == (1, 3, 3) and found.groups == found.count == 96


def test_patch_embedding_is_a_gallery_and_other_layers_of_a_transformer_say_why_not() -> None:
    vit = NETWORKS.ask("vit_b_32", "none").result()
    key = ("vit_b_32", "none")
    found = scene(vit, "conv_proj", 3, key)
    assert found.gallery is not None and found.gallery.weights.shape == (768, 3, 32, 32) and not found.trained
    assert found.names == ("red", "green", "blue")
    strip = strip_of(vit)
    linear = next(one for one in strip.layers if one.word == "linear")
    assert "fully connected" in scene(vit, linear.id, None, key).message
    attention = next(one for one in strip.layers if one.word == "attention")
    assert "attention" in scene(vit, attention.id, None, key).message


def test_what_has_no_picture_says_how_to_see_it(lite0: Network) -> None:
    assert "1,280 filters of 1 × 1 over 320 input channels each" in scene(lite0, "conv_head").message
    assert "its ledger lists the weights" in scene(lite0, "global_pool.pool").message
    assert "1,000 units" in scene(lite0, "classifier").message


def test_the_page_shows_the_filter_of_the_open_map_and_its_code_gives_it(lite0: Network, tmp_path: Path) -> None:
    app = open_page("pages/analysis/feature_maps.py", "map=4&slices=added", feature_maps_foot="Code")
    header, arrays = scene_of(app, "filters_view"), arrays_of(app, "filters_view")
    assert (header["layer"], header["slices"]["channel"], header["order"]) == ("conv_stem", 4, "added")
    weights = lite0.module.get_submodule("conv_stem").weight[4].detach().numpy()
    np.testing.assert_array_equal(arrays["weights"], weights)
    lines = [line for line in run_program(app.code[0].value, tmp_path).splitlines() if line.startswith("input channel")]
    for line, added in zip(lines, arrays["added"], strict=True):
        assert float(line.split(" adds ")[1].split()[0]) == pytest.approx(float(added), rel=1e-2)


def test_an_impossible_order_in_the_link_gives_way_to_the_first() -> None:
    app = open_page("pages/analysis/feature_maps.py", "view=layer&slices=by+colour")
    assert scene_of(app, "filters_view")["order"] == "norm"
