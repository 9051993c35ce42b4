"""What every captured value has to equal: a hook which clones at once, on a copy of the module."""

import copy
from typing import Any

import torch
import torchvision
from torch import Tensor, nn
from torchvision.models.swin_transformer import ShiftedWindowAttention

from cnnviz.analysis import capture


def torchvision_model(name: str, **settings: Any) -> nn.Module:
    """A model with random weights, the same ones each time, that shifts and scales in its batch norms."""
    torch.manual_seed(0)
    if name in ("googlenet", "inception_v3"):
        settings["init_weights"] = False
    return lively(torchvision.models.get_model(name, weights=None, **settings))


def lively(model: nn.Module) -> nn.Module:
    """The model in evaluation mode, with random numbers in its batch norms: ReLUs cut, and nothing is degenerate."""
    torch.manual_seed(0)
    for part in model.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.normal_(0, 0.1)
            part.running_var.uniform_(0.5, 1.5)
            nn.init.uniform_(part.weight, 0.5, 1.5)
            nn.init.normal_(part.bias, 0, 0.1)
    return model.eval()


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
