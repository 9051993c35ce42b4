"""The networks that no library has are what their papers describe: sizes, parameters, connections."""

import math

import pytest
import torch
from torch import nn
from torchvision.models import ResNet

from cnnviz import analysis
from cnnviz.errors import NetworkError
from cnnviz.image import load_sample
from cnnviz.network import load_network, network_info, stored
from cnnviz.network.classics import DIGITS, LENET_TABLE, LeNet5, PlainBasic, PlainBottleneck
from cnnviz.network.construction import skeleton, untrained


def sizes(name: str) -> dict[str, tuple[int, ...]]:
    """The output shape of every layer, by path."""
    info = network_info(name)
    return {layer.path: layer.output_shape for layer in analysis.layer_costs(skeleton(info), info.input_size)}


def parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_lenet5_has_the_maps_and_the_trainable_parameters_of_its_paper():
    net = LeNet5()
    # Section II.B of the paper gives each layer's count, and 60,000 in all.
    published = {"c1": 156, "s2": 12, "c3": 1516, "s4": 32, "c5": 48_120, "f6": 10_164, "output": 0}
    assert {name: parameters(getattr(net, name)) for name in published} == published
    assert parameters(net) == 60_000
    assert [sizes("lenet5")[path][-1] for path in ("c1", "s2", "c5")] == [28, 14, 1]
    x = torch.rand(2, 1, 32, 32)
    maps = net.c3(net.squash2(net.s2(net.squash1(net.c1(x)))))
    assert maps.shape == (2, 16, 10, 10) and net.s4(maps).shape == (2, 16, 5, 5) and net(x).shape == (2, 10)


def test_lenet5_has_the_340908_connections_of_its_paper():
    convolved = sum((5 * 5 * len(reads) + 1) * 10 * 10 for reads in LENET_TABLE)
    subsampled = 6 * 14 * 14 * 5, 16 * 5 * 5 * 5
    counted = 6 * 28 * 28 * 26 + subsampled[0] + convolved + subsampled[1] + 120 * 401 + 84 * 121 + 10 * 84
    assert counted == 340_908
    products = sum(layer.multiply_adds for layer in analysis.layer_costs(LeNet5(), (1, 32, 32)))
    biases = 6 * 28 * 28 + 16 * 10 * 10 + 120 + 84
    assert products + biases + sum(subsampled) + 10 * 84 == 340_908


def test_c3_of_lenet5_reads_only_the_maps_of_its_table():
    # Table I of the paper: six maps read three in a row, six read four in a row, three read four apart, one reads all.
    assert [len(reads) for reads in LENET_TABLE] == [3] * 6 + [4] * 9 + [6]
    assert LENET_TABLE[4] == (0, 4, 5) and LENET_TABLE[11] == (0, 1, 2, 5) and LENET_TABLE[14] == (0, 2, 3, 5)
    c3, x = LeNet5().c3, torch.rand(1, 6, 14, 14)
    for nudged in range(6):
        other = x.clone()
        other[:, nudged] += 1
        changed = (c3(other) != c3(x)).flatten(2).any(2)[0].tolist()
        assert changed == [nudged in reads for reads in LENET_TABLE]


def test_lenet5_answers_with_the_pattern_that_f6_is_nearest_to():
    output = LeNet5().output
    assert output.patterns.shape == (10, 84) and len(DIGITS) == 10
    assert set(output.patterns.unique().tolist()) == {-1.0, 1.0}
    answers = output(output.patterns + 0.1)
    assert answers.argmax(1).tolist() == list(range(10))
    assert answers.amax(1) == pytest.approx(-84 * 0.01, rel=1e-4)


def test_subsampling_is_a_mean_with_a_coefficient_and_a_bias():
    s2 = LeNet5().s2
    with torch.no_grad():
        s2.coefficient.fill_(0.5)
        s2.bias.fill_(1.0)
    assert s2(torch.full((1, 6, 4, 4), 3.0)).unique().tolist() == [0.5 * 12 + 1]
    assert LeNet5().squash1(torch.tensor([1.0, -1.0])).tolist() == pytest.approx([1, -1], abs=1e-4)


def test_alexnet_of_2012_has_96_filters_groups_and_the_sizes_of_its_paper():
    found = sizes("alexnet_paper")
    published = [(96, 55), (96, 27), (256, 27), (256, 13), (384, 13), (384, 13), (256, 13), (256, 6)]
    windowed = [
        shape for path, shape in found.items() if path in {f"features.{n}" for n in (0, 3, 4, 7, 8, 10, 12, 14)}
    ]
    assert [shape[:2] for shape in windowed] == published
    net = skeleton(network_info("alexnet_paper"))
    assert [layer.groups for layer in net.features if isinstance(layer, nn.Conv2d)] == [1, 2, 1, 2, 2]
    # Figure 2: neurons 253,440–186,624–64,896–64,896–43,264–4096–4096–1000; the first does not fit its own 55×55×96.
    neurons = [math.prod(found[f"features.{n}"]) for n in (0, 4, 8, 10, 12)]
    assert neurons[1:] == [186_624, 64_896, 64_896, 43_264]
    assert round(parameters(net) / 1e6) == 61  # "60 million"
    assert isinstance(net.features[2], nn.LocalResponseNorm) and net.features[2].alpha == pytest.approx(5e-4)


def test_alexnet_of_2012_starts_with_the_biases_of_its_paper():
    net = untrained(network_info("alexnet_paper"))
    ones = [name for name, value in net.named_parameters() if name.endswith("bias") and (value == 1).all()]
    assert ones == [
        f"{path}.bias" for path in ("features.4", "features.10", "features.12", "classifier.0", "classifier.3")
    ]
    assert net.classifier[0].weight.std().item() == pytest.approx(0.01, rel=0.01)


def test_zfnet_has_the_sizes_of_figure_3():
    found = sizes("zfnet")
    sides = [found[f"features.{n}"][-1] for n in (0, 2, 4, 6, 8, 10, 12, 14)]
    assert sides == [110, 55, 26, 13, 13, 13, 13, 6]


def test_googlenet_of_2014_has_the_parameters_of_its_authors_caffe_model():
    net = skeleton(network_info("googlenet_paper"))
    heads = parameters(net.auxiliary_4a) + parameters(net.auxiliary_4d)
    assert (parameters(net) - heads, parameters(net)) == (6_998_552, 13_378_280)
    found = sizes("googlenet_paper")
    # Table 1 of the paper, "output size".
    widths = {name: found[f"{name}.branch5.1.0"][1] for name in ("inception3a", "inception4e", "inception5b")}
    assert widths == {"inception3a": 28, "inception4e": 14, "inception5b": 7}
    modules = [part for name, part in net.named_children() if name.startswith("inception")]
    outs = [
        sum(b[-1][0].out_channels for b in (m.branch3, m.branch5, m.pool)) + m.branch1[0].out_channels for m in modules
    ]
    assert outs == [256, 480, 512, 512, 512, 528, 832, 832, 1024]


def test_googlenets_auxiliary_classifiers_answer_in_training_only():
    net = untrained(network_info("googlenet_paper"))
    x = torch.rand(1, 3, 224, 224)
    with torch.no_grad():
        assert net.eval()(x).shape == (1, 1000)
        answers = net.train()(x)
    assert [answer.shape for answer in answers] == [(1, 1000)] * 3


@pytest.mark.parametrize("depth", [18, 50, 152])
def test_a_plain_network_has_the_layers_of_the_resnet_but_not_those_of_shortcuts(depth):
    plain, resnet = (dict(skeleton(network_info(f"{kind}{depth}")).named_parameters()) for kind in ("plain", "resnet"))
    assert set(resnet) - set(plain) == {name for name in resnet if ".downsample." in name}
    assert all(resnet[name].shape == value.shape for name, value in plain.items())


@pytest.mark.parametrize("block", [PlainBasic, PlainBottleneck])
def test_past_a_silenced_layer_of_a_plain_network_nothing_is_known_of_the_picture(block):
    net = ResNet(block, [1, 1, 1, 1]).eval()
    last = net.layer2[0].bn3 if block is PlainBottleneck else net.layer2[0].bn2
    with torch.no_grad():
        last.weight.zero_()
        first, second = net(torch.rand(2, 3, 64, 64))
    assert torch.equal(first, second)


def test_plain34_costs_the_3_6_billion_of_its_paper():
    found = analysis.total_costs(skeleton(network_info("plain34")), (3, 224, 224)).multiply_adds
    assert round(found / 1e9, 1) == 3.6


def test_mobilenet_v1_and_se_resnet50_cost_what_their_papers_say():
    mobile = analysis.total_costs(skeleton(network_info("mobilenet_v1")), (3, 224, 224))
    assert (round(mobile.multiply_adds / 1e6), round(mobile.parameters / 1e6, 1)) == (569, 4.2)
    se = analysis.total_costs(skeleton(network_info("seresnet50")), (3, 224, 224))
    resnet = analysis.total_costs(skeleton(network_info("resnet50")), (3, 224, 224))
    # "2.5 million additional parameters"; operations hardly grow.
    assert round((se.parameters - resnet.parameters) / 1e6, 1) == 2.5
    assert 1 < se.multiply_adds / resnet.multiply_adds < 1.005


def test_networks_without_published_weights_say_so_and_can_be_had_untrained():
    assert not stored(network_info("lenet5"))
    with pytest.raises(NetworkError, match='no published weights of LeNet-5 here; weights="none"'):
        load_network("lenet5")
    net = load_network("lenet5", weights="none")
    assert not net.trained and net.categories == tuple("0123456789")


def test_lenet5_sees_a_grey_picture_with_ink_at_its_papers_levels():
    net = load_network("lenet5", weights="none")
    seen = net.crop(load_sample("chelsea"))
    assert seen.size == (32, 32) and len({channel.tobytes() for channel in seen.split()}) == 1
    batch = net.batch(load_sample("chelsea"))
    assert batch.shape == (1, 1, 32, 32) and -0.1 <= batch.min() < batch.max() <= 1.1751
    assert net.module(batch).shape == (1, 10)
