"""Methods that go back to the pixels equal Captum's own call, also on networks that Captum itself cannot handle."""

import copy
import threading

import pytest
import torch
import torch.nn.functional as F
import torchvision
from captum import attr as captum
from torch import Tensor, nn

from cnnviz.analysis import METHODS, attribute
from cnnviz.analysis.attribution_question import ask
from cnnviz.errors import Cancelled, NetworkError, SettingsError
from cnnviz.image import load_sample

PICTURE = torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(1))
FAST = {"rise": {"masks": 20}, "occlusion": {"window": 8, "stride": 8}, "integrated_gradients": {"steps": 6}}


class Same(nn.Module):
    """Keeps two non-linearities apart: Captum's DeepLift loses the share of one that directly follows another."""

    def forward(self, x):
        return 1.0 * x


class Plain(nn.Module):
    """Every non-linearity a module of its own and apart, nothing in place: what Captum asks for."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.one, self.two, self.three = (nn.Conv2d(i, o, 3, padding=1) for i, o in ((3, 6), (6, 6), (6, 8)))
        self.norm = nn.BatchNorm2d(6)
        self.relus = nn.ModuleList(nn.ReLU() for _ in range(4))
        self.pool = nn.MaxPool2d(2)
        self.head = nn.Linear(8, 5)
        self.between = Same()

    def forward(self, x):
        x = self.relus[0](self.one(x))
        x = self.pool(self.between(self.relus[1](self.norm(self.two(x)) + x)))
        x = self.relus[2](self.three(x))
        return self.head(self.relus[3](x - 0.1).mean((2, 3)))


class Awkward(Plain):
    """The same numbers, with a module called twice, functions, methods and in-place operations."""

    def __init__(self):
        super().__init__()
        self.shared = nn.ReLU(inplace=True)

    def forward(self, x):
        x = self.shared(self.one(x))
        inner = self.norm(self.two(x))
        inner += x
        x = F.max_pool2d(self.shared(inner), 2)
        x = self.three(x)
        x.relu_()
        return self.head(F.relu(x - 0.1, inplace=True).mean((2, 3)))


class Six(nn.Module):
    """Reads one tensor twice, once through a ReLU6."""

    def __init__(self, six=nn.ReLU6):
        super().__init__()
        torch.manual_seed(0)
        self.one, self.two = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 3, 1)
        self.six = six()

    def forward(self, x):
        x = self.one(x) * 4
        return (self.six(x) + 0.5 * x + self.two(self.six(x + 1)).repeat(1, 2, 1, 1)[:, :4]).mean((2, 3))


class SixByHand(torch.autograd.Function):
    """ReLU6 whose gradient is guided: nothing that is negative, nothing outside 0 to 6."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.clamp(0, 6)

    @staticmethod
    def backward(ctx, gradient):
        (x,) = ctx.saved_tensors
        return gradient.clamp(min=0) * ((x > 0) & (x < 6))


class GuidedSix(nn.Module):
    def forward(self, x):
        return SixByHand.apply(x)


def captums(name: str, module: nn.Module, picture: Tensor) -> Tensor:
    """Captum's own call with its own defaults, for class 2."""
    picture = picture.clone().requires_grad_()
    call = {
        "saliency": captum.Saliency,
        "input_x_gradient": captum.InputXGradient,
        "integrated_gradients": captum.IntegratedGradients,
        "guided_backprop": captum.GuidedBackprop,
        "deeplift": captum.DeepLift,
    }[name]
    return call(module).attribute(picture, target=2)[0].detach().float()


def close(ours: Tensor, theirs: Tensor) -> None:
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5 * float(theirs.abs().max()))


@pytest.mark.filterwarnings("ignore:Setting")
@pytest.mark.parametrize("kind", [Plain, Awkward])
@pytest.mark.parametrize(
    "name", ["saliency", "input_x_gradient", "integrated_gradients", "guided_backprop", "deeplift"]
)
def test_method_equals_captums_own_call(name, kind):
    found = attribute(kind().eval(), PICTURE, 2, name)
    close(found.channels, captums(name, Plain().eval(), PICTURE))


@pytest.mark.filterwarnings("ignore:Setting")
@pytest.mark.parametrize("name", ["guided_backprop", "deeplift"])
def test_network_of_the_zoo_equals_captums_own_call(name):
    torch.manual_seed(0)
    model = torchvision.models.squeezenet1_1(weights=None).eval()
    apart = copy.deepcopy(model)
    for parent in list(apart.modules()):
        for child, part in list(parent.named_children()):
            if isinstance(part, nn.ReLU):
                setattr(parent, child, nn.Sequential(nn.ReLU(), Same()))
    close(attribute(model, PICTURE, 2, name).channels, captums(name, apart, PICTURE))


@pytest.mark.parametrize("six", [nn.ReLU6, lambda: nn.Hardtanh(0, 6, inplace=True)])
def test_guided_backprop_guides_at_relu6_too(six):
    picture = PICTURE.clone().requires_grad_()
    (expected,) = torch.autograd.grad(Six(GuidedSix)(picture)[0, 2], picture)
    close(attribute(Six(six), PICTURE, 2, "guided_backprop").channels, expected[0])


@pytest.mark.parametrize("baseline", ["zero", "blurred"])
@pytest.mark.parametrize("kind", [Awkward, Six])
def test_deeplift_shares_out_the_whole_difference(kind, baseline):
    question = ask(kind().eval(), PICTURE, 2, 1)
    with torch.no_grad():
        difference = question.score(PICTURE) - question.score(question.baseline(baseline))
    found = attribute(kind().eval(), PICTURE, 2, "deeplift", against=1, baseline=baseline)
    torch.testing.assert_close(found.map.sum(), difference[0, 0], rtol=1e-3, atol=1e-5)


class Gate(nn.Module):
    def forward(self, x):
        return (x * x.mean((2, 3), keepdim=True).sigmoid()).mean((2, 3))


class Inverse(nn.Module):
    def forward(self, x):
        return (1 / (x.abs() + 1)).mean((2, 3))


@pytest.mark.parametrize(
    ("module", "reason"),
    [
        (Gate(), "a product of two signals, as in a gate"),
        (Inverse(), "operation (Reciprocal|Abs)"),
        (nn.Sequential(nn.InstanceNorm2d(3), nn.AdaptiveAvgPool2d(1), nn.Flatten()), "own statistics"),
        (nn.Sequential(nn.GELU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()), "operation Gelu"),
        (nn.Sequential(nn.Hardtanh(), nn.AdaptiveAvgPool2d(1), nn.Flatten()), "operation Hardtanh"),
    ],
)
def test_deeplift_says_why_a_graph_does_not_allow_it(module, reason):
    with pytest.raises(NetworkError, match=reason):
        attribute(module, PICTURE, 0, "deeplift")


def test_guided_backprop_needs_a_relu():
    with pytest.raises(NetworkError, match="works on ReLUs"):
        attribute(Gate(), PICTURE, 0, "guided_backprop")


@pytest.mark.parametrize("name", list(METHODS))
def test_every_method_leaves_the_network_as_it_was(name):
    module = Awkward().train()
    before = copy.deepcopy(module.state_dict())
    method = METHODS[name]
    told = []
    found = attribute(module, PICTURE, None, name, progress=lambda *step: told.append(step), **FAST.get(name, {}))
    assert found.map.shape == (32, 32) and found.map.abs().sum() > 0 and torch.isfinite(found.map).all()
    assert found.signed == method.signed and (method.signed or found.map.min() >= 0)
    assert (found.layer is not None) == method.needs_layer
    assert found.evaluations >= 1
    assert all(torch.equal(value, before[key]) for key, value in module.state_dict().items())
    assert module.training and all(parameter.grad is None for parameter in module.parameters())
    assert not any(part._forward_hooks or part._backward_hooks or part._forward_pre_hooks for part in module.modules())
    done, totals, _ = zip(*told, strict=True)
    assert list(done) == sorted(set(done)) and len(set(totals)) == 1 and done[-1] == totals[0]
    assert torch.equal(told[-1][2], found.map)


@pytest.mark.parametrize("name", ["saliency", "grad_cam", "occlusion", "integrated_gradients"])
def test_one_class_against_another_is_the_difference_of_their_logits(name):
    class Difference(Plain):
        def forward(self, x):
            logits = super().forward(x)
            return logits[:, 2:3] - logits[:, 4:5]

    settings = FAST.get(name, {})
    layer = {"layer": "three"} if name == "grad_cam" else {}
    found = attribute(Plain(), PICTURE, 2, name, against=4, **layer, **settings)
    close(found.map, attribute(Difference(), PICTURE, 0, name, **layer, **settings).map)


@pytest.mark.parametrize("name", ["integrated_gradients", "occlusion", "rise"])
@pytest.mark.parametrize("as_event", [True, False])
def test_slow_method_stops_in_one_step(name, as_event):
    event, told = threading.Event(), []

    def progress(done, total, so_far):
        told.append(done)
        if done:
            event.set()

    settings = {"window": 8, "stride": 8} if name == "occlusion" else {}
    with pytest.raises(Cancelled, match="Stopped"):
        attribute(
            Plain(), PICTURE, 0, name, **settings, progress=progress, cancelled=event if as_event else event.is_set
        )
    assert len([done for done in told if done]) == 1


def test_what_is_stopped_beforehand_does_nothing():
    with pytest.raises(Cancelled):
        attribute(Plain(), PICTURE, 0, "saliency", cancelled=lambda: True)


@pytest.mark.parametrize(
    ("target", "name", "settings", "message"),
    [
        (0, "magic", {}, "no attribution method 'magic'; there are saliency"),
        (5, "saliency", {}, "no class 5; the network has 5"),
        (-1, "saliency", {}, "no class -1"),
        (0, "saliency", {"against": 0}, "against itself"),
        (0, "saliency", {"steps": 3}, "has no setting 'steps'; it has none"),
        (0, "saliency", {"layer": "one"}, "takes no layer"),
        (0, "integrated_gradients", {"steps": 0}, "steps is 0; give a whole number from 5 to 300"),
        (0, "rise", {"visible": 1.5}, "give a number from 0.05"),
        (0, "rise", {"masks": 10.5}, "give a whole number"),
        (0, "rise", {"masks": float("nan")}, "give a whole number"),
        (0, "rise", {"masks": float("inf")}, "give a whole number"),
        (0, "deeplift", {"baseline": "blue"}, "can be zero, black, white, blurred"),
        (0, "deeplift", {"baseline": "black"}, "plain module does not say what black is"),
        (0, "occlusion", {"window": 40}, "does not fit a picture of 32 × 32"),
        (0, "occlusion", {"window": 4, "stride": 5}, "leaves pixels between windows"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(target, name, settings, message):
    with pytest.raises(SettingsError, match=message):
        attribute(Plain(), PICTURE, target, name, **settings)


def test_black_and_white_are_those_of_the_networks_own_preparation(lite0):
    question = ask(lite0, load_sample("chelsea"), 0)
    for kind, value in (("black", 0.0), ("white", 1.0)):
        mean, std = (torch.tensor(values).view(3, 1, 1) for values in (lite0.preprocess.mean, lite0.preprocess.std))
        seen = question.baseline(kind)[0] * std + mean
        torch.testing.assert_close(seen, torch.full_like(seen, value), atol=1e-6, rtol=0)
