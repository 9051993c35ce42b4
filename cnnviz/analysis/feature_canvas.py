"""In which numbers is a picture painted, so that going uphill makes a picture and not noise?

Gradients of pixels are full of high frequencies, and an optimiser follows them into patterns that no eye reads. Here
the numbers that are learned are amplitudes of waves, scaled so that slow waves count as much as in natural pictures
(1/f), of three colour axes that vary on their own in natural pictures. Before each step the picture is moved, turned
and scaled a little, so that only what survives this is kept (Olah, Mordvintsev, Schubert: "Feature Visualization",
Distill 2017). Both bases can be switched off, to see what they are good for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from cnnviz.errors import SettingsError

SIDES = (16, 512)
"""The smallest and the largest side of a picture, in pixels."""
MOST_STEPS = 4096
MOST_PICTURES = 16

# How the colours of natural pictures hang together: the square root of their covariance over ImageNet, columns as long
# as given in Lucid (github.com/tensorflow/lucid, lucid/optvis/param/color.py), which is by the authors of the paper.
_COLOURS = ((0.26, 0.09, 0.02), (0.27, 0.00, -0.05), (0.27, -0.09, 0.03))
_SPREAD = 0.01  # standard deviation of the amplitudes at the start, and
_CONTRAST = 4.0  # what the picture is divided by, both as in Lucid


@dataclass(frozen=True)
class Recipe:
    """How pictures are made.

    Attributes:
        steps: of the optimiser (Adam).
        size: height and width in pixels.
        seed: of the noise at the start and of the moves.
        rate: of the optimiser, how far a step goes.
        base: what is learned: amplitudes of waves, or pixels.
        decorrelated: whether the colour axes are those that vary on their own in natural pictures; else red, green and
            blue.
        jitter: before each step the picture is moved by up to so many pixels each way,
        rotation: turned by up to so many degrees each way,
        scale: and made larger or smaller by up to this share.
        count: how many pictures are made at once.
        diversity: what it costs that they are alike, as a share of the goal: with 1, pictures whose channels go
            together in the same way lose as much as they gain.
    """

    steps: int = 64
    size: int = 112
    seed: int = 0
    rate: float = 0.06
    base: Literal["fourier", "pixels"] = "fourier"
    decorrelated: bool = True
    jitter: int = 6
    rotation: float = 8.0
    scale: float = 0.08
    count: int = 1
    diversity: float = 0.0

    def __post_init__(self) -> None:
        """Raises SettingsError where a setting makes no sense."""
        within = (
            ("steps", 1, MOST_STEPS), ("size", *SIDES), ("jitter", 0, self.size // 2), ("rotation", 0, 180),
            ("scale", 0, 0.5), ("count", 1, MOST_PICTURES), ("diversity", 0, 10), ("seed", 0, 2**31 - 1),
        )  # fmt: skip
        for name, least, most in within:
            if not least <= getattr(self, name) <= most:
                raise SettingsError(f"{name} lies between {least} and {most}, not at {getattr(self, name)}.")
        if not 0 < self.rate < math.inf:
            raise SettingsError(f"The rate is a number over 0, not {self.rate}.")
        if self.base not in ("fourier", "pixels"):
            raise SettingsError(f"The base is fourier or pixels, not {self.base!r}.")
        if self.diversity and self.count < 2:
            raise SettingsError("A single picture has none to differ from; make at least 2 for diversity.")


class Canvas:
    """Pictures in the making. ``parameters`` is what the optimiser changes, ``pictures()`` what it amounts to."""

    def __init__(self, recipe: Recipe, device: torch.device) -> None:
        self._recipe = recipe
        side = recipe.size
        numbers = (side, side // 2 + 1, 2) if recipe.base == "fourier" else (side, side)
        # Drawn on the CPU, so that a seed means the same everywhere.
        generator = torch.Generator().manual_seed(recipe.seed)
        start = _SPREAD * torch.randn(recipe.count, 3, *numbers, generator=generator)
        self.parameters = start.to(device).requires_grad_(True)
        self._scale = wave_scale(side).to(device)
        self._axes = colour_axes().to(device)

    def pictures(self) -> Tensor:
        """(count, 3, size, size), each value between 0 and 1."""
        values = self.parameters
        if self._recipe.base == "fourier":
            side = self._recipe.size
            waves = torch.view_as_complex(values) * self._scale
            values = torch.fft.irfft2(waves, s=(side, side)) / _CONTRAST
        if self._recipe.decorrelated:
            values = torch.einsum("nchw,rc->nrhw", values, self._axes)
        return values.sigmoid()


def wave_scale(side: int) -> Tensor:
    """(side, side // 2 + 1): side over the frequency of each wave of ``irfft2``; that of the mean as of the slowest."""
    rows, columns = torch.fft.fftfreq(side), torch.fft.rfftfreq(side)
    frequency = torch.hypot(rows[:, None], columns[None, :])
    return side / frequency.clamp_min(1 / side)


def colour_axes() -> Tensor:
    """(3, 3): from amounts along the three axes to red, green and blue; the longest axis has length 1."""
    axes = torch.tensor(_COLOURS)
    return axes / axes.norm(dim=0).max()


class Shaking:
    """Moves, turns and scales pictures at random, each by its own draw; what enters at an edge is the mirror image."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._generator = torch.Generator().manual_seed(recipe.seed + 1)

    def __call__(self, pictures: Tensor) -> Tensor:
        """(N, C, H, W) to the same shape; differentiable."""
        recipe = self._recipe
        if not (recipe.jitter or recipe.rotation or recipe.scale):
            return pictures
        theta = self._draw(len(pictures)).to(pictures)
        grid = F.affine_grid(theta, list(pictures.shape), align_corners=False)
        return F.grid_sample(pictures, grid, mode="bilinear", padding_mode="reflection", align_corners=False)

    def _draw(self, count: int) -> Tensor:
        """(count, 2, 3) for ``affine_grid``: where each pixel of the result is read."""
        recipe = self._recipe
        angle, factor = (2 * torch.rand(2, count, generator=self._generator) - 1).unbind()
        angle = angle * math.radians(recipe.rotation)
        factor = 1 + factor * recipe.scale
        moves = torch.randint(-recipe.jitter, recipe.jitter + 1, (count, 2), generator=self._generator)
        cosine, sine = angle.cos() / factor, angle.sin() / factor
        turn = torch.stack([torch.stack([cosine, -sine], 1), torch.stack([sine, cosine], 1)], 1)
        return torch.cat([turn, (2 * moves / recipe.size)[:, :, None]], 2)
