"""How a real network's fields grow: each formula is right, unions are named, and what no formula says is said."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torchvision.ops import SqueezeExcitation

from cnnviz.analysis import GrowthRow, depth_curve, growth_rows, receptive_fields
from cnnviz.network import network_info
from cnnviz.network.construction import skeleton


def rows_of(module: nn.Module, size: tuple[int, int, int]) -> dict[str, GrowthRow]:
    return {row.path: row for row in growth_rows(module.eval(), receptive_fields(module, size))}


@pytest.fixture(scope="module")
def resnet18() -> dict[str, GrowthRow]:
    return rows_of(skeleton(network_info("resnet18")), (3, 224, 224))


@pytest.mark.parametrize(
    "name", ["alexnet", "resnet50", "googlenet", "densenet121", "shufflenet_v2_x0_5", "efficientnet_lite0"]
)
def test_the_formula_gives_the_field_of_every_layer_of_a_convolutional_network(name: str) -> None:
    info = network_info(name)
    module = skeleton(info).eval()
    fields = receptive_fields(module, info.input_size)
    rows = growth_rows(module, fields)
    assert [row.path for row in rows if not row.follows] == []
    for row in rows:
        left, right = row.formula.split("; ")[0].removeprefix("rows ").replace("−", "-").replace("·", "*").split(" = ")
        assert eval(left) == int(right) == fields[row.path].size[0]
    convolutions = [path for path, part in module.named_modules() if isinstance(part, nn.Conv2d) and path in fields]
    assert {row.path for row in rows} >= set(convolutions)


def test_a_layer_behind_a_residual_block_reads_the_union_of_both_ways(resnet18: dict[str, GrowthRow]) -> None:
    row = resnet18["layer2.1.conv1"]
    assert set(row.sources) == {"layer2.0.conv2", "layer2.0.downsample.0"}
    assert row.previous == resnet18["layer2.0.conv2"].size == (67, 67)  # the way through both convolutions is wider
    assert row.formula == "67 + (3 − 1) · 8 = 83"


def test_the_first_layer_reads_the_picture(resnet18: dict[str, GrowthRow]) -> None:
    first = resnet18["conv1"]
    assert first.sources == ("",)
    assert first.formula == "1 + (7 − 1) · 1 = 7"
    assert (first.depth, resnet18["maxpool"].depth, resnet18["layer4.1.conv2"].depth) == (1, 1, 17)


def test_kernels_that_are_not_square_have_a_formula_for_each_side() -> None:
    rows = rows_of(nn.Sequential(nn.Conv2d(1, 1, (1, 7)), nn.Conv2d(1, 1, (3, 1), stride=(2, 1))), (1, 20, 20))
    assert rows["0"].formula == "rows 1 + (1 − 1) · 1 = 1; columns 1 + (7 − 1) · 1 = 7"
    assert rows["1"].formula == "rows 1 + (3 − 1) · 1 = 3; columns 7 + (1 − 1) · 1 = 7"
    assert rows["1"].jump_after == (2, 1)


class Uneven(nn.Module):
    """Two branches whose fields are not centred alike: the union is larger than either."""

    def __init__(self) -> None:
        super().__init__()
        self.pad_above, self.pad_below = nn.ZeroPad2d((0, 0, 2, 0)), nn.ZeroPad2d((0, 0, 0, 2))
        self.up = nn.Conv2d(1, 1, (3, 1))
        self.down = nn.Conv2d(1, 1, (3, 1))
        self.after = nn.Conv2d(1, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.after(self.up(self.pad_above(x)) + self.down(self.pad_below(x)))


def test_branches_that_are_not_centred_alike_unite_to_more_than_the_larger() -> None:
    row = rows_of(Uneven(), (1, 16, 16))["after"]
    assert row.previous == (5, 1)  # rows −2 … 0 and 0 … 2
    assert row.formula == "rows 5 + (1 − 1) · 1 = 5; columns 1 + (1 − 1) · 1 = 1"


class Resized(nn.Module):
    """A pooling that is no layer of its own stands between two convolutions."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 1, 3)
        self.second = nn.Conv2d(1, 1, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.second(nn.functional.max_pool2d(self.first(x), 3, 1))


def test_what_has_no_layer_of_its_own_is_not_passed_over_in_silence() -> None:
    rows = rows_of(Resized(), (1, 16, 16))
    assert rows["first"].follows
    assert not rows["second"].follows
    assert rows["second"].formula == ""
    assert rows["second"].size == (7, 7)


def test_gates_are_held_constant_and_left_out_of_the_curve() -> None:
    module = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), SqueezeExcitation(8, 2), nn.Conv2d(8, 4, 3)).eval()
    fields = receptive_fields(module, (3, 32, 32))
    rows = growth_rows(module, fields)
    by_path = {row.path: row for row in rows}
    assert by_path["2"].formula == "3 + (3 − 1) · 1 = 5"
    assert (by_path["2"].sources, by_path["2"].depth) == (("0",), 2)
    assert not by_path["1.fc1"].follows
    curve = depth_curve(rows, fields)
    assert (curve.depths, curve.sizes, curve.paths) == ((1, 2), (3, 5), ("0", "2"))
    assert curve.gated
    assert curve.whole_from == ""


def test_the_curve_takes_the_largest_field_at_each_depth_and_says_where_all_is_seen() -> None:
    module = skeleton(network_info("resnet18")).eval()
    fields = receptive_fields(module, (3, 224, 224))
    curve = depth_curve(growth_rows(module, fields), fields)
    assert curve.depths == tuple(range(1, 18))
    assert curve.sizes[-1] == 435
    place = curve.paths.index(curve.passes(224))
    assert curve.sizes[place - 1] <= 224 < curve.sizes[place]
    assert curve.passes(435) == ""
    assert curve.whole_from == "avgpool"
    assert not curve.gated


def test_a_transformer_has_its_patches_and_then_everything() -> None:
    info = network_info("vit_b_16")
    module = skeleton(info).eval()
    fields = receptive_fields(module, info.input_size)
    curve = depth_curve(growth_rows(module, fields), fields)
    assert (curve.depths, curve.sizes, curve.paths) == ((1,), (16,), ("conv_proj",))
    assert curve.whole_from.startswith("encoder.layers.encoder_layer_0")


def test_the_module_is_left_as_it_was_and_rows_are_kept() -> None:
    module = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2)).train()
    fields = receptive_fields(module, (1, 8, 8))
    assert growth_rows(module, fields) is growth_rows(module, fields)
    assert module.training
    assert not module[0]._forward_hooks
    assert torch.get_default_device() == torch.device("cpu")
