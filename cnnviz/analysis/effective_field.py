"""Which pixels does a unit really listen to, and how strongly?

The theoretical field says which pixels can reach a unit. How much each does is the gradient of the unit with respect to
the picture: 1 goes in at the unit, and what arrives at each pixel is its share (Luo, Li, Urtasun, Zemel, "Understanding
the Effective Receptive Field in Deep Convolutional Neural Networks", NeurIPS 2016). Its size is summed over the
picture's channels and averaged over pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor, nn

from cnnviz.analysis.batches import prepared
from cnnviz.analysis.cut_network import CutNetwork, centre_unit, field_of, sums_to_constant
from cnnviz.analysis.fields import Box
from cnnviz.analysis.layers import input_shape, module_of
from cnnviz.errors import LayerError, SettingsError
from cnnviz.network.recording import own_kind

if TYPE_CHECKING:
    from cnnviz.network import Network

BATCH = 4
"""Pictures that go through the network at once: their graphs take the memory."""


@dataclass(frozen=True, eq=False)
class EffectiveField:
    """What a unit listens to, over the network's input of H × W pixels.

    Attributes:
        heat: (H, W) float32, the share of each pixel; all together 1.
        mass_inside: the share inside the theoretical field, 0 to 1.
        centre: row and column of the heat's centre of mass, in pixels.
        radius_50: of the circle round the centre that holds half of the heat, in pixels.
        radius_90: of the circle that holds nine tenths.
        box: the theoretical field, cut at the picture's edges. Of gated layers by convention, with gates held constant.
        unit: row and column of the unit in the layer's map.
        channel: the unit's channel; None where all channels of the unit were added.
        images: how many pictures were averaged over.
    """

    heat: npt.NDArray[np.float32]
    mass_inside: float
    centre: tuple[float, float]
    radius_50: float
    radius_90: float
    box: Box
    unit: tuple[int, int]
    channel: int | None
    images: int


def effective_receptive_field(
    network: Network | nn.Module,
    layer: str,
    unit: tuple[int, int] | None = None,
    channel: int | None = None,
    images: Image.Image | Tensor | Sequence[Image.Image | Tensor] | None = None,
    count: int = 8,
    seed: int = 0,
) -> EffectiveField:
    """The gradient of one unit with respect to the picture, in evaluation mode. No parameter gets a gradient.

    Args:
        network: a network of the zoo, or any module that takes a batch of pictures.
        layer: a path out of :func:`cnnviz.analysis.receptive_fields`. Of a layer that is called several times the last
            call counts.
        unit: row and column in the layer's map; the middle one when None.
        channel: one channel of it; when None the sum of all. After LayerNorm that sum is a constant, so there every
            second channel counts negative.
        images: pictures, or tensors (C, H, W) or (N, C, H, W) that are ready for the network (a plain module takes only
            these); normally distributed noise of the network's input size when None.
        count: how many pictures of noise.
        seed: of the noise.

    Raises:
        LayerError: there is no such layer, unit or channel, or nothing of the pictures reaches the unit.
        SettingsError: there is no picture, or pictures differ in size.
    """
    module = module_of(network)
    batch = _noise(network, count, seed) if images is None else prepared(network, images)
    shape = (batch.shape[1], batch.shape[2], batch.shape[3])
    field = field_of(module, layer, shape)
    cut = CutNetwork(module, layer, shape)
    total = torch.zeros(shape[1:], dtype=torch.float64)
    at: tuple[int, int] | None = None
    for part in batch.split(BATCH):
        gradient, at = _gradient(cut, part, unit, channel)
        total += gradient.abs().sum((0, 1)).double().cpu()
    assert at is not None  # a batch has at least one picture
    heat = _shares(total.numpy(), layer)
    box = field.region(*at) if field.map_size else field.region(0, 0)
    centre, (radius_50, radius_90) = _spread(heat, (0.5, 0.9))
    inside = float(heat[box.top : box.bottom, box.left : box.right].sum())
    return EffectiveField(
        heat.astype(np.float32), inside, centre, radius_50, radius_90, box, at, channel, images=len(batch)
    )


def _noise(network: Network | nn.Module, count: int, seed: int) -> Tensor:
    """Standard normal numbers, the same on every device; (count, C, H, W)."""
    if count < 1:
        raise SettingsError(f"{count} pictures of noise cannot be averaged; take at least 1.")
    device, dtype = own_kind(module_of(network))
    return torch.randn(count, *input_shape(network), generator=torch.Generator().manual_seed(seed)).to(device, dtype)


def _gradient(
    cut: CutNetwork, batch: Tensor, unit: tuple[int, int] | None, channel: int | None
) -> tuple[Tensor, tuple[int, int]]:
    """The gradient at the pictures (N, C, H, W), and the unit that was asked."""
    with torch.inference_mode(False), torch.enable_grad():
        pixels = batch.detach().clone().requires_grad_(True)
        maps = cut(pixels.clone())  # a clone, since the first module may write to its input
        channels, height, width = maps.shape[1:]
        row, col = centre_unit(height, width) if unit is None else unit
        if not (0 <= row < height and 0 <= col < width):
            raise LayerError(f"{cut.path} has a map of {height} × {width}; there is no unit ({row}, {col}) in it.")
        if channel is not None and not 0 <= channel < channels:
            raise LayerError(f"{cut.path} has {channels} channels, counted from 0; there is no channel {channel}.")
        if not maps.requires_grad:
            raise LayerError(f"Nothing of the picture reaches {cut.path} as a gradient; choose another layer.")
        ones = maps.new_ones(channels)
        if channel is not None:
            ones = torch.zeros_like(ones).index_fill_(0, torch.tensor([channel], device=ones.device), 1)
        elif sums_to_constant(cut.part):
            ones[1::2] = -1
        values = (maps[:, :, row, col] * ones).sum()
        (gradient,) = torch.autograd.grad(values, pixels, allow_unused=True)
    return torch.zeros_like(batch) if gradient is None else gradient, (row, col)


def _shares(total: npt.NDArray[np.float64], layer: str) -> npt.NDArray[np.float64]:
    mass = total.sum()
    if not np.isfinite(mass) or mass <= 0:
        raise LayerError(
            f"This unit of {layer} does not answer to these pictures: its gradient is zero everywhere. "
            "Take all channels, or other pictures."
        )
    return total / mass


def _spread(heat: npt.NDArray[np.float64], shares: Sequence[float]) -> tuple[tuple[float, float], tuple[float, ...]]:
    """Centre of mass, and the radii round it that hold these shares of the heat."""
    rows, columns = np.indices(heat.shape)
    row, col = float((rows * heat).sum()), float((columns * heat).sum())
    distance = np.hypot(rows - row, columns - col).ravel()
    order = np.argsort(distance, kind="stable")
    held = np.cumsum(heat.ravel()[order])
    last = len(held) - 1
    radii = tuple(float(distance[order[min(last, int(np.searchsorted(held, share - 1e-12)))]]) for share in shares)
    return (row, col), radii
