"""Which famous networks has no library, and how are they built?

LeNet-5, AlexNet as it was in 2012, ZFNet, and ResNets without their shortcuts. Each is what its paper describes; where
the paper leaves something open, the docstring says what was taken. GoogLeNet as published stands in
:mod:`cnnviz.network.classic_googlenet`. There are no published weights of these: they are untrained, drawn as the
papers say.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet

from cnnviz.layer import torch_alpha
from cnnviz.network.classic_googlenet import GoogLeNet


def build_classic(name: str) -> nn.Module:
    """A network of ``CLASSICS`` with random weights."""
    return CLASSICS[name]()


class LeNet5(nn.Module):
    """LeNet-5 of 1998, from the (N, 1, 32, 32) picture to (N, 10) answers, the largest for the digit it says.

    The form of the paper, section II.B: subsampling with a coefficient and a bias for each map, C3 connected by
    table I, the scaled tanh after every layer up to F6, and an output of distances to ten fixed patterns. 60,000
    parameters learn, as the paper counts. An answer is the distance with its sign turned, so that the largest wins.
    The paper's bitmaps of the patterns are drawn anew here, in the same spirit: 7 × 12 pixels of +1 and −1.
    """

    def __init__(self) -> None:
        super().__init__()
        self.c1 = nn.Conv2d(1, 6, 5)
        self.s2 = Subsampling(6)
        self.c3 = TableConvolution(LENET_TABLE)
        self.s4 = Subsampling(16)
        self.c5 = nn.Conv2d(16, 120, 5)
        self.f6 = nn.Linear(120, 84)
        self.output = DigitDistances()
        self.squash1, self.squash2, self.squash3 = ScaledTanh(), ScaledTanh(), ScaledTanh()
        self.squash4, self.squash5, self.squash6 = ScaledTanh(), ScaledTanh(), ScaledTanh()
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                _uniform_by_inputs(layer)

    def forward(self, x: Tensor) -> Tensor:
        x = self.squash2(self.s2(self.squash1(self.c1(x))))
        x = self.squash4(self.s4(self.squash3(self.c3(x))))
        x = torch.flatten(self.squash5(self.c5(x)), 1)
        answers: Tensor = self.output(self.squash6(self.f6(x)))
        return answers


LENET_TABLE = (
    *(tuple(sorted((n + k) % 6 for k in range(3))) for n in range(6)),
    *(tuple(sorted((n + k) % 6 for k in range(4))) for n in range(6)),
    *((n, n + 1, (n + 3) % 6, (n + 4) % 6) for n in range(2)),
    (0, 2, 3, 5),
    tuple(range(6)),
)
"""Table I of the paper: which of the six maps of S2 each of the sixteen maps of C3 reads."""


class Subsampling(nn.Module):
    """S2 and S4: each 2×2 window is summed, times a coefficient of its map, plus a bias; (N, C, H, W) → half."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.coefficient = nn.Parameter(torch.empty(channels, 1, 1))
        self.bias = nn.Parameter(torch.zeros(channels, 1, 1))
        nn.init.uniform_(self.coefficient, -2.4 / 4, 2.4 / 4)

    def forward(self, x: Tensor) -> Tensor:
        return functional.avg_pool2d(x, 2) * 4 * self.coefficient + self.bias


class TableConvolution(nn.Module):
    """C3: every map has a 5×5 convolution of its own over the maps that the table gives it."""

    def __init__(self, table: tuple[tuple[int, ...], ...]) -> None:
        super().__init__()
        self.table = table
        self.maps = nn.ModuleList(nn.Conv2d(len(reads), 1, 5) for reads in table)

    def forward(self, x: Tensor) -> Tensor:
        channels = x.split(1, dim=1)
        read = (torch.cat([channels[i] for i in reads], 1) for reads in self.table)
        return torch.cat([convolve(maps) for convolve, maps in zip(self.maps, read, strict=True)], 1)


class ScaledTanh(nn.Module):
    """f(a) = 1.7159 tanh(2a / 3): f(1) = 1 and f(−1) = −1 (the paper's appendix A)."""

    def forward(self, x: Tensor) -> Tensor:
        return 1.7159 * torch.tanh(x * (2 / 3))


class DigitDistances(nn.Module):
    """The output of LeNet-5: minus the squared distance of F6's 84 numbers to each digit's fixed pattern."""

    patterns: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("patterns", torch.tensor([_pattern(rows) for rows in DIGITS]))

    def forward(self, x: Tensor) -> Tensor:
        return torch.sum(-(x[:, None] - self.patterns).square(), 2)


DIGITS = (
    (14, 17, 19, 21, 25, 17, 14), (4, 12, 4, 4, 4, 4, 14), (14, 17, 1, 2, 4, 8, 31), (31, 2, 4, 2, 1, 17, 14),
    (2, 6, 10, 18, 31, 2, 2), (31, 16, 30, 1, 1, 17, 14), (6, 8, 16, 30, 17, 17, 14), (31, 1, 2, 4, 8, 8, 8),
    (14, 17, 17, 14, 17, 17, 14), (14, 17, 17, 15, 1, 2, 12),
)  # fmt: skip
"""The digits 0–9 in seven rows of five dots, a row as a binary number."""


def _pattern(rows: tuple[int, ...]) -> list[float]:
    """A digit amid 12 rows of 7, row by row: +1 where there is ink, −1 elsewhere."""
    blank = [-1.0] * 7
    dots = [[-1.0, *(1.0 if row >> (4 - n) & 1 else -1.0 for n in range(5)), -1.0] for row in rows]
    return [value for line in (blank, blank, *dots, blank, blank, blank) for value in line]


def _uniform_by_inputs(layer: nn.Conv2d | nn.Linear) -> None:
    """Uniform within ±2.4 / inputs of a unit, as the paper draws them."""
    bound = 2.4 / math.prod(layer.weight.shape[1:])
    nn.init.uniform_(layer.weight, -bound, bound)
    if layer.bias is not None:
        nn.init.uniform_(layer.bias, -bound, bound)


class EightLayers(nn.Module):
    """Five convolutions and three fully connected layers, (N, 3, side, side) → (N, 1000) logits."""

    def __init__(self, features: nn.Sequential) -> None:
        super().__init__()
        self.features = features
        self.classifier = nn.Sequential(
            nn.Linear(256 * 6 * 6, 4096), nn.ReLU(inplace=True), nn.Dropout(0.5),
            nn.Linear(4096, 4096), nn.ReLU(inplace=True), nn.Dropout(0.5),
            nn.Linear(4096, 1000),
        )  # fmt: skip
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                nn.init.normal_(layer.weight, 0, 0.01)
                _fill_bias(layer, 0.0)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.classifier(torch.flatten(self.features(x), 1))
        return logits


def alexnet_2012() -> nn.Module:
    """AlexNet as published in 2012, both columns together: 60,965,224 parameters.

    The second, fourth and fifth convolution work in two groups, one for each of the two graphics cards. The paper
    speaks of pictures of 224×224, but its 55×55 outputs need 227×227.
    """
    network = EightLayers(
        nn.Sequential(
            nn.Conv2d(3, 96, 11, stride=4), nn.ReLU(inplace=True), _response_norm(), nn.MaxPool2d(3, 2),
            nn.Conv2d(96, 256, 5, padding=2, groups=2), nn.ReLU(inplace=True), _response_norm(), nn.MaxPool2d(3, 2),
            nn.Conv2d(256, 384, 3, padding=1), nn.ReLU(inplace=True),
            nn.Conv2d(384, 384, 3, padding=1, groups=2), nn.ReLU(inplace=True),
            nn.Conv2d(384, 256, 3, padding=1, groups=2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2),
        )
    )  # fmt: skip
    # Biases of 1 keep the ReLUs of these layers alive at first (section 5 of the paper).
    for layer in (*(network.features[n] for n in (4, 10, 12)), *(network.classifier[n] for n in (0, 3))):
        _fill_bias(layer, 1.0)
    return network


def _fill_bias(layer: nn.Module, value: float) -> None:
    if isinstance(layer, nn.Conv2d | nn.Linear) and layer.bias is not None:
        nn.init.constant_(layer.bias, value)


def zfnet() -> nn.Module:
    """ZFNet as in figure 3 of the paper: AlexNet without groups, with 7×7 kernels and stride 2 at the picture.

    The paper gives the sizes 110, 55, 26, 13 and 6, not the paddings; those here are the ones that give them.
    """
    return EightLayers(
        nn.Sequential(
            nn.Conv2d(3, 96, 7, stride=2, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1), _response_norm(),
            nn.Conv2d(96, 256, 5, stride=2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1), _response_norm(),
            nn.Conv2d(256, 384, 3, padding=1), nn.ReLU(inplace=True),
            nn.Conv2d(384, 384, 3, padding=1), nn.ReLU(inplace=True),
            nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2),
        )
    )  # fmt: skip


def _response_norm() -> nn.LocalResponseNorm:
    """With the paper's n = 5, k = 2, α = 1e-4, β = 0.75."""
    return nn.LocalResponseNorm(5, alpha=torch_alpha(1e-4, 5), beta=0.75, k=2.0)


class PlainBasic(BasicBlock):
    """A ResNet's block of two 3×3 convolutions, without the shortcut."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.downsample = None

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.bn1(self.conv1(x)))
        out: Tensor = self.relu(self.bn2(self.conv2(x)))
        return out


class PlainBottleneck(Bottleneck):
    """A ResNet's block of 1×1, 3×3 and 1×1 convolutions, without the shortcut."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.downsample = None

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.relu(self.bn2(self.conv2(x)))
        out: Tensor = self.relu(self.bn3(self.conv3(x)))
        return out


CLASSICS: dict[str, Callable[[], nn.Module]] = {
    "lenet5": LeNet5,
    "alexnet_paper": alexnet_2012,
    "zfnet": zfnet,
    "googlenet_paper": GoogLeNet,
    "plain18": partial(ResNet, PlainBasic, [2, 2, 2, 2]),
    "plain34": partial(ResNet, PlainBasic, [3, 4, 6, 3]),
    "plain50": partial(ResNet, PlainBottleneck, [3, 4, 6, 3]),
    "plain101": partial(ResNet, PlainBottleneck, [3, 4, 23, 3]),
    "plain152": partial(ResNet, PlainBottleneck, [3, 8, 36, 3]),
}
"""How each is built, by its name in the zoo."""
