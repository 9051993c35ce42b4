"""The table of layers, its layouts, and outputs turned into maps."""

import gc
import weakref

import pytest
import torch
import torchvision
from torch import nn

from cnnviz.analysis import as_maps, capture, layer_table, leaves
from cnnviz.analysis.layers import layout_within, nearby
from cnnviz.errors import LayerError
from cnnviz.network import network_info
from cnnviz.network.construction import skeleton


def model(name: str) -> nn.Module:
    torch.manual_seed(0)
    return torchvision.models.get_model(name, weights=None).eval()


def shapes(name: str) -> nn.Module:
    """The network without values: all that a table needs."""
    return skeleton(network_info(name))


def layouts(name: str) -> dict[str, tuple[tuple[int, ...], str]]:
    return {layer.path: (layer.shape, layer.layout) for layer in layer_table(shapes(name))}


def test_leaves_stand_in_order_of_definition_without_stores_of_weights():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.late, self.early = nn.Linear(4, 4), nn.ReLU()
            self.attention = nn.MultiheadAttention(4, 2)

    assert leaves(Net()) == ("late", "early", "attention")
    assert not any(path.endswith((".qkv", ".proj")) for path in leaves(shapes("swin_t")))


def test_table_computes_no_value():
    class Counting(nn.Module):
        def __init__(self):
            super().__init__()
            self.devices = set()
            self.conv = nn.Conv2d(3, 4, 3)

        def forward(self, x):
            DEVICES.append(x.device.type)
            return self.conv(x)

    DEVICES: list[str] = []
    module = Counting()
    assert layer_table(module, (3, 10, 12))[0].shape == (4, 8, 10)
    assert DEVICES == ["meta"]
    assert module.conv.weight.device.type == "cpu"


def test_table_falls_back_to_a_real_pass_where_shapes_hang_on_values():
    class Picky(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.pool = nn.Conv2d(3, 4, 3), nn.MaxPool2d(2)

        def forward(self, x):
            x = self.conv(x)
            return self.pool(x) if x.sum().item() > -1e9 else x

    assert [layer.path for layer in layer_table(Picky(), (3, 8, 8))] == ["conv", "pool"]


def test_table_is_kept_with_its_module_and_goes_with_it():
    module = nn.Sequential(nn.Conv2d(3, 4, 3))
    assert layer_table(module) is layer_table(module)
    assert layer_table(module, (3, 16, 16)) is not layer_table(module)
    gone = weakref.ref(module)
    del module
    gc.collect()
    assert gone() is None


def test_convnext_is_read_with_its_permutations():
    found = layouts("convnext_tiny")
    assert found["features.1.0.block.0"] == ((96, 56, 56), "maps")
    assert found["features.1.0.block.2"] == ((56, 56, 96), "maps-last")
    assert found["features.1.0.block.4"] == ((56, 56, 384), "maps-last")
    assert found["features.1.0.stochastic_depth"] == ((96, 56, 56), "maps")
    assert found["classifier.2"] == ((1000,), "vector")


def test_swin_is_channels_last_until_its_head():
    found = layouts("swin_v2_t")
    assert found["features.0.0"] == ((96, 56, 56), "maps")
    assert found["features.1.0.attn"] == ((56, 56, 96), "maps-last")
    assert found["features.1.0.attn.cpb_mlp.0"][1] == "other"
    assert found["features.2.reduction"] == ((28, 28, 192), "maps-last")
    assert found["avgpool"] == ((768, 1, 1), "maps")


def test_vision_transformer_has_tokens_and_maxvit_windows():
    assert layouts("vit_b_16")["encoder.layers.encoder_layer_0.self_attention"] == ((197, 768), "tokens")
    found = layouts("maxvit_t")
    assert found["blocks.0.layers.0.layers.window_attention.mlp_layer.1"] == ((64, 49, 256), "windows")
    assert found["blocks.0.layers.0.layers.window_attention.departition_op"] == ((64, 56, 56), "maps")


def test_permuted_layers_become_the_maps_that_torch_permutes_to():
    network = model("convnext_tiny")
    activations = capture(network, torch.randn(3, 64, 64))
    last, first = activations["features.1.0.block.5"], activations["features.1.0.block.6"]
    assert torch.equal(as_maps(last, "maps-last"), first)
    assert torch.equal(as_maps(first, "maps"), first)


@pytest.mark.parametrize(("count", "skipped"), [(197, 1), (196, 0), (5, 1), (4, 0), (2, 1), (1, 0)])
def test_tokens_stand_on_their_square_grid(count, skipped):
    tokens = torch.arange(count * 3.0).view(count, 3)
    maps = as_maps(tokens, "tokens")
    side = round((count - skipped) ** 0.5)
    assert maps.shape == (3, side, side)
    for row in range(side):
        for column in range(side):
            assert torch.equal(maps[:, row, column], tokens[skipped + row * side + column])


def test_patches_of_a_picture_find_their_place_again():
    network = torchvision.models.VisionTransformer(64, 16, num_layers=1, num_heads=2, hidden_dim=32, mlp_dim=64).eval()
    activations = capture(network, torch.randn(3, 64, 64))
    patches = activations["conv_proj"].flatten(1).T
    tokens = torch.cat([torch.zeros(1, 32), patches])
    assert torch.equal(as_maps(tokens, "tokens"), activations["conv_proj"])


def test_what_has_no_grid_is_refused_in_one_sentence():
    with pytest.raises(LayerError, match=r"^7 tokens make no square"):
        as_maps(torch.zeros(7, 3), "tokens")
    with pytest.raises(LayerError, match="no rows and columns"):
        as_maps(torch.zeros(4, 49, 3), "windows")
    assert as_maps(torch.arange(4.0), "vector").tolist() == [[[0.0]], [[1.0]], [[2.0]], [[3.0]]]


def test_a_block_is_read_as_its_last_leaf_of_that_shape():
    table = layer_table(shapes("swin_t"))
    assert layout_within(table, "features.0", (56, 56, 96)) == "maps-last"
    assert layout_within(table, "features.0", (96, 56, 56)) == "maps"
    assert layout_within(table, "features.0", (7, 7)) is None
    assert layout_within(table, "", (1000,)) == "vector"
    assert layout_within(layer_table(shapes("resnet18")), "layer1", (64, 56, 56)) == "maps"


def test_an_unknown_path_names_those_like_it_or_where_they_are_listed():
    known = ("layer1.conv", "layer2.conv")
    assert nearby("layer1.conf", known).startswith("near it: layer1.conv")
    assert nearby("zzz", known, "some function") == "the paths are listed by some function."
