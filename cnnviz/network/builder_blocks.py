"""What do the builder's blocks compute? Small modules in plain torch.

An exported program carries the very text of the classes that it uses, so each stands by itself and needs nothing but
``torch`` and ``nn``.
"""

import torch
from torch import nn


class ResidualBlock(nn.Module):
    """Two 3 × 3 convolutions, and the input added to what they find (He and others, 2016)."""

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.relu = nn.ReLU()
        self.shortcut = nn.Sequential()
        if stride != 1 or in_channels != out_channels:
            projection = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
            self.shortcut = nn.Sequential(projection, nn.BatchNorm2d(out_channels))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        return self.relu(found + self.shortcut(x))


class BottleneckBlock(nn.Module):
    """1 × 1 to a quarter of the channels, 3 × 3, 1 × 1 back, and the input added (He and others, 2016)."""

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        width = out_channels // 4
        self.conv1 = nn.Conv2d(in_channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.relu = nn.ReLU()
        self.shortcut = nn.Sequential()
        if stride != 1 or in_channels != out_channels:
            projection = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
            self.shortcut = nn.Sequential(projection, nn.BatchNorm2d(out_channels))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found = self.relu(self.bn1(self.conv1(x)))
        found = self.relu(self.bn2(self.conv2(found)))
        return self.relu(self.bn3(self.conv3(found)) + self.shortcut(x))


class InceptionModule(nn.Module):
    """Four branches side by side, their maps put together (Szegedy and others, 2015)."""

    def __init__(
        self,
        in_channels: int,
        ones: int,
        reduce_threes: int,
        threes: int,
        reduce_fives: int,
        fives: int,
        pooled: int,
    ) -> None:
        super().__init__()
        self.ones = nn.Sequential(nn.Conv2d(in_channels, ones, 1), nn.ReLU())
        self.threes = nn.Sequential(
            nn.Conv2d(in_channels, reduce_threes, 1),
            nn.ReLU(),
            nn.Conv2d(reduce_threes, threes, 3, padding=1),
            nn.ReLU(),
        )
        self.fives = nn.Sequential(
            nn.Conv2d(in_channels, reduce_fives, 1),
            nn.ReLU(),
            nn.Conv2d(reduce_fives, fives, 5, padding=2),
            nn.ReLU(),
        )
        self.pooled = nn.Sequential(nn.MaxPool2d(3, 1, padding=1), nn.Conv2d(in_channels, pooled, 1), nn.ReLU())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([self.ones(x), self.threes(x), self.fives(x), self.pooled(x)], dim=1)


class DepthwiseSeparable(nn.Module):
    """A convolution of each map by itself, then 1 × 1 across them (Howard and others, 2017)."""

    def __init__(self, in_channels: int, out_channels: int, kernel: int = 3, stride: int = 1) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(
            in_channels, in_channels, kernel, stride, padding=kernel // 2, groups=in_channels, bias=False
        )
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.pointwise = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.relu = nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.relu(self.bn1(self.depthwise(x)))
        return self.relu(self.bn2(self.pointwise(x)))


class SqueezeExcite(nn.Module):
    """Scales each map by a number in 0 to 1 that the means of all maps decide (Hu and others, 2018)."""

    def __init__(self, channels: int, reduction: int = 16) -> None:
        super().__init__()
        squeezed = max(1, channels // reduction)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.squeeze = nn.Conv2d(channels, squeezed, 1)
        self.relu = nn.ReLU()
        self.excite = nn.Conv2d(squeezed, channels, 1)
        self.gate = nn.Sigmoid()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.gate(self.excite(self.relu(self.squeeze(self.pool(x)))))


class DenseBlock(nn.Module):
    """Each layer reads all maps before it and adds `growth` of its own (Huang and others, 2017)."""

    def __init__(self, in_channels: int, layers: int = 3, growth: int = 12) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Sequential(
                nn.BatchNorm2d(in_channels + n * growth),
                nn.ReLU(),
                nn.Conv2d(in_channels + n * growth, growth, 3, padding=1, bias=False),
            )
            for n in range(layers)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            x = torch.cat([x, layer(x)], dim=1)
        return x


BLOCKS: dict[str, type[nn.Module]] = {
    block.__name__: block
    for block in (ResidualBlock, BottleneckBlock, InceptionModule, DepthwiseSeparable, SqueezeExcite, DenseBlock)
}
"""Every block by its name."""
