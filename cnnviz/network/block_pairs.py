"""Which building blocks replaced which? Pairs of modules for the same input, with sizes that one chooses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cnnviz.errors import SettingsError
from cnnviz.network.builder_blocks import (
    BottleneckBlock,
    DenseBlock,
    DepthwiseSeparable,
    InceptionModule,
    ResidualBlock,
    SqueezeExcite,
)

Sizes = Mapping[str, int]


@dataclass(frozen=True)
class BlockSetting:
    """A size that one chooses: its name, what it is called, where it starts, its bounds, both included."""

    name: str
    title: str
    default: int
    least: int
    most: int


@dataclass(frozen=True)
class BlockPair:
    """A block and what it replaced.

    Attributes:
        name, title: of the pair.
        before, after: what each of the two is called; ``after`` is the one that came later.
        idea: why, in one sentence.
        alike: what both have in common, so that they can be compared.
        source: the paper.
        settings: the sizes; ``size`` are rows and columns of the maps, ``channels`` come in.
        make: the two modules, from the sizes by name.
    """

    name: str
    title: str
    before: str
    after: str
    idea: str
    alike: str
    source: str
    settings: tuple[BlockSetting, ...]
    make: Callable[[Sizes], tuple[nn.Module, nn.Module]]


@dataclass(frozen=True)
class BlockModules:
    """Both modules of a pair, without values (on the meta device), and the shape (C, H, W) of what they read."""

    before: nn.Module
    after: nn.Module
    input_size: tuple[int, int, int]


def build_pair(name: str, sizes: Sizes | None = None) -> BlockModules:
    """The modules of a pair of :data:`PAIRS`, with its own sizes where none are given.

    Raises SettingsError for a pair or a size that is not there, and for a size beyond its bounds.
    """
    pair = PAIRS.get(name)
    if pair is None:
        raise SettingsError(f"There is no pair of blocks {name!r}; there are {', '.join(PAIRS)}.")
    known = {setting.name: setting for setting in pair.settings}
    for key, value in (sizes or {}).items():
        if key not in known:
            raise SettingsError(f"{pair.title} has no size {key!r}; it has {', '.join(known)}.")
        if not known[key].least <= value <= known[key].most:
            raise SettingsError(
                f"{known[key].title} is {known[key].least} to {known[key].most} here, and cannot be {value}."
            )
    chosen = {setting.name: setting.default for setting in pair.settings} | dict(sizes or {})
    with torch.device("meta"):
        before, after = pair.make(chosen)
    return BlockModules(before.eval(), after.eval(), (chosen["channels"], chosen["size"], chosen["size"]))


def _reduced_five(sizes: Sizes) -> tuple[nn.Module, nn.Module]:
    channels, reduced, filters = sizes["channels"], sizes["reduced"], sizes["filters"]
    direct = nn.Sequential(nn.Conv2d(channels, filters, 5, padding=2), nn.ReLU())
    first = nn.Sequential(
        nn.Conv2d(channels, reduced, 1), nn.ReLU(), nn.Conv2d(reduced, filters, 5, padding=2), nn.ReLU()
    )
    return direct, first


class NaiveInception(nn.Module):
    """Four branches side by side without reduction: the pooled maps all go on (Szegedy and others, 2015, figure 2a)."""

    def __init__(self, in_channels: int, ones: int, threes: int, fives: int) -> None:
        super().__init__()
        self.ones = nn.Sequential(nn.Conv2d(in_channels, ones, 1), nn.ReLU())
        self.threes = nn.Sequential(nn.Conv2d(in_channels, threes, 3, padding=1), nn.ReLU())
        self.fives = nn.Sequential(nn.Conv2d(in_channels, fives, 5, padding=2), nn.ReLU())
        self.pooled = nn.MaxPool2d(3, 1, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.ones(x), self.threes(x), self.fives(x), self.pooled(x)], dim=1)


def _inception(sizes: Sizes) -> tuple[nn.Module, nn.Module]:
    channels = sizes["channels"]
    kept = [sizes[name] for name in ("ones", "threes", "fives")]
    reduced = InceptionModule(
        channels, kept[0], sizes["reduce_threes"], kept[1], sizes["reduce_fives"], kept[2], sizes["pooled"]
    )
    return NaiveInception(channels, *kept), reduced


def _three_threes(sizes: Sizes) -> tuple[nn.Module, nn.Module]:
    channels = sizes["channels"]
    threes = [layer for _ in range(3) for layer in (nn.Conv2d(channels, channels, 3, padding=1), nn.ReLU())]
    return nn.Sequential(nn.Conv2d(channels, channels, 7, padding=3), nn.ReLU()), nn.Sequential(*threes)


def _separable(sizes: Sizes) -> tuple[nn.Module, nn.Module]:
    channels, filters, kernel = sizes["channels"], sizes["filters"], 2 * sizes["half"] + 1
    standard = nn.Sequential(
        nn.Conv2d(channels, filters, kernel, padding=sizes["half"], bias=False), nn.BatchNorm2d(filters), nn.ReLU()
    )
    return standard, DepthwiseSeparable(channels, filters, kernel)


def _bottleneck(sizes: Sizes) -> tuple[nn.Module, nn.Module]:
    channels = sizes["channels"]
    return ResidualBlock(channels, channels), BottleneckBlock(channels, channels)


def _squeezed(sizes: Sizes) -> tuple[nn.Module, nn.Module]:
    channels = sizes["channels"]
    excited = nn.Sequential(BottleneckBlock(channels, channels), SqueezeExcite(channels, sizes["reduction"]))
    return BottleneckBlock(channels, channels), excited


def _dense(sizes: Sizes) -> tuple[nn.Module, nn.Module]:
    channels, layers, growth = sizes["channels"], sizes["layers"], sizes["growth"]
    plain = nn.Sequential()
    for number in range(layers):
        wide = channels + number * growth
        plain.extend([nn.BatchNorm2d(wide), nn.ReLU(), nn.Conv2d(wide, wide + growth, 3, padding=1, bias=False)])
    return plain, DenseBlock(channels, layers, growth)


def _size(default: int) -> BlockSetting:
    return BlockSetting("size", "Rows and columns", default, 1, 224)


def _channels(default: int, least: int = 1) -> BlockSetting:
    return BlockSetting("channels", "Channels in", default, least, 2048)


_SZEGEDY = "Szegedy and others: Going deeper with convolutions, CVPR 2015"
_HE = "He, Zhang, Ren, Sun: Deep residual learning for image recognition, CVPR 2016"

PAIRS: dict[str, BlockPair] = {
    pair.name: pair
    for pair in (
        BlockPair(
            "reduced_5x5", "1×1 before 5×5", "5×5", "1×1, then 5×5",
            "A 1×1 convolution leaves the expensive kernel fewer channels to read.",
            "Both turn the same maps into as many maps of the same size, and a unit sees 5 × 5 of them.",
            _SZEGEDY,
            (_size(28), _channels(192), BlockSetting("reduced", "Channels after 1×1", 16, 1, 1024),
             BlockSetting("filters", "Channels out", 32, 1, 2048)),
            _reduced_five,
        ),
        BlockPair(
            "inception", "Inception, naive and reduced", "Naive", "Reduced",
            "1×1 convolutions before the large kernels and after the pooling keep width and work from growing.",
            "Both have the same kernels side by side; the naive one also passes every pooled map on.",
            _SZEGEDY,
            (_size(28), _channels(192), BlockSetting("ones", "1×1 maps", 64, 1, 1024),
             BlockSetting("reduce_threes", "1×1 before 3×3", 96, 1, 1024),
             BlockSetting("threes", "3×3 maps", 128, 1, 1024),
             BlockSetting("reduce_fives", "1×1 before 5×5", 16, 1, 1024),
             BlockSetting("fives", "5×5 maps", 32, 1, 1024), BlockSetting("pooled", "1×1 after pooling", 32, 1, 1024)),
            _inception,
        ),
        BlockPair(
            "three_3x3", "Three 3×3 for a 7×7", "7×7", "Three 3×3",
            "Small kernels one after another see as far as a large one, with fewer weights and more activations.",
            "A unit of either sees 7 × 7 of the maps, and both put out as many as they read.",
            "Simonyan, Zisserman: Very deep convolutional networks for large-scale image recognition, ICLR 2015",
            (_size(56), _channels(64)),
            _three_threes,
        ),
        BlockPair(
            "separable", "Depthwise separable", "Standard", "Depthwise separable",
            "First each map by itself in space, then across maps at each place: two small sums for one large one.",
            "Both turn the same maps into as many of the same size, through the same kernel.",
            "Howard and others: MobileNets, arXiv 2017",
            (_size(28), _channels(128), BlockSetting("filters", "Channels out", 128, 1, 2048),
             BlockSetting("half", "Kernel reaches to each side", 1, 1, 5)),
            _separable,
        ),
        BlockPair(
            "bottleneck", "Basic and bottleneck", "Basic", "Bottleneck",
            "1×1 convolutions to a quarter of the channels and back leave the 3×3 a sixteenth of its weights.",
            "Both are residual blocks that read and put out the same maps.",
            _HE,
            (_size(14), _channels(256, least=4)),
            _bottleneck,
        ),
        BlockPair(
            "squeeze_excite", "Squeeze and excite", "Bottleneck", "Bottleneck with a gate",
            "The means of all maps decide by how much each map counts: hardly any work, some parameters.",
            "Both read and put out the same maps; one of them scales each map by a number from 0 to 1.",
            "Hu, Shen, Sun: Squeeze-and-excitation networks, CVPR 2018",
            (_size(14), _channels(256, least=4), BlockSetting("reduction", "Reduction", 16, 1, 64)),
            _squeezed,
        ),
        BlockPair(
            "dense", "Dense block", "Plain layers", "Dense block",
            "A layer that reads everything before it need not carry it on: it adds a few maps of its own.",
            "After each layer both have as many maps, and the next layer reads them all.",
            "Huang, Liu, van der Maaten, Weinberger: Densely connected convolutional networks, CVPR 2017",
            (_size(28), _channels(64), BlockSetting("layers", "Layers", 4, 1, 12),
             BlockSetting("growth", "Growth", 32, 1, 128)),
            _dense,
        ),
    )
}  # fmt: skip
"""All pairs by name."""
