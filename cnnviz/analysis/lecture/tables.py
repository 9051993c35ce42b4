"""The notes' tables of layers: AlexNet, VGG-16, GoogLeNet's stem and end, ResNet's stem, the ResNets. Row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from cnnviz.analysis.costs import LayerCost
from cnnviz.analysis.lecture import sources
from cnnviz.analysis.lecture.entries import Entry, Found
from cnnviz.analysis.lecture.sources import costs, memory, parameters, plain, products, shape, title, values, weights

SLIDES = 2
SLIPS = {
    ("AlexNet's table", "conv4", "flop (M)"): (
        "13·13·256·3·3·384 are 149.5 million. The other rows of this column hold.",
        "",
    ),
    ("GoogLeNet's end", "fc", "memory (KB)"): (
        "1000 numbers of 4 bytes are 3.9 KB, as in AlexNet's fc8, where the notes have 4.",
        "",
    ),
}
"""Cells that are wrong, and why."""


class Row(NamedTuple):
    """One row of a table: the layer's name there, its path in the network, and the cells as the notes have them.

    ``unread``: what the row says besides of a pooling, whose padding the libraries do not write alike.
    """

    name: str
    path: str
    cells: tuple[str, ...]
    unread: str = ""


class Table(NamedTuple):
    """A table of the notes: the network that it describes, for pictures of ``side``; ``biases``: they are counted."""

    name: str
    network: str
    side: int
    rows: tuple[Row, ...]
    biases: bool = False


COLUMNS = ("layer", "output", "memory (KB)", "params (K)", "flop (M)")
"""Of a table; ``layer`` holds channels and side of the input, filters, kernel, stride and padding, where they stand."""

ALEXNET = Table(
    "AlexNet's table", "alexnet", 227,
    (
        Row("conv1", "features.0", ("3x227x64x11x4x2", "64x56", "784", "23", "73")),
        Row("pool1", "features.2", ("64x56x3x2", "64x27", "182", "0", "0"), "0"),
        Row("conv2", "features.3", ("64x27x192x5x1x2", "192x27", "547", "307", "224")),
        Row("pool2", "features.5", ("192x27x3x2", "192x13", "127", "0", "0"), "0"),
        Row("conv3", "features.6", ("192x13x384x3x1x1", "384x13", "254", "664", "112")),
        Row("conv4", "features.8", ("384x13x256x3x1x1", "256x13", "169", "885", "145")),
        Row("conv5", "features.10", ("256x13x256x3x1x1", "256x13", "169", "590", "100")),
        Row("pool5", "features.12", ("256x13x3x2", "256x6", "36", "0", "0"), "0"),
        Row("flatten", "features.12", ("256x6", "9216", "36", "0", "0")),
        Row("fc6", "classifier.1", ("9216x4096", "4096", "16", "37,749", "38")),
        Row("fc7", "classifier.4", ("4096x4096", "4096", "16", "16,777", "17")),
        Row("fc8", "classifier.6", ("4096x1000", "1000", "4", "4,096", "4")),
    ),
)  # fmt: skip
STEM = Table(
    "GoogLeNet's stem", "googlenet", 224,
    (
        Row("conv", "conv1.conv", ("3x224x64x7x2x3", "64x112", "3136", "9", "118")),
        Row("max-pool", "maxpool1", ("64x112x3x2", "64x56", "784", "0", "2"), "1"),
        Row("conv", "conv2.conv", ("64x56x64x1x1x0", "64x56", "784", "4", "13")),
        Row("conv", "conv3.conv", ("64x56x192x3x1x1", "192x56", "2352", "111", "347")),
        Row("max-pool", "maxpool2", ("192x56x3x2", "192x28", "588", "0", "1"), "1"),
    ),
)  # fmt: skip
END = Table(
    "GoogLeNet's end", "googlenet", 224,
    (
        Row("avg-pool", "avgpool", ("1024x7x7", "1024x1", "4", "0", "0"), "1 0"),
        Row("fc", "fc", ("1024x1000", "1000", "0", "1025", "1")),
    ),
    biases=True,
)  # fmt: skip
VGG_END = Table(
    "VGG-16's end", "vgg16", 224,
    (
        Row("flatten", "features.30", ("512x7", "25088", "98", "", "")),
        Row("fc6", "classifier.0", ("25088x4096", "4096", "16", "102760", "103")),
        Row("fc7", "classifier.3", ("4096x4096", "4096", "16", "16777", "17")),
        Row("fc8", "classifier.6", ("4096x1000", "1000", "4", "4096", "4")),
    ),
)  # fmt: skip
RESNET_STEM = Table(
    "ResNet's stem", "resnet50", 224,
    (
        Row("conv", "conv1", ("3x224x64x7x2x3", "64x112", "3136", "9", "118")),
        Row("max-pool", "maxpool", ("64x112x3x2", "64x56", "784", "0", "2"), "1"),
    ),
)  # fmt: skip
TABLES = (ALEXNET, STEM, END, VGG_END, RESNET_STEM)


def entries() -> tuple[Entry, ...]:
    """Every cell of every table, row by row."""
    return (*_cells(ALEXNET), *_vgg16(), *_cells(STEM), *_cells(END), *_cells(VGG_END), *_cells(RESNET_STEM))


def cell_topic(table: str, row: str) -> str:
    """What the notes speak of in a row."""
    return f"{table}: {row}"


def _cells(table: Table) -> Iterator[Entry]:
    for row in table.rows:
        cells = [cell.replace("x", " ") for cell in row.cells if cell]
        quote = " ".join([row.name, cells[0], *([row.unread] if row.unread else []), *cells[1:]])
        for column, given in zip(COLUMNS, row.cells, strict=True):
            if given:
                why, reference = SLIPS.get((table.name, row.name, column), ("", ""))
                yield Entry(
                    SLIDES, cell_topic(table.name, row.name), quote, _what(column, row), given,
                    partial(_FIND[column], table, row), why, reference, scale=_SCALE[column], step=1.0,
                )  # fmt: skip


def _what(column: str, row: Row) -> str:
    """What a cell counts; a pooling multiplies nothing."""
    return LOOKED_AT if column == "flop (M)" and "pool" in row.name else _WHAT[column]


LOOKED_AT = "values that the pooling looks at, millions"
_WHAT = {
    "layer": "input, then filters, kernel, stride, padding",
    "output": "output: channels, side",
    "memory (KB)": "memory of the output, KB",
    "params (K)": "parameters, thousands",
    "flop (M)": "multiply-adds, millions",
}
_SCALE = {"layer": 1.0, "output": 1.0, "memory (KB)": 1024.0, "params (K)": 1e3, "flop (M)": 1e6}


def _layer(table: Table, row: Row) -> Found:
    """What stands in the row of the input and of the settings; of a pooling the notes' padding is left out."""
    layer = costs(table.network, table.side)[row.path]
    inside = layer.output_shape if row.name == "flatten" else layer.input_shape
    sides: list[float] = list(inside[:2])
    if layer.kernel is None:
        sides = [inside[-1], layer.output_shape[-1]]
    elif row.name != "flatten":
        settings = (layer.kernel, layer.stride or (), layer.padding or ())
        numbers = [setting[0] for setting in settings]
        sides += [layer.output_shape[0], *numbers] if layer.weights else numbers[:2]
        if row.name == "avg-pool":
            sides = sides[:3]  # its stride moves nothing: there is one window
    found = shape(layer).working
    return Found(tuple(sides), f"{title(table.network)} at {row.path}; its output: {found}", title(table.network))


def _output(table: Table, row: Row) -> Found:
    layer = costs(table.network, table.side)[row.path]
    sides = layer.output_shape
    if row.name == "flatten":
        return _flattened(table, row, 1)
    found = shape(layer, title(table.network))
    return Found(tuple(sides[:2]) if len(sides) > 1 else tuple(sides), found.working, found.source)


def _memory(table: Table, row: Row) -> Found:
    if row.name == "flatten":
        return _flattened(table, row, sources.BYTES)
    return memory(costs(table.network, table.side)[row.path], title(table.network))


def _flattened(table: Table, row: Row, factor: int) -> Found:
    """The map as a vector: as many numbers, or bytes; flattening itself computes nothing."""
    layer = costs(table.network, table.side)[row.path]
    found = values(layer) if factor == 1 else memory(layer)
    return Found(found.values, found.working, title(table.network))


def _params(table: Table, row: Row) -> Found:
    layer = costs(table.network, table.side)[row.path]
    if row.name == "flatten" or not layer.weights:
        return plain(0, "no weights", title(table.network))
    return (parameters if table.biases else weights)(layer, title(table.network))


def _flop(table: Table, row: Row) -> Found:
    layer = costs(table.network, table.side)[row.path]
    if row.name == "flatten":
        return plain(0, "no operations", title(table.network))
    return operations(layer, title(table.network))


def operations(layer: LayerCost, source: str) -> Found:
    """Multiply-adds, or what a pooling looks at."""
    return products(layer, source) if layer.weights else sources.comparisons(layer, source)


_FIND: dict[str, Callable[[Table, Row], Found]] = {
    "layer": _layer, "output": _output, "memory (KB)": _memory, "params (K)": _params, "flop (M)": _flop,
}  # fmt: skip

VGG16 = (
    ("CONV3-64", 0, "224x224x64", "3.2M", "1,728"), ("CONV3-64", 2, "224x224x64", "3.2M", "36,864"),
    ("POOL2", 4, "112x112x64", "800K", "0"),
    ("CONV3-128", 5, "112x112x128", "1.6M", "73,728"), ("CONV3-128", 7, "112x112x128", "1.6M", "147,456"),
    ("POOL2", 9, "56x56x128", "400K", "0"),
    ("CONV3-256", 10, "56x56x256", "800K", "294,912"), ("CONV3-256", 12, "56x56x256", "800K", "589,824"),
    ("CONV3-256", 14, "56x56x256", "800K", "589,824"), ("POOL2", 16, "28x28x256", "200K", "0"),
    ("CONV3-512", 17, "28x28x512", "400K", "1,179,648"), ("CONV3-512", 19, "28x28x512", "400K", "2,359,296"),
    ("CONV3-512", 21, "28x28x512", "400K", "2,359,296"), ("POOL2", 23, "14x14x512", "100K", "0"),
    ("CONV3-512", 24, "14x14x512", "100K", "2,359,296"), ("CONV3-512", 26, "14x14x512", "100K", "2,359,296"),
    ("CONV3-512", 28, "14x14x512", "100K", "2,359,296"), ("POOL2", 30, "7x7x512", "25K", "0"),
)  # fmt: skip
"""The notes' list of VGG-16: layer, its place among torchvision's features, output, numbers it holds, weights."""

VGG16_FC = (("FC", 0, "4096", "102,760,448"), ("FC", 3, "4096", "16,777,216"), ("FC", 6, "1000", "4,096,000"))


def _vgg16() -> Iterator[Entry]:
    name, network = "VGG-16's table", "vgg16"
    yield Entry(
        SLIDES, cell_topic(name, "INPUT"), "INPUT: [224x224x3] memory: 224*224*3=150K",
        "numbers that the picture holds", "150K", _picture, step=1.0,
    )  # fmt: skip
    source = title(network)
    before = "3"
    for count, (row, place, sides, held, given) in enumerate(VGG16, start=1):
        topic, after = cell_topic(name, f"{count} {row}"), sides.rsplit("x", 1)[-1]
        product = f"(3*3*{before})*{after} = {given}" if given != "0" else given
        quote = f"{row}: [{sides}] memory: {sides.replace('x', '*')}={held} params: {product}"
        before = after
        layer = partial(_vgg_layer, f"features.{place}")
        yield Entry(SLIDES, topic, quote, "output", sides, partial(_with, layer, shape, source))
        yield Entry(SLIDES, topic, quote, "numbers that the output holds", held, partial(_with, layer, values, source))
        yield Entry(SLIDES, topic, quote, "weights", given, partial(_vgg_weights, layer, source))
    for count, (row, place, held, given) in enumerate(VGG16_FC, start=len(VGG16) + 1):
        topic, quote = cell_topic(name, f"{count} {row}"), f"{row}: [1x1x{held}] memory: {held} ... {given}"
        layer = partial(_vgg_layer, f"classifier.{place}")
        yield Entry(SLIDES, topic, quote, "numbers that the output holds", held, partial(_with, layer, values, source))
        yield Entry(SLIDES, topic, quote, "weights", given, partial(_vgg_weights, layer, source))


def _picture() -> Found:
    height, width, channels = 224, 224, 3
    held = height * width * channels
    return plain(held, f"{height} × {width} × {channels} = {held:,}", "the picture's shape")


def _vgg_layer(path: str) -> LayerCost:
    return costs("vgg16")[path]


def _with(layer: Callable[[], LayerCost], count: Callable[[LayerCost, str], Found], source: str) -> Found:
    return count(layer(), source)


def _vgg_weights(layer: Callable[[], LayerCost], source: str) -> Found:
    found = layer()
    return weights(found, source) if found.weights else plain(0, "no weights", source)
