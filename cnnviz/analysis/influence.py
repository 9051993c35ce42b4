"""A pixel is changed: which units of a layer change, and does the theory allow it?

The network runs twice, with the picture and with the picture nudged, and the two maps are compared. A unit may change
only where its receptive field holds a nudged pixel.
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

from cnnviz.analysis.batches import normalisation, prepared_one
from cnnviz.analysis.cut_network import CutNetwork, field_of
from cnnviz.analysis.fields import Box, ReceptiveField
from cnnviz.analysis.layers import module_of
from cnnviz.errors import SettingsError

if TYPE_CHECKING:
    from cnnviz.network import Network

TOLERANCE = 1e-5
"""Of the layer's largest value: a change below it is the rounding of float32, which fast convolutions spread about."""


@dataclass(frozen=True, eq=False)
class Influence:
    """What the nudge did to a layer's map of h × w units.

    Attributes:
        layer: the layer's path.
        patch: the nudged pixels.
        per_channel: (C, h, w) float32, each value after the nudge minus the value before.
        change: (h, w) float32, the largest size of these differences over the channels.
        threshold: a unit has changed where its change is larger; see :data:`TOLERANCE`.
        changed: (h, w) bool.
        allowed: (h, w) bool, where the theory allows a change.
        by_convention: (h, w) bool, where it allows one with gates held constant; `allowed` where there are no gates.
    """

    layer: str
    patch: Box
    per_channel: npt.NDArray[np.float32]
    change: npt.NDArray[np.float32]
    threshold: float
    changed: npt.NDArray[np.bool_]
    allowed: npt.NDArray[np.bool_]
    by_convention: npt.NDArray[np.bool_]

    @property
    def escaped(self) -> npt.NDArray[np.bool_]:
        """(h, w) bool: changed although the theory forbids it. There must be none."""
        return self.changed & ~self.allowed

    @property
    def through_gates(self) -> npt.NDArray[np.bool_]:
        """(h, w) bool: changed, and only a gate can have carried it there."""
        return self.changed & self.allowed & ~self.by_convention


def influence(
    network: Network | nn.Module,
    layer: str,
    image: Image.Image | Tensor,
    where: tuple[int, int] | Box,
    delta: float | Sequence[float] = 0.5,
    value: float | Sequence[float] | None = None,
) -> Influence:
    """Change a pixel or a patch of the network's input and see which units of a layer change.

    Args:
        network: a network of the zoo, or any module that takes a batch of pictures.
        layer: a path out of :func:`cnnviz.analysis.receptive_fields`. Of a layer that is called several times the last
            call counts.
        image: a picture, prepared by the network's own ``preprocess``; or a tensor (C, H, W) or (1, C, H, W) that is
            ready for the network. A plain module takes a tensor only.
        where: row and column of a pixel of the network's input, or a box of them.
        delta: added to each channel, or one number a channel. For a network of the zoo in the picture's brightness,
            0 black to 1 white, and not clipped; for a plain module in the units of its input.
        value: put in place of the pixels instead, in the same units.

    Raises:
        LayerError: there is no such layer, or it has no rows and columns.
        SettingsError: the pixels lie outside the input, or the numbers do not fit its channels.
    """
    module, batch = module_of(network), prepared_one(network, image)
    shape = (batch.shape[1], batch.shape[2], batch.shape[3])
    patch = _patch(where, shape[1], shape[2])
    nudged = _nudged(network, batch, patch, delta, value)
    field = field_of(module, layer, shape)
    cut = CutNetwork(module, layer, shape)
    with torch.no_grad():
        # One by one: in one batch the two could be rounded differently.
        before, after = (cut(one.clone())[0].float().cpu() for one in (batch, nudged))
    per_channel = (after - before).numpy()
    change = np.abs(per_channel).max(axis=0)
    threshold = TOLERANCE * float(torch.maximum(before.abs().max(), after.abs().max()))
    height, width = change.shape
    by_convention, allowed = (_readers(field, patch, (height, width), strict) for strict in (False, True))
    return Influence(layer, patch, per_channel, change, threshold, change > threshold, allowed, by_convention)


def _patch(where: tuple[int, int] | Box, height: int, width: int) -> Box:
    patch = where if isinstance(where, Box) else Box(where[0], where[1], where[0] + 1, where[1] + 1)
    if patch.is_empty or patch != patch.clipped(height, width):
        raise SettingsError(
            f"Rows {patch.top} to {patch.bottom - 1} and columns {patch.left} to {patch.right - 1} do not lie in the "
            f"input; take pixels of its {height} × {width}."
        )
    return patch


def _nudged(
    network: Network | nn.Module,
    batch: Tensor,
    patch: Box,
    delta: float | Sequence[float],
    value: float | Sequence[float] | None,
) -> Tensor:
    """The batch with the patch changed; amounts in brightness become the network's own numbers."""
    numbers = _numbers(delta if value is None else value, batch.shape[1])
    amounts = torch.tensor(numbers).view(-1, 1, 1).to(batch)
    mean, std = normalisation(network) or (torch.zeros_like(amounts), torch.ones_like(amounts))
    nudged = batch.clone()
    pixels = nudged[0, :, patch.top : patch.bottom, patch.left : patch.right]
    if value is None:
        pixels += amounts / std
    else:
        pixels[:] = (amounts - mean) / std
    return nudged


def _numbers(given: float | Sequence[float], channels: int) -> list[float]:
    numbers = [float(given)] * channels if isinstance(given, int | float) else [float(one) for one in given]
    if len(numbers) != channels:
        raise SettingsError(f"The input has {channels} channels; give one number, or {channels}, not {len(numbers)}.")
    return numbers


def _readers(field: ReceptiveField, patch: Box, shape: tuple[int, int], strict: bool) -> npt.NDArray[np.bool_]:
    """``shape`` bool: which units read a pixel of the patch. ``strict`` counts what gates carry, too."""
    if strict and field.gated:
        return np.ones(shape, dtype=np.bool_)
    rows = (field.seen_rows[:, 0] < patch.bottom) & (field.seen_rows[:, 1] > patch.top)
    columns = (field.seen_columns[:, 0] < patch.right) & (field.seen_columns[:, 1] > patch.left)
    # A layer without a map has one box for all its units.
    return np.broadcast_to(rows[:, None] & columns[None, :], shape).copy()
