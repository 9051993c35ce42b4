"""Every captured value equals that of a hook which clones at once, on a copy of the module."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from types import SimpleNamespace

import pytest
import torch
from PIL import Image
from torch import nn

from cnnviz.analysis import capture, layer_table, leaves
from cnnviz.errors import CnnvizError, LayerError, SettingsError
from tests.analysis.capture_oracle import assert_equals_oracle, cloned_by_hooks, hooks_on, torchvision_model

FAMILIES = {
    "alexnet": 64,
    "narrow vgg11_bn": 32,
    "resnet18": 64,
    "small resnet": 64,
    "resnext50_32x4d": 64,
    "squeezenet1_1": 64,
    "densenet121": 64,
    "googlenet": 64,
    "inception_v3": 96,
    "mobilenet_v2": 64,
    "mobilenet_v3_small": 64,
    "shufflenet_v2_x0_5": 64,
    "mnasnet0_5": 64,
    "regnet_y_400mf": 64,
    "efficientnet_b0": 64,
    "small efficientnet_v2": 64,
    "convnext_tiny": 64,
    "small vit": 64,
    "small swin": 64,
    "small swin_v2": 64,
    "small maxvit": 64,
}


@pytest.mark.parametrize("name", FAMILIES)
def test_every_leaf_output_of_a_torchvision_family_is_exact(name):
    model = torchvision_model(name)
    batch = torch.randn(1, 3, FAMILIES[name], FAMILIES[name], generator=torch.Generator().manual_seed(1))
    activations = assert_equals_oracle(model, batch)
    assert set(activations) <= set(leaves(model))
    assert hooks_on(model) == 0
    assert layer_table(model, tuple(batch.shape[1:])) == activations.layers


class Several(nn.Module):
    """Leaves with a tuple, a dict and no tensor as output, and a parameter as output."""

    class Pair(nn.Module):
        def forward(self, x):
            return x + 1, x + 2

    class Named(nn.Module):
        def forward(self, x):
            return {"size": 3, "out": x * 2}

    class Nothing(nn.Module):
        def forward(self, x):
            return None

    class Constant(nn.Module):
        def __init__(self):
            super().__init__()
            self.values = nn.Parameter(torch.arange(3.0).view(1, 3, 1, 1))

        def forward(self):
            return self.values

    def __init__(self):
        super().__init__()
        self.pair, self.named, self.nothing, self.constant = self.Pair(), self.Named(), self.Nothing(), self.Constant()

    def forward(self, x):
        x = self.pair(x)[0]
        self.nothing(x)
        return self.named(x)["out"] + self.constant(), x


def test_first_tensor_counts_and_a_leaf_without_one_is_passed_over():
    module, batch = Several(), torch.randn(1, 3, 4, 4)
    activations = capture(module, batch)
    assert list(activations) == ["pair", "named", "constant"]
    assert torch.equal(activations["pair"], batch[0] + 1)
    assert torch.equal(activations["named"], (batch[0] + 1) * 2)
    assert torch.equal(activations["constant"], module.constant.values.detach()[0])
    assert activations["constant"].data_ptr() != module.constant.values.data_ptr()
    assert torch.equal(activations.output, (batch[0] + 1) * 2 + module.constant.values.detach()[0])


def test_exception_in_the_pass_leaves_no_hook_and_no_mode_behind():
    class Broken(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.norm = nn.Conv2d(3, 3, 3), nn.BatchNorm2d(3)

        def forward(self, x):
            self.norm(self.conv(x))
            raise ZeroDivisionError

    module = Broken().train()
    statistics = module.norm.running_mean.clone()
    with pytest.raises(ZeroDivisionError):
        capture(module, torch.randn(1, 3, 8, 8))
    assert hooks_on(module) == 0
    assert module.training and module.norm.training
    assert torch.equal(module.norm.running_mean, statistics)


def test_thirty_learners_at_once_on_one_module_get_their_own_pictures():
    model, together = torchvision_model("resnet18"), Barrier(30)
    pictures = [torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(seed)) for seed in range(30)]
    expected = [cloned_by_hooks(model, picture)[0] for picture in pictures]

    def learn(picture):
        together.wait(60)
        return capture(model, picture)

    with ThreadPoolExecutor(30) as learners:
        for activations, truth in zip(learners.map(learn, pictures), expected, strict=True):
            for layer, (path, tensor) in zip(activations.layers, truth, strict=True):
                assert torch.allclose(activations.call(path, layer.call), tensor.squeeze(0), rtol=1e-4, atol=1e-5)
    assert hooks_on(model) == 0


def test_half_precision_is_the_full_output_rounded():
    model, batch = torchvision_model("resnet18"), torch.randn(1, 3, 64, 64)
    full, half = capture(model, batch), capture(model, batch, dtype=torch.float16)
    assert all(half[path].dtype == torch.float16 and torch.equal(half[path], full[path].half()) for path in full)
    assert torch.equal(half.output, full.output)


def test_only_the_layers_asked_for_are_kept():
    model, batch = torchvision_model("resnet18"), torch.randn(1, 3, 64, 64)
    every = capture(model, batch)
    some = capture(model, batch, layers=("layer2.0.relu", "conv1"))
    assert list(some) == ["conv1", "layer2.0.relu"]
    assert [layer for layer in every.layers if layer.path in some] == list(some.layers)
    assert all(torch.equal(some[path], every[path]) for path in some)


def memory_of(activations) -> int:
    storages = [tensor.untyped_storage() for path in activations for tensor in activations.calls(path)]
    return sum({storage.data_ptr(): storage.nbytes() for storage in storages}.values())


def test_captured_outputs_take_no_more_memory_than_their_values():
    model, batch = torchvision_model("resnet18"), torch.randn(1, 3, 64, 64)
    activations = capture(model, batch)
    values = sum(4 * activations.call(layer.path, layer.call).numel() for layer in activations.layers)
    assert memory_of(activations) <= values
    assert memory_of(capture(model, batch, dtype=torch.float16)) * 2 <= values


def test_view_of_a_large_buffer_does_not_keep_the_buffer():
    class Narrow(nn.Module):
        def forward(self, x):
            return x.repeat(1, 100, 1, 1)[:, 5:8]

    batch = torch.randn(1, 3, 8, 8)
    activations = capture(nn.Sequential(Narrow()), batch)
    assert activations["0"].untyped_storage().nbytes() == batch.nbytes
    assert torch.equal(activations["0"], torch.cat([batch, batch, batch], 1)[0, 5:8])


def test_every_output_has_memory_of_its_own():
    activations = capture(nn.Sequential(nn.Conv2d(3, 3, 1), nn.Identity(), nn.Dropout()).eval(), torch.randn(3, 8, 8))
    before = activations["1"].clone()
    activations["0"].zero_()
    torch.testing.assert_close(activations["1"], before)


def test_activations_are_a_mapping_that_names_near_paths():
    activations = capture(nn.Sequential(nn.Conv2d(3, 3, 1), nn.ReLU()), torch.randn(3, 8, 8))
    assert len(activations) == 2 and list(activations) == ["0", "1"]
    assert "0" in activations and "conv" not in activations and activations.get("conv") is None
    model = torchvision_model("resnet18")
    with pytest.raises(CnnvizError, match=r"^No output of \"layer1.0.con1\" was kept; near it: .*layer1\.0\.conv1"):
        capture(model, torch.randn(3, 32, 32), layers=["layer1.0.conv1"])["layer1.0.con1"]
    with pytest.raises(LayerError, match=r"no leaf \"layer1\""):
        capture(model, torch.randn(3, 32, 32), layers=["layer1"])


def test_picture_goes_through_the_networks_own_preprocess():
    module = nn.Sequential(nn.Conv2d(3, 2, 1)).eval()
    prepared = torch.randn(3, 5, 7)
    network = SimpleNamespace(module=module, preprocess=lambda image: prepared, input_size=(3, 5, 7))
    picture = Image.new("RGB", (20, 10))
    assert torch.equal(capture(network, picture)["0"], capture(module, prepared)["0"])
    assert layer_table(network)[0].shape == (2, 5, 7)
    with pytest.raises(SettingsError, match="plain module"):
        capture(module, picture)


@pytest.mark.parametrize("shape", [(2, 3, 8, 8), (8, 8), (1, 1, 3, 8, 8)])
def test_more_or_less_than_one_picture_is_refused(shape):
    with pytest.raises(SettingsError, match=r"One picture is taken|A picture is"):
        capture(nn.Identity(), torch.zeros(shape))
