"""Do a block and what it replaced fit the same input, and cost what their formulas say?"""

from __future__ import annotations

import pytest
import torch

from cnnviz.analysis import block_costs, layer_costs
from cnnviz.errors import SettingsError
from cnnviz.network import PAIRS, build_pair, family_tree, network_names


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("bound", ["least", "default", "most"])
def test_every_pair_runs_at_its_bounds(name: str, bound: str) -> None:
    sizes = {setting.name: getattr(setting, bound) for setting in PAIRS[name].settings}
    if bound == "most":
        sizes["size"] = 8
    modules = build_pair(name, sizes)
    batch = torch.zeros(1, *modules.input_size, device="meta")
    for module in (modules.before, modules.after):
        assert tuple(module(batch).shape) == (1, *layer_costs(module, modules.input_size)[-1].output_shape)


@pytest.mark.parametrize("name", [name for name in PAIRS if name != "inception"])
def test_both_blocks_put_out_the_same_maps(name: str) -> None:
    before, after = block_costs(name).output_shapes
    assert before == after


def test_costs_are_those_of_the_formulas() -> None:
    size, channels, reduced, filters = 12, 24, 6, 10
    sizes = {"size": size, "channels": channels, "reduced": reduced, "filters": filters}
    places = size * size
    assert block_costs("reduced_5x5", sizes).multiply_adds == (
        25 * channels * filters * places, (channels * reduced + 25 * reduced * filters) * places,
    )  # fmt: skip
    separable = block_costs("separable", {"size": size, "channels": channels, "filters": filters, "half": 2})
    assert separable.multiply_adds == (25 * channels * filters * places, (25 + filters) * channels * places)
    assert block_costs("three_3x3", {"size": size, "channels": 8}).parameters == (49 * 64 + 8, 3 * (9 * 64 + 8))
    bottleneck = block_costs("bottleneck", {"size": size, "channels": 64}).multiply_adds
    assert bottleneck == (2 * 9 * 64 * 64 * places, (2 * 64 * 16 + 9 * 16 * 16) * places)


def test_the_first_inception_module_is_the_papers() -> None:
    """GoogLeNet's 3a (Szegedy and others, table 1): 159K weights and 128M operations, in thousands of 1024."""
    found = block_costs("inception")
    assert found.output_shapes[1] == (256, 28, 28)
    weights = sum(layer.weights for layer in found.after)
    assert (weights, found.multiply_adds[1]) == (163_328, 128_049_152)
    assert round(weights / 1024, 1) == 159.5
    assert found.output_shapes[0] == (64 + 128 + 32 + 192, 28, 28)


@pytest.mark.parametrize("wrong", [{"size": 0}, {"depth": 3}, {"channels": 10_000}])
def test_sizes_beyond_their_bounds_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(SettingsError):
        build_pair("three_3x3", wrong)
    with pytest.raises(SettingsError, match="separable"):
        build_pair("separables")


def test_the_family_tree_has_every_network_once_and_goes_forward_in_time() -> None:
    members = {member.title: member for member in family_tree()}
    assert sorted(name for member in members.values() for name in member.networks) == sorted(network_names())
    assert all(members[parent].year <= member.year for member in members.values() for parent in member.builds_on)
    years = sorted({member.year for member in members.values()})
    places = {(years.index(member.year), member.lane) for member in members.values()}
    assert len(places) == len(members)
    for member in members.values():
        for parent in (members[title] for title in member.builds_on):
            first, last = years.index(parent.year), years.index(member.year)
            for between in range(first + 1, last):
                share = (between - first) / (last - first)
                assert (between, parent.lane + share * (member.lane - parent.lane)) not in places, member.title
    assert {"VGG", "ResNet", "MobileNet V3", "Swin V2", "SqueezeNet"} <= set(members)
