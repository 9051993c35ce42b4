"""How does a picture become a tensor, and a tensor a picture again?"""

from typing import Literal

import numpy as np
import torch
from PIL import Image

from cnnviz.errors import SettingsError

#: Weights of red, green and blue in luma, by ITU-R Recommendation BT.601.
LUMA: tuple[float, float, float] = (0.299, 0.587, 0.114)


def to_tensor(picture: Image.Image, mode: Literal["colour", "grey"] = "colour") -> torch.Tensor:
    """Return ``picture`` as float32 in [0, 1], channels first: (3, H, W), or (1, H, W) for ``"grey"``.

    Colour is the byte divided by 255. Grey is the Rec. 601 luma ``0.299 R + 0.587 G + 0.114 B`` of those values,
    computed in floating point and so not rounded to 256 levels; a picture with equal channels keeps its values.
    """
    if mode not in ("colour", "grey"):
        raise SettingsError(f"A picture becomes a tensor in mode 'colour' or 'grey', not {mode!r}.")
    pixels = np.asarray(picture.convert("RGB"))
    if mode == "grey":
        luma = pixels @ np.array(LUMA, dtype=np.float64)
        return torch.from_numpy((luma / 255).astype(np.float32)[None])
    return torch.from_numpy(pixels.transpose(2, 0, 1).copy()).to(torch.float32).div_(255)


def to_picture(tensor: torch.Tensor) -> Image.Image:
    """Return (3, H, W), (1, H, W) or (H, W) with values in [0, 1] as an RGB picture: clamped, then rounded to 8 bits.

    Not-a-number becomes 0. This is the inverse of ``to_tensor`` in colour, to the last bit.
    """
    channels = tensor[None] if tensor.ndim == 2 else tensor
    if channels.ndim != 3 or channels.shape[0] not in (1, 3):
        raise SettingsError(f"A picture needs the shape (3, H, W), (1, H, W) or (H, W), not {tuple(tensor.shape)}.")
    levels = channels.detach().to("cpu", torch.float32).mul(255).nan_to_num_(nan=0.0).clamp_(0, 255).round_()
    # By way of 16 bits: torch turns floats into bytes one at a time, but both of these steps many at once.
    pixels = levels.to(torch.int16).to(torch.uint8).expand(3, -1, -1).permute(1, 2, 0).contiguous()
    return Image.fromarray(pixels.numpy())
