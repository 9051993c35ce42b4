"""What every captured value has to equal: a hook which clones at once, on a copy of the module."""

import copy
from typing import Any

import torch
import torchvision
from torch import Tensor, nn
from torchvision.models.efficientnet import FusedMBConvConfig, MBConvConfig
from torchvision.models.swin_transformer import PatchMergingV2, ShiftedWindowAttention, SwinTransformerBlockV2

from cnnviz.analysis import Activations, capture


def torchvision_model(name: str, **settings: Any) -> nn.Module:
    """A model with random weights, the same ones each time, that shifts and scales in its batch norms."""
    torch.manual_seed(0)
    if name in SMALL:
        return lively(SMALL[name]())
    if name in ("googlenet", "inception_v3"):
        settings["init_weights"] = False
    return lively(torchvision.models.get_model(name, weights=None, **settings))


def _vgg() -> nn.Module:
    """VGG-11 with a narrow classifier in place of one of 124 million numbers."""
    with torch.device("meta"):
        model = torchvision.models.vgg11_bn()
    model.classifier = nn.Sequential(
        nn.Linear(512 * 7 * 7, 20), nn.ReLU(True), nn.Dropout(), nn.Linear(20, 20), nn.ReLU(True), nn.Linear(20, 1000)
    )
    for part in model.features:
        if isinstance(part, nn.Conv2d | nn.BatchNorm2d):
            part.to_empty(device="cpu").reset_parameters()
    return model


def _vit() -> nn.Module:
    model = torchvision.models.VisionTransformer(64, 16, num_layers=3, num_heads=4, hidden_dim=64, mlp_dim=128)
    nn.init.normal_(model.heads[-1].weight, 0, 0.1)  # zeros by default: nothing to add up
    return model


def _swin(**settings: Any) -> nn.Module:
    return torchvision.models.SwinTransformer([4, 4], 24, [2, 2, 2, 2], [1, 2, 4, 8], [4, 4], **settings)


def _efficientnet_v2() -> nn.Module:
    blocks = [
        FusedMBConvConfig(1, 3, 1, 24, 24, 2),
        FusedMBConvConfig(4, 3, 2, 24, 48, 2),
        MBConvConfig(4, 3, 2, 48, 64, 2),
    ]
    return torchvision.models.EfficientNet(blocks, 0.2, last_channel=128)


# Members of families whose published ones are all large: the same classes of torchvision's, fewer and narrower blocks.
SMALL = {
    "small resnet": lambda: torchvision.models.ResNet(torchvision.models.resnet.Bottleneck, [2, 1, 1, 1]),
    "narrow vgg11_bn": _vgg,
    "small vit": _vit,
    "small swin": _swin,
    "small swin_v2": lambda: _swin(block=SwinTransformerBlockV2, downsample_layer=PatchMergingV2),
    "small maxvit": lambda: torchvision.models.MaxVit((64, 64), 16, 4, [16, 32], [2, 2], 8, 0.2),
    "small efficientnet_v2": _efficientnet_v2,
}


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


def assert_equals_oracle(module: nn.Module, batch: Tensor) -> Activations:
    """What `capture` finds, every value of which is the oracle's."""
    expected, output = cloned_by_hooks(module, batch)
    activations = capture(module, batch)
    assert [layer.path for layer in activations.layers] == [path for path, _ in expected]
    for layer, (path, tensor) in zip(activations.layers, expected, strict=True):
        captured = activations.call(path, layer.call)
        assert torch.equal(captured, tensor.squeeze(0) if tensor.ndim > 1 else tensor), layer
        assert layer.shape == captured.shape
    assert torch.equal(activations.output, output.squeeze(0))
    return activations


def hooks_on(module: nn.Module) -> int:
    return sum(len(part._forward_hooks) + len(part._forward_pre_hooks) for part in module.modules())
