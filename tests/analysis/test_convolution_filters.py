"""Are a convolution's filters its weights, and do the slices of one add up to the mean of its map?"""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torchvision
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from cnnviz.analysis import capture, filters, mean_patches
from cnnviz.errors import LayerError
from cnnviz.image import load_sample


def test_filters_are_the_weights_themselves(lite0):
    part = lite0.module.get_submodule("conv_stem")
    found = filters(lite0, "conv_stem")
    np.testing.assert_array_equal(found.weights, part.weight.detach().numpy())
    assert found.weights.shape == (32, 3, 3, 3) and found.bias is None and found.groups == 1
    assert found.inputs(31).tolist() == [0, 1, 2]
    loop = [float(part.weight[5, channel].detach().square().sum() ** 0.5) for channel in range(3)]
    np.testing.assert_allclose(found.norms(5), loop, rtol=1e-6)
    found.weights[:] = 0  # a copy: the network keeps its own
    assert part.weight.abs().sum() > 0


@pytest.mark.parametrize("layer", ["conv_stem", "blocks.1.0.conv_dw", "blocks.1.0.conv_pw", "conv_head"])
def test_slices_and_bias_add_up_to_the_mean_of_the_map(lite0, layer):
    picture = load_sample("coffee")
    found, patches = filters(lite0, layer), mean_patches(lite0, picture, layer)
    maps = capture(lite0, picture, layers=[layer]).call(layer, 0)
    biases = np.zeros(len(maps)) if found.bias is None else found.bias
    for channel in (0, len(maps) // 2, len(maps) - 1):
        mean = found.contributions(channel, patches).sum() + biases[channel]
        assert mean == pytest.approx(float(maps[channel].mean()), abs=1e-4 * float(maps.abs().mean()) + 1e-6)


@settings(max_examples=25, deadline=None)
@given(
    groups=st.sampled_from([1, 2, 4]), kernel=st.integers(1, 4), stride=st.integers(1, 3), padding=st.integers(0, 2),
    dilation=st.integers(1, 2), mode=st.sampled_from(["zeros", "reflect", "circular"]),
)  # fmt: skip
def test_a_slice_adds_what_its_own_convolution_gives(groups, kernel, stride, padding, dilation, mode):
    torch.manual_seed(kernel)
    layer = nn.Conv2d(4, 8, kernel, stride, padding, dilation, groups, padding_mode=mode)
    picture = torch.randn(1, 4, 11, 9)
    found, patches = filters(nn.Sequential(layer), "0"), mean_patches(nn.Sequential(layer), picture, "0")
    assert patches.shape == (groups, 4 // groups, kernel, kernel)
    for channel in (0, 7):
        for place, read in enumerate(found.inputs(channel)):
            alone = nn.Conv2d(1, 1, kernel, stride, padding, dilation, bias=False, padding_mode=mode)
            alone.weight.data[0, 0] = layer.weight.data[channel, place]
            expected = float(alone(picture[:, [read]]).mean().detach())
            assert found.contributions(channel, patches)[place] == pytest.approx(expected, abs=1e-5)
    assert layer.weight.grad is None and not layer._forward_pre_hooks


def test_patch_embedding_of_a_transformer_has_filters():
    model = torchvision.models.VisionTransformer(
        image_size=32, patch_size=8, num_layers=1, num_heads=1, hidden_dim=6, mlp_dim=4, num_classes=3
    ).eval()
    assert filters(model, "conv_proj").weights.shape == (6, 3, 8, 8)
    with pytest.raises(LayerError, match="attention"):
        filters(model, "encoder.layers.encoder_layer_0.self_attention")
    with pytest.raises(LayerError, match="none that lie in rows"):
        filters(model, "encoder.ln")
    assert mean_patches(model, torch.rand(3, 32, 32), "conv_proj").shape == (1, 3, 8, 8)


def test_what_has_no_filters_is_said(lite0):
    with pytest.raises(LayerError, match="each of its 1,000 units weighs all 1,280 inputs"):
        filters(lite0, "classifier")
    with pytest.raises(LayerError, match="no weights of its own"):
        filters(lite0, "bn1.act")
    with pytest.raises(LayerError, match="no layer"):
        filters(lite0, "conv_stam")
    with pytest.raises(LayerError, match="32 filters, counted from 0; there is no 32"):
        filters(lite0, "conv_stem").norms(32)


def test_a_layer_that_is_not_run_has_filters_and_no_patches():
    class Round(nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.spare = nn.Conv2d(3, 2, 3), nn.Conv2d(3, 2, 1)

        def forward(self, x):
            return self.used(x)

    with pytest.raises(LayerError, match="goes round spare"):
        mean_patches(Round(), torch.rand(3, 8, 8), "spare")
    assert filters(Round(), "spare").weights.shape == (2, 3, 1, 1)
