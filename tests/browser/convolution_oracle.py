"""Torch's answers for the convolution view: random layers, and one output value taken apart."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "replicate", "circular": "circular"}


@dataclass(frozen=True)
class Setting:
    """A layer on an input of (channels, height, width), as the view has it."""

    channels: int
    size: tuple[int, int]
    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]
    dilation: tuple[int, int]
    mode: str
    flip: bool
    groups: int
    maps: int
    transposed: bool
    seed: int

    @property
    def values(self) -> torch.Tensor:
        """The input, float64."""
        generator = np.random.default_rng(self.seed)
        return torch.from_numpy(generator.normal(size=(self.channels, *self.size)))

    @property
    def weights(self) -> torch.Tensor:
        """(maps, channels / groups, height, width), float64, not flipped."""
        generator = np.random.default_rng(self.seed + 1)
        return torch.from_numpy(generator.normal(size=(self.maps, self.channels // self.groups, *self.kernel)))

    @property
    def bias(self) -> torch.Tensor:
        return torch.from_numpy(np.random.default_rng(self.seed + 2).normal(size=self.maps))

    def told(self) -> dict[str, Any]:
        """The settings as the view gets them."""
        plain = {key: value for key, value in asdict(self).items() if key not in ("channels", "size", "seed")}
        return {**plain, "weights": self.weights.flatten().tolist(), "bias": self.bias.tolist(), "fill": "own"}

    def result(self, values: torch.Tensor) -> torch.Tensor:
        """All output maps, by torch; differentiable in `values`."""
        weights = self.weights.flip(-2, -1) if self.flip else self.weights
        rest = {"stride": self.stride, "dilation": self.dilation, "groups": self.groups}
        if self.transposed:
            shape = (self.groups, self.maps // self.groups, self.channels // self.groups, *self.kernel)
            turned = weights.reshape(shape).transpose(1, 2).flatten(0, 1)
            return F.conv_transpose2d(values[None], turned, self.bias, padding=self.padding, **rest)[0]
        return F.conv2d(self.padded(values)[None], weights, self.bias, **rest)[0]

    def padded(self, values: torch.Tensor) -> torch.Tensor:
        top, left = self.padding
        return F.pad(values[None], (left, left, top, top), mode=MODES[self.mode])[0]

    def patches(self) -> torch.Tensor:
        """(channels, height × width of the kernel, places): what lies under each window, by torch's unfold."""
        columns = F.unfold(self.padded(self.values)[None], self.kernel, self.dilation, 0, self.stride)[0]
        return columns.reshape(self.channels, self.kernel[0] * self.kernel[1], -1)

    def read_channels(self, map_: int) -> list[int]:
        """Which input channels an output map reads."""
        each = self.channels // self.groups
        first = map_ // (self.maps // self.groups) * each
        return list(range(first, first + each))


def random_setting(seed: int) -> Setting:
    """A layer that torch can compute, over the whole range of what the view offers."""
    generator = np.random.default_rng(1000 + seed)
    while True:
        channels = int(generator.integers(1, 5))
        groups = int(generator.choice([g for g in range(1, channels + 1) if channels % g == 0]))
        k = int(generator.integers(1, 12))
        shape = [(k, k), (1, k), (k, 1), (k, k)][int(generator.integers(4))]
        transposed = bool(generator.random() < 0.25)
        setting = Setting(
            channels, _pair(generator, 1, 25), shape, _pair(generator, 1, 9), _pair(generator, 0, 11),
            _pair(generator, 1, 6), "zeros" if transposed else str(generator.choice(list(MODES))),
            bool(generator.random() < 0.3), groups, groups * int(generator.integers(1, 4)), transposed, seed,
        )  # fmt: skip
        try:
            if setting.result(setting.values).numel():
                return setting
        except (RuntimeError, ValueError):  # no window fits, or no mirror is so long
            continue


def _pair(generator: np.random.Generator, low: int, high: int) -> tuple[int, int]:
    first, second = generator.integers(low, high, size=2)
    return (int(first), int(first)) if generator.random() < 0.6 else (int(first), int(second))
