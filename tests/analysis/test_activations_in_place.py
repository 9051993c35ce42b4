"""Captured values are exact whatever the network later writes over its outputs, and however."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from cnnviz.analysis import capture
from cnnviz.errors import LayerError
from tests.analysis.capture_oracle import assert_equals_oracle, cloned_by_hooks


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
