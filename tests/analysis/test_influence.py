"""A nudged pixel changes only units whose field holds it; every difference is the network's own."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torchvision.ops import SqueezeExcitation

from cnnviz.analysis import Box, influence, receptive_fields
from cnnviz.errors import LayerError, SettingsError
from cnnviz.image import load_sample
from cnnviz.network import Network


@pytest.mark.parametrize("layer", ["conv_stem", "blocks.1.1.conv_dw", "blocks.2.1", "blocks.4.0.bn2.act", "bn2.act"])
@pytest.mark.parametrize("pixel", [(0, 0), (100, 37), (223, 223)])
def test_in_a_trained_network_nothing_escapes_the_theory(lite0: Network, layer: str, pixel: tuple[int, int]) -> None:
    found = influence(lite0, layer, load_sample("chelsea"), pixel)
    assert not found.escaped.any()
    assert not found.through_gates.any()
    assert found.changed.any()
    field = receptive_fields(lite0)[layer]
    held = [
        [field.region(row, col).contains(*pixel) for col in range(found.allowed.shape[1])]
        for row in range(found.allowed.shape[0])
    ]
    np.testing.assert_array_equal(found.allowed, held)


@given(
    st.lists(st.tuples(*(st.integers(*span) for span in ((1, 4), (1, 3), (0, 2), (1, 2)))), min_size=1, max_size=3),
    st.integers(0, 19),
    st.integers(0, 22),
    st.integers(1, 6),
)  # fmt: skip
@settings(max_examples=25)
def test_with_positive_weights_exactly_the_allowed_units_change(
    layers: list[tuple[int, int, int, int]], row: int, col: int, side: int
) -> None:
    module = nn.Sequential(*(nn.Conv2d(1, 1, k, s, p, d, bias=False) for k, s, p, d in layers))
    for parameter in module.parameters():
        nn.init.ones_(parameter)
    patch = Box(row, col, min(20, row + side), min(23, col + side))
    try:
        found = influence(module, str(len(layers) - 1), torch.zeros(1, 20, 23), patch, delta=1.0)
    except RuntimeError:  # no output is left of so many unpadded layers
        reject()
    assert not found.escaped.any()
    if all(stride <= kernel and dilation == 1 for kernel, stride, _, dilation in layers):  # no holes
        np.testing.assert_array_equal(found.changed, found.allowed)


def test_the_differences_are_those_of_two_passes() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 5, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2)).eval()
    picture = torch.randn(3, 10, 10)
    found = influence(module, "2", picture, (4, 5), delta=(1, -2, 3))
    nudged = picture.clone()
    nudged[:, 4, 5] += torch.tensor([1.0, -2.0, 3.0])
    with torch.no_grad():
        truth = (module(nudged[None]) - module(picture[None]))[0].numpy()
    np.testing.assert_allclose(found.per_channel, truth, atol=1e-6)
    np.testing.assert_allclose(found.change, np.abs(truth).max(0), atol=1e-6)
    assert found.allowed.sum() == 4  # a 3 × 3 field round pixel (4, 5) meets 2 × 2 pooled units


def test_amounts_of_a_zoo_network_are_in_the_pictures_brightness(lite0: Network) -> None:
    mean, std = (torch.tensor(numbers) for numbers in (lite0.preprocess.mean, lite0.preprocess.std))
    grey = ((torch.full((3,), 0.5) - mean) / std).view(3, 1, 1).expand(3, 224, 224)
    by_delta = influence(lite0, "conv_stem", grey, (50, 60), delta=0.25)
    by_value = influence(lite0, "conv_stem", grey, (50, 60), value=0.75)
    np.testing.assert_allclose(by_delta.per_channel, by_value.per_channel, atol=1e-5)
    nudged = grey.clone()
    nudged[:, 50, 60] = (torch.full((3,), 0.75) - mean) / std
    with torch.no_grad():
        truth = lite0.module.conv_stem(nudged[None]) - lite0.module.conv_stem(grey[None])
    np.testing.assert_allclose(by_value.per_channel, truth[0].numpy(), atol=1e-5)


def test_a_gate_carries_a_change_everywhere_and_that_is_told_apart() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), SqueezeExcitation(8, 2), nn.Conv2d(8, 4, 1))
    found = influence(module, "2", torch.randn(3, 12, 12), Box(2, 2, 5, 5), delta=2.0)
    assert found.allowed.all()
    assert found.by_convention.sum() == 5 * 5  # the patch and the kernel's reach, the gate held constant
    assert found.through_gates.any()
    assert not found.escaped.any()


class Split(nn.Module):
    """Its last layer has no rows and columns that belong to the picture."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)
        self.head = nn.Linear(2 * 6 * 6, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.conv(x).flatten(1))


def test_of_a_linear_layer_every_output_may_change() -> None:
    torch.manual_seed(0)
    found = influence(Split(), "head", torch.zeros(1, 8, 8), (3, 3), value=1.0)
    assert found.per_channel.shape == (4, 1, 1)
    assert found.allowed.tolist() == [[True]]
    assert found.changed.all()


def test_nothing_done_changes_nothing(lite0: Network) -> None:
    found = influence(lite0, "blocks.0.0.conv_dw", load_sample("chelsea"), (10, 10), delta=0)
    assert not found.change.any()
    assert not found.changed.any()


@pytest.mark.parametrize(
    ("where", "delta", "words"),
    [
        ((8, 0), 1.0, "8 × 8"),
        ((0, -1), 1.0, "8 × 8"),
        (Box(2, 2, 2, 4), 1.0, "8 × 8"),
        (Box(0, 0, 4, 9), 1.0, "8 × 8"),
        ((0, 0), (1.0, 2.0), "1 channels"),
    ],
)
def test_what_lies_outside_or_does_not_fit_is_refused(
    where: tuple[int, int] | Box, delta: float | tuple[float, ...], words: str
) -> None:
    with pytest.raises(SettingsError, match=words):
        influence(nn.Sequential(nn.Conv2d(1, 1, 3)), "0", torch.zeros(1, 8, 8), where, delta)


def test_an_unknown_layer_and_several_pictures_are_refused() -> None:
    module = nn.Sequential(nn.Conv2d(1, 1, 3))
    with pytest.raises(LayerError, match="no layer"):
        influence(module, "7", torch.zeros(1, 8, 8), (0, 0))
    with pytest.raises(SettingsError, match="One picture"):
        influence(module, "0", torch.zeros(2, 1, 8, 8), (0, 0))
