"""The effective field: exact for linear stacks, inside the theory, and it leaves the shared network as it found it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torchvision.models import VisionTransformer
from torchvision.models.convnext import LayerNorm2d

from cnnviz.analysis import Box, EffectiveField, effective_receptive_field, receptive_fields
from cnnviz.errors import LayerError, SettingsError
from cnnviz.image import load_sample
from cnnviz.network import Network


def boxes(kernels: tuple[int, ...]) -> nn.Sequential:
    """Convolutions of one channel with all weights 1, padded so that the size stays."""
    layers = [nn.Conv2d(1, 1, kernel, padding=kernel // 2, bias=False) for kernel in kernels]
    for layer in layers:
        nn.init.ones_(layer.weight)
    return nn.Sequential(*layers)


def convolved(kernels: tuple[int, ...]) -> np.ndarray:
    """Boxes convolved with boxes, (size, size), together 1."""
    line = np.ones(1)
    for kernel in kernels:
        line = np.convolve(line, np.ones(kernel))
    return np.outer(line, line) / line.sum() ** 2


@given(st.lists(st.sampled_from([1, 3, 5]), min_size=1, max_size=5).map(tuple))
@settings(max_examples=15)
def test_of_box_kernels_it_is_boxes_convolved_with_boxes(kernels: tuple[int, ...]) -> None:
    found = effective_receptive_field(boxes(kernels), str(len(kernels) - 1), (16, 16), images=torch.randn(2, 1, 33, 33))
    expected = np.zeros((33, 33))
    reach = sum(kernel // 2 for kernel in kernels)
    expected[16 - reach : 17 + reach, 16 - reach : 17 + reach] = convolved(kernels)
    np.testing.assert_allclose(found.heat, expected, atol=1e-7)
    assert found.box == Box(16 - reach, 16 - reach, 17 + reach, 17 + reach)
    assert found.centre == pytest.approx((16, 16), abs=1e-4)


def test_deep_stacks_spread_like_a_bell_so_that_the_field_is_mostly_empty_at_its_edge() -> None:
    found = effective_receptive_field(boxes((3,) * 16), "15", (20, 20), images=torch.zeros(1, 41, 41))
    # n boxes of 3 have variance n · (3² − 1) / 12; a round bell holds half within 1.177 of its standard deviation.
    deviation = np.sqrt(16 * 8 / 12)
    assert found.box.height == 33
    assert found.radius_50 == pytest.approx(1.177 * deviation, abs=0.6)
    assert found.radius_90 == pytest.approx(2.146 * deviation, abs=0.6)
    assert found.heat[20, 20] > 1000 * found.heat[4, 4] > 0


def test_radii_hold_their_share_of_the_heat(lite0: Network) -> None:
    found = effective_receptive_field(lite0, "blocks.3.0.conv_dw", images=load_sample("chelsea"))
    rows, columns = np.indices(found.heat.shape)
    distance = np.hypot(rows - found.centre[0], columns - found.centre[1])
    for radius, share in ((found.radius_50, 0.5), (found.radius_90, 0.9)):
        assert found.heat[distance <= radius + 1e-9].sum() >= share - 1e-6
        assert found.heat[distance < radius - 1e-9].sum() < share + 1e-6
    assert found.heat.sum() == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("unit", [(0, 0), (3, 9), None])
@pytest.mark.parametrize("layer", ["blocks.1.0.conv_dw", "blocks.2.1.bn3.act", "blocks.3.2"])
def test_of_a_local_network_all_of_it_lies_inside_the_theory(
    lite0: Network, layer: str, unit: tuple[int, int] | None
) -> None:
    found = effective_receptive_field(lite0, layer, unit, count=2)
    assert found.mass_inside == pytest.approx(1, abs=1e-5)
    assert found.box == receptive_fields(lite0)[layer].region(*found.unit)
    assert (found.images, found.channel) == (2, None)


class Gated(nn.Module):
    """A convolution whose map is multiplied by a gate made of the whole map's mean."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.gate = nn.Conv2d(4, 4, 1)
        self.after = nn.Conv2d(4, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        return self.after(x * torch.sigmoid(self.gate(self.pool(x))))


def test_a_gate_lets_a_little_in_from_everywhere() -> None:
    torch.manual_seed(0)
    found = effective_receptive_field(Gated(), "after", (8, 8), images=torch.randn(4, 3, 16, 16))
    assert found.box == Box(7, 7, 10, 10)  # by convention, with the gate held constant
    assert 0.5 < found.mass_inside < 0.999
    assert (found.heat > 0).all()


def test_one_channel_alone_is_what_its_own_kernel_reads() -> None:
    layer = nn.Conv2d(1, 2, 3, padding=1, bias=False)
    with torch.no_grad():
        layer.weight.zero_()
        layer.weight[0, 0, 1, 1] = 2
        layer.weight[1, 0, 0, 0] = -3
    module, picture = nn.Sequential(layer), torch.zeros(1, 5, 5)
    shares = [effective_receptive_field(module, "0", (2, 2), channel, picture).heat for channel in (0, 1, None)]
    assert [(heat[2, 2], heat[1, 1]) for heat in shares] == [
        (1, 0),
        (0, 1),
        (pytest.approx(0.4), pytest.approx(0.6)),
    ]


def test_pictures_are_averaged_and_batches_change_nothing() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True), nn.Conv2d(4, 4, 3), nn.ReLU(inplace=True))
    pictures = torch.randn(9, 3, 12, 12)
    truth = torch.zeros(12, 12)
    for picture in pictures:
        leaf = picture[None].clone().requires_grad_(True)
        module(leaf)[0, :, 4, 5].sum().backward()
        assert leaf.grad is not None
        truth += leaf.grad[0].abs().sum(0)
    module.zero_grad()
    found = effective_receptive_field(module, "3", (4, 5), images=list(pictures))
    np.testing.assert_allclose(found.heat, (truth / truth.sum()).numpy(), atol=1e-6)


def test_an_in_place_activation_behind_the_layer_does_not_change_the_answer() -> None:
    torch.manual_seed(0)
    convolution = nn.Conv2d(3, 4, 3)
    alone, followed = nn.Sequential(convolution), nn.Sequential(convolution, nn.ReLU(inplace=True))
    pictures = torch.randn(2, 3, 8, 8)
    heats = [effective_receptive_field(module, "0", images=pictures).heat for module in (alone, followed)]
    np.testing.assert_array_equal(*heats)


def test_a_network_that_writes_to_its_input_leaves_the_pictures_alone() -> None:
    module = nn.Sequential(nn.ReLU(inplace=True), nn.Conv2d(1, 1, 3))
    pictures = torch.randn(1, 1, 6, 6)
    before = pictures.clone()
    assert isinstance(effective_receptive_field(module, "1", images=pictures), EffectiveField)
    assert torch.equal(pictures, before)


def test_the_shared_network_keeps_its_mode_and_gets_no_gradients_and_no_hooks() -> None:
    module = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(inplace=True)).train()
    assert module[1].running_mean is not None
    mean = module[1].running_mean.clone()
    with torch.no_grad():  # whatever the caller's mode, gradients are found
        effective_receptive_field(module, "2", images=torch.randn(3, 1, 8, 8))
    assert all(parameter.grad is None and parameter.requires_grad for parameter in module.parameters())
    assert all(part.training and not part._forward_hooks for part in module.modules())
    assert torch.equal(module[1].running_mean, mean)


def test_after_layer_norm_the_channels_do_not_cancel_to_nothing() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), LayerNorm2d(8))
    pictures = torch.randn(2, 3, 9, 9)
    plain = effective_receptive_field(module, "0", images=pictures)
    found = effective_receptive_field(module, "1", images=pictures)
    assert found.mass_inside == pytest.approx(1, abs=1e-5)
    assert found.heat[3:6, 3:6].min() > 0.1 * plain.heat[3:6, 3:6].min()


class Block(nn.Module):
    """A residual block: its output is that of no leaf."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 1, 3, padding=1, bias=False)
        nn.init.ones_(self.conv.weight)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv(x)


class Twice(nn.Module):
    """Goes through one block two times."""

    def __init__(self) -> None:
        super().__init__()
        self.block = Block()

    def forward(self, x: Tensor) -> Tensor:
        return self.block(self.block(x))


@pytest.mark.parametrize("layer", ["block", "block.conv"])
def test_of_a_block_as_of_a_layer_that_is_called_twice_the_last_call_counts(layer: str) -> None:
    found = effective_receptive_field(Twice(), layer, (5, 5), images=torch.zeros(1, 11, 11))
    assert found.box == Box(3, 3, 8, 8)
    assert (found.heat[3:8, 3:8] > 0).all()


def test_tokens_stand_for_their_place_in_the_picture() -> None:
    torch.manual_seed(0)
    vit = VisionTransformer(image_size=64, patch_size=16, num_layers=2, num_heads=2, hidden_dim=16, mlp_dim=32)
    pictures = torch.randn(2, 3, 64, 64)
    found = effective_receptive_field(vit, "conv_proj", (1, 2), images=pictures)
    assert found.box == Box(16, 32, 32, 48)
    whole = effective_receptive_field(vit, "encoder.layers.encoder_layer_1.mlp.0", (1, 2), images=pictures)
    assert whole.box == Box(0, 0, 64, 64)
    assert whole.mass_inside == pytest.approx(1, abs=1e-5)
    assert whole.heat[16:32, 32:48].sum() > 3 / 16  # its own patch speaks loudest


@given(st.integers(0, 1000))
@settings(max_examples=3)
def test_the_same_seed_is_the_same_noise(seed: int) -> None:
    module = nn.Sequential(nn.Conv2d(3, 2, 7, stride=8), nn.Tanh())
    once, again, other = (
        effective_receptive_field(module, "1", channel=0, count=1, seed=number) for number in (seed, seed, seed + 1)
    )
    np.testing.assert_array_equal(once.heat, again.heat)
    assert not np.array_equal(once.heat, other.heat)
    assert once.heat.shape == (224, 224)
    assert other.unit == once.unit == (14, 14)


@pytest.mark.parametrize(
    ("layer", "unit", "channel", "words"),
    [
        ("2", None, None, "no layer"),
        ("", None, None, "no layer"),
        ("0", (6, 0), None, "no unit"),
        ("0", (0, -1), None, "no unit"),
        ("0", None, 2, "no channel"),
        ("1", None, 0, "zero everywhere"),
    ],
)
def test_what_is_not_there_or_says_nothing_is_refused_in_a_sentence(
    layer: str, unit: tuple[int, int] | None, channel: int | None, words: str
) -> None:
    module = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU())
    with torch.no_grad():
        module[0].weight.fill_(-1)
        module[0].bias.fill_(-1)
    with pytest.raises(LayerError, match=words):
        effective_receptive_field(module, layer, unit, channel, images=torch.ones(1, 8, 8))


def test_pictures_need_a_network_that_knows_how_to_read_them() -> None:
    with pytest.raises(SettingsError, match="plain module"):
        effective_receptive_field(nn.Conv2d(3, 1, 3), "0", images=load_sample("chelsea"))
    with pytest.raises(SettingsError, match="at least one"):
        effective_receptive_field(nn.Sequential(nn.Conv2d(3, 1, 3)), "0", images=[])
