"""Every captured value equals that of a hook which clones at once, on a copy of the module."""

import copy
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F
import torchvision
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor, nn
from torchvision.models.swin_transformer import ShiftedWindowAttention

from cnnviz.analysis import capture, layer_table, leaves
from cnnviz.errors import CnnvizError, LayerError, SettingsError

FAMILIES = {
    "alexnet": 64,
    "vgg11_bn": 32,
    "resnet18": 64,
    "resnet50": 64,
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
    "efficientnet_v2_s": 64,
    "convnext_tiny": 64,
    "vit_b_16": 224,
    "swin_t": 64,
    "swin_v2_t": 64,
    "maxvit_t": 224,
}


def torchvision_model(name: str) -> nn.Module:
    """A model with random weights whose batch norms shift and scale, so that ReLUs cut and nothing is degenerate."""
    torch.manual_seed(0)
    extra = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    model = torchvision.models.get_model(name, weights=None, **extra).eval()
    for part in model.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.normal_(0, 0.1)
            part.running_var.uniform_(0.5, 1.5)
            nn.init.uniform_(part.weight, 0.5, 1.5)
            nn.init.normal_(part.bias, 0, 0.1)
    return model


def cloned_by_hooks(module: nn.Module, batch: Tensor) -> tuple[list[tuple[str, Tensor]], Tensor]:
    """The oracle: outputs of every childless module and of attention, cloned at once, in the order of the calls."""
    own = copy.deepcopy(module).eval()
    outputs: list[tuple[str, Tensor]] = []

    def hook_for(path):
        def hook(_, __, output):
            first = output[0] if isinstance(output, tuple) else output
            outputs.append((path, first.detach().clone()))

        return hook

    for path, part in own.named_modules():
        if not list(part.children()) or isinstance(part, nn.MultiheadAttention | ShiftedWindowAttention):
            part.register_forward_hook(hook_for(path))
    with torch.no_grad():
        output = own(batch.clone())
    return outputs, output


def assert_equals_oracle(module: nn.Module, batch: Tensor) -> None:
    expected, output = cloned_by_hooks(module, batch)
    activations = capture(module, batch)
    assert [layer.path for layer in activations.layers] == [path for path, _ in expected]
    for layer, (path, tensor) in zip(activations.layers, expected, strict=True):
        captured = activations.call(path, layer.call)
        assert torch.equal(captured, tensor.squeeze(0) if tensor.ndim > 1 else tensor), layer
        assert layer.shape == captured.shape
    assert torch.equal(activations.output, output.squeeze(0))


def hooks_on(module: nn.Module) -> int:
    return sum(len(part._forward_hooks) + len(part._forward_pre_hooks) for part in module.modules())


@pytest.mark.parametrize("name", FAMILIES)
def test_every_leaf_output_of_a_torchvision_family_is_exact(name):
    model = torchvision_model(name)
    batch = torch.randn(1, 3, FAMILIES[name], FAMILIES[name], generator=torch.Generator().manual_seed(1))
    expected, _ = cloned_by_hooks(model, batch)
    assert_equals_oracle(model, batch)
    assert {path for path, _ in expected} <= set(leaves(model))
    assert hooks_on(model) == 0
    table = layer_table(model, tuple(batch.shape[1:]))
    assert table == capture(model, batch).layers


class ThroughAView(nn.Module):
    """Writes to outputs through views and through ``data``."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
        self.norm = nn.BatchNorm2d(8)
        self.pool = nn.MaxPool2d(2)

    def forward(self, x):
        x = self.conv(x)
        x[:, :4].mul_(2)
        x = self.norm(x)
        x.view(1, 8, -1)[0, 0, :5] = 7
        x = self.pool(x)
        x.data.add_(1)
        return x.flatten(1)


class Residual(nn.Module):
    """One ReLU called three times, a functional in-place ReLU, and a sum written into a batch norm's output."""

    def __init__(self):
        super().__init__()
        self.relu = nn.ReLU(inplace=True)
        self.conv1, self.conv2 = nn.Conv2d(3, 3, 3, padding=1), nn.Conv2d(3, 3, 3, padding=1)
        self.norm = nn.BatchNorm2d(3)

    def forward(self, x):
        out = self.relu(self.conv1(self.relu(x)))
        out = F.relu(self.norm(self.conv2(out)), inplace=True)
        out += x
        return self.relu(out)


class Discarding(nn.Module):
    """Throws the result of an in-place module away and goes on with the tensor that it wrote to."""

    def __init__(self):
        super().__init__()
        self.conv, self.relu = nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True)

    def forward(self, x):
        x = self.conv(x)
        self.relu(x)
        return x * 3


class ReturnsItsInput(nn.Module):
    """Identities around a write: the same memory, with other values before and after it."""

    def __init__(self):
        super().__init__()
        self.first, self.second, self.last = nn.Identity(), nn.Dropout(0.5), nn.Identity()

    def forward(self, x):
        x = self.second(self.first(x))
        x.neg_()
        return self.last(x)


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


HAND_MADE = [ThroughAView, Residual, Discarding, ReturnsItsInput]


@pytest.mark.parametrize("kind", HAND_MADE)
@pytest.mark.parametrize("size", [(8, 8), (9, 12)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_writes_of_every_sort_leave_captured_values_alone(kind, size, dtype):
    torch.manual_seed(2)
    module, batch = kind().eval(), torch.randn(1, 3, *size)
    if dtype == torch.float32:
        assert_equals_oracle(module, batch)
    module, batch = module.to(dtype), batch.to(dtype)
    activations = capture(module, batch, dtype=dtype)
    for layer, (path, tensor) in zip(activations.layers, cloned_by_hooks(module, batch)[0], strict=True):
        assert torch.equal(activations.call(path, layer.call), tensor[0])


def test_picture_tensor_is_not_written_to():
    image = torch.randn(3, 8, 8)
    before = image.clone()
    capture(nn.Sequential(nn.ReLU(inplace=True)), image)
    assert torch.equal(image, before)


def test_module_called_three_times_has_three_outputs():
    module = Residual().eval()
    batch = torch.randn(1, 3, 8, 8)
    activations = capture(module, batch)
    expected = [tensor[0] for path, tensor in cloned_by_hooks(module, batch)[0] if path == "relu"]
    assert len(activations.calls("relu")) == len(expected) == 3
    assert all(torch.equal(activations.call("relu", n), tensor) for n, tensor in enumerate(expected))
    assert torch.equal(activations["relu"], expected[-1])
    with pytest.raises(LayerError, match="called 3 times"):
        activations.call("relu", 3)


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


def test_eight_learners_on_one_module_get_their_own_pictures():
    model = torchvision_model("resnet18")
    pictures = [torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(seed)) for seed in range(8)]
    expected = [cloned_by_hooks(model, picture)[0] for picture in pictures]
    with ThreadPoolExecutor(8) as learners:
        for _ in range(3):
            for activations, truth in zip(learners.map(lambda x: capture(model, x), pictures), expected, strict=True):
                for layer, (path, tensor) in zip(activations.layers, truth, strict=True):
                    assert torch.allclose(activations.call(path, layer.call), tensor.squeeze(0), rtol=1e-4, atol=1e-5)
    assert hooks_on(model) == 0


def _doubled_but_for_a_column(x: Tensor) -> Tensor:
    x[..., 1:].mul_(2)
    return x


def _negated_by_numpy(x: Tensor):
    array = x.numpy()
    array *= -1
    return array


OPERATIONS = {
    "relu": lambda x: F.relu(x, inplace=True),
    "hardswish": lambda x: F.hardswish(x, inplace=True),
    "leaky": lambda x: F.leaky_relu(x, 0.1, inplace=True),
    "elu": lambda x: F.elu(x, inplace=True),
    "sigmoid": lambda x: x.sigmoid_(),
    "add": lambda x: x.add_(0.5),
    "sum": lambda x: x.__iadd__(x.flip(-1)),
    "part": _doubled_but_for_a_column,
    "row": lambda x: x.index_fill_(2, torch.tensor([0]), 3.0),
    "masked": lambda x: x.masked_fill_(x > 0.5, -1.0),
    "clamp": lambda x: x.clamp_(-0.7, 0.7),
    "out": lambda x: torch.tanh(x, out=x),
    "fill": lambda x: x.fill_(0.25),
    "scatter": lambda x: x.scatter_(1, torch.zeros_like(x, dtype=torch.long), 0.125),
    "numpy": lambda x: torch.from_numpy(_negated_by_numpy(x)),
    "transposed": lambda x: x.transpose(2, 3).mul_(1.5),
    "elsewhere": lambda x: x * 0.5,
}


class Step(nn.Module):
    def __init__(self, name: str):
        super().__init__()
        self.name = name

    def forward(self, x):
        return OPERATIONS[self.name](x)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["identity", "conv", "norm", "pool", *OPERATIONS]), min_size=1, max_size=8))
def test_any_stack_of_operations_in_place_or_not_is_exact(names):
    torch.manual_seed(3)
    modules = {
        "identity": nn.Identity,
        "conv": lambda: nn.Conv2d(3, 3, 3, padding=1),
        "norm": lambda: nn.BatchNorm2d(3),
        "pool": lambda: nn.AvgPool2d(3, stride=1, padding=1),
    }
    steps = [modules[name]() if name in modules else Step(name) for name in names]
    assert_equals_oracle(nn.Sequential(*steps).eval(), torch.randn(1, 3, 6, 6))


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
    with pytest.raises(SettingsError, match="One picture"):
        capture(nn.Identity(), torch.zeros(shape))
