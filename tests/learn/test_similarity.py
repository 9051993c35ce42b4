"""How sure a network is of its own classes: the mean of the highest probabilities of its own head."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from cnnviz.errors import NetworkError
from cnnviz.learn import DATASETS, measured_cells, recorded_features, sureness
from cnnviz.network import Network, load_network
from tests.learn.networks import small_network


def head_of(network: Network) -> nn.Linear:
    head = network.module.get_submodule("head")
    assert isinstance(head, nn.Linear)
    return head


def test_sureness_is_the_mean_of_the_highest_probability() -> None:
    network = small_network()
    features = torch.rand(7, 12, generator=torch.Generator().manual_seed(0))
    head = head_of(network)
    logits = (features @ head.weight.T + head.bias).numpy().astype(np.float64)
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    assert sureness(network, features) == pytest.approx(shares.max(1).mean(), rel=1e-5)


def test_a_head_of_zeros_is_as_unsure_as_can_be() -> None:
    network = small_network()
    head_of(network).weight.data.zero_()
    head_of(network).bias.data.zero_()
    assert sureness(network, torch.rand(3, 12)) == pytest.approx(1 / 3)


def test_photographs_are_told_from_digits_and_clothes() -> None:
    network, found = load_network("efficientnet_lite0"), measured_cells()
    for name, info in DATASETS.items():
        sure = sureness(network, torch.from_numpy(recorded_features().datasets[name]))
        assert found.sureness[name] == pytest.approx(sure, abs=1e-3)
        assert (sure >= found.similar_from) == info.like_imagenet


def test_no_picture_or_a_head_of_convolutions_is_refused() -> None:
    with pytest.raises(NetworkError, match="at least one"):
        sureness(small_network(), torch.empty(0, 12))
    with pytest.raises(NetworkError, match="linear"):
        sureness(load_network("squeezenet1_1", weights="none"), torch.rand(2, 512))
