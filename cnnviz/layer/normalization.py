"""Which values share a mean, and what does normalizing by it make of them?

Batch, layer, instance and group normalization do the same sum, y = γ · (x − mean) / √(variance + ε) + β, and differ
only in who shares mean and variance (Wu and He, *Group Normalization*, 2018, figure 2). Local response normalization
(Krizhevsky, Sutskever and Hinton, 2012) divides by what neighbouring channels answer at the same place; it shares no
mean at all.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from cnnviz.errors import SettingsError

if TYPE_CHECKING:
    from torch import Tensor

NormKind = Literal["batch", "layer", "instance", "group"]
LrnConvention = Literal["paper", "torch"]


@dataclass(frozen=True)
class SharedAxes:
    """Over which axes of (N, C, H, W) one mean is taken: pictures, channels (all, or a group of them), places."""

    pictures: bool
    channels: Literal["one", "group", "all"]
    source: str

    @property
    def axes(self) -> tuple[int, ...]:
        """The axes of (N, C, H, W) that are averaged over; for a group, 1 stands for the channels of the group."""
        return (*((0,) if self.pictures else ()), *(() if self.channels == "one" else (1,)), 2, 3)


NORMALIZATIONS = MappingProxyType({
    "batch": SharedAxes(True, "one", "Ioffe and Szegedy, Batch Normalization, 2015"),
    "layer": SharedAxes(False, "all", "Ba, Kiros and Hinton, Layer Normalization, 2016"),
    "instance": SharedAxes(False, "one", "Ulyanov, Vedaldi and Lempitsky, Instance Normalization, 2016"),
    "group": SharedAxes(False, "group", "Wu and He, Group Normalization, 2018"),
})  # fmt: skip


@dataclass(frozen=True, eq=False)
class Normalized:
    """The normalized tensor (N, C, H, W), and the mean and variance that each plane (N, C) was normalized by.

    The variance is the biased one (divided by the number of values), as every kind of normalization uses it.
    """

    values: Tensor
    mean: Tensor
    variance: Tensor


def normalize(
    x: Any,
    kind: NormKind = "batch",
    groups: int = 1,
    eps: float = 1e-5,
    gamma: Any = None,
    beta: Any = None,
    running: tuple[Any, Any] | None = None,
) -> Normalized:
    """``x`` (N, C, H, W) with mean 0 and variance 1 in every set that shares them, then times γ plus β.

    Equals ``BatchNorm2d`` in training, ``LayerNorm`` over (C, H, W), ``InstanceNorm2d`` and ``GroupNorm``. ``gamma``
    and ``beta`` are one number a channel (C,). ``running`` = (mean, variance), each (C,), makes batch normalization
    use these instead of the batch's own, as in evaluation. Raises SettingsError.
    """
    import torch

    tensor = torch.as_tensor(x)
    tensor = tensor if tensor.is_floating_point() else tensor.float()
    _check(kind, tuple(tensor.shape), groups, eps)
    pictures, channels = tensor.shape[:2]
    if running is not None:
        if kind != "batch":
            raise SettingsError(f"Only batch normalization has running statistics: leave them out for {kind}.")
        mean, variance = (torch.as_tensor(part).to(tensor).expand(pictures, channels) for part in running)
    else:
        mean, variance = _statistics(tensor, kind, groups)
    values = (tensor - mean[:, :, None, None]) / (variance[:, :, None, None] + eps).sqrt()
    if gamma is not None:
        values = values * torch.as_tensor(gamma).to(tensor).reshape(-1, 1, 1)
    if beta is not None:
        values = values + torch.as_tensor(beta).to(tensor).reshape(-1, 1, 1)
    return Normalized(values, mean, variance)


def shared_axes(kind: NormKind) -> SharedAxes:
    """Who shares a mean under ``kind`` of normalization. Raises SettingsError for an unknown kind."""
    if kind not in NORMALIZATIONS:
        raise SettingsError(f"Normalization {kind!r} does not exist: use one of {', '.join(NORMALIZATIONS)}.")
    return NORMALIZATIONS[kind]


def shared_sets(kind: NormKind, pictures: int, channels: int, groups: int = 1) -> NDArray[np.int64]:
    """The number of the set that each plane belongs to, (pictures, channels): equal numbers share mean and variance."""
    _check(kind, (pictures, channels, 1, 1), groups, 0.0)
    n, c = np.indices((pictures, channels))
    shared = shared_axes(kind)
    part = {"one": c, "group": c // (channels // groups), "all": np.zeros_like(c)}[shared.channels]
    parts = {"one": channels, "group": groups, "all": 1}[shared.channels]
    return part if shared.pictures else n * parts + part


def local_response_norm(
    x: Any, size: int = 5, k: float = 2.0, alpha: float = 1e-4, beta: float = 0.75, convention: LrnConvention = "paper"
) -> Tensor:
    """``x`` (..., C, H, W) divided by (k + a · Σ x²)^β, the sum over ``size`` channels around each, at the same place.

    In the paper a is ``alpha`` itself; the defaults are AlexNet's. In PyTorch (and Caffe) a is ``alpha`` / ``size``, so
    ``torch.nn.LocalResponseNorm`` needs ``size`` times the paper's alpha: see ``torch_alpha``. Channels that are not
    there count as 0. An even ``size`` takes the extra channel from below, as PyTorch does.
    """
    import torch

    tensor = torch.as_tensor(x)
    tensor = tensor if tensor.is_floating_point() else tensor.float()
    if tensor.ndim < 3:
        raise SettingsError(f"The maps have shape {tuple(tensor.shape)}: they have to be (channels, height, width).")
    if size < 1 or not (math.isfinite(k) and math.isfinite(alpha) and math.isfinite(beta)):
        raise SettingsError("Local response normalization needs a size of at least 1 and finite k, alpha and beta.")
    factor = alpha / size if convention == "torch" else alpha
    return tensor / (k + factor * neighbour_sums(tensor.square(), size)).pow(beta)


def neighbour_sums(x: Tensor, size: int) -> Tensor:
    """For each channel of (..., C, H, W) the sum over itself and its neighbours, ``size`` in all where there are."""
    channels = x.shape[-3]
    total = x.clone()
    for step in range(1, max(size // 2, (size - 1) // 2) + 1):
        if step >= channels:
            break
        if step <= size // 2:
            total[..., step:, :, :] += x[..., :-step, :, :]
        if step <= (size - 1) // 2:
            total[..., :-step, :, :] += x[..., step:, :, :]
    return total


def torch_alpha(alpha: float, size: int) -> float:
    """The ``alpha`` that ``torch.nn.LocalResponseNorm`` needs for the paper's ``alpha``: 5e-4 for AlexNet's 1e-4."""
    return alpha * size


def _statistics(tensor: Tensor, kind: NormKind, groups: int) -> tuple[Tensor, Tensor]:
    """Mean and biased variance of each plane's set, (N, C)."""
    pictures, channels = tensor.shape[:2]
    shared = shared_axes(kind)
    parts = {"one": channels, "group": groups, "all": 1}[shared.channels]
    split = tensor.reshape(pictures, parts, channels // parts, *tensor.shape[2:])
    axes = (0, 2, 3, 4) if shared.pictures else (2, 3, 4)
    mean, variance = split.mean(axes, keepdim=True), split.var(axes, correction=0, keepdim=True)
    spread = (pictures, parts, channels // parts)
    return (
        mean[..., 0, 0].expand(spread).reshape(pictures, channels),
        variance[..., 0, 0].expand(spread).reshape(pictures, channels),
    )


def _check(kind: NormKind, shape: tuple[int, ...], groups: int, eps: float) -> None:
    shared_axes(kind)
    if len(shape) != 4 or 0 in shape:
        raise SettingsError(f"The tensor has shape {shape}: it has to be (pictures, channels, height, width).")
    if kind == "group" and (groups < 1 or shape[1] % groups):
        fitting = ", ".join(str(g) for g in range(1, shape[1] + 1) if shape[1] % g == 0)
        raise SettingsError(f"{shape[1]} channels cannot be split into {groups} equal groups: use one of {fitting}.")
    if not (math.isfinite(eps) and eps >= 0):
        raise SettingsError(f"Epsilon is {eps}: use 0 or a small number above it.")
