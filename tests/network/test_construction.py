"""Every network of the list can be built, with the tensors and the number of parameters that were published."""

import pytest
import torch
from torchvision.models import get_model_builder

from cnnviz.network import list_networks, network_info, network_names
from cnnviz.network.construction import skeleton, untrained


@pytest.mark.parametrize("name", network_names())
def test_a_skeleton_has_the_published_parameters_and_no_memory(name: str) -> None:
    parameters = list(skeleton(network_info(name)).parameters())
    assert sum(parameter.numel() for parameter in parameters) == network_info(name).parameters
    assert all(parameter.is_meta for parameter in parameters)


@pytest.mark.parametrize("name", ["regnet_y_400mf", "shufflenet_v2_x0_5"])
def test_a_skeleton_has_the_names_and_shapes_that_torchvision_builds(name: str) -> None:
    ours, theirs = skeleton(network_info(name)).state_dict(), get_model_builder(name)().state_dict()
    assert {key: tensor.shape for key, tensor in ours.items()} == {key: tensor.shape for key, tensor in theirs.items()}


def test_untrained_weights_are_the_same_each_time_and_leave_torchs_generator_alone() -> None:
    before = torch.random.get_rng_state()
    first, second = (untrained(network_info("shufflenet_v2_x0_5")).state_dict() for _ in range(2))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert all(torch.equal(first[key], second[key]) for key in first)


def test_untrained_weights_differ_between_networks() -> None:
    small, large = (untrained(network_info(name)) for name in ("squeezenet1_0", "squeezenet1_1"))
    assert not torch.equal(small.classifier[1].weight, large.classifier[1].weight)


def test_untrained_weights_are_drawn_as_the_authors_initialise() -> None:
    torch.manual_seed(0)
    ours, theirs = untrained(network_info("mobilenet_v2")), get_model_builder("mobilenet_v2")()
    for (name, mine), (_, other) in zip(ours.named_parameters(), theirs.named_parameters(), strict=True):
        assert mine.std().item() == pytest.approx(other.std().item(), rel=0.2), name


def test_all_infos_state_a_square_input_in_colour_but_for_the_digits_of_lenet() -> None:
    assert all(info.input_size[1] == info.input_size[2] for info in list_networks())
    assert [info.name for info in list_networks() if info.input_size[0] != 3] == ["lenet5"]
