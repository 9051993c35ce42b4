"""A replica computes what the original computes, and the two never meet."""

import functools
import threading
from collections import Counter

import pytest
import torch
from torch import nn

from cnnviz.network import evaluating, load_network, network_info, replica
from cnnviz.network.construction import skeleton

FAMILIES = {  # one small member of each of torchvision's families: side of the input it is run with
    "efficientnet_lite0": 64, "alexnet": 64, "convnext_tiny": 64, "densenet121": 64, "efficientnet_b0": 64,
    "efficientnet_v2_s": 64, "googlenet": 64, "inception_v3": 75, "maxvit_t": 224, "mnasnet0_5": 64,
    "mobilenet_v2": 64, "mobilenet_v3_small": 64, "regnet_y_400mf": 64, "resnet18": 64, "resnext50_32x4d": 64,
    "shufflenet_v2_x0_5": 64, "squeezenet1_1": 64, "swin_t": 64, "swin_v2_t": 64, "vgg11_bn": 64, "vit_b_32": 224,
}  # fmt: skip


def small(name: str) -> nn.Module:
    """The network with arbitrary numbers in it, which cost less than its authors' initialisation."""
    module, generator = skeleton(network_info(name)), torch.Generator().manual_seed(0)
    if name in ("alexnet", "vgg11_bn"):  # their linear layers hold 60 to 120 million numbers: narrower does as well
        module.classifier = nn.Sequential(nn.Flatten(), nn.Linear({"alexnet": 9216, "vgg11_bn": 25088}[name], 10))
    if name == "vit_b_32":
        module.encoder.layers = module.encoder.layers[:2]
    for part in module.modules():
        for key, parameter in part._parameters.items():
            if parameter is not None and parameter.is_meta:
                part._parameters[key] = nn.Parameter(0.05 * torch.randn(parameter.shape, generator=generator))
        for key, buffer in part._buffers.items():
            if buffer is not None and buffer.is_meta:
                part._buffers[key] = torch.ones(buffer.shape, dtype=buffer.dtype)
    return module.eval()


def calls(module: nn.Module, into: Counter[str]) -> None:
    for path, part in module.named_modules():
        part.register_forward_pre_hook(lambda *_, path=path: into.update([path]))


@pytest.mark.parametrize(("name", "side"), FAMILIES.items())
def test_a_replica_of_every_family_computes_the_same_without_the_original(name: str, side: int) -> None:
    original, picture = small(name), torch.rand(1, 3, side, side)
    calls(original, in_original := Counter())
    twin = replica(original)
    calls(twin, in_twin := Counter())
    with torch.inference_mode():
        expected = original(picture)
        before = in_original.copy()
        found = twin(picture)
    assert torch.equal(found, expected)
    assert in_original == before, "the replica called a module of the original"
    assert in_twin == in_original


def test_a_replica_shares_every_tensor_and_no_module() -> None:
    original = load_network("squeezenet1_1", weights="none").module
    twin = replica(original)
    own, other = (m.state_dict(keep_vars=True) for m in (original, twin))
    assert own.keys() == other.keys()
    assert all(own[key] is other[key] for key in own)
    assert not {id(part) for part in original.modules()} & {id(part) for part in twin.modules()}


def test_hooks_of_the_original_are_left_behind_and_it_gets_none() -> None:
    original = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    seen: list[str] = []
    original[0].register_forward_hook(lambda *_: seen.append("original"))
    twin = replica(original)
    twin[1].register_forward_hook(lambda *_: seen.append("twin"))
    twin(torch.zeros(1, 2))
    assert seen == ["twin"]
    original(torch.zeros(1, 2))
    assert seen == ["twin", "original"]


def test_a_module_that_stands_twice_in_the_tree_stays_one() -> None:
    shared = nn.ReLU()
    twin = replica(nn.Sequential(shared, nn.Linear(2, 2), shared))
    assert twin[0] is twin[2]
    assert twin[0] is not shared


class Wayward(nn.Module):
    """Keeps its parts where torch does not look: in a list, a bound method and a partial."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.third = nn.Linear(2, 2), nn.Linear(2, 2), nn.Linear(2, 2)
        self.listed = [self.first]
        self.bound = self.second.forward
        self.partial = functools.partial(self.run, part=self.third)
        self.table = {"weight": self.third.weight}

    @staticmethod
    def run(values: torch.Tensor, part: nn.Module) -> torch.Tensor:
        return part(values)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return self.partial(self.bound(self.listed[0](values)))


def test_references_outside_torchs_registers_lead_to_the_replica() -> None:
    original = Wayward()
    twin = replica(original)
    assert twin.listed[0] is twin.first
    assert twin.bound.__self__ is twin.second
    assert twin.partial.keywords["part"] is twin.third
    assert twin.table["weight"] is original.third.weight
    values = torch.rand(1, 2)
    assert torch.equal(twin(values), original(values))


def test_attributes_of_the_replica_are_its_own() -> None:
    original = nn.Sequential(nn.Dropout(0.5)).eval()
    original[0].sizes = [3]
    twin = replica(original).train()
    twin[0].sizes.append(5)
    assert twin[0].training
    assert not original[0].training
    assert original[0].sizes == [3]


def test_evaluation_mode_is_set_without_the_modules_own_train() -> None:
    class Busy(nn.Sequential):
        def train(self, mode: bool = True) -> nn.Module:
            raise AssertionError("train may do anything")

    original = Busy(nn.Dropout(0.5))
    twin = evaluating(original)
    assert not any(part.training for part in twin.modules())
    assert all(part.training for part in original.modules())


def test_a_replica_on_meta_has_shapes_and_no_values_and_ties_what_was_tied() -> None:
    original = Wayward()
    original.second.weight = original.first.weight
    twin = evaluating(original, on_meta=True)
    assert all(tensor.is_meta for tensor in (*twin.parameters(), *twin.buffers()))
    assert twin.second.weight is twin.first.weight
    assert twin.table["weight"] is twin.third.weight
    assert twin(torch.empty(3, 2, device="meta")).shape == (3, 2)
    assert not any(parameter.is_meta for parameter in original.parameters())


def test_learners_on_one_network_each_see_their_own_picture_only() -> None:
    network = load_network("squeezenet1_1", weights="none").module
    pictures = [torch.full((1, 3, 32, 32), float(n)) for n in range(4)]
    wrong: list[int] = []

    def learn(n: int) -> None:
        for _ in range(5):
            twin, seen = replica(network), []
            twin.features[0].register_forward_hook(lambda _module, inputs, _output, seen=seen: seen.append(inputs[0]))
            with torch.inference_mode():
                twin(pictures[n])
            if len(seen) != 1 or seen[0] is not pictures[n]:
                wrong.append(n)

    learners = [threading.Thread(target=learn, args=(n,)) for n in range(4)]
    for learner in learners:
        learner.start()
    for learner in learners:
        learner.join()
    assert wrong == []
    assert not any(module._forward_hooks for module in network.modules())
