"""The map of a network: its columns are the network's own, its shares add up to torch's values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch
import torchvision
from timm.models import create_model
from torch import Tensor, nn
from torch.nn import functional

from cnnviz.analysis import NetworkMap, Pass, contributions, feeds, layer_table, network_map, record_pass
from cnnviz.errors import LayerError

SIZE = 64


@dataclass(frozen=True, eq=False)
class Recorded:
    module: nn.Module
    picture: Tensor
    run: Pass
    chart: NetworkMap

    def column(self, name: str, kind: str = "") -> int:
        """The column of this module, of this kind where it has several."""
        return next(one.index for one in self.chart.columns if one.name == name and kind in one.kind)


def recorded(module: nn.Module, size: int = SIZE) -> Recorded:
    torch.manual_seed(0)
    for part in module.modules():  # numbers that tell an unused statistic from a used one
        if isinstance(part, nn.BatchNorm2d):
            nn.init.uniform_(part.running_mean, -0.3, 0.3)
            nn.init.uniform_(part.running_var, 0.5, 1.5)
        if isinstance(part, nn.Linear) and not part.weight.any():
            nn.init.normal_(part.weight, std=0.1)
    picture = torch.randn(1, 3, size, size)
    run = record_pass(module.eval(), picture)
    return Recorded(module, picture, run, network_map(run, layer_table(module, (3, size, size))))


MAKERS = {
    "lite0": lambda: create_model("efficientnet_lite0", num_classes=10),
    "resnet": lambda: torchvision.models.resnet18(num_classes=10),
    "googlenet": lambda: torchvision.models.googlenet(num_classes=10, init_weights=False, transform_input=True),
    "densenet": lambda: torchvision.models.DenseNet(8, (2, 2), 16, num_classes=10),
    "vit": lambda: torchvision.models.VisionTransformer(SIZE, 16, 2, 2, 32, 64, num_classes=10),
}


@pytest.fixture(scope="module", params=MAKERS)
def any_network(request: pytest.FixtureRequest) -> Recorded:
    torch.manual_seed(0)
    return recorded(MAKERS[request.param]())


@pytest.fixture(scope="module")
def resnet() -> Recorded:
    return recorded(torchvision.models.resnet18(num_classes=10))


def test_what_reads_its_sources_directly_is_their_shares_and_its_bias(any_network: Recorded) -> None:
    """For every convolution and linear layer: the mean of torch's sum, and no remainder but the bias."""
    columns = any_network.chart.columns
    summed = [one for one in columns if one.kind in ("convolution", "linear")]
    assert len(summed) > 4
    for column in summed:
        if not all(columns[source].layout != "other" for source in column.sources):
            continue
        (fed,) = feeds(any_network.run, any_network.chart, column.index, [1], range(len(columns)))
        total = any_network.run.values[column.total]
        axis = 1 if column.kind == "convolution" else total.ndim - 1
        mean = float(total.movedim(axis, 0)[1].double().mean())
        size = max(1.0, *(float(np.abs(share).sum()) for share in fed.shares.values()))
        assert fed.total == pytest.approx(mean, abs=1e-6 * size)
        if _is_direct(any_network, column.index):
            assert fed.rest == pytest.approx(fed.bias or 0.0, abs=2e-6 * size), column.name


def _is_direct(one: Recorded, column: int) -> bool:
    """Whether nothing but moves lies between: not so where a network scales the picture before it reads it."""
    return one.chart.columns[column].sources != (0,) or not getattr(one.module, "transform_input", False)


def test_shares_of_a_convolution_are_those_of_its_channels_alone(resnet: Recorded) -> None:
    """Brute force: each input channel by itself through torch's own convolution."""
    at = resnet.column("layer2.0.conv1")
    source = resnet.chart.columns[at].sources[0]
    given = resnet.run.values[resnet.chart.columns[source].value]
    conv = resnet.module.layer2[0].conv1
    (fed,) = feeds(resnet.run, resnet.chart, at, [5], range(len(resnet.chart.columns)))
    for channel in range(given.shape[1]):
        alone = torch.zeros_like(given)
        alone[:, channel] = given[:, channel]
        mean = float(functional.conv2d(alone, conv.weight, stride=2, padding=1)[0, 5].mean().detach())
        assert fed.shares[source][channel] == pytest.approx(mean, abs=1e-5)


def test_shares_of_groups_leave_out_channels_that_are_not_read() -> None:
    torch.manual_seed(1)
    one = recorded(nn.Sequential(nn.Conv2d(3, 6, 3), nn.ReLU(), nn.Conv2d(6, 6, 3, groups=6), nn.Flatten(),
                                 nn.Linear(6 * 12 * 12, 4)), 16)  # fmt: skip
    at = one.column("2")
    (fed,) = feeds(one.run, one.chart, at, [4], range(len(one.chart.columns)))
    (share,) = fed.shares.values()
    assert np.flatnonzero(share).tolist() == [4]
    assert fed.bias == pytest.approx(float(one.module[2].bias[4]))


def test_through_closed_stages_shares_are_the_slope_times_the_values(resnet: Recorded) -> None:
    """Torch's own gradient of the mean of a block's output with respect to the block before."""
    net, shown = resnet.module, resnet.chart.shown()
    at = resnet.column("layer2.1", "addition")
    before = resnet.column("layer1.1", "addition")
    assert resnet.chart.sources_among(at, shown) == (before,)
    (fed,) = feeds(resnet.run, resnet.chart, at, [3], shown)
    with torch.enable_grad():
        given = net.layer1(net.maxpool(net.relu(net.bn1(net.conv1(resnet.picture))))).detach().requires_grad_()
        block = net.layer2[1]
        first = net.layer2[0](given)
        inner = block.bn2(block.conv2(block.relu(block.bn1(block.conv1(first)))))
        total = (inner + first)[0, 3].mean()
        (slope,) = torch.autograd.grad(total, given)
    wanted = (given * slope).sum(dim=(0, 2, 3)).detach().numpy()
    np.testing.assert_allclose(fed.shares[before], wanted, rtol=1e-3, atol=1e-5)
    assert fed.total == pytest.approx(float(total.detach()), abs=1e-5)
    assert fed.rest == pytest.approx(float(total.detach()) - wanted.sum(), abs=1e-4)


def test_without_biases_and_with_relu_alone_there_is_no_remainder() -> None:
    """Such a network is straight along the line to zero: shares through any number of layers add up."""
    torch.manual_seed(2)
    conv = [nn.Conv2d(3, 8, 3, bias=False), nn.ReLU(), nn.Conv2d(8, 8, 3, bias=False), nn.ReLU(), nn.MaxPool2d(2)]
    one = recorded(nn.Sequential(*conv, nn.Conv2d(8, 5, 3, bias=False), nn.Flatten(), nn.Linear(80, 4, bias=False)), 16)
    at = one.column("5")
    (fed,) = feeds(one.run, one.chart, at, [2], [0])
    assert fed.rest == pytest.approx(0, abs=1e-5)
    assert fed.total != 0


def test_contributions_are_torchs_gradient_times_activation(any_network: Recorded) -> None:
    shares = contributions(any_network.run, any_network.chart, 7)
    picture = any_network.picture.clone().requires_grad_()
    with torch.enable_grad():
        logit = any_network.module(picture)[0, 7]
        (slope,) = torch.autograd.grad(logit, picture)
    wanted = (picture * slope).sum(dim=(0, 2, 3)).detach().numpy()
    np.testing.assert_allclose(shares[0], wanted, rtol=2e-3, atol=2e-4 * np.abs(wanted).max())
    last = any_network.chart.columns[-1]
    assert shares[last.index][7] == pytest.approx(float(logit.detach()), rel=1e-4, abs=1e-5)  # the logit itself
    assert np.count_nonzero(shares[last.index]) == 1


def test_every_column_leads_to_the_answer(any_network: Recorded) -> None:
    chart = any_network.chart
    read = {source for column in chart.columns for source in column.sources}
    assert read == {column.index for column in chart.columns[:-1]}
    assert all(source < column.index for column in chart.columns for source in column.sources)
    assert [one for stage in chart.stages for one in stage.columns] == list(range(len(chart.columns)))
    assert any_network.run.values[chart.columns[-1].value].shape[-1] == 10


def test_columns_show_what_the_next_layers_read(resnet: Recorded) -> None:
    """Normalisation and activation belong to the sum before them; a skip connection to the addition."""
    net, chart = resnet.module, resnet.chart
    stem = chart.columns[resnet.column("conv1")]
    with torch.no_grad():
        wanted = net.relu(net.bn1(net.conv1(resnet.picture)))
    torch.testing.assert_close(resnet.run.values[stem.value], wanted)
    assert stem.home == ("relu", 0)
    end = chart.columns[resnet.column("layer1.0", "addition")]
    assert {chart.columns[one].name for one in end.sources} == {"maxpool", "layer1.0.conv2"}


def test_branches_are_sources_of_their_concatenation() -> None:
    one = recorded(MAKERS["googlenet"]())
    joined = one.chart.columns[one.column("inception3a", "concatenation")]
    ends = ["branch1.conv", "branch2.1.conv", "branch3.1.conv", "branch4.1.conv"]
    assert [one.chart.columns[source].name for source in joined.sources] == [f"inception3a.{end}" for end in ends]
    assert one.chart.columns[1].name == "conv1.conv"  # what prepares the picture's numbers is no column
    assert not any("aux" in column.name for column in one.chart.columns)


def test_a_class_or_channel_that_is_not_there_is_refused(resnet: Recorded) -> None:
    with pytest.raises(LayerError, match="no class 10"):
        contributions(resnet.run, resnet.chart, 10)
    with pytest.raises(LayerError, match="64 channels and no channel 64"):
        feeds(resnet.run, resnet.chart, resnet.column("conv1"), [64], range(40))
