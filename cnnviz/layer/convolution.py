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
from cnnviz.layer.shifted_sums import shifted_sums
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
    view = _view(kernel, (picture.shape[1], picture.shape[2]), stride, padding, padding_mode, dilation)
    offsets = _bias(bias, kernel.shape[0], picture)
    if padding_mode != "zeros" or _lopsided(view):
        picture, view = _padded(picture, view, padding_mode), view.unpadded()
    if per_channel and _better_in_bands(picture, kernel, offsets, view):
        return shifted_sums(picture, kernel[0, 0], view)
    batch = picture[None]
    if per_channel and picture.device.type == "cpu" and picture.shape[0] > 1:
        # Measured: on a CPU, channels last is several times as fast as planes when each channel stands by itself.
        batch = batch.contiguous(memory_format=torch.channels_last)
    groups = picture.shape[0] if per_channel else 1
    rest = (view.padding[0][0], view.padding[1][0])
    return F.conv2d(batch, kernel, offsets, view.stride, rest, view.dilation, groups)[0]


def filter_picture(
    picture: Any,
    weights: Any,
    padding: Padding = "same",
    padding_mode: str = "zeros",
    dilation: Pair = 1,
    bias: float = 0.0,
    flip: bool = False,
) -> NDArray[np.uint8]:
    """A picture in, a picture out: uint8 (H, W, channels) or (H, W), or a PIL image; each channel by itself.

    ``weights`` is (kh, kw); ``bias`` is in grey levels, 0 to 255; the rest is as in ``convolve``. Values are rounded to
    the nearest level, halves to the even one, and clipped to 0 to 255.
    """
    pixels = np.asarray(picture)
    kernel = _as_tensor(weights).cpu().double()
    if pixels.dtype != np.uint8 or pixels.ndim not in (2, 3) or kernel.ndim != 2:
        raise SettingsError("A picture is filtered as bytes (H, W) or (H, W, channels) with one matrix (kh, kw).")
    view = _view(kernel, (pixels.shape[0], pixels.shape[1]), 1, padding, padding_mode, dilation)
    planes = _as_tensor(pixels.reshape(*pixels.shape[:2], -1)).permute(2, 0, 1)
    if padding_mode != "zeros":
        planes, view = _padded(planes, view, padding_mode), view.unpadded()
    kernel = kernel.flip(-2, -1) if flip else kernel
    # Whole-number kernels are summed in 16 bits, exactly and twice as fast, where no sum can leave their range.
    whole = bool((kernel == kernel.round()).all()) and float(bias).is_integer()
    exact = whole and 255 * float(kernel.abs().sum()) + abs(bias) < 2**15
    kernel = kernel.to(torch.int16 if exact else torch.float32)
    levels = shifted_sums(planes, kernel, view, int(bias) if exact else bias, _to_bytes)
    shape = (levels.shape[1], levels.shape[2], *pixels.shape[2:])
    return np.ascontiguousarray(levels.permute(1, 2, 0).numpy()).reshape(shape)


def _picture(image: Any) -> Tensor:
    picture = _as_tensor(image)
    if picture.ndim != 3:
        raise SettingsError(f"The picture has shape {tuple(picture.shape)}: it has to be (channels, height, width).")
    return picture if picture.is_floating_point() else picture.to(torch.float32)


def _like(values: Any, picture: Tensor) -> Tensor:
    """Weights or biases in the picture's dtype, on its device."""
    return _as_tensor(values).to(picture)


def _as_tensor(values: Any) -> Tensor:
    """Tensors as they are; all else by way of NumPy, so that Python's floats keep their 64 bits."""
    if isinstance(values, Tensor):
        return values
    array = np.asarray(values)
    # Torch warns of read-only arrays, such as the catalogue's, and cannot step backwards through memory.
    shareable = array.flags.writeable and all(step >= 0 for step in array.strides)
    return torch.from_numpy(array if shareable else array.copy())


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


def _view(
    kernel: Tensor, size: tuple[int, int], stride: Pair, padding: Padding, padding_mode: str, dilation: Pair
) -> Window:
    """The checked window of ``kernel`` over a picture of ``size``."""
    view = window((kernel.shape[-2], kernel.shape[-1]), stride, padding, dilation)
    check_padding_mode(size, view, padding_mode)
    placed(size, view)
    return view


def _lopsided(view: Window) -> bool:
    """True where padding differs at two opposite sides, as "same" does for even kernels: ``conv2d`` cannot add that."""
    return any(before != after for before, after in view.padding)


def _padded(picture: Tensor, view: Window, mode: str) -> Tensor:
    (top, bottom), (left, right) = view.padding
    name = "constant" if mode == "zeros" else mode
    return F.pad(picture[None], (left, right, top, bottom), mode=name)[0]


def _better_in_bands(picture: Tensor, kernel: Tensor, offsets: Tensor | None, view: Window) -> bool:
    """Whether a small kernel meets a picture too large for the cache, and nobody asks for gradients."""
    small_on_large = picture.numel() >= 1 << 22 and view.kernel[0] * view.kernel[1] <= 25
    learning = torch.is_grad_enabled() and (picture.requires_grad or kernel.requires_grad)
    plain = offsets is None and view.stride == (1, 1) and picture.dtype in (torch.float32, torch.float64)
    return picture.device.type == "cpu" and small_on_large and plain and not learning


def _to_bytes(sums: Tensor) -> Tensor:
    """Sums rounded and clipped, in place, as whole levels."""
    if sums.is_floating_point():
        # By way of 16 bits: torch turns floats into bytes one at a time, but both of these steps many at once.
        return sums.round_().clamp_(0, 255).to(torch.int16).to(torch.uint8)
    return sums.clamp_(0, 255).to(torch.uint8)
