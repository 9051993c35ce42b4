"""A loaded network says what it is, and is safe to share."""

import pytest
import torch

from cnnviz.network import Network, load_network


@pytest.fixture(scope="module")
def untrained() -> Network:
    return load_network("squeezenet1_1", weights="none")


def test_an_untrained_network_says_so(untrained: Network) -> None:
    assert not untrained.trained
    assert "untrained" in untrained.source


def test_the_shipped_network_says_where_its_weights_come_from() -> None:
    shipped = load_network("efficientnet_lite0")
    assert shipped.trained
    assert "ship with cnnviz" in shipped.source
    assert len(shipped.categories) == 1000


def test_a_loaded_network_is_in_eval_mode_and_frozen(untrained: Network) -> None:
    assert not any(module.training for module in untrained.module.modules())
    assert not any(parameter.requires_grad for parameter in untrained.module.parameters())


def test_no_tensor_is_left_without_memory(untrained: Network) -> None:
    for network in (untrained, load_network("efficientnet_lite0")):
        assert not any(tensor.is_meta for tensor in network.module.state_dict().values())


def test_a_picture_becomes_a_batch_on_the_networks_device(untrained: Network) -> None:
    from PIL import Image

    batch = untrained.batch(Image.new("RGB", (300, 200)))
    assert batch.shape == (1, *untrained.input_size)
    assert (batch.dtype, batch.device) == (torch.float32, untrained.device)


@pytest.mark.parametrize(("name", "side"), [("inception_v3", 299), ("googlenet", 224)])
def test_networks_with_auxiliary_heads_answer_with_plain_logits(name: str, side: int) -> None:
    network = load_network(name, weights="none")
    assert network.input_size == (3, side, side)
    with torch.inference_mode():
        assert network.module(torch.zeros(1, *network.input_size)).shape == (1, 1000)
