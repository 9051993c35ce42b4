"""The table of networks says what torchvision says, and can be had before torch is loaded."""

import subprocess
import sys

import pytest
import torchvision
from torchvision.models import get_model_weights, list_models

from cnnviz.errors import NetworkError
from cnnviz.network import list_networks, network_info, network_names
from cnnviz.network.published import UNTRAINED, categories

TORCHVISIONS = list_models(module=torchvision.models)


def test_the_network_that_ships_stands_first_then_every_torchvision_classifier_then_those_without_weights() -> None:
    assert network_names() == ("efficientnet_lite0", *TORCHVISIONS, *(row[0] for row in UNTRAINED))
    assert len(set(network_names())) == len(network_names())
    assert [info.name for info in list_networks() if not info.has_weights] == [row[0] for row in UNTRAINED]


@pytest.mark.parametrize("name", TORCHVISIONS)
def test_the_table_repeats_torchvisions_own_metadata(name: str) -> None:
    info, weights = network_info(name), get_model_weights(name).DEFAULT
    seen, accuracy = weights.transforms(), weights.meta["_metrics"]["ImageNet-1K"]
    assert (info.url, info.parameters, info.megabytes) == (
        weights.url,
        weights.meta["num_params"],
        weights.meta["_file_size"],
    )
    assert (info.top1, info.top5) == (accuracy["acc@1"], accuracy["acc@5"])
    assert (info.resize, info.interpolation) == (seen.resize_size[0], seen.interpolation.value)
    assert info.input_size == (3, *seen.crop_size * 2)
    assert (list(info.mean), list(info.std)) == (list(seen.mean), list(seen.std))
    assert list(categories()) == weights.meta["categories"]


def test_only_the_network_that_ships_needs_no_download() -> None:
    assert [info.name for info in list_networks() if info.offline] == ["efficientnet_lite0"]
    assert network_info("resnet18").weights == "torchvision, 45 MB download"


def test_titles_are_unique_and_legible() -> None:
    titles = [info.title for info in list_networks()]
    assert len(set(titles)) == len(titles)
    assert not any("_" in title for title in titles)
    assert {"ResNet-50", "RegNet Y 1.6GF", "MnasNet 0.75", "VGG-16 BN", "Wide ResNet-50-2"} <= set(titles)


def test_a_misspelt_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(NetworkError, match="resnet50"):
        network_info("ResNet-50")


def test_listing_networks_loads_no_torch() -> None:
    code = "import sys; from cnnviz import network; network.list_networks(); print('torch' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"
