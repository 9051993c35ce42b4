"""The lecture's tables of layers, row by row from computation."""

import math

import pytest

from cnnviz.analysis import layer_costs, total_costs
from cnnviz.network import network_info
from cnnviz.network.construction import skeleton

# The lecture's table of AlexNet: channels, size, memory in KB, parameters in thousands without biases, millions of
# multiply-adds. conv4 has 150 here: the notes' 145 is wrong.
ALEXNET = {
    "features.0": (64, 56, 784, 23, 73),
    "features.2": (64, 27, 182, 0, 0),
    "features.3": (192, 27, 547, 307, 224),
    "features.5": (192, 13, 127, 0, 0),
    "features.6": (384, 13, 254, 664, 112),
    "features.8": (256, 13, 169, 885, 150),
    "features.10": (256, 13, 169, 590, 100),
    "features.12": (256, 6, 36, 0, 0),
    "classifier.1": (4096, None, 16, 37749, 38),
    "classifier.4": (4096, None, 16, 16777, 17),
    "classifier.6": (1000, None, 4, 4096, 4),
}
# The stem of GoogLeNet, whose poolings count as the lecture counts them too.
STEM = {
    "conv1.conv": (64, 112, 3136, 9, 118),
    "maxpool1": (64, 56, 784, 0, 2),
    "conv2.conv": (64, 56, 784, 4, 13),
    "conv3.conv": (192, 56, 2352, 111, 347),
    "maxpool2": (192, 28, 588, 0, 1),
}


@pytest.mark.parametrize(
    ("name", "size", "table"), [("alexnet", 227, ALEXNET), ("googlenet", 224, STEM)], ids=["alexnet", "stem"]
)
def test_tables_of_the_lecture_appear_row_by_row(name, size, table):
    costs = {layer.path: layer for layer in layer_costs(skeleton(network_info(name)), (3, size, size))}
    for path, (channels, side, kilobytes, thousands, millions) in table.items():
        layer = costs[path]
        assert layer.output_shape == ((channels,) if side is None else (channels, side, side))
        assert round(layer.activation_bytes / 1024) == kilobytes
        assert round(layer.weights / 1e3) == thousands
        counted = layer.multiply_adds if name == "alexnet" else layer.multiply_adds + layer.other_operations
        assert round(counted / 1e6) == millions


def test_vgg16_has_the_parameters_of_the_lecture_row_by_row():
    module = skeleton(network_info("vgg16"))
    costs = [layer for layer in layer_costs(module) if layer.weights]
    convolutions = [1728, 36864, 73728, 147456, 294912, 589824, 589824, 1179648, *[2359296] * 5]
    assert [layer.weights for layer in costs] == [*convolutions, 102760448, 16777216, 4096000]
    assert [math.prod(layer.output_shape) for layer in costs[:3]] == [224 * 224 * 64, 224 * 224 * 64, 112 * 112 * 128]
    found = total_costs(module)
    assert round(found.parameters / 1e6) == 138 and round(found.multiply_adds / 1e9, 2) == 15.47
    assert found.parameters == found.used_parameters
    assert found.training_bytes > 3 * found.forward_bytes / 2
