"""The figures of the notes about networks of modules: GoogLeNet, its stem and its Inception module, the ResNets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache, partial
from typing import Any

import torch
from torch import nn

from cnnviz.analysis.costs import LayerCost, layer_costs
from cnnviz.analysis.lecture import tables
from cnnviz.analysis.lecture.entries import Entry, Found
from cnnviz.analysis.lecture.sources import (
    all_parameters,
    convolution,
    costs,
    depth,
    memory,
    module,
    one_side,
    plain,
    products,
    ratio,
    title,
    total,
    values,
    weights,
)  # fmt: skip
from cnnviz.network.construction import skeleton
from cnnviz.network.published import network_info

SLIDES = 2
_VGG_PAPER = "Simonyan and Zisserman 2014, table 1, column D"
_INCEPTION = "Szegedy and others 2014"
_RESNET = "He and others 2015, table 1"


def entries() -> tuple[Entry, ...]:
    """In the order of the notes."""
    return (*_googlenet(), *_inception3(), *_stem(), *_resnets(), *_widths())


def _googlenet() -> Iterator[Entry]:
    topic, name = "GoogLeNet", "googlenet_paper"
    every, older = partial(_used_parameters, name), partial(all_parameters, "alexnet_paper")
    yield Entry(SLIDES, topic, "22 layers", "layers with weights from the picture to the answer", "22",
                partial(depth, name))  # fmt: skip
    yield Entry(
        SLIDES, topic, "Only 5 million parameters!", "parameters, without the auxiliary classifiers", "5 Million",
        every,
        "The network of the paper's table 1 has 7.0 million; torchvision's, with 3×3 in place of 5×5, 6.6 million. The "
        "5 million come from the paper's sentence of twelve times fewer than AlexNet.",
        _INCEPTION + ", section 1 and table 1",
    )  # fmt: skip
    yield Entry(
        SLIDES, topic, "12x less than AlexNet", "AlexNet's parameters over GoogLeNet's", "12x",
        lambda: ratio(older(), every()),
        "The paper says so in its first section, but 61.0 million over 7.0 million is 8.7.", _INCEPTION + ", section 1",
    )  # fmt: skip
    yield Entry(3, topic, "a total of 9 inception blocks", "Inception modules", "9", lambda: _modules(name))
    yield Entry(SLIDES, topic, "different filter sizes (1x1, 3x3, 5x5)", "kernel sizes in a module", "[1, 3, 5]",
                lambda: _kernels_of(name))  # fmt: skip
    yield Entry(3, "Inception modules", "THREE different sizes of filters (1×1, 3×3, 5×5)", "kernel sizes in a module",
                "[1, 3, 5]", lambda: _kernels_of(name))  # fmt: skip


def _inception3() -> Iterator[Entry]:
    topic, naive = "Inception module", ((128, 1, 256), (192, 3, 256), (96, 5, 256))
    reduced = ((64, 1, 256), (64, 1, 256), (128, 1, 256), (192, 3, 64), (96, 5, 64), (64, 1, 256))
    slip = "The products above it sum to 271 million: 358 million counts the 3×3 convolution's 86.7 million twice."
    for quote in (
        "Total: 854M ops",
        "Compared to 854M ops for naive version",
        "Naive Inception module Total: 854M ops",
    ):
        yield Entry(SLIDES, topic, quote, "multiply-adds of the naive module", "854M", partial(_module, naive))
    for quote in ("Total: 358M ops", "Inception module with dimension reduction Total: 358M ops"):
        yield Entry(SLIDES, topic, quote, "multiply-adds with 1×1 reductions", "358M", partial(_module, reduced), slip)


def _stem() -> Iterator[Entry]:
    topic = "GoogLeNet's stem in all"
    held, few, quick = (partial(_stem_total, kind) for kind in ("memory", "weights", "operations"))
    yield Entry(SLIDES, topic, "Memory: 7.5 MB", "the column's sum", "7.5 MB", held)
    yield Entry(SLIDES, topic, "Params: 124K", "the column's sum", "124K", few)
    yield Entry(SLIDES, topic, "MFLOP: 418", "the column's sum, millions", "418", quick,
                "Two digits are swapped: 118 + 2 + 13 + 347 + 1 = 481.", scale=1e6)  # fmt: skip
    large, many, slow = (partial(_vgg_to_28, kind) for kind in ("memory", "weights", "operations"))
    one = "Stage 3 of VGG-16 has three convolutions, of which the notes count two."
    for quote, what, given, find, why, scale in (
        ("Memory: 42.9 MB (5.7x)", "memory of VGG-16's convolutions down to 28×28", "42.9 MB", large, one, None),
        ("Memory: 42.9 MB (5.7x)", "VGG-16's over the stem's", "5.7x", lambda: ratio(large(), held()), one, None),
        ("Params: 1.1M (8.9x)", "weights of VGG-16 down to 28×28", "1.1M", many, one, None),
        ("Params: 1.1M (8.9x)", "VGG-16's over the stem's", "8.9x", lambda: ratio(many(), few()),
         one + " And 8.9 is 1.1 / 0.124; unrounded, even with two it is 9.2.", None),
        ("MFLOP: 7485 (17.8x)", "multiply-adds of VGG-16 down to 28×28, millions", "7485", slow, one, 1e6),
        ("MFLOP: 7485 (17.8x)", "VGG-16's over the stem's", "17.8x", lambda: ratio(slow(), quick()),
         one + " The divisor is wrong as well: 481, not 418, by which even 7485 is 17.9 times as much.", None),
    ):  # fmt: skip
        yield Entry(SLIDES, topic, f"Compare VGG-16 ... {quote}", what, given, find, why, _VGG_PAPER, scale=scale)
    yield Entry(SLIDES, topic, "Total from 224 to 28 spatial resolution", "side at the stem's end", "28",
                lambda: one_side("googlenet", "maxpool2"))  # fmt: skip
    yield Entry(SLIDES, "ResNet", "downsample the input 4x", "the picture's side over that after the stem", "4x",
                _downsampled)  # fmt: skip


def _widths() -> Iterator[Entry]:
    quote = "Width of inception modules ranges from 256 filters to 1024."
    for what, given, place in (("narrowest", "256", 0), ("widest", "1024", -1)):
        yield Entry(SLIDES, "GoogLeNet", quote, f"channels of the {what} module", given, partial(_width, place))


_RESNETS = (
    ("resnet18", "1.8", "10.92", "[2, 2, 2, 2]", "[4, 4, 4, 4]"),
    ("resnet34", "3.6", "8.58", "[3, 4, 6, 3]", "[6, 8, 12, 6]"),
    ("resnet50", "3.8", "7.13", "[3, 4, 6, 3]", "[9, 12, 18, 9]"),
    ("resnet101", "7.6", "6.44", "[3, 4, 23, 3]", "[9, 12, 69, 9]"),
    ("resnet152", "11.3", "5.94", "[3, 8, 36, 3]", "[9, 24, 108, 9]"),
)


def _resnets() -> Iterator[Entry]:
    for name, billions, error, blocks, layers in _RESNETS:
        label = network_info(name).title
        topic = tables.cell_topic("ResNet architectures", label)
        pairs = " ".join(f"{many} {deep}" for many, deep in zip(_listed(blocks), _listed(layers), strict=True))
        kind = "Basic" if name in ("resnet18", "resnet34") else "Bottle"
        row = f"{label} {kind} 1 {pairs} 1 {billions} {error}"
        yield Entry(SLIDES, topic, row, "blocks of stages 1 to 4", blocks, partial(_blocks, name))
        yield Entry(SLIDES, topic, row, "layers of stages 1 to 4", layers, partial(_stage_layers, name))
        yield Entry(SLIDES, topic, row, "layers with weights: stem, stages, FC",
                    name.removeprefix("resnet"), partial(depth, name))  # fmt: skip
        yield Entry(
            SLIDES, topic, row, "multiply-adds, billions", f"{billions} G", partial(_as_published, name),
            _RESNET_NOTE[name], _RESNET,
        )  # fmt: skip
        yield Entry(
            SLIDES, topic, row, "top-5 error on ImageNet, %", f"{error}%", partial(_top5_error, name),
            "torchvision's first weights, as its page once listed them; today it gives a last digit more or less.",
            step=0.02,
        )  # fmt: skip
    yield Entry(SLIDES, "ResNet", "each residual block has two 3x3 conv", "3×3 convolutions in a block of ResNet-34",
                "2", lambda: _three_by_threes("resnet34"))  # fmt: skip
    yield Entry(4, "ResNet", "Every residual block has two 3x3 conv layers",
                "3×3 convolutions in a block of ResNet-34", "2", lambda: _three_by_threes("resnet34"))  # fmt: skip
    yield Entry(4, "ResNet", "downsample spatially using stride 2 (/2 in each dimension)",
                "side before over side after a stage", "2", _halved)  # fmt: skip
    yield Entry(4, "ResNet", "only FC 1000 to output classes", "outputs of the only fully connected layer", "1000",
                lambda: values(costs("resnet50")["fc"], title("resnet50")))  # fmt: skip
    yield Entry(5, "ResNet", "the very deep (56-layer) networks", "layers of the paper's plain net with n = 9", "56",
                lambda: plain(6 * 9 + 2, "6 · 9 + 2 = 56", "He and others 2015, section 4.2"))  # fmt: skip


def _listed(given: str) -> list[str]:
    return given.strip("[]").split(", ")


_FIRST_FORM = (
    "The paper's form, with the stride of a stage in its first 1×1 convolution; torchvision's has it in the 3×3."
)
_RESNET_NOTE = {
    "resnet18": "",
    "resnet34": "The paper's form, whose shortcuts have no weights (option A); torchvision's has 3.66.",
    "resnet50": _FIRST_FORM + " 3.86, cut off as in the paper; torchvision's has 4.09.",
    "resnet101": _FIRST_FORM + " torchvision's has 7.80.",
    "resnet152": _FIRST_FORM + " torchvision's has 11.51.",
}


def _downsampled() -> Found:
    pooled = costs("resnet50")["maxpool"].output_shape[1]
    return plain(224 / pooled, f"224 / {pooled} = {224 / pooled:g}", title("resnet50"))


def _halved() -> Found:
    return ratio(one_side("resnet34", "layer1.2.conv2"), one_side("resnet34", "layer2.0.conv1"), title("resnet34"))


def _used_parameters(name: str) -> Found:
    parts = [(layer.path, layer.parameters) for layer in costs(name).values() if layer.parameters]
    count = sum(part for _, part in parts)
    working = f"{len(parts)} layers with weights, the last {parts[-1][0]} with {parts[-1][1]:,}; in all {count:,}"
    return plain(count, working, title(name))


def _module_names(name: str) -> list[str]:
    return [path for path, _ in module(name).named_children() if path.startswith("inception")]


def _modules(name: str) -> Found:
    found = _module_names(name)
    return plain(len(found), ", ".join(found), network_info(name).title)


def _kernels_of(name: str) -> Found:
    layers = costs(name).items()
    found = sorted(
        {(layer.kernel or (0,))[0] for path, layer in layers if path.startswith("inception") and layer.weights}
    )
    return Found(tuple(found), f"kernels of its convolutions: {found}", title(name))


def _module(branches: Sequence[tuple[int, int, int]]) -> Found:
    """The sum over convolutions of (filters, kernel, channels in) on 28×28."""
    return total([products(convolution(ins, outs, size, 28, padding=size // 2)) for outs, size, ins in branches])


def _stem_total(kind: str) -> Found:
    layers = [costs("googlenet")[row.path] for row in tables.STEM.rows]
    return _summed(kind, layers, title("googlenet"))


def _vgg_to_28(kind: str) -> Found:
    layers = [layer for layer in costs("vgg16").values() if layer.kind == "Conv2d" and layer.output_shape[1] > 28]
    return _summed(kind, layers, title("vgg16"))


def _summed(kind: str, layers: Sequence[LayerCost], source: str) -> Found:
    if kind == "memory":
        return total([memory(layer) for layer in layers], source, unit=" bytes")
    if kind == "weights":
        return total([weights(layer) for layer in layers if layer.weights], source)
    return total([tables.operations(layer, source) for layer in layers], source)


def _width(place: int) -> Found:
    found = [
        layer.output_shape[0]
        for path, layer in costs("googlenet").items()
        if layer.kind == "cat" and path.startswith("inception")
    ]
    ordered = sorted(found)
    return plain(ordered[place], f"channels of the nine modules: {found}", title("googlenet"))


def _stage_blocks(name: str) -> list[int]:
    return [len(list(module(name).get_submodule(f"layer{stage}").children())) for stage in range(1, 5)]


def _blocks(name: str) -> Found:
    found = _stage_blocks(name)
    return Found(tuple(found), f"blocks in layer1 to layer4: {found}", network_info(name).title)


def _stage_layers(name: str) -> Found:
    paths = [path for path, layer in costs(name).items() if layer.kind == "Conv2d" and "downsample" not in path]
    found = [len([path for path in paths if path.startswith(f"layer{stage}.")]) for stage in range(1, 5)]
    return Found(tuple(found), f"convolutions in layer1 to layer4, without those of shortcuts: {found}", title(name))


@cache
def _as_published(name: str) -> Found:
    """Multiply-adds of the network as its paper has it: shortcuts without weights in basic blocks, stride first."""
    changed: Any = skeleton(network_info(name))
    for stage in (changed.layer1, changed.layer2, changed.layer3, changed.layer4):
        block = stage[0]
        if hasattr(block, "conv3"):
            block.conv1.stride, block.conv2.stride = block.conv2.stride, (1, 1)
        elif block.downsample is not None:
            block.downsample = _Padded(block.stride, block.conv2.out_channels)
    count = sum(layer.multiply_adds for layer in layer_costs(changed, (3, 224, 224)))
    return plain(
        count,
        f"the sum over all convolutions and FC: {count:,}",
        f"layer_costs of {network_info(name).title} as in its paper",
    )


class _Padded(nn.Module):
    """The shortcut without weights (option A): every other place, and zeros for the channels that are new."""

    def __init__(self, stride: int, channels: int) -> None:
        super().__init__()
        self.stride, self.channels = stride, channels

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        thinned = x[:, :, :: self.stride, :: self.stride]
        return nn.functional.pad(thinned, (0, 0, 0, 0, 0, self.channels - thinned.shape[1]))


def _top5_error(name: str) -> Found:
    from torchvision.models import get_model_weights

    accuracy = get_model_weights(name).IMAGENET1K_V1.meta["_metrics"]["ImageNet-1K"]["acc@5"]
    return plain(100 - accuracy, f"100 − {accuracy} = {100 - accuracy:.3f}", "torchvision's metadata of IMAGENET1K_V1")


def _three_by_threes(name: str) -> Found:
    found = [path for path, layer in costs(name).items() if path.startswith("layer1.0.") and layer.kernel == (3, 3)]
    return plain(len(found), ", ".join(found), title(name))
