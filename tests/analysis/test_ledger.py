"""Every ledger's total equals torch's own value, in every kind of network; each step's numbers are the layer's."""

import math
import random

import numpy as np
import pytest
import torch
import torch.nn.functional as F
import torchvision
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from cnnviz.analysis import capture, class_ledger, logit_difference, record_pass, unit_ledger, value_ledger
from cnnviz.analysis.ledger_moves import unpadded
from cnnviz.errors import LayerError, SettingsError
from tests.analysis.capture_oracle import lively, torchvision_model

NETWORKS = {
    "small resnet": 64,
    "googlenet": 64,
    "densenet121": 64,
    "narrow vgg11_bn": 32,
    "mobilenet_v2": 64,
    "mobilenet_v3_small": 64,
    "shufflenet_v2_x0_5": 64,
    "squeezenet1_1": 64,
    "inception_v3": 96,
    "convnext_tiny": 64,
    "small vit": 64,
    "small swin": 64,
}
UNITS = 42  # of each network: with those of EfficientNet-Lite0 more than 500


def assert_ledgers_of_random_units_agree(module: nn.Module, picture: Tensor, units: int) -> None:
    recorded = record_pass(module, picture)
    layers = capture(module, picture)
    choose = random.Random(0)
    for layer in choose.choices(layers.layers, k=units):
        captured = layers.call(layer.path, layer.call)
        index = tuple(choose.randrange(length) for length in captured.shape)
        ledger = unit_ledger(recorded, layer.path, index, layer.call)
        assert ledger.value == pytest.approx(float(captured[index]), rel=1e-4, abs=1e-5), layer
        assert ledger.steps[ledger.asked].after == ledger.value
        assert ledger.steps[0].kind not in ("other", "input"), (layer, ledger.steps[0].label)
        assert ledger.agrees(digits=3), (layer, ledger.residual)
        assert ledger.folded().agrees(digits=3), layer
        for before, after in zip(ledger.steps, ledger.steps[1:], strict=False):
            assert after.before == before.after, layer


@pytest.mark.parametrize("name", NETWORKS)
def test_totals_equal_torchs_values_for_random_units(name):
    picture = torch.randn(3, NETWORKS[name], NETWORKS[name], generator=torch.Generator().manual_seed(1))
    assert_ledgers_of_random_units_agree(torchvision_model(name), picture, UNITS)


def test_totals_equal_torchs_values_in_the_trained_network(lite0):
    picture = torch.rand(3, 96, 96, generator=torch.Generator().manual_seed(2)) * 2 - 1
    assert_ledgers_of_random_units_agree(lite0.module, picture, UNITS)


def test_recorded_outputs_are_those_that_capture_keeps_to_the_bit():
    module = torchvision_model("shufflenet_v2_x0_5")
    picture = torch.rand(3, 64, 64)
    recorded, kept = record_pass(module, picture), capture(module, picture)
    for layer in kept.layers:
        assert torch.equal(recorded.output_of(layer.path, layer.call), kept.call(layer.path, layer.call)), layer
    assert torch.equal(recorded.output_of(""), kept.output)
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in module.modules())


@settings(max_examples=40)
@given(data=st.data())
def test_a_convolutions_patches_kernels_and_bias_make_its_value(data):
    groups = data.draw(st.sampled_from((1, 2, 4)))
    transposed = data.draw(st.booleans())
    kernel = data.draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    stride, dilation = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 2))
    padding = data.draw(st.tuples(st.integers(0, 2), st.integers(0, 2)))
    mode = "zeros" if transposed else data.draw(st.sampled_from(("zeros", "reflect", "replicate", "circular")))
    bias = data.draw(st.booleans())
    cls = nn.ConvTranspose2d if transposed else nn.Conv2d
    torch.manual_seed(data.draw(st.integers(0, 99)))
    layer = cls(4, 8, kernel, stride, padding, dilation=dilation, groups=groups, bias=bias, padding_mode=mode)
    picture = torch.randn(4, 9, 10)
    recorded = record_pass(nn.Sequential(layer), picture)
    output = recorded.output_of("0")
    index = tuple(data.draw(st.integers(0, length - 1)) for length in output.shape)
    step = unit_ledger(recorded, "0", index).steps[0]
    terms = step.terms
    assert step.agrees(4)
    assert len(terms) == 4 // groups
    assert terms.running[-1] + (terms.bias or 0.0) == pytest.approx(step.total)
    assert (np.diff(np.abs(terms.contributions)) <= 1e-12).all()
    for place, (channel, row, col) in enumerate(terms.indices.tolist()):
        assert terms.inputs[place].sum() == pytest.approx(_patch_sum(picture[channel], terms.window, mode), abs=1e-5)
        if row >= 0:
            assert float(picture[channel, row, col]) in terms.inputs[place].astype(np.float32)
            assert terms.unit(place).name == "the picture"


def _patch_sum(plane: Tensor, window, mode: str) -> float:
    """The pixels under a window, found anew from its rows and columns."""
    pads = 4
    kind = {"zeros": "constant"}.get(mode, mode)
    wide = F.pad(plane[None, None], (pads,) * 4, mode=kind)[0, 0]
    total = 0.0
    for i, row in enumerate(window.rows):
        for j, col in enumerate(window.cols):
            if mode != "zeros" or not window.outside[i, j]:
                total += float(wide[row + pads, col + pads])
    return total


def small(*layers: nn.Module, shape=(3, 8, 8)):
    torch.manual_seed(0)
    return record_pass(nn.Sequential(*layers), torch.randn(shape))


def test_a_ledger_goes_on_through_normalisation_and_activation():
    norm = nn.BatchNorm2d(4)
    norm.running_mean.normal_()
    norm.running_var.uniform_(0.5, 2)
    recorded = small(nn.Conv2d(3, 4, 3), norm, nn.ReLU(inplace=True), nn.Conv2d(4, 2, 1))
    ledger = unit_ledger(recorded, "0", (2, 1, 1))
    assert [step.kind for step in ledger.steps] == ["convolution", "norm", "activation"]
    assert ledger.asked == 0
    assert ledger.shown == float(recorded.output_of("2")[2, 1, 1])
    numbers = ledger.steps[1].numbers
    assert numbers["mean"] == pytest.approx(float(norm.running_mean[2]))
    assert numbers["variance"] == pytest.approx(float(norm.running_var[2]))
    from_the_end = unit_ledger(recorded, "2", (2, 1, 1))
    assert [step.after for step in from_the_end.steps] == [step.after for step in ledger.steps]
    assert from_the_end.asked == 2


def test_folding_puts_batch_normalisation_into_kernel_and_bias():
    norm = nn.BatchNorm2d(4)
    norm.running_mean.normal_()
    norm.running_var.uniform_(0.5, 2)
    conv = nn.Conv2d(3, 4, 3)
    recorded = small(conv, norm, nn.ReLU())
    folded = unit_ledger(recorded, "0", (1, 2, 3)).folded()
    fused = nn.utils.fuse_conv_bn_eval(conv.eval(), norm.eval())
    step = folded.steps[0]
    assert [step.kind for step in folded.steps] == ["convolution", "activation"]
    order = step.terms.indices[:, 0]
    assert np.allclose(step.terms.weights, fused.weight[1].detach().numpy()[order], atol=1e-6)
    assert step.terms.bias == pytest.approx(float(fused.bias[1].detach()), rel=1e-4)
    assert step.after == float(recorded.output_of("1")[1, 2, 3])
    assert step.agrees(4)


def test_a_maximum_shows_its_window_and_the_winner_first():
    recorded = small(nn.MaxPool2d(3, stride=2, padding=1))
    picture = recorded.values[0][0]
    step = unit_ledger(recorded, "0", (1, 0, 0)).steps[0]
    window = picture[1, :2, :2]
    assert step.kind == "maximum"
    assert len(step.terms) == 4  # the padding takes no part
    assert step.total == float(window.max())
    assert step.terms.unit(0).index[1:] == divmod(int(window.argmax()), 2)
    assert step.terms.inputs.tolist() == sorted(window.flatten().tolist(), reverse=True)


@pytest.mark.parametrize(
    "layer",
    [
        nn.AvgPool2d(3, 2, padding=1),
        nn.AvgPool2d(3, 2, padding=1, count_include_pad=False),
        nn.AvgPool2d(3, 2, padding=1, ceil_mode=True),
        nn.AvgPool2d(2, divisor_override=3),
        nn.AdaptiveAvgPool2d((3, 5)),
        nn.AdaptiveAvgPool2d(1),
        nn.MaxPool2d(2, dilation=2),
        nn.GroupNorm(2, 4),
        nn.InstanceNorm2d(4),
        nn.LayerNorm((4, 8, 8)),
        nn.LocalResponseNorm(2),
        nn.Softmax(dim=1),
        nn.PReLU(),
        nn.Flatten(),
        nn.PixelShuffle(2),
        nn.Linear(8, 5),
    ],
    ids=str,
)
def test_every_unit_of_a_layer_agrees(layer):
    recorded = small(nn.Conv2d(3, 4, 1), layer)
    output = recorded.output_of("1")
    for index in np.ndindex(*output.shape):
        if sum(index) % 5:
            continue
        ledger = unit_ledger(recorded, "1", index)
        assert ledger.agrees(4), (index, ledger.residual)
        assert ledger.value == float(output[index])
        assert ledger.steps[0].kind != "other"


def test_an_addition_shows_both_branches():
    recorded = record_pass(untrained_resnet := lively(torchvision.models.resnet18()), torch.rand(3, 64, 64))
    step = unit_ledger(recorded, "layer2.0", (5, 1, 2)).steps[0]
    assert step.kind == "addition"
    assert {unit.path for unit in step.terms.units} == {"layer2.0.bn2", "layer2.0.downsample.1"}
    for place in range(2):
        unit = step.terms.unit(place)
        assert float(recorded.output_of(unit.path, unit.call)[unit.index]) == step.terms.inputs[place]
    kept = unit_ledger(recorded, "layer1.1", (5, 1, 2)).steps[0]
    assert ("layer1.0.relu", 1) in {(unit.path, unit.call) for unit in kept.terms.units}
    assert untrained_resnet.training is False


def test_a_squeeze_excite_gate_is_map_times_gate():
    module = torchvision_model("mobilenet_v3_small")
    recorded = record_pass(module, torch.rand(3, 64, 64))
    step = unit_ledger(recorded, "features.1.block.1", (3, 2, 2)).steps[0]
    assert step.kind == "gate"
    assert {unit.path for unit in step.terms.units} == {"features.1.block.0.2", "features.1.block.1.scale_activation"}
    assert math.prod(step.terms.inputs) == pytest.approx(step.after, rel=1e-5)


def test_a_concatenation_says_which_part():
    recorded = record_pass(torchvision_model("googlenet"), torch.rand(3, 64, 64))
    first = recorded.output_of("inception3a.branch1").shape[0]
    ledger = unit_ledger(recorded, "inception3a", (first + 2, 1, 1))
    assert ledger.steps[-1].kind == "part"
    assert "part 2 of 4" in ledger.steps[-1].label
    assert "(2, 1, 1)" in ledger.steps[-1].label
    assert ledger.steps[0].path == "inception3a.branch2.1.conv"


def test_attention_is_a_weighted_sum_over_tokens():
    recorded = record_pass(torchvision_model("small vit"), torch.rand(3, 64, 64))
    operation = next(entry for entry in recorded.operations if entry.name.startswith("_scaled_dot_product"))
    query, key, value = (recorded.values[argument.id] for argument in operation.args[:3])
    weights = (query @ key.transpose(2, 3) / math.sqrt(query.shape[3])).softmax(3)
    step = unit_ledger(recorded, "encoder.layers.encoder_layer_0.self_attention", (1, 7)).steps[0]
    assert step.kind == "linear"
    from cnnviz.analysis.ledger_sums import attention

    place = int(np.ravel_multi_index((0, 3, 2, 9), query.shape))
    mixed = attention(recorded, operation, operation.outputs[0], place)
    assert mixed.kind == "attention"
    assert mixed.agrees(4)
    assert np.allclose(np.sort(mixed.terms.weights), np.sort(weights[0, 3, 2].numpy()), atol=1e-6)
    assert mixed.terms.weights.sum() == pytest.approx(1)
    assert len(mixed.terms) == value.shape[2]


def test_what_no_module_put_out_has_a_ledger_by_its_number():
    recorded = record_pass(torchvision_model("small vit"), torch.rand(3, 64, 64))
    term = unit_ledger(recorded, "encoder.layers.encoder_layer_0.self_attention", (1, 7)).steps[0].terms.unit(0)
    assert term.path is None
    ledger = value_ledger(recorded, term.value, term.index)
    assert ledger.unit.name == term.name
    assert ledger.steps[0].kind == "attention"
    assert ledger.agrees()
    assert ledger.value == recorded.values[term.value][(0, *term.index)]
    with pytest.raises(LayerError, match="no value 100000"):
        value_ledger(recorded, 100000, (0,))


@pytest.mark.parametrize("name", ["small resnet", "narrow vgg11_bn", "squeezenet1_1"])
def test_terms_of_two_classes_make_their_logit_difference(name):
    recorded = record_pass(torchvision_model(name), torch.rand(3, 64, 64))
    answer = recorded.output_of("")
    difference = logit_difference(recorded, 7, 11)
    assert difference.logits == (float(answer[7]), float(answer[11]))
    assert difference.step.agrees(3)
    assert difference.step.after == pytest.approx(float(answer[7]) - float(answer[11]))
    assert difference.step.terms.running[-1] + (difference.step.terms.bias or 0) == pytest.approx(difference.step.total)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 4.0])
def test_a_class_ledger_ends_with_its_probability(temperature):
    recorded = record_pass(torchvision_model("small resnet"), torch.rand(3, 64, 64))
    ledger = class_ledger(recorded, 7, temperature)
    expected = float((recorded.output_of("").double() / temperature).softmax(0)[7])
    assert ledger.steps[-1].total == pytest.approx(expected, rel=1e-6)
    assert ledger.agrees(4)
    assert ledger.steps[-1].terms.contributions.sum() == pytest.approx(1)
    with pytest.raises(SettingsError, match="above 0"):
        class_ledger(recorded, 7, 0.0)


class Odd(nn.Module):
    """Writes through views, and does what no rule knows."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.act = nn.ReLU()

    def forward(self, x):
        x = self.conv(x)
        x[:, :2].mul_(3)
        y = self.act(x)
        return torch.cumsum(y, 2).amax((2, 3))


def test_what_is_not_taken_apart_says_so_and_keeps_torchs_value():
    module = Odd().eval()
    picture = torch.randn(3, 6, 6)
    recorded = record_pass(module, picture)
    ledger = unit_ledger(recorded, "", (1,))
    assert ledger.steps[0].kind == "other"
    with torch.no_grad():
        assert ledger.value == float(module(picture[None])[0, 1])
        assert torch.equal(recorded.output_of("conv"), module.conv(picture[None])[0])


@given(
    pads=st.lists(st.integers(-2, 3), min_size=4, max_size=4),
    shape=st.tuples(st.just(1), st.integers(1, 3), st.integers(5, 7), st.integers(5, 7)),
)
def test_places_in_a_padded_map_are_those_of_its_numbers(pads, shape):
    numbers = torch.arange(math.prod(shape), dtype=torch.float64).reshape(shape)
    padded = F.pad(numbers, pads, value=-1.0)
    places = np.arange(padded.numel()).reshape(padded.shape[2:].numel(), -1)
    found = unpadded(places, pads, padded.shape, shape)
    np.testing.assert_array_equal(found.ravel(), padded.ravel().numpy())


def test_unknown_layers_calls_and_units_are_said_in_a_sentence():
    recorded = small(nn.Conv2d(3, 4, 3), nn.ReLU())
    with pytest.raises(LayerError, match='No output of "7"'):
        unit_ledger(recorded, "7", (0, 0, 0))
    with pytest.raises(LayerError, match="no call 3"):
        unit_ledger(recorded, "0", (0, 0, 0), call=3)
    with pytest.raises(LayerError, match="no unit"):
        unit_ledger(recorded, "0", (4, 0, 0))
    with pytest.raises(LayerError, match="no unit"):
        unit_ledger(recorded, "0", (0, 0))
