"""Which axis of a layer's output is the channels, and which are the picture's rows and columns?"""

from __future__ import annotations

import math
from typing import Literal

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd
from torch.nn.modules.pooling import _AdaptiveAvgPoolNd, _AdaptiveMaxPoolNd, _AvgPoolNd, _MaxPoolNd
from torchvision.models.convnext import LayerNorm2d
from torchvision.models.maxvit import WindowDepartition, WindowPartition
from torchvision.models.swin_transformer import ShiftedWindowAttention
from torchvision.ops.misc import Permute

from cnnviz.errors import LayerError
from cnnviz.network.recording import Leaf

Layout = Literal["maps", "maps-last", "tokens", "vector", "windows", "other"]
"""Axes of an output: "maps" (C, H, W), "maps-last" (H, W, C), "tokens" (N, D), "vector" (N,), "windows" (windows,
positions, D); "other" is what does not describe the picture, such as a table of relative positions."""

_POOLING = (_AvgPoolNd, _MaxPoolNd, _AdaptiveAvgPoolNd, _AdaptiveMaxPoolNd)
_OTHER_CHANNELS_FIRST = (
    nn.GroupNorm,
    nn.LocalResponseNorm,
    nn.Upsample,
    nn.PixelShuffle,
    LayerNorm2d,
    WindowDepartition,
)
_CHANNELS_FIRST = (_ConvNd, _BatchNorm, *_POOLING, *_OTHER_CHANNELS_FIRST)
_CHANNELS_LAST = (nn.Linear, nn.LayerNorm)
_THREE_AXES = ("maps", "maps-last", "windows")
_BY_RANK: dict[int, Layout] = {1: "vector", 2: "tokens"}


def as_maps(tensor: Tensor, layout: Layout) -> Tensor:
    """What a layer put out, as maps (C, H, W), ready to be shown.

    "maps-last" is permuted. "tokens" (N, D) become D maps on the square grid that N - 1 (the class token in front is
    left out), or else N, makes. A "vector" (N,) becomes N maps of one pixel.

    Raises:
        LayerError: the tokens make no square, or the layout has no rows and columns.
    """
    if layout == "maps":
        return tensor
    if layout == "maps-last":
        return tensor.permute(2, 0, 1)
    if layout == "tokens":
        return _grid(tensor)
    if layout == "vector":
        return tensor.reshape(-1, 1, 1)
    raise LayerError(f'An output of layout "{layout}" has no rows and columns; choose a layer whose output has.')


def token_grid(count: int) -> tuple[int, int] | None:
    """How ``count`` tokens lie on a square: (tokens in front that are left out, 1 or 0; side). None if they do not."""
    for skipped in (1, 0):
        side = math.isqrt(count - skipped)
        if side and side * side == count - skipped:
            return skipped, side
    return None


def _grid(tokens: Tensor) -> Tensor:
    grid = token_grid(len(tokens))
    if grid is None:
        raise LayerError(
            f"{len(tokens)} tokens make no square grid, with or without a class token; choose a layer with maps."
        )
    skipped, side = grid
    return tokens[skipped:].T.reshape(-1, side, side)


class LayoutReader:
    """Tells the layout of each output of one pass, told in execution order.

    Modules that fix the place of the channels (a convolution first, a linear layer last, a permutation by its order)
    decide; elementwise ones (an activation, dropout) take over the layout of the last output of the same shape.
    """

    def __init__(self) -> None:
        self._last_of_shape: dict[tuple[int, ...], Layout] = {}
        self._previous: Layout = "maps"

    def read(self, leaf: Leaf, shape: tuple[int, ...], batched: bool) -> Layout:
        """The layout of an output of ``shape`` (without batch axis); ``batched`` says whether there was one."""
        if leaf.in_attention:
            return "other"
        layout = (
            _BY_RANK.get(len(shape), "other") if len(shape) != 3 else self._of_three_axes(leaf.module, shape, batched)
        )
        self._last_of_shape[shape] = self._previous = layout
        return layout

    def _of_three_axes(self, module: nn.Module, shape: tuple[int, ...], batched: bool) -> Layout:
        if isinstance(module, Permute):
            return "maps-last" if module.dims[-1] == 1 else "maps"
        if isinstance(module, ShiftedWindowAttention):
            return "maps-last"
        if isinstance(module, WindowPartition):
            return "windows"
        if isinstance(module, _CHANNELS_FIRST):
            return "maps"
        if isinstance(module, _CHANNELS_LAST):
            return "maps-last" if batched and self._previous != "windows" else "windows"
        return self._last_of_shape.get(shape, self._previous if self._previous in _THREE_AXES else "maps")
