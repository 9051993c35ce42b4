"""Grad-CAM and its kin: by hand, against a second implementation, and at every kind of layer."""

import copy

import pytest
import torch
import torchvision
from captum.attr import LayerGradCam
from torch import Tensor, nn

from cnnviz.analysis import attribute
from cnnviz.analysis.attribution_maps import grad_cam_plus_plus, layer_cam
from cnnviz.errors import LayerError

PICTURE = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(2))


def resnet18() -> nn.Module:
    torch.manual_seed(0)
    return torchvision.models.resnet18(weights=None).eval()


def second_grad_cam(module: nn.Module, layer: str, picture: Tensor, target: int) -> Tensor:
    """Grad-CAM as its authors' code does it: hooks, a full backward pass, loops over channels."""
    module = copy.deepcopy(module)
    for part in module.modules():
        if hasattr(part, "inplace"):
            part.inplace = False
    seen = {}
    part = module.get_submodule(layer)

    def keep(_: nn.Module, __: object, output: Tensor) -> None:
        seen.update(maps=output.detach().clone())
        output.register_hook(lambda gradients: seen.update(gradients=gradients))

    part.register_forward_hook(keep)
    module(picture)[0, target].backward()
    found = torch.zeros(seen["maps"].shape[2:])
    for maps, gradients in zip(seen["maps"][0], seen["gradients"][0], strict=True):
        found += gradients.mean() * maps
    return found.clamp(min=0)


@pytest.mark.parametrize("layer", ["layer4", "layer2.1.bn2", "conv1"])
def test_grad_cam_equals_a_second_implementation_and_captum(layer):
    module = resnet18()
    found = attribute(module, PICTURE, 7, "grad_cam", layer)
    scale = float(found.layer_map.max())
    assert scale > 0
    torch.testing.assert_close(
        found.layer_map, second_grad_cam(module, layer, PICTURE, 7), rtol=1e-3, atol=1e-4 * scale
    )
    theirs = LayerGradCam(module, module.get_submodule(layer)).attribute(PICTURE, 7, relu_attributions=True)
    torch.testing.assert_close(found.layer_map, theirs[0, 0].detach(), rtol=1e-3, atol=1e-4 * scale)


def test_grad_cam_by_hand():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.maps = nn.Identity()

        def forward(self, x):
            means = self.maps(x).mean((2, 3))
            return torch.stack([means[:, 0] - 2 * means[:, 1], means[:, 1]], 1)

    picture = torch.tensor([[[[8.0, 0.0], [0.0, 4.0]], [[1.0, 1.0], [0.0, 4.0]]]])
    found = attribute(Two(), picture, 0, "grad_cam", "maps")
    # The answer's mean reaction to the maps is 1/4 and -2/4: (8 - 2) / 4 at the top left, below 0 at the others.
    assert found.layer_map.tolist() == [[1.5, 0.0], [0.0, 0.0]]
    assert attribute(Two(), picture, 1, "grad_cam", "maps").layer_map.tolist() == [[0.25, 0.25], [0.0, 1.0]]
    assert torch.equal(found.map, found.layer_map)


def test_grad_cam_plus_plus_is_the_papers_formula_for_the_exponential_of_the_score():
    torch.manual_seed(0)
    maps, gradients = torch.rand(3, 4, 5), torch.randn(3, 4, 5)
    score = 0.7  # with exp(score) as the answer, its three derivatives at a linear head are exp(score) g, g², g³
    expected = torch.zeros(4, 5)
    for one, slope in zip(maps, gradients, strict=True):
        first, second, third = (torch.e**score * slope**power for power in (1, 2, 3))
        alpha = second / (2 * second + one.sum() * third)
        expected += (alpha * first.clamp(min=0)).sum() * one
    expected = expected.clamp(min=0) / torch.e**score
    torch.testing.assert_close(grad_cam_plus_plus(maps, gradients), expected)


def test_a_channel_that_nothing_reacts_to_adds_nothing_to_grad_cam_plus_plus():
    maps, gradients = torch.rand(2, 3, 3), torch.zeros(2, 3, 3)
    gradients[0, 1, 1] = 1
    assert torch.isfinite(grad_cam_plus_plus(maps, gradients)).all()
    assert not grad_cam_plus_plus(maps, torch.zeros(2, 3, 3)).any()


def test_layer_cam_weighs_each_unit_by_its_own_gradient():
    maps = torch.tensor([[[1.0, 2.0]], [[3.0, -4.0]]])
    gradients = torch.tensor([[[2.0, -1.0]], [[-1.0, 1.0]]])
    assert layer_cam(maps, gradients).tolist() == [[2.0, 0.0]]  # 1·2 at the left; −4·1 at the right, cut off


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("resnet18", "layer4.1.relu"),
        ("squeezenet1_1", "classifier.2"),
        ("mobilenet_v3_small", "features.12.2"),
        ("densenet121", "features.norm5"),
        ("googlenet", "inception5b"),  # all branches joined, not the last of them
        ("convnext_tiny", "features.7.2"),  # with the shortcut, not beside it
    ],
)
def test_default_layer_is_the_last_with_maps(name, layer):
    torch.manual_seed(0)
    more = {"init_weights": False} if name == "googlenet" else {}
    model = torchvision.models.get_model(name, weights=None, **more).eval()
    found = attribute(model, PICTURE, 1, "layer_cam")
    assert found.layer == layer
    assert found.map.shape == (64, 64) and found.layer_map.shape == (found.layer_map.shape[0],) * 2


def test_tokens_are_maps_before_the_last_attention():
    torch.manual_seed(0)
    model = torchvision.models.VisionTransformer(
        image_size=64, patch_size=16, num_layers=2, num_heads=2, hidden_dim=8, mlp_dim=16, num_classes=4
    ).eval()
    nn.init.normal_(model.heads.head.weight)
    found = attribute(model, PICTURE, 1, "layer_cam")
    assert found.layer == "encoder.layers.encoder_layer_1.ln_1"
    assert found.layer_map.shape == (4, 4) and found.layer_map.abs().sum() > 0


def test_maps_with_channels_last_are_read_as_such():
    torch.manual_seed(0)
    model = torchvision.models.SwinTransformer(
        patch_size=[4, 4], embed_dim=8, depths=[2], num_heads=[2], window_size=[4, 4], num_classes=4
    ).eval()
    found = attribute(model, PICTURE, 1, "grad_cam", "features.1.1.mlp.4")
    assert found.layer_map.shape == (16, 16)


@pytest.mark.parametrize(
    ("layer", "message"),
    [("layer9", "no layer"), ("fc", "no rows and columns"), ("avgpool.x", "no layer"), ("", "no layer")],
)
def test_layer_without_maps_is_refused(layer, message):
    with pytest.raises(LayerError, match=message):
        attribute(resnet18(), PICTURE, 0, "grad_cam", layer)


def test_layer_that_is_not_run_is_refused():
    model = resnet18()
    model.spare = nn.Conv2d(3, 3, 1)
    with pytest.raises(LayerError, match="goes round spare"):
        attribute(model, PICTURE, 0, "grad_cam", "spare")
