"""The figures of the notes about AlexNet, ZFNet and VGG-16: sizes along the network, totals, one against the other."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from torch import nn

from cnnviz.analysis.costs import LayerCost
from cnnviz.analysis.lecture import tables
from cnnviz.analysis.lecture.entries import Entry, Found
from cnnviz.analysis.lecture.sources import (
    all_parameters,
    convolution,
    costs,
    memory,
    module,
    plain,
    products,
    ratio,
    shape,
    title,
    total,
    values,
)  # fmt: skip
from cnnviz.network.published import network_info

SLIDES = 2
_MISSING = (
    "This is the count of a VGG-16 that lacks one of the three convolutions of stage 3: a VGG-16 has thirteen "
    "convolutions."
)
_VGG_PAPER = "Simonyan and Zisserman 2014, table 1, column D"
_INCEPTION = "Szegedy and others 2014"


def entries() -> tuple[Entry, ...]:
    """In the order of the notes."""
    return (*_along_alexnet(), *_zfnet(), *_inception4a(), *_vgg16_totals(), *_against_alexnet())


_ALEXNET_SIZES = (
    ("Conv1: 96 11x11 filters, stride 4 ... Output: 55x55x96", "features.0", "55x55x96"),
    ("Max pool 1 ... Output: 27x27x96", "features.3", "27x27x96"),
    ("Conv2: 256 5x5 filters ... Output: 27x27x256", "features.4", "27x27x256"),
    ("Max pool 2 ... Output: 13x13x256", "features.7", "13x13x256"),
    ("Conv3: 384 3x3 filters ... Output: 13x13x384", "features.8", "13x13x384"),
    ("Conv4: 384 3x3 filters ... Output: 13x13x384", "features.10", "13x13x384"),
    ("Conv5: 256 3x3 filters ... Output: 13x13x256", "features.12", "13x13x256"),
    ("Max pool 3 ... Output: 6x6x256", "features.14", "6x6x256"),
    ("FC6: 4096 neurons", "classifier.0", "4096"),
    ("FC7: 4096 neurons", "classifier.3", "4096"),
    ("FC8: 1000 neurons", "classifier.6", "1000"),
)


def _along_alexnet() -> Iterator[Entry]:
    name, topic = "alexnet_paper", "AlexNet"
    yield Entry(
        1, topic, "Input: 227x227x3", "side for which 96 11×11 filters with stride 4 give 55×55", "227x227x3",
        _input_of_alexnet, "The paper writes 224×224; with that, its own 55×55 would not come out.",
        "Krizhevsky and others 2012, section 3.5",
    )  # fmt: skip
    for quote, path, given in _ALEXNET_SIZES:
        yield Entry(1, topic, quote, f"output of {quote.split(':')[0].split(' ...')[0]}", given,
                    partial(_shape_at, name, 227, path))  # fmt: skip
    settings = (
        ("Conv1: 96 11x11 filters, stride 4", "features.0", "96x11x4"),
        ("Conv2: 256 5x5 filters, stride 1", "features.4", "256x5x1"),
        ("Conv3: 384 3x3 filters, stride 1, pad 1", "features.8", "384x3x1x1"),
        ("Conv4: 384 3x3 filters, stride 1, pad 1", "features.10", "384x3x1x1"),
        ("Conv5: 256 3x3 filters, stride 1, pad 1", "features.12", "256x3x1x1"),
        *((f"Max pool {n}: 3x3, stride 2", f"features.{place}", "3x2") for n, place in ((1, 3), (2, 7), (3, 14))),
    )  # fmt: skip
    for quote, path, given in settings:
        yield Entry(1, topic, quote, "filters, kernel, stride, padding", given, partial(_settings,
                    name, 227, path, given))  # fmt: skip
    yield Entry(1, topic, "Reshape to 1x9216 for FC layers", "numbers in the last map", "1x9216",
                partial(_flattened, name, 227, "features.14"))  # fmt: skip
    yield Entry(SLIDES, topic, "with five Conv layers", "convolutions", "5", partial(_count, name, nn.Conv2d))
    yield Entry(SLIDES, topic, "followed by three fully connected layers", "fully connected layers", "3",
                partial(_count, name, nn.Linear))  # fmt: skip
    yield Entry(
        SLIDES, tables.cell_topic("AlexNet's table", "conv1"),
        "AlexNet [Krizhevsky et al. 2012] ... conv1 3 227 64 11 4 2",
        "filters of the first convolution", "64", lambda: _filters(name, "features.0"),
        "The table shows the one-column AlexNet of 2014, which torchvision has; the network of 2012 has 96 filters "
        "there. The first notes have them right.", "Krizhevsky and others 2012, section 3.5; Krizhevsky 2014",
    )  # fmt: skip


def _zfnet() -> Iterator[Entry]:
    topic, paper = "ZF", "Zeiler and Fergus 2013, figure 3"
    first = "Change Conv1 to 7x7 stride 2, pad 3."
    yield Entry(1, topic, first, "kernel and stride of the first convolution", "7x2",
                partial(_settings, "zfnet", 224, "features.0", "7x2"), "", paper)  # fmt: skip
    yield Entry(
        1, topic, first, "padding that gives the paper's 110×110 output", "3", _zf_padding,
        "Padding 3 gives 112×112; figure 3 of the paper shows 110×110, which padding 1 gives.", paper,
    )  # fmt: skip
    filters = "CONV3,4,5: instead of 384, 384, 256 filters use 512, 1024, 512"
    yield Entry(1, topic, filters, "AlexNet's filters in conv3, 4, 5", "[384, 384, 256]",
                partial(_three, "alexnet_paper"))  # fmt: skip
    yield Entry(
        1, topic, filters, "ZFNet's filters in conv3, 4, 5", "[512, 1024, 512]", partial(_three, "zfnet"),
        "Figure 3 of the paper keeps 384, 384, 256. The larger layers are an experiment of its table 3, not the "
        "network that is called ZFNet.", paper + " and table 3",
    )  # fmt: skip


def _inception4a() -> Iterator[Entry]:
    topic = "GoogLeNet (Inception)"
    direct, quote = (
        partial(_branch, 480, 48, 5),
        "Number of operations for 5x5x48 convolution = 14*14*48*5*5*16 = 112.9M",
    )
    yield Entry(1, topic, quote, "multiply-adds of 48 5×5 filters on 480 channels", "112.9M", direct)
    yield Entry(
        1, topic, quote, "channels that the kernels read, in the product for 112.9M", "16", _channels_read,
        "A factor is wrong: the product has 16 channels (3.8 million), the result belongs to the 480 channels of the "
        "map before.", _INCEPTION + ", table 1, inception (4a)",
    )  # fmt: skip
    for quote, what, given, place in (
        ("with 1x1x16 kernels", "1×1 filters before the 5×5 ones in module 4a", "16", 0),
        ("Then apply 5x5x48 convolutions", "5×5 filters in module 4a", "48", 1),
    ):
        yield Entry(1, topic, quote, what, given, partial(_filters_of_4a, place))
    reduce, small = partial(_branch, 480, 16, 1), partial(_branch, 16, 48, 5)
    yield Entry(1, topic, "1×1 = (14×14×16)×(1×1×480) = 1.5M", "multiply-adds of 16 1×1 filters", "1.5M", reduce)
    yield Entry(1, topic, "5×5 = (14×14×48)×(5×5×16) = 3.8M", "multiply-adds of the 5×5 filters after them",
                "3.8M", small)  # fmt: skip
    yield Entry(1, topic, "1.5M + 3.8M = 5.3M", "multiply-adds of both", "5.3M", lambda: total([reduce(), small()]))


def _vgg16_totals() -> Iterator[Entry]:
    topic = "VGGNet"
    yield Entry(
        SLIDES, topic, "TOTAL memory: 24M * 4 bytes", "numbers that picture and outputs hold", "24M", _vgg_held,
        "The column above it sums to 15.2 million, not 24.",
    )  # fmt: skip
    yield Entry(
        SLIDES, topic, "≈ 96MB / image (only forward!", "their bytes, in millions", "96", _vgg_bytes,
        "15.2 million numbers of 4 bytes are 61 million bytes.", scale=1e6,
    )  # fmt: skip
    yield Entry(SLIDES, topic, "TOTAL params: 138M parameters", "parameters", "138M",
                partial(all_parameters, "vgg16"))  # fmt: skip
    yield Entry(SLIDES, topic, "Network has 5 convolutional stages", "poolings, one a stage", "5",
                partial(_count, "vgg16", nn.MaxPool2d))  # fmt: skip
    yield Entry(SLIDES, topic, "All conv are 3x3 stride 1 pad 1",
                "kernel, stride, padding of all convolutions", "3x1x1",
                partial(_same_settings, "vgg16", "Conv2d"))  # fmt: skip
    yield Entry(SLIDES, topic, "All max pool are 2x2 stride 2", "kernel, stride of all poolings", "2x2",
                partial(_same_settings, "vgg16", "MaxPool2d"))  # fmt: skip


def _against_alexnet() -> Iterator[Entry]:
    topic = "AlexNet vs VGG-16"
    small, large = partial(_layer_bytes, "alexnet", 227), partial(_layer_bytes, "vgg16", 224)
    yield Entry(SLIDES, topic, "AlexNet total: 1.9 MB",
                "memory of what convolutions and linear layers put out", "1.9 MB", small)  # fmt: skip
    yield Entry(SLIDES, topic, "VGG-16 total: 48.6 MB (25x)", "memory of its layers' outputs", "48.6 MB", large,
                _MISSING, _VGG_PAPER)  # fmt: skip
    yield Entry(SLIDES, topic, "VGG-16 total: 48.6 MB (25x)", "VGG-16's over AlexNet's", "25x",
                lambda: ratio(large(), small()), _MISSING, _VGG_PAPER)  # fmt: skip
    few, many = partial(all_parameters, "alexnet"), partial(all_parameters, "vgg16")
    yield Entry(SLIDES, topic, "AlexNet total: 61M", "parameters", "61M", few)
    yield Entry(SLIDES, topic, "VGG-16 total: 138M (2.3x)", "parameters", "138M", many)
    yield Entry(SLIDES, topic, "VGG-16 total: 138M (2.3x)", "VGG-16's over AlexNet's", "2.3x",
                lambda: ratio(many(), few()))  # fmt: skip
    quick, slow = partial(_all_products, "alexnet", 227), partial(_all_products, "vgg16", 224)
    yield Entry(SLIDES, topic, "AlexNet total: 0.7 GFLOP", "multiply-adds, billions", "0.7 G", quick)
    yield Entry(SLIDES, topic, "VGG-16 total: 13.6 GFLOP (19.4x)", "multiply-adds, billions", "13.6 G",
                slow, _MISSING, _VGG_PAPER)  # fmt: skip
    yield Entry(SLIDES, topic, "VGG-16 total: 13.6 GFLOP (19.4x)", "VGG-16's over AlexNet's", "19.4x",
                lambda: ratio(slow(), quick()),
                _MISSING + " And 19.4 is 13.6 / 0.7; unrounded, even that is 19.0.", _VGG_PAPER)  # fmt: skip


def _input_of_alexnet() -> Found:
    sides = [
        side
        for side in range(220, 232)
        if (side - 11) % 4 == 0 and convolution(3, 96, 11, side, stride=4).output_shape[1] == 55
    ]
    return Found(
        (sides[0], sides[0], 3), f"(55 − 1) · 4 + 11 = {sides[0]}", "layer_costs of nn.Conv2d(3, 96, 11, stride=4)"
    )


def _shape_at(name: str, side: int, path: str) -> Found:
    return shape(costs(name, side)[path], title(name))


def _settings(name: str, side: int, path: str, given: str) -> Found:
    """As many of filters, kernel, stride, padding as the notes give; those of a pooling have no filters."""
    layer = costs(name, side)[path]
    numbers = [setting[0] for setting in (layer.kernel or (), layer.stride or (), layer.padding or ())]
    count = given.count("x") + 1
    found = tuple(([layer.output_shape[0], *numbers] if count > 2 else numbers)[:count])
    return Found(found, f"{layer.kind} at {path}: {found}", title(name))


def _flattened(name: str, side: int, path: str) -> Found:
    found = values(costs(name, side)[path])
    return Found((1, *found.values), found.working, title(name))


def _count(name: str, kind: type[nn.Module]) -> Found:
    found = [path for path, layer in module(name).named_modules() if isinstance(layer, kind)]
    return plain(len(found), f"{kind.__name__} at {', '.join(found)}", network_info(name).title)


def _filters(name: str, path: str) -> Found:
    filters = costs(name, 227)[path].output_shape[0]
    return plain(filters, f"output channels at {path}: {filters}", title(name))


def _zf_padding() -> Found:
    sides = {padding: convolution(3, 96, 7, 224, stride=2, padding=padding).output_shape[1] for padding in range(4)}
    fitting = next(padding for padding, side in sides.items() if side == 110)
    listed = ", ".join(f"padding {padding}: {side}" for padding, side in sides.items())
    return plain(fitting, f"{listed}", "layer_costs of nn.Conv2d(3, 96, 7, stride=2)")


def _three(name: str) -> Found:
    found = [layer.output_shape[0] for layer in costs(name, 227).values() if layer.kind == "Conv2d"][2:]
    return Found(tuple(found), f"output channels of the last three convolutions: {found}", title(name))


def _branch(ins: int, outs: int, kernel: int) -> Found:
    return products(convolution(ins, outs, kernel, 14, padding=kernel // 2))


def _channels_read() -> Found:
    ins = module("googlenet_paper").get_parameter("inception4a.branch1.0.weight").shape[1]
    every = products(convolution(ins, 48, 5, 14, padding=2)).values[0]
    return plain(ins, f"{every:,} / (14 × 14 × 48 × 5 × 5) = {ins}", "inception4a of GoogLeNet of 2014")


def _filters_of_4a(place: int) -> Found:
    path = f"inception4a.branch5.{place}.0"
    filters = costs("googlenet_paper")[path].output_shape[0]
    return plain(filters, f"output channels at {path}: {filters}", title("googlenet_paper"))


def _vgg_outputs() -> list[LayerCost]:
    return [layer for layer in costs("vgg16").values() if layer.kind in ("Conv2d", "MaxPool2d", "Linear")]


def _vgg_held() -> Found:
    picture = plain(3 * 224 * 224, "", "")
    return total([picture, *(values(layer) for layer in _vgg_outputs())], title("vgg16"))


def _vgg_bytes() -> Found:
    held = _vgg_held().values[0]
    return plain(held * 4, f"{held:,} × 4 = {held * 4:,}", title("vgg16"))


def _same_settings(name: str, kind: str) -> Found:
    found = {
        (layer.kernel, layer.stride, layer.padding if kind == "Conv2d" else None)
        for layer in costs(name).values()
        if layer.kind == kind
    }
    ((kernel, stride, padding),) = found
    numbers = tuple(setting[0] for setting in (kernel, stride, padding) if setting)
    return Found(numbers, f"every {kind} has {numbers}", title(name))


def _layer_bytes(name: str, side: int) -> Found:
    """Of the outputs of convolutions and linear layers, as the slide counts AlexNet."""
    found = [memory(layer) for layer in costs(name, side).values() if layer.weights]
    return total(found, title(name), unit=" bytes")


def _all_products(name: str, side: int) -> Found:
    return total([products(layer) for layer in costs(name, side).values() if layer.multiply_adds], title(name))
