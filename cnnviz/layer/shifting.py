"""The picture moves: what do a fully connected unit and a convolution answer?

The fully connected unit is a template: its weights are the picture itself, less its mean, scaled so that it answers 1
to the picture where it stood. The convolution's map moves along with the picture: at every place whose window saw only
what moved, the map of the moved picture is the moved map (equivariance to translation).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from cnnviz.errors import SettingsError
from cnnviz.layer.convolution import convolve


@dataclass(frozen=True, eq=False)
class ShiftAnswer:
    """All maps are float64.

    ``shifted`` (C, H, W): the picture moved, its border pixels repeated where nothing came in.
    ``template`` (C, H, W): the weights of the fully connected unit; ``full_before`` and ``full_after`` its answers.
    ``before``, ``after`` (H, W): the convolution's map of the picture and of the moved picture.
    ``moved`` (H, W): ``before`` moved likewise, not a number where nothing came in.
    ``comparable`` (H, W): True where neither the border nor what came in reaches the window.
    ``difference``: the largest |after − moved| where comparable; ``changed``: the largest |after − before| there.
    """

    shifted: Tensor
    template: Tensor
    full_before: float
    full_after: float
    before: Tensor
    after: Tensor
    moved: Tensor
    comparable: Tensor
    difference: float
    changed: float


def shift_answer(picture: Any, kernel: Any, dy: int, dx: int) -> ShiftAnswer:
    """Move ``picture`` (C, H, W) by ``dy`` rows down and ``dx`` columns right; ``kernel`` is (kh, kw).

    The convolution is on the mean of the channels, with zeros outside and an output of the same size.
    Raises SettingsError where the move leaves nothing that can be compared.
    """
    image = torch.as_tensor(picture, dtype=torch.float64)
    # A copy of an array: torch warns of read-only ones, such as the catalogue's.
    weights = (kernel if isinstance(kernel, Tensor) else torch.from_numpy(np.array(kernel))).double()
    if image.ndim != 3 or weights.ndim != 2:
        raise SettingsError("The picture has to be (channels, height, width) and the kernel (height, width).")
    comparable = _comparable((image.shape[1], image.shape[2]), (weights.shape[0], weights.shape[1]), dy, dx)
    if image.shape[1] < weights.shape[0] or image.shape[2] < weights.shape[1]:
        raise SettingsError(
            f"A kernel of {weights.shape[0]} × {weights.shape[1]} has no place in a picture of {image.shape[1]} × "
            f"{image.shape[2]}: take a larger picture or a smaller kernel."
        )
    if not comparable.any():
        raise SettingsError(
            f"A move of {abs(dy)} rows and {abs(dx)} columns leaves nothing of a picture of {image.shape[1]} × "
            f"{image.shape[2]} to compare: move it less."
        )
    shifted = moved(image, dy, dx)
    centred = image - image.mean()
    energy = float(centred.square().sum())
    template = centred / energy if energy > 0 else centred
    before, after = (convolve(values.mean(dim=0, keepdim=True), weights)[0] for values in (image, shifted))
    carried = moved(before[None], dy, dx)[0]
    carried[~_came_along((before.shape[0], before.shape[1]), dy, dx)] = float("nan")
    return ShiftAnswer(
        shifted, template, float((template * image).sum()), float((template * shifted).sum()), before, after, carried,
        comparable, float((after - carried).abs()[comparable].max()), float((after - before).abs()[comparable].max()),
    )  # fmt: skip


def moved(image: Tensor, dy: int, dx: int) -> Tensor:
    """``image`` (C, H, W) moved by ``dy`` down and ``dx`` right within its frame; border pixels are repeated."""
    rows = (torch.arange(image.shape[1]) - dy).clamp(0, image.shape[1] - 1)
    cols = (torch.arange(image.shape[2]) - dx).clamp(0, image.shape[2] - 1)
    return image[:, rows][:, :, cols]


def _came_along(size: tuple[int, int], dy: int, dx: int) -> Tensor:
    """(H, W): True where the moved picture shows what was in the picture."""
    rows, cols = (torch.arange(length) - by for length, by in zip(size, (dy, dx), strict=True))
    inside_rows, inside_cols = ((at >= 0) & (at < length) for at, length in zip((rows, cols), size, strict=True))
    return inside_rows[:, None] & inside_cols[None, :]


def _comparable(size: tuple[int, int], kernel: tuple[int, int], dy: int, dx: int) -> Tensor:
    """(H, W): places whose window lies in what came along, and lay in the picture before the move."""
    fits = []
    for length, taps, by in zip(size, kernel, (dy, dx), strict=True):
        before, behind = (taps - 1) // 2, taps - 1 - (taps - 1) // 2
        at = torch.arange(length)
        first, last = max(0, by) + before, length - 1 + min(0, by) - behind
        fits.append((at >= first) & (at <= last))
    return fits[0][:, None] & fits[1][None, :]
