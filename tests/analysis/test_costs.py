"""Costs of layers, against formulas worked out by hand and torch's own counter."""

import gc
import math
import weakref
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from cnnviz.analysis import layer_costs, layer_table, total_costs
from cnnviz.analysis.costs import LayerCost
from cnnviz.errors import SettingsError
from cnnviz.network import load_network, network_info
from cnnviz.network.construction import skeleton


def by_path(module: nn.Module, shape: tuple[int, ...]) -> dict[str, LayerCost]:
    return {layer.path: layer for layer in layer_costs(module, shape)}


def only(module: nn.Module, shape: tuple[int, ...]) -> LayerCost:
    (layer,) = layer_costs(nn.Sequential(module), shape)
    return layer


def counted_by_torch(module: nn.Module, batch: Tensor) -> int:
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        module.eval()(batch)
    return counter.get_total_flops() // 2


class Products(nn.Module):
    """Products that no layer runs."""

    def forward(self, x):
        mixed = torch.einsum("bij,bkj->bik", x, x) @ x
        return functional.scaled_dot_product_attention(mixed, x, x) @ x[0].T


convolutions = st.fixed_dictionaries(
    {
        "groups": st.sampled_from([1, 2, 4]),
        "kernel_size": st.tuples(st.integers(1, 3), st.integers(1, 4)),
        "stride": st.tuples(st.integers(1, 3), st.integers(1, 2)),
        "padding": st.tuples(st.integers(0, 2), st.integers(0, 1)),
        "dilation": st.tuples(st.integers(1, 2), st.integers(1, 3)),
        "bias": st.booleans(),
    }
)


@settings(max_examples=25)
@given(convolutions, st.booleans(), st.integers(1, 3), st.integers(1, 2))
def test_a_convolution_costs_what_its_formula_says(settings, transposed, channels, more):
    kind = nn.ConvTranspose2d if transposed else nn.Conv2d
    inputs, outputs = 4 * channels, 4 * more
    module = kind(inputs, outputs, **settings)
    batch = torch.zeros(1, inputs, 13, 17)
    output = module(batch).shape[1:]
    layer = only(module, (inputs, 13, 17))
    taps = math.prod(settings["kernel_size"]) * inputs * outputs // settings["groups"]
    assert (layer.kind, layer.input_shape, layer.output_shape) == (kind.__name__, (inputs, 13, 17), tuple(output))
    assert (layer.weights, layer.biases) == (taps, outputs if settings["bias"] else 0)
    assert layer.multiply_adds == taps * (13 * 17 if transposed else math.prod(output[1:]))
    assert layer.multiply_adds == counted_by_torch(module, batch)
    assert layer.activation_bytes == 4 * math.prod(output)
    assert (layer.kernel, layer.stride) == (settings["kernel_size"], settings["stride"])
    assert (layer.padding, layer.dilation, layer.groups) == tuple(
        settings[key] for key in ("padding", "dilation", "groups")
    )
    assert (layer.other_operations, layer.share) == (0, 1.0)


@pytest.mark.parametrize(
    ("module", "shape"),
    [
        (nn.Conv1d(3, 5, 3, padding="same"), (3, 20)),
        (nn.Conv2d(4, 6, (3, 5), padding="same", dilation=2), (4, 20, 20)),
        pytest.param(
            nn.Conv2d(4, 6, 4, padding="same"),
            (4, 9, 9),
            marks=pytest.mark.filterwarnings("ignore:Using padding='same'"),
        ),
        (nn.Conv2d(2, 3, 3, padding=1, padding_mode="reflect"), (2, 9, 9)),
        (nn.Conv3d(2, 3, (1, 2, 3), stride=(1, 2, 1)), (2, 5, 6, 7)),
        (nn.ConvTranspose1d(4, 6, 3, stride=2, output_padding=1, groups=2), (4, 9)),
        (nn.Linear(12, 7, bias=False), (12,)),
        (nn.Linear(12, 7), (5, 12)),
        (nn.Linear(12, 7), (5, 4, 12)),
        (Products(), (3, 4)),
        (nn.TransformerEncoderLayer(16, 4, 24, batch_first=True), (9, 16)),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else "",
)
def test_products_are_counted_as_torch_counts_them(module, shape):
    module.eval()
    batch = torch.zeros(1, *shape)
    plain = not isinstance(module, nn.TransformerEncoderLayer)
    with torch.set_grad_enabled(not plain), FlopCounterMode(display=False) as counter:
        module(batch)  # with gradients, an encoder layer runs its parts, which torch can count
    costs = layer_costs(module, shape)
    assert sum(layer.multiply_adds for layer in costs) == counter.get_total_flops() // 2 > 0
    assert sum(layer.parameters for layer in costs) == sum(parameter.numel() for parameter in module.parameters())


def test_a_recurrent_layer_is_its_four_gates_at_every_step():
    layer = only(nn.LSTM(6, 5, num_layers=2, batch_first=True), (9, 6))
    assert layer.multiply_adds == 9 * 4 * 5 * ((6 + 5) + (5 + 5))


def test_attention_is_four_linear_layers_and_two_products():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.attention = nn.MultiheadAttention(24, 4, batch_first=True)

        def forward(self, x):
            return self.attention(x, x, x, need_weights=False)[0]

    (layer,) = layer_costs(Net(), (10, 24))
    assert layer.path == "attention" and layer.output_shape == (10, 24)
    assert layer.multiply_adds == 4 * 10 * 24 * 24 + 2 * 10 * 10 * 24
    assert (layer.weights, layer.biases) == (4 * 24 * 24, 4 * 24)
    assert layer.activation_bytes > 4 * (10 * 24 + 4 * 10 * 10)


@pytest.mark.parametrize(
    ("module", "shape", "operations"),
    [
        (nn.ReLU(), (3, 4, 5), 60),
        (nn.GELU(), (3, 4, 5), 60),
        (nn.MaxPool2d(3, 2), (2, 9, 9), 9 * 2 * 4 * 4),
        (nn.MaxPool2d((2, 3)), (2, 8, 9), 6 * 2 * 4 * 3),
        (nn.AvgPool2d(2), (2, 8, 8), 4 * 2 * 4 * 4),
        (nn.AdaptiveAvgPool2d(1), (2, 6, 7), 2 * 6 * 7),
        (nn.AdaptiveAvgPool2d(3), (2, 6, 7), 2 * (2 + 2 + 2) * (3 + 3 + 3)),
        (nn.AdaptiveMaxPool2d((2, 3)), (2, 5, 7), 2 * (3 + 3) * (3 + 3 + 3)),
        (nn.BatchNorm2d(3), (3, 4, 5), 2 * 60),
        (nn.LayerNorm(5), (3, 4, 5), 5 * 60),
        (nn.LayerNorm(5, elementwise_affine=False), (3, 4, 5), 4 * 60),
        (nn.GroupNorm(2, 4), (4, 3, 5), 5 * 60),
        (nn.Softmax(dim=1), (60,), 3 * 60),
        (nn.Upsample(scale_factor=2, mode="nearest"), (3, 4, 5), 0),
        (nn.Upsample(scale_factor=2, mode="bilinear"), (3, 4, 5), 4 * 240),
        (nn.Flatten(), (3, 4, 5), 0),
        (nn.Dropout(), (3, 4, 5), 0),
        (nn.ZeroPad2d(1), (3, 4, 5), 0),
        (nn.PixelShuffle(2), (4, 4, 5), 0),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else "",
)
def test_what_is_no_product_is_counted_apart(module, shape, operations):
    layer = only(module, shape)
    assert (layer.multiply_adds, layer.other_operations, layer.share) == (0, operations, 0.0)


def test_pooling_has_a_window_and_global_pooling_that_of_the_whole_map():
    layer = only(nn.MaxPool2d(3, 2, padding=1), (2, 9, 9))
    assert (layer.kernel, layer.stride, layer.padding, layer.groups) == ((3, 3), (2, 2), (1, 1), 1)
    assert only(nn.AvgPool2d(2), (2, 9, 9)).stride == (2, 2)
    assert only(nn.AdaptiveAvgPool2d(1), (2, 6, 7)).kernel == (6, 7)
    assert only(nn.ReLU(), (2, 6, 7)).kernel is None


class Block(nn.Module):
    """A residual block with everything that a module's own code may do beside its layers."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3, padding=1, bias=False)
        self.scale = nn.Parameter(torch.ones(4, 1, 1))

    def forward(self, x):
        x = functional.relu(self.conv(x) * self.scale + x)
        return torch.cat([x, self.conv(x)], 1)


def test_operations_of_a_modules_own_code_are_rows_of_their_own():
    layers = layer_costs(nn.Sequential(Block()), (4, 5, 6))
    rows = [(layer.path, layer.kind, layer.call, layer.parameters, layer.other_operations) for layer in layers]
    assert rows == [
        ("0.conv", "Conv2d", 0, 144, 0),
        ("0", "mul", 0, 4, 120),
        ("0", "add", 0, 0, 120),
        ("0", "relu", 0, 0, 120),
        ("0.conv", "Conv2d", 1, 0, 0),  # its parameters are counted at the first call
        ("0", "cat", 0, 0, 0),
    ]
    assert [layer.multiply_adds for layer in layers] == [4320, 0, 0, 0, 4320, 0]
    assert [layer.share for layer in layers][::4] == [0.5, 0.5]
    assert layers[-1].output_shape == (8, 5, 6) and layers[-1].activation_bytes == 4 * 240


def test_parameters_shared_by_two_layers_count_once():
    module = nn.Sequential(nn.Linear(6, 6), nn.Linear(6, 6))
    module[1].weight = module[0].weight
    costs = layer_costs(module, (6,))
    assert [(layer.weights, layer.biases) for layer in costs] == [(36, 6), (0, 6)]
    assert total_costs(module, (6,)).parameters == 48


def test_what_works_in_place_or_looks_at_the_same_memory_takes_none():
    module = nn.Sequential(nn.ReLU(inplace=True), nn.Flatten(), nn.Identity(), nn.ReLU())
    assert [layer.activation_bytes for layer in layer_costs(module, (2, 3, 4))] == [0, 0, 0, 96]


def test_peak_is_what_lives_at_one_time():
    chain = nn.Sequential(nn.Conv2d(1, 8, 1), nn.Conv2d(8, 8, 1), nn.Conv2d(8, 8, 1), nn.Flatten(), nn.Linear(800, 2))
    found = total_costs(chain, (1, 10, 10))
    # The picture is held by the caller; of the maps, input and output of one layer live at once.
    assert found.peak_bytes == 4 * (100 + 800 + 800)
    assert found.activation_bytes == 4 * (3 * 800 + 2)
    assert found.forward_bytes == found.peak_bytes + found.parameter_bytes
    residual = nn.Sequential(nn.Conv2d(1, 4, 1), Block())
    assert total_costs(residual, (1, 10, 10)).peak_bytes > 4 * (100 + 3 * 400)


def test_kept_for_the_backward_pass_is_what_the_gradients_need():
    # Linear layers keep what they were given, ReLU what it put out: the picture, 5 numbers once, 3 numbers.
    module = nn.Sequential(nn.Linear(7, 5), nn.ReLU(), nn.Linear(5, 3), nn.Tanh())
    found = total_costs(module, (7,))
    assert found.kept_bytes == 4 * (7 + 5 + 3)
    assert found.training_bytes == 3 * found.parameter_bytes + found.kept_bytes
    # Max pooling keeps its input and the places of the largest, 8 bytes each.
    assert (
        total_costs(nn.Sequential(nn.Conv2d(1, 2, 1), nn.MaxPool2d(2)), (1, 4, 4)).kept_bytes == 4 * (16 + 32) + 8 * 8
    )


def test_batch_norm_trains_on_running_numbers_of_its_own():
    module = nn.Sequential(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2), nn.AdaptiveAvgPool2d(1), nn.BatchNorm2d(2)).eval()
    found = total_costs(module, (1, 4, 4))
    assert found.buffer_bytes == 2 * (4 * 4 + 8) and found.kept_bytes > 4 * (16 + 32)
    assert module[1].num_batches_tracked == 0 and not module.training


class Picky(nn.Module):
    """A network whose way hangs on a value, so that it needs a real pass."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm, self.pool = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.MaxPool2d(2)

    def forward(self, x):
        x = self.norm(self.conv(x))
        return self.pool(x) if x.sum().item() > -1e9 else x


def test_a_network_that_needs_values_gets_a_real_pass():
    module = Picky()
    costs = by_path(module, (3, 8, 8))
    assert costs["conv"].multiply_adds == 27 * 4 * 36 and costs["pool"].output_shape == (4, 3, 3)
    assert [layer.other_operations for layer in layer_costs(module, (3, 8, 8))] == [
        0,
        2 * 144,
        144,
        4 * 36,
    ]  # the sum is the third
    assert total_costs(module, (3, 8, 8)).kept_bytes > 0
    assert module.norm.num_batches_tracked == 0


class Valued(nn.Module):
    """A network that gets a real pass."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        return self.network(x) if x.max().item() == 0 else x


@pytest.mark.parametrize("name", ["mobilenet_v3_small", "squeezenet1_1", "swin_t"])
def test_a_pass_without_values_tells_what_a_real_one_does(name):
    network = skeleton(network_info(name)).to_empty(device="cpu")
    for tensor in (*network.parameters(), *network.buffers()):
        nn.init.zeros_(tensor)
    module = Valued(network)
    real = [replace(layer, path=layer.path.partition(".")[2]) for layer in layer_costs(module, (3, 64, 64))]
    assert (real[0].kind, real[0].activation_bytes) == ("max", 4)
    assert real[1:] == layer_costs(network, (3, 64, 64))
    ours, theirs = total_costs(network, (3, 64, 64)), total_costs(module, (3, 64, 64))
    assert ours.peak_bytes == theirs.peak_bytes and ours.kept_bytes == theirs.kept_bytes


def test_a_network_of_the_zoo_is_asked_at_its_own_size():
    network = load_network("squeezenet1_1", weights="none")
    assert layer_costs(network)[0].input_shape == (3, 224, 224)
    assert total_costs(network) == total_costs(network.module)


def test_no_value_is_computed_and_no_hook_is_left():
    devices = []

    class Telling(nn.Module):
        def forward(self, x):
            devices.append(x.device.type)
            return x

    module = nn.Sequential(nn.Conv2d(3, 4, 3), Telling())
    total_costs(module, (3, 9, 9))
    assert set(devices) == {"meta"}
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in module.modules())
    assert module.training and not module[0].weight.is_meta


def test_costs_are_kept_with_their_module_and_go_with_it():
    module = nn.Sequential(nn.Conv2d(3, 4, 3))
    assert layer_costs(module, (3, 9, 9))[0] is layer_costs(module, (3, 9, 9))[0]
    layer_costs(module, (3, 9, 9)).clear()
    assert len(layer_costs(module, (3, 9, 9))) == 1
    assert layer_costs(module, (3, 8, 8))[0].output_shape == (4, 6, 6)
    assert total_costs(module, (3, 9, 9)) is total_costs(module, (3, 9, 9))
    gone = weakref.ref(module)
    del module
    gc.collect()
    assert gone() is None


@pytest.mark.parametrize(
    ("module", "shape", "words"),
    [
        (nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(5, 6, 3)), (3, 9, 9), "Conv2d at '1' says"),
        (nn.Sequential(nn.Conv2d(3, 4, 11)), (3, 9, 9), "Conv2d at '0' says"),
        (nn.Sequential(nn.Flatten(), nn.Linear(10, 2)), (3, 9, 9), "Linear at '1' says"),
        (nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(3)), (3, 9, 9), "BatchNorm2d at '1' says"),
        (nn.Linear(4, 2), (3,), "Linear at 'the top' says"),
        (nn.Sequential(nn.Flatten(5)), (3, 9, 9), "Flatten at '0' says"),
        (nn.Sequential(Block(), nn.Conv2d(8, 1, 1)), (5, 9, 9), "Conv2d at '0.conv' says"),
    ],
)
def test_a_layer_that_cannot_be_is_named_with_the_reason(module, shape, words):
    for ask in (layer_costs, total_costs):
        with pytest.raises(SettingsError) as raised:
            ask(module, shape)
        assert words in str(raised.value) and str(shape) in str(raised.value) and "\n" not in str(raised.value)


@pytest.mark.parametrize("name", ["googlenet", "convnext_tiny", "swin_v2_t", "vit_b_32"])
def test_rows_of_layers_are_those_of_the_layer_table(name):
    info = network_info(name)
    module = skeleton(info)
    table = [(layer.path, layer.call, layer.kind, layer.shape) for layer in layer_table(module, info.input_size)]
    leaves = {path for path, *_ in table}
    costs = [layer for layer in layer_costs(module, info.input_size) if layer.path in leaves]
    assert [(layer.path, layer.call, layer.kind, layer.output_shape) for layer in costs] == table
