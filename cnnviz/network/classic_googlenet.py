"""How was GoogLeNet built when it was published?

torchvision's has batch normalization, no biases, and 3×3 kernels where the paper has 5×5. This is the one of 2014
(Szegedy and others, "Going deeper with convolutions", table 1 and section 5), with both auxiliary classifiers:
6,998,552 parameters without them, 13,378,280 with them, as in the authors' Caffe model.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn


class Answers(NamedTuple):
    """What training sees: the logits at the top and those of the two auxiliary classifiers, each (N, 1000)."""

    logits: Tensor
    auxiliary_4d: Tensor
    auxiliary_4a: Tensor


class GoogLeNet(nn.Module):
    """(N, 3, 224, 224) → (N, 1000) logits; in training mode ``Answers``, where alone the auxiliary classifiers work."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = _conv(3, 64, 7, stride=2)
        self.maxpool1, self.norm1 = _halve(), _norm()
        self.conv2 = _conv(64, 64, 1)
        self.conv3 = _conv(64, 192, 3)
        self.norm2, self.maxpool2 = _norm(), _halve()
        self.inception3a = Inception(192, 64, 96, 128, 16, 32, 32)
        self.inception3b = Inception(256, 128, 128, 192, 32, 96, 64)
        self.maxpool3 = _halve()
        self.inception4a = Inception(480, 192, 96, 208, 16, 48, 64)
        self.inception4b = Inception(512, 160, 112, 224, 24, 64, 64)
        self.inception4c = Inception(512, 128, 128, 256, 24, 64, 64)
        self.inception4d = Inception(512, 112, 144, 288, 32, 64, 64)
        self.inception4e = Inception(528, 256, 160, 320, 32, 128, 128)
        self.maxpool4 = _halve()
        self.inception5a = Inception(832, 256, 160, 320, 32, 128, 128)
        self.inception5b = Inception(832, 384, 192, 384, 48, 128, 128)
        self.auxiliary_4a, self.auxiliary_4d = AuxiliaryClassifier(512), AuxiliaryClassifier(528)
        self.avgpool, self.dropout, self.fc = nn.AdaptiveAvgPool2d(1), nn.Dropout(0.4), nn.Linear(1024, 1000)

    def forward(self, x: Tensor) -> Tensor | Answers:
        x = self.conv2(self.norm1(self.maxpool1(self.conv1(x))))
        x = self.maxpool2(self.norm2(self.conv3(x)))
        x = self.maxpool3(self.inception3b(self.inception3a(x)))
        at_4a = self.inception4a(x)
        at_4d = self.inception4d(self.inception4c(self.inception4b(at_4a)))
        x = self.maxpool4(self.inception4e(at_4d))
        x = self.avgpool(self.inception5b(self.inception5a(x)))
        logits: Tensor = self.fc(self.dropout(torch.flatten(x, 1)))
        if self.training:
            return Answers(logits, self.auxiliary_4d(at_4d), self.auxiliary_4a(at_4a))
        return logits


class Inception(nn.Module):
    """1×1, 3×3 and 5×5 convolutions and a pooling side by side, with 1×1 convolutions that reduce the channels.

    The arguments are the columns of the paper's table 1: channels in, #1×1, #3×3 reduce, #3×3, #5×5 reduce, #5×5,
    pool proj.
    """

    def __init__(self, ins: int, n1: int, reduce3: int, n3: int, reduce5: int, n5: int, pool: int) -> None:
        super().__init__()
        self.branch1 = _conv(ins, n1, 1)
        self.branch3 = nn.Sequential(_conv(ins, reduce3, 1), _conv(reduce3, n3, 3))
        self.branch5 = nn.Sequential(_conv(ins, reduce5, 1), _conv(reduce5, n5, 5))
        self.pool = nn.Sequential(nn.MaxPool2d(3, 1, 1), _conv(ins, pool, 1))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.branch1(x), self.branch3(x), self.branch5(x), self.pool(x)], 1)


class AuxiliaryClassifier(nn.Sequential):
    """Average pooling 5×5 with stride 3, 128 1×1 convolutions, 1024 units, dropout of 70 %, 1000 logits."""

    def __init__(self, channels: int) -> None:
        super().__init__(
            nn.AvgPool2d(5, 3), _conv(channels, 128, 1), nn.Flatten(),
            nn.Linear(128 * 4 * 4, 1024), nn.ReLU(inplace=True), nn.Dropout(0.7), nn.Linear(1024, 1000),
        )  # fmt: skip


def _conv(ins: int, outs: int, kernel: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(ins, outs, kernel, stride, kernel // 2), nn.ReLU(inplace=True))


def _halve() -> nn.MaxPool2d:
    """Half the size, as Caffe rounds: 112 → 56 → 28 → 14 → 7."""
    return nn.MaxPool2d(3, 2, ceil_mode=True)


def _norm() -> nn.LocalResponseNorm:
    """With the settings of the authors' Caffe model; Caffe divides alpha by the size, as torch does."""
    return nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=1.0)
