"""How much of a gradient comes through a stack of layers, with one activation function or another?

The stack is real: ``depth`` fully connected layers of ``width`` units without bias, seeded random weights, the function
after each. Its input is a batch of standard normal vectors; the gradient that enters at the top is standard normal too.
The backward pass is the chain rule: times the function's derivative, times the transposed weights, layer after layer.
The same seed gives the same weights (up to their scale), inputs and gradient for every function.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from cnnviz.errors import SettingsError
from cnnviz.layer.activation import named_activation

if TYPE_CHECKING:
    from torch import Tensor

INITIALISATIONS: Mapping[str, str] = MappingProxyType({
    "he": "He: standard deviation √(2 / width), made for ReLU (He et al. 2015)",
    "glorot": "Glorot: standard deviation √(1 / width), made for tanh (Glorot and Bengio 2010)",
    "small": "Standard deviation 0.01, as in AlexNet (Krizhevsky et al. 2012)",
})  # fmt: skip
"""How the weights are drawn, normal with mean 0; what each is, in one line."""

WIDTH, BATCH = 256, 64


@dataclass(frozen=True)
class GradientFlow:
    """What a stack did. Each tuple has one number for each layer, from the input to the top.

    ``gradients``: the norm of the gradient that comes out of a layer at its input, over that of the gradient that
    entered at the top. ``activations``: the root mean square of what the layer puts out.
    ``slopes``: the root mean square of the function's derivative in the layer.
    """

    name: str
    gradients: tuple[float, ...]
    activations: tuple[float, ...]
    slopes: tuple[float, ...]

    @property
    def through(self) -> float:
        """The share of the gradient's norm that reaches the input of the first layer."""
        return self.gradients[0]


def gradient_flow(
    name: str,
    depth: int = 20,
    initialisation: str = "he",
    seed: int = 0,
    settings: Mapping[str, float] | None = None,
    width: int = WIDTH,
    batch: int = BATCH,
) -> GradientFlow:
    """Send a batch up and a gradient down through ``depth`` layers with the function ``name``, in float64.

    Raises SettingsError for an unknown function or initialisation, or where depth, width or batch is below 1.
    """
    entry = named_activation(name)
    chosen = entry.checked(settings or {})
    if min(depth, width, batch) < 1:
        raise SettingsError(f"A stack needs depth, width and batch of at least 1, not {depth}, {width} and {batch}.")
    weights, x, gradient = stack(depth, width, batch, initialisation, seed)
    start = gradient.norm()
    slopes, activations = [], []
    for matrix in weights:
        before = x @ matrix.T
        slopes.append(entry.slope(before, **chosen))
        x = entry(before, **chosen)
        activations.append(_root_mean_square(x))
    gradients = []
    for matrix, slope in zip(reversed(weights), reversed(slopes), strict=True):
        gradient = (gradient * slope) @ matrix
        gradients.append(float(gradient.norm() / start))
    return GradientFlow(
        name, tuple(reversed(gradients)), tuple(activations), tuple(_root_mean_square(slope) for slope in slopes)
    )


def stack(depth: int, width: int, batch: int, initialisation: str, seed: int) -> tuple[list[Tensor], Tensor, Tensor]:
    """The weights (width, width) of each layer, the inputs (batch, width), the gradient at the top (batch, width)."""
    import torch  # here, so that a form can list INITIALISATIONS before torch is in

    deviations = {"he": math.sqrt(2 / width), "glorot": math.sqrt(1 / width), "small": 0.01}
    if initialisation not in deviations:
        raise SettingsError(f"There is no initialisation {initialisation!r}: use one of {', '.join(INITIALISATIONS)}.")
    source = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=source, dtype=torch.float64)

    inputs, gradient = normal(batch, width), normal(batch, width)
    return [deviations[initialisation] * normal(width, width) for _ in range(depth)], inputs, gradient


def _root_mean_square(values: Tensor) -> float:
    return float(values.square().mean().sqrt())
