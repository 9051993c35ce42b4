"""What does a network see of a picture?

Resize the shorter side, cut out the middle, subtract the mean, divide by the standard deviation: the very steps that
the weights were tested with.

Cutting out needs no torch, so that a page can show what the network will see before torch is loaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from cnnviz.network.published import NetworkInfo

if TYPE_CHECKING:
    import torch

FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
VERY_LONG = 10
"""Sides in a greater ratio than this make a picture very long."""


@dataclass(frozen=True)
class Preprocessing:
    """Calling it turns a picture into the network's input; ``crop`` stops before the numbers."""

    resize: int
    """Pixels of the shorter side."""
    side: int
    """Pixels of the square crop; it may exceed ``resize``, then the rest is black."""
    interpolation: str
    mean: tuple[float, ...]
    """Per channel; of one channel where the network looks at brightness only."""
    std: tuple[float, ...]

    def __call__(self, picture: Image.Image) -> torch.Tensor:
        """Float32 (channels, side, side): (value / 255 - mean) / std, channel by channel."""
        import torch

        pixels = torch.from_numpy(np.array(self.crop(picture), dtype=np.uint8)).permute(2, 0, 1)[: len(self.mean)]
        values = pixels.contiguous().to(torch.float32).div_(255)
        return values.sub_(_column(self.mean)).div_(_column(self.std))

    def crop(self, picture: Image.Image) -> Image.Image:
        """The picture the network sees, RGB, side × side pixels: as torchvision resizes and crops, pixel for pixel.

        Of a very long picture only the middle is resized, since all of it could fill the memory; that may differ by
        rounding.
        """
        if len(self.mean) == 1:
            picture = picture.convert("L")
        picture = picture.convert("RGB")
        width, height = picture.size
        short, long = min(width, height), max(width, height)
        scaled = {short: self.resize, long: int(self.resize * long / short)}
        new_width, new_height = scaled[width], scaled[height]
        left, kept_width = _middle(new_width, self.side)
        top, kept_height = _middle(new_height, self.side)
        kept = (left, top, left + kept_width, top + kept_height)
        resample = FILTERS[self.interpolation]
        if long <= VERY_LONG * short:
            part = picture.resize((new_width, new_height), resample).crop(kept)
        else:
            across, down = width / new_width, height / new_height
            box = (kept[0] * across, kept[1] * down, kept[2] * across, kept[3] * down)
            part = picture.resize((kept_width, kept_height), resample, box=box)
        if part.size == (self.side, self.side):
            return part
        framed = Image.new("RGB", (self.side, self.side))
        framed.paste(part, ((self.side - kept_width) // 2, (self.side - kept_height) // 2))
        return framed


def preprocessing(info: NetworkInfo) -> Preprocessing:
    """The preprocessing that a network's published weights were tested with."""
    return Preprocessing(info.resize, info.input_size[1], info.interpolation, info.mean, info.std)


def _middle(length: int, wanted: int) -> tuple[int, int]:
    """Start and length of the middle ``wanted`` pixels of ``length``; all of them where there are fewer."""
    if length <= wanted:
        return 0, length
    return round((length - wanted) / 2), wanted


def _column(values: tuple[float, ...]) -> torch.Tensor:
    import torch

    return torch.tensor(values, dtype=torch.float32).view(-1, 1, 1)
