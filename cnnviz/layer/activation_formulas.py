"""What are the activation functions and their derivatives, as formulas?

Each takes a tensor of any shape in a floating type and gives one of the same shape and type; only methods of the tensor
are used, so that importing this costs no torch. At a kink, where no derivative exists, the value is the one that
PyTorch's backward pass uses; it stands beside the formula.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

# Klambauer et al. 2017, equation 14: the fixed point of mean 0 and variance 1.
SELU_SCALE = 1.0507009873554804934193349852946
SELU_ALPHA = 1.6732632423543772848170429916717

_ROOT_2 = math.sqrt(2)
_ROOT_2_BY_PI = math.sqrt(2 / math.pi)
_CUBIC = 0.044715  # Hendrycks and Gimpel 2016, the fitted factor of the tanh form


def identity(x: Tensor) -> Tensor:
    return x.clone()


def identity_slope(x: Tensor) -> Tensor:
    return x.new_ones(x.shape)


def relu(x: Tensor) -> Tensor:
    return x.clamp(min=0)


def relu_slope(x: Tensor) -> Tensor:
    """At the kink 0: 0."""
    return (x > 0).to(x)


def relu6(x: Tensor) -> Tensor:
    return x.clamp(min=0, max=6)


def relu6_slope(x: Tensor) -> Tensor:
    """At the kinks 0 and 6: 0."""
    return ((x > 0) & (x < 6)).to(x)


def leaky(x: Tensor, slope: float) -> Tensor:
    return x.where(x > 0, slope * x)


def leaky_slope(x: Tensor, slope: float) -> Tensor:
    """At the kink 0: the slope of the left side."""
    return _split(x, x.new_ones(x.shape), x.new_full(x.shape, slope))


def elu(x: Tensor, alpha: float) -> Tensor:
    return x.where(x > 0, alpha * x.clamp(max=0).expm1())


def elu_slope(x: Tensor, alpha: float) -> Tensor:
    """At the kink 0 (none where alpha is 1): alpha, the slope of the left side."""
    return _split(x, x.new_ones(x.shape), alpha * x.clamp(max=0).exp())


def selu(x: Tensor) -> Tensor:
    return SELU_SCALE * elu(x, SELU_ALPHA)


def selu_slope(x: Tensor) -> Tensor:
    """At the kink 0: scale times alpha, the slope of the left side."""
    return SELU_SCALE * elu_slope(x, SELU_ALPHA)


def sigmoid(x: Tensor) -> Tensor:
    return x.sigmoid()


def sigmoid_slope(x: Tensor) -> Tensor:
    return x.sigmoid() * (-x).sigmoid()


def tanh(x: Tensor) -> Tensor:
    return x.tanh()


def tanh_slope(x: Tensor) -> Tensor:
    return 1 - x.tanh() ** 2


def swish(x: Tensor, beta: float) -> Tensor:
    return x * (beta * x).sigmoid()


def swish_slope(x: Tensor, beta: float) -> Tensor:
    gate = (beta * x).sigmoid()
    return gate + beta * x * gate * (1 - gate)


def gelu(x: Tensor) -> Tensor:
    return x * _normal_cdf(x)


def gelu_slope(x: Tensor) -> Tensor:
    density = (-(x**2) / 2).exp() / math.sqrt(2 * math.pi)
    return _normal_cdf(x) + x * density


def gelu_tanh(x: Tensor) -> Tensor:
    return 0.5 * x * (1 + _inner(x).tanh())


def gelu_tanh_slope(x: Tensor) -> Tensor:
    gate = _inner(x).tanh()
    inner_slope = _ROOT_2_BY_PI * (1 + 3 * _CUBIC * x**2)
    return 0.5 * (1 + gate) + 0.5 * x * (1 - gate**2) * inner_slope


def hard_swish(x: Tensor) -> Tensor:
    return x * (x + 3).clamp(min=0, max=6) / 6


def hard_swish_slope(x: Tensor) -> Tensor:
    """At the kinks: 0 at −3 and 1 at 3, the slopes of the outer sides."""
    middle = x / 3 + 0.5
    return middle.where(x > -3, x.new_zeros(x.shape)).where(x < 3, x.new_ones(x.shape))


def _split(x: Tensor, positive: Tensor, rest: Tensor) -> Tensor:
    return positive.where(x > 0, rest)


def _normal_cdf(x: Tensor) -> Tensor:
    return 0.5 * (1 + (x / _ROOT_2).erf())


def _inner(x: Tensor) -> Tensor:
    return _ROOT_2_BY_PI * (x + _CUBIC * x**3)
