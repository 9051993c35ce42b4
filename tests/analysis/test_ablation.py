"""Switching channels off gives what full passes with a hook give, in every kind of network, for each learner alone."""

import copy
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
import torchvision
from torch import Tensor, nn

from cnnviz.analysis import ablate, channel_effects
from cnnviz.errors import LayerError, SettingsError

CASES = [
    ("resnet18", "layer1.0.bn2", 32),
    ("resnet18", "layer2.0.downsample.1", 32),
    ("resnet18", "layer3.1", 32),
    ("googlenet", "inception3a.branch2.0.conv", 32),
    ("densenet121", "features.denseblock4.denselayer2.conv1", 32),
    ("mobilenet_v3_small", "features.4.block.2.avgpool", 64),
    ("shufflenet_v2_x0_5", "stage3.1.branch2.4", 64),
    ("squeezenet1_1", "features.9.expand3x3", 64),
    ("convnext_tiny", "features.7.1.block.0", 32),
    ("small vit", "encoder.layers.encoder_layer_1.mlp.0", 32),
    ("small vit", "encoder.layers.encoder_layer_0.self_attention", 32),
]


def untrained(name: str, size: int) -> nn.Module:
    torch.manual_seed(0)
    if name == "small vit":
        vit = torchvision.models.VisionTransformer(size, 8, num_layers=3, num_heads=2, hidden_dim=32, mlp_dim=64)
        nn.init.normal_(vit.heads[-1].weight, 0, 0.1)
        return vit.eval()
    extra = {"init_weights": False} if name == "googlenet" else {}
    return torchvision.models.get_model(name, weights=None, **extra).eval()


def full_pass(
    module: nn.Module, picture: Tensor, layer: str, channels: list[int], value: float = 0.0, call: int | None = None
) -> np.ndarray:
    """The oracle: the whole network on a copy, with a hook that overwrites the channels."""
    own = copy.deepcopy(module)
    calls = []

    def switch_off(_, __, output):
        calls.append(0)
        if call is not None and len(calls) - 1 != call:
            return None
        first = output[0] if isinstance(output, tuple) else output
        changed = first.clone()
        if changed.ndim == 4 and type(own.get_submodule(layer)) is not nn.Linear:
            changed[:, channels] = value
        else:
            changed[..., channels] = value
        return (changed, *output[1:]) if isinstance(output, tuple) else changed

    own.get_submodule(layer).register_forward_hook(switch_off)
    with torch.no_grad():
        return own(picture[None].clone())[0].double().numpy()


@pytest.mark.parametrize(("name", "layer", "size"), CASES, ids=[f"{name} {layer}" for name, layer, _ in CASES])
def test_each_channels_effect_is_that_of_a_full_pass(name, layer, size):
    module = untrained(name, size)
    picture = torch.randn(3, size, size, generator=torch.Generator().manual_seed(1))
    effects = channel_effects(module, picture, layer, target=3)
    for channel in (0, len(effects) // 2, len(effects) - 1):
        logits = torch.from_numpy(full_pass(module, picture, layer, [channel]))
        assert effects.probabilities[channel] == pytest.approx(float(logits.softmax(0)[3]), rel=1e-4)
        one = ablate(module, picture, layer, [channel])
        assert np.allclose(one.after, logits.numpy(), atol=1e-4 * float(logits.abs().max()))
        assert effects.answers[channel] == one.answers[1]
    assert effects.changes.std() > 0


class Reused(nn.Module):
    """One activation three times, writes in place, and code that reshapes with the batch or for one picture only."""

    def __init__(self, one_picture_only: bool = False):
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 6, 3, padding=1), nn.Conv2d(6, 6, 3, padding=1)
        self.act = nn.ReLU(inplace=True)
        self.head = nn.Linear(6, 5)
        self.one_picture_only = one_picture_only

    def forward(self, x):
        x.mul_(0.5)
        x = self.act(self.first(x))
        y = self.act(self.second(x))
        y += x
        y = self.act(y)
        y = y.view(len(y) * 6, -1).mean(1)
        return self.head(y.view(1 if self.one_picture_only else -1, 6))


@pytest.mark.parametrize("one_picture_only", [False, True])
@pytest.mark.parametrize("call", [0, 1, 2])
def test_the_call_that_was_asked_for_is_changed_and_no_other(call, one_picture_only):
    torch.manual_seed(0)
    module, picture = Reused(one_picture_only).eval(), torch.randn(3, 8, 8)
    kept = picture.clone()
    effects = channel_effects(module, picture, "act", target=1, call=call)
    assert torch.equal(picture, kept)
    for channel in range(6):
        logits = torch.from_numpy(full_pass(module, picture, "act", [channel], call=call))
        assert effects.probabilities[channel] == pytest.approx(float(logits.softmax(0)[1]), rel=1e-5)
    assert ablate(module, picture, "act", [0], call=call).call == call


def test_all_but_some_channels_and_the_mean_in_their_place():
    module, picture = untrained("resnet18", 32), torch.randn(3, 32, 32)
    kept = ablate(module, picture, "layer2.0.conv1", [3, 5], keep=True)
    assert kept.channels == tuple(channel for channel in range(128) if channel not in (3, 5))
    assert np.allclose(kept.after, full_pass(module, picture, "layer2.0.conv1", list(kept.channels)), atol=1e-4)
    with torch.no_grad():
        stem = module.conv1(picture[None])
    mean = ablate(module, picture, "conv1", [7], value="mean")
    assert np.allclose(mean.after, full_pass(module, picture, "conv1", [7], float(stem[0, 7].mean())), atol=1e-4)


def test_a_channel_that_is_off_already_changes_nothing():
    module, picture = untrained("resnet18", 32), torch.randn(3, 32, 32)
    nn.init.constant_(module.layer1[0].bn1.bias[9:10], -1e3)
    effects = channel_effects(module, picture, "layer1.0.relu", call=0)
    assert effects.changes[9] == 0
    assert ablate(module, picture, "layer1.0.relu", [9], call=0).after == pytest.approx(
        ablate(module, picture, "layer1.0.relu", [], call=0).before
    )


def test_the_brightest_channels_are_not_those_that_matter_most():
    module, picture = untrained("resnet18", 32), torch.rand(3, 32, 32)
    steps = []
    effects = channel_effects(module, picture, "layer2.1.relu", progress=lambda *done: steps.append(done))
    assert sorted(effects.by_effect.tolist()) == list(range(128))
    assert (np.diff(np.abs(effects.changes[effects.by_effect])) <= 0).all()
    assert (np.diff(effects.means[effects.by_brightness()]) <= 0).all()
    assert (np.diff(effects.maxima[effects.by_brightness("maximum")]) <= 0).all()
    assert effects.by_effect.tolist() != effects.by_brightness().tolist()
    assert effects.shared(128) == 128
    assert effects.shared(10) < 10
    assert steps[-1] == (128, 128)
    assert steps == sorted(steps)


def test_each_number_of_a_vector_is_a_channel():
    module = nn.Sequential(nn.Conv2d(3, 6, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 4)).eval()
    picture = torch.rand(3, 9, 9)
    effects = channel_effects(module, picture, "2")
    with torch.no_grad():
        vector = module[:3](picture[None])
        for channel in range(6):
            changed = vector.clone()
            changed[0, channel] = 0
            wanted = module[3](changed)[0].double()
            assert effects.probabilities[channel] == pytest.approx(float(wanted.softmax(0)[effects.target]), abs=1e-6)
            assert np.allclose(ablate(module, picture, "2", [channel]).after, wanted, atol=1e-6)
    assert np.allclose(effects.means, vector[0])


def test_top_lists_classes_of_both_answers():
    ablation = ablate(untrained("resnet18", 32), torch.rand(3, 32, 32), "layer4.1.conv2", range(0, 512, 2))
    before, after = ablation.probabilities
    top = ablation.top(3)
    assert {int(before.argmax()), int(after.argmax())} <= {move.index for move in top}
    assert 3 <= len(top) <= 6
    assert all(move.before == before[move.index] and move.after == after[move.index] for move in top)


def test_what_cannot_be_switched_off_is_said_in_a_sentence():
    module, picture = untrained("resnet18", 32), torch.rand(3, 32, 32)
    with pytest.raises(LayerError, match='no module "layer9"'):
        ablate(module, picture, "layer9", [0])
    with pytest.raises(LayerError, match="no call 1"):
        ablate(module, picture, "conv1", [0], call=1)
    with pytest.raises(LayerError, match="no channel 64"):
        ablate(module, picture, "conv1", [64])
    with pytest.raises(LayerError, match="no class 1000"):
        channel_effects(module, picture, "conv1", target=1000)
    with pytest.raises(LayerError, match="single class"):
        channel_effects(nn.Sequential(nn.Conv2d(3, 1, 32), nn.Flatten()), picture, "0")
    with pytest.raises(SettingsError, match="finite"):
        ablate(module, picture, "conv1", [0], value=float("nan"))


def test_thirty_at_once_on_one_network_get_their_own_answers():
    torch.manual_seed(0)
    module = nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.ReLU(inplace=True), nn.Conv2d(8, 8, 3), nn.ReLU(inplace=True),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 4),
    ).eval()  # fmt: skip
    pictures = torch.randn(30, 3, 12, 12)

    def changes(picture: Tensor) -> list[float]:
        return channel_effects(module, picture, "0", target=0).changes.tolist()

    alone = [changes(picture) for picture in pictures]
    with ThreadPoolExecutor(30) as threads:
        together = list(threads.map(changes, pictures))
    assert together == alone
    assert len({tuple(entry) for entry in alone}) == 30
    assert not any("forward" in vars(part) or part._forward_hooks for part in module.modules())
    assert module[1].inplace
