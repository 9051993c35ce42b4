"""Every network has a card, and the cards together are a history that holds."""

import pytest

from cnnviz.errors import NetworkError
from cnnviz.network import card, list_networks, network_info, network_names
from cnnviz.network.cards import REMARKS, WORKS, work_of

# What the lecture names, by the names of the zoo.
LECTURE = (
    "lenet5", "alexnet_paper", "alexnet", "zfnet", "vgg11", "vgg13", "vgg16", "vgg19", "vgg16_bn", "googlenet",
    "googlenet_paper", "inception_v3", "resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "plain34",
    "seresnet50", "densenet121", "mobilenet_v1", "mobilenet_v2", "mobilenet_v3_large", "shufflenet_v2_x1_0",
    "squeezenet1_0", "efficientnet_b0", "efficientnet_lite0", "convnext_tiny", "vit_b_16",
)  # fmt: skip


@pytest.mark.parametrize("name", network_names())
def test_every_network_has_a_complete_card(name):
    found = card(name)
    assert (found.name, found.title) == (name, network_info(name).title)
    assert 1998 <= found.year <= 2022
    assert found.paper and found.introduced and found.weights
    assert found.idea.endswith(".") and "\n" not in found.idea
    assert (found.top1 is None) == (found.top5 is None) == (found.accuracy_source == "")


def test_every_paper_has_networks_and_every_network_of_the_lecture_is_there():
    assert {work_of(info).begins for info in list_networks()} == {work.begins for work in WORKS}
    assert set(LECTURE) <= set(network_names())


def test_a_network_builds_on_older_ones_that_the_zoo_has():
    for info in list_networks():
        found = card(info.name)
        assert all(card(older).year <= found.year and older != info.name for older in found.builds_on)


def test_namesakes_are_told_apart():
    assert (card("alexnet").year, card("alexnet_paper").year) == (2014, 2012)
    assert "64 filters" in card("alexnet").remark and "96 filters" in card("alexnet_paper").remark
    assert "3×3 kernels where the paper has 5×5" in card("googlenet").remark
    assert "Batch normalization" in card("vgg16_bn").remark and card("vgg16").remark == ""
    assert card("resnext50_32x4d").paper != card("resnet50").paper != card("wide_resnet50_2").paper
    assert card("swin_v2_t").year == card("swin_t").year
    assert "v1.5" in card("resnet50").remark and card("seresnet50").remark == "Built by timm."
    assert set(REMARKS) <= set(network_names())


def test_accuracies_are_the_published_ones_or_blank():
    assert card("resnet50").top1 == network_info("resnet50").top1 and "torchvision" in card("resnet50").accuracy_source
    assert card("lenet5").top1 is None and card("efficientnet_lite0").accuracy_source == ""


def test_an_unknown_network_has_no_card():
    with pytest.raises(NetworkError, match="did you mean"):
        card("resnet51")
