"""What other views of a picture may a network learn from, and what does it see of each?

View 0 is the picture as the network sees it otherwise. Every further view is drawn from the seed, the picture's content
and the view's number: drawn again it is the same, so what was computed from it can be kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PIL import Image

from cnnviz.errors import SettingsError
from cnnviz.learn.datasets import Example
from cnnviz.network import Preprocessing
from cnnviz.network.preprocessing import FILTERS

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Augmentation:
    """One way of drawing views: whether left and right change places, and the least share of the picture cut out."""

    name: str
    title: str
    sentence: str
    flip: bool
    least_area: float


def augmentation(name: str) -> Augmentation:
    """The augmentation of this name; SettingsError names those there are."""
    if name not in AUGMENTATIONS:
        raise SettingsError(f"There is no augmentation {name!r}; there are {', '.join(AUGMENTATIONS)}.")
    return AUGMENTATIONS[name]


def view(example: Example, number: int, preprocess: Preprocessing, how: Augmentation, seed: int = 0) -> Image.Image:
    """View ``number`` of a picture, RGB, as large as the network takes it.

    A cut-out takes ``least_area`` to all of the picture's area in a shape between 3:4 and 4:3, as Szegedy et al. do in
    "Going Deeper with Convolutions" (2015); of it the network sees the middle, as of any picture. Every second view is
    mirrored on average.
    """
    picture = example.picture()
    if number == 0:
        return preprocess.crop(picture)
    random = np.random.default_rng((seed, number, int(example.digest, 16)))
    if how.least_area < 1:
        square = (preprocess.resize, preprocess.resize)
        box = _box(picture.size, how.least_area, random)
        picture = picture.resize(square, FILTERS[preprocess.interpolation], box=box)
    seen = preprocess.crop(picture)
    if how.flip and random.random() < 0.5:
        seen = seen.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return seen


def levels(picture: Image.Image) -> Tensor:
    """A picture's pixels as uint8 (3, height, width)."""
    import torch

    pixels: npt.NDArray[np.uint8] = np.array(picture.convert("RGB"))
    return torch.from_numpy(pixels).permute(2, 0, 1).contiguous()


def normalised(pixels: Tensor, preprocess: Preprocessing) -> Tensor:
    """Levels (N, 3, side, side) as the network's input, float32, bit by bit as its own preprocessing gives it."""
    import torch

    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (preprocess.mean, preprocess.std))
    return pixels.to(torch.float32).div_(255).sub_(mean).div_(std)


def _box(size: tuple[int, int], least: float, random: np.random.Generator) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of what is cut out of a picture of (width, height)."""
    width, height = size
    area = random.uniform(least, 1.0) * width * height
    shape = np.exp(random.uniform(np.log(3 / 4), np.log(4 / 3)))
    wide, high = min(width, float(np.sqrt(area * shape))), min(height, float(np.sqrt(area / shape)))
    left, top = random.uniform(0, width - wide), random.uniform(0, height - high)
    return left, top, left + wide, top + high


AUGMENTATIONS: dict[str, Augmentation] = {
    one.name: one
    for one in (
        Augmentation("none", "None", "Every picture as it is.", False, 1.0),
        Augmentation("flip", "Mirrored", "Half of the views are mirrored; not for digits or letters.", True, 1.0),
        Augmentation("crop", "Cut out", "A part of at least a third of the picture, anywhere.", False, 1 / 3),
        Augmentation("crop and flip", "Cut out and mirrored", "Both; what photographs usually get.", True, 1 / 3),
    )
}
