"""Slopes from a record are torch's own, for every rule and for what is run again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional

from cnnviz.analysis import Pass, record_pass
from cnnviz.analysis.slopes import slopes


class Called(nn.Module):
    """A module whose forward pass is a function of the picture and a kernel."""

    def __init__(self, function: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function
        self.kernel = nn.Parameter(torch.randn(4, 3, 3, 3))

    def forward(self, picture: Tensor) -> Tensor:
        return self.function(picture, self.kernel)


def recorded(module: nn.Module, picture: Tensor) -> tuple[Pass, Tensor]:
    """The pass, and torch's gradient of the sum of all answers, each weighted by its place, by the picture."""
    leaf = picture.clone().requires_grad_()
    answer = module.eval()(leaf)
    weights = torch.linspace(-1, 1, answer.numel()).reshape(answer.shape)
    (expected,) = torch.autograd.grad((answer * weights).sum(), leaf)
    return record_pass(module, picture), expected


def picture_slope(run: Pass) -> Tensor:
    answer = run.values[run.output]
    seed = torch.linspace(-1, 1, answer.numel()).reshape(answer.shape)
    return dict(slopes(run, run.output, seed, [0]))[0]


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_convolution_of_any_settings_goes_back_as_torch_goes(data: st.DataObject) -> None:
    groups, size = data.draw(st.sampled_from([1, 2, 4])), data.draw(st.integers(1, 3))
    stride, padding, dilation = (data.draw(st.integers(least, 2)) for least in (1, 0, 1))
    maker = data.draw(st.sampled_from([nn.Conv2d, nn.ConvTranspose2d]))
    torch.manual_seed(0)
    module = maker(4, 8, size, stride, padding, groups=groups, dilation=dilation, bias=data.draw(st.booleans()))
    run, expected = recorded(module, torch.randn(1, 4, 9, 8))
    torch.testing.assert_close(picture_slope(run), expected)


@pytest.mark.parametrize(
    "module",
    [
        nn.BatchNorm2d(3),
        nn.BatchNorm2d(3, affine=False),
        nn.BatchNorm2d(3, track_running_stats=False),
        nn.InstanceNorm2d(3),
        nn.ReLU(),
        nn.ReLU(inplace=True),
        nn.ReLU6(inplace=True),
        nn.Hardtanh(),
        nn.Hardtanh(-0.3, 0.7),
        nn.MaxPool2d(2),
        nn.Softmax(dim=1),
        nn.Flatten(),
    ],
    ids=str,
)
def test_a_layer_goes_back_as_torch_goes(module: nn.Module) -> None:
    torch.manual_seed(0)
    for tensor in [*module.parameters(), *module.buffers()]:
        if tensor.is_floating_point():
            nn.init.uniform_(tensor, 0.5, 1.5)
    # Behind another layer, so that one that writes in place overwrites no leaf.
    run, expected = recorded(nn.Sequential(nn.Conv2d(3, 3, 3), module), torch.randn(1, 3, 8, 8))
    torch.testing.assert_close(picture_slope(run), expected)


@pytest.mark.parametrize(
    "function",
    [
        lambda x, k: functional.relu(x) + x * functional.relu_(x * 2),
        lambda x, k: torch.cat([x, x[:, :1]], 1).mean((2, 3)),
        lambda x, k: functional.conv2d(x, k * x.mean()),  # the kernel depends on the picture
        lambda x, k: torch.stack(x.chunk(3, 1)[:2]).amax(0),
        lambda x, k: functional.conv2d(x, k).flatten(1).topk(5).values,
    ],
    ids=["skip", "concatenation", "gated kernel", "some of several", "indices"],
)
def test_branches_add_up_as_in_torch(function: Callable[[Tensor, Tensor], Tensor]) -> None:
    torch.manual_seed(0)
    run, expected = recorded(Called(function), torch.randn(1, 3, 6, 6))
    torch.testing.assert_close(picture_slope(run), expected)


def test_ways_end_at_a_start() -> None:
    """Behind a start nothing counts but what goes around it."""
    torch.manual_seed(0)
    picture = torch.randn(1, 3, 5, 5)
    run = record_pass(Called(lambda x, k: x * functional.softplus(x)), picture)
    inner = next(one.outputs[0] for one in run.operations if one.name == "softplus")
    found = dict(slopes(run, run.output, torch.ones_like(picture), [0, inner]))
    torch.testing.assert_close(found[0], functional.softplus(picture))
    torch.testing.assert_close(found[inner], picture)


def test_what_leads_nowhere_is_not_told() -> None:
    run = record_pass(Called(lambda x, k: (x + 1, x * 2)[0]), torch.randn(1, 3, 5, 5))
    unused = next(one.outputs[0] for one in run.operations if one.name == "mul")
    assert unused not in dict(slopes(run, run.output, torch.ones(1, 3, 5, 5), [0]))
