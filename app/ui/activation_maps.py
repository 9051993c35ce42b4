"""What does an activation function do to a real feature map? The map before and after, shares and histograms."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch

from app.ui.activation_form import NETWORK, Form
from app.ui.feature_maps_layers import strip_of
from app.ui.feature_maps_passes import layer_output
from app.ui.picture import ChosenPicture
from cnnviz.compute import one_thread
from cnnviz.layer import ACTIVATIONS

if TYPE_CHECKING:
    from app.ui.feature_maps_layers import StripLayer
    from cnnviz.network import Network

BINS = 60


@dataclass(frozen=True, eq=False)
class Applied:
    """A map (H, W) before and after a function, the function's derivative at each value, and the histograms.

    `edges` (BINS + 1,) are common to both histograms; a histogram holds the share of the values in each bin.
    """

    before: npt.NDArray[np.float32]
    after: npt.NDArray[np.float32]
    slope: npt.NDArray[np.float32]
    edges: npt.NDArray[np.float32]
    histogram_before: npt.NDArray[np.float32]
    histogram_after: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Shares:
    """What share of a map's values is 0 and what share is negative, after a function; its mean; and how much of a
    gradient passes: the mean of the derivative's magnitude."""

    title: str
    zeros: float
    negatives: float
    mean: float
    passes: float


def pre_activation_layers(network: Network) -> list[tuple[StripLayer, str]]:
    """Layers whose output goes straight into an activation, the first of each size of map, with what one calls it."""
    layers = strip_of(network).layers
    found: dict[int, tuple[StripLayer, str]] = {}
    for layer, after in pairwise(layers):
        if layer.word == "norm" and after.word == "act":
            channels, height, width = layer.layer.shape
            found.setdefault(height, (layer, f"{height} × {width}, {channels} maps"))
    return list(found.values())


def pre_activations(network: Network, chosen: ChosenPicture, layer: StripLayer) -> npt.NDArray[np.float32]:
    """What the layer puts out for the picture, (C, H, W); shared and not to be written to."""
    return layer_output(network, (NETWORK, "auto"), chosen, strip_of(network), layer).maps


def liveliest(maps: npt.NDArray[np.float32]) -> int:
    """The channel to open with: of those with values of both signs, the one whose values differ most."""
    negatives = (maps < 0).mean(axis=(1, 2))
    mixed = (negatives > 0.3) & (negatives < 0.7)
    spread = maps.std(axis=(1, 2))
    return int(np.where(mixed, spread, spread * 1e-6).argmax())


@one_thread()
def apply(form: Form, before: npt.NDArray[np.float32]) -> Applied:
    """Apply the function in hand to a map (H, W)."""
    values = torch.from_numpy(before)
    settings = form.settings_of(form.name)
    after = form.activation(values, **settings).numpy()
    slope = form.activation.slope(values, **settings).numpy()
    low, high = min(before.min(), after.min()), max(before.max(), after.max())
    edges = np.linspace(low, high if high > low else low + 1, BINS + 1)
    parts = [np.histogram(values, edges)[0] / before.size for values in (before, after)]
    return Applied(
        before, after, slope, edges.astype(np.float32), parts[0].astype(np.float32), parts[1].astype(np.float32)
    )


@one_thread()
def shares(form: Form, before: npt.NDArray[np.float32]) -> list[Shares]:
    """The map as it came, then after each function shown."""
    values = torch.from_numpy(before)
    rows = [_shares("Before", values, torch.ones_like(values))]
    for name in form.shown:
        settings = form.settings_of(name)
        after, slope = ACTIVATIONS[name](values, **settings), ACTIVATIONS[name].slope(values, **settings)
        rows.append(_shares(form.title_of(name), after, slope))
    return rows


def _shares(title: str, values: torch.Tensor, slope: torch.Tensor) -> Shares:
    zeros, negatives = (float(test.float().mean()) for test in (values == 0, values < 0))
    return Shares(title, zeros, negatives, float(values.mean()), float(slope.abs().mean()))
