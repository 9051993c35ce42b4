"""What does a kernel make of a picture?

``convolve`` is the operation of ``torch.nn.Conv2d`` on one picture: at every place the window's pixels times the
weights, summed. That is cross-correlation; ``flip`` turns the weights round and makes it convolution in the sense of
mathematics.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from cnnviz.errors import SettingsError
from cnnviz.layer.windows import Padding, Pair, Window, check_padding_mode, placed, window


def convolve(
    image: Any,
    weights: Any,
    stride: Pair = 1,
    padding: Padding = "same",
    padding_mode: str = "zeros",
    dilation: Pair = 1,
    bias: Any = 0.0,
    flip: bool = False,
) -> Tensor:
    """``image`` (C, H, W) convolved with ``weights``; tensors or anything NumPy reads.

    The shape of ``weights`` says what happens to the channels:
    (kh, kw) each channel by itself → (C, H', W'); (C, kh, kw) all into one map → (1, H', W');
    (O, C, kh, kw) O maps → (O, H', W').

    ``stride`` and ``dilation`` are an int or (height, width); ``padding`` also "same" or "valid";
    ``padding_mode`` zeros, reflect, replicate or circular; ``bias`` one number or one per output map.
    The work is done in the picture's own floating dtype (integers become float32) and on its device; the result may lie
    in memory channels last. Raises SettingsError where the settings leave no output or contradict each other.
    """
    picture = _picture(image)
    kernel = _like(weights, picture)
    per_channel = kernel.ndim == 2
    kernel = _as_maps(kernel, picture.shape[0])
    if flip:
        kernel = kernel.flip(-2, -1)
    view = window(tuple(kernel.shape[-2:]), stride, padding, dilation)
    size = (picture.shape[1], picture.shape[2])
    check_padding_mode(size, view, padding_mode)
    placed(size, view)
    offsets = _bias(bias, kernel.shape[0], picture)
    padded, rest = _padded(picture, view, padding_mode)
    groups = picture.shape[0] if per_channel else 1
    return F.conv2d(padded[None], kernel, offsets, view.stride, rest, view.dilation, groups)[0]


def filter_picture(picture: Any, weights: Any, bias: float = 0.0, **settings: Any) -> NDArray[np.uint8]:
    """A picture in, a picture out: uint8 (H, W, 3) or (H, W), or a PIL image; each channel by itself.

    ``weights`` is (kh, kw); ``bias`` is in grey levels, 0 to 255; ``settings`` are those of ``convolve``. Values are
    rounded to the nearest level and clipped to 0 to 255.
    """
    pixels = np.asarray(picture)
    if pixels.dtype != np.uint8 or pixels.ndim not in (2, 3) or np.ndim(weights) != 2:
        raise SettingsError("A picture is filtered as bytes (H, W) or (H, W, channels) with one matrix (kh, kw).")
    planes = torch.from_numpy(pixels.reshape(*pixels.shape[:2], -1).copy()).permute(2, 0, 1)
    result = convolve(planes, weights, bias=bias, **settings)
    levels = result.round_().clamp_(0, 255).to(torch.uint8).permute(1, 2, 0)
    return levels.reshape(*levels.shape[:2], *pixels.shape[2:]).numpy()


def _picture(image: Any) -> Tensor:
    picture = torch.as_tensor(image)
    if picture.ndim != 3:
        raise SettingsError(f"The picture has shape {tuple(picture.shape)}: it has to be (channels, height, width).")
    return picture if picture.is_floating_point() else picture.to(torch.float32)


def _like(values: Any, picture: Tensor) -> Tensor:
    """Weights or biases in the picture's dtype, on its device. NumPy arrays are copied: the catalogue's are read-only."""
    return (values if isinstance(values, Tensor) else torch.tensor(values)).to(picture)


def _as_maps(kernel: Tensor, channels: int) -> Tensor:
    """The weights as ``conv2d`` takes them: (O, C, kh, kw), or (C, 1, kh, kw) for each channel by itself."""
    if kernel.ndim not in (2, 3, 4) or 0 in kernel.shape:
        raise SettingsError(
            f"The weights have shape {tuple(kernel.shape)}: use (kh, kw), (channels, kh, kw) or "
            "(maps, channels, kh, kw)."
        )
    if kernel.ndim == 2:
        return kernel.expand(channels, 1, -1, -1)
    if kernel.shape[-3] != channels:
        raise SettingsError(
            f"The weights are for {kernel.shape[-3]} channels and the picture has {channels}: "
            "give one kernel matrix for each channel."
        )
    return kernel[None] if kernel.ndim == 3 else kernel


def _bias(bias: Any, maps: int, picture: Tensor) -> Tensor | None:
    if isinstance(bias, (int, float)) and bias == 0:
        return None
    offsets = _like(bias, picture).reshape(-1)
    if offsets.numel() not in (1, maps):
        raise SettingsError(
            f"There are {offsets.numel()} biases for {maps} output maps: give one number, or one for each map."
        )
    return offsets.expand(maps)


def _padded(picture: Tensor, view: Window, mode: str) -> tuple[Tensor, tuple[int, int]]:
    """The picture with the padding that ``conv2d`` cannot add itself, and the padding left for it.

    ``conv2d`` adds equal zeros at both ends without copying the picture; all else is copied.
    """
    (top, bottom), (left, right) = view.padding
    if mode == "zeros" and top == bottom and left == right:
        return picture, (top, left)
    if max(top, bottom, left, right) == 0:
        return picture, (0, 0)
    name = "constant" if mode == "zeros" else mode
    return F.pad(picture[None], (left, right, top, bottom), mode=name)[0], (0, 0)
