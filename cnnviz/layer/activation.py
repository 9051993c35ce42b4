"""Which activation functions are there, what does each do to a number, and what does it do to a gradient?

``ACTIVATIONS`` is the table: each entry gives the function and its derivative for a tensor of any shape. Both are
PyTorch's, at the kinks too: ``entry(x)`` equals the operation of ``torch.nn.functional``, ``entry.slope(x)`` what
autograd gives.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from cnnviz.errors import SettingsError
from cnnviz.layer import activation_formulas as formulas
from cnnviz.layer.kernels import Setting

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, eq=False)
class Activation:
    """One activation function. ``formula`` is what one writes on the board, ``what`` says what it does and why.

    ``kinks`` are the places where no derivative exists with the default settings, ``torch_name`` is its name in
    ``torch.nn.functional`` with the arguments by which the settings enter.
    """

    name: str
    title: str
    formula: str
    function: Callable[..., Tensor]
    derivative: Callable[..., Tensor]
    what: str
    source: str
    torch_name: str
    settings: tuple[Setting, ...] = ()
    kinks: tuple[float, ...] = ()

    def __call__(self, x: Tensor, **settings: float) -> Tensor:
        """The function of every value of ``x``. Raises SettingsError where a setting is unknown or out of range."""
        return self.function(x, **self.checked(settings))

    def slope(self, x: Tensor, **settings: float) -> Tensor:
        """The derivative at every value of ``x``; at a kink the value that PyTorch's backward pass uses."""
        return self.derivative(x, **self.checked(settings))

    def checked(self, settings: Mapping[str, float]) -> dict[str, float]:
        """All settings by name, defaults filled in; SettingsError where one is unknown or out of range."""
        known = {setting.name: setting for setting in self.settings}
        for name in settings:
            if name not in known:
                listed = f"use {', '.join(known)}" if known else "it has none"
                raise SettingsError(f"{self.title} has no setting {name!r}: {listed}.")
        return {name: setting.checked(settings.get(name, setting.default)) for name, setting in known.items()}


def named_activation(name: str) -> Activation:
    """The entry of ``ACTIVATIONS`` called ``name``; SettingsError where there is none."""
    try:
        return ACTIVATIONS[name]
    except KeyError:
        raise SettingsError(f"There is no activation function {name!r}: use one of {', '.join(ACTIVATIONS)}.") from None


_LEAKY = Setting("slope", "Slope", 0.01, 0.0, 0.5, 0.01, "The factor on negative values; 0 makes it ReLU.")
_PRELU = Setting("slope", "Slope", 0.25, 0.0, 1.0, 0.01, "The factor on negative values, learned with the weights.")
_ALPHA = Setting("alpha", "Alpha", 1.0, 0.1, 2.0, 0.1, "Far to the left the function comes to −alpha.")
_BETA = Setting("beta", "Beta", 1.0, 0.1, 5.0, 0.1, "How steep the gate is: small is nearly x/2, large nearly ReLU.")

_ENTRIES = (
    Activation(
        "relu", "ReLU", "max(0, x)", formulas.relu, formulas.relu_slope,
        "Negative values become 0, the others stay. Its derivative is 0 or 1: a gradient stops or passes unchanged.",
        "Nair and Hinton 2010, Rectified Linear Units Improve Restricted Boltzmann Machines", "relu(x)",
        kinks=(0.0,),
    ),
    Activation(
        "leaky_relu", "Leaky ReLU", "x for x > 0, else slope · x", formulas.leaky, formulas.leaky_slope,
        "Negative values are made small, not 0, so that a little gradient always passes.",
        "Maas, Hannun and Ng 2013, Rectifier Nonlinearities Improve Neural Network Acoustic Models",
        "leaky_relu(x, {slope})", settings=(_LEAKY,), kinks=(0.0,),
    ),
    Activation(
        "prelu", "PReLU", "x for x > 0, else slope · x", formulas.leaky, formulas.leaky_slope,
        "Leaky ReLU whose slope is a weight, one for each channel. Training starts it at 0.25; here you set it.",
        "He et al. 2015, Delving Deep into Rectifiers", "prelu(x, x.new_tensor([{slope}]))",
        settings=(_PRELU,), kinks=(0.0,),
    ),
    Activation(
        "relu6", "ReLU6", "min(max(0, x), 6)", formulas.relu6, formulas.relu6_slope,
        "ReLU with a ceiling at 6: few bits can hold its values. EfficientNet-Lite and MobileNet v2 use it.",
        "Krizhevsky 2010, Convolutional Deep Belief Networks on CIFAR-10", "relu6(x)", kinks=(0.0, 6.0),
    ),
    Activation(
        "elu", "ELU", "x for x > 0, else alpha · (eˣ − 1)", formulas.elu, formulas.elu_slope,
        "Negative values bend smoothly towards −alpha, which brings the mean nearer to 0.",
        "Clevert, Unterthiner and Hochreiter 2016, Fast and Accurate Deep Network Learning by ELUs", "elu(x, {alpha})",
        settings=(_ALPHA,),
    ),
    Activation(
        "selu", "SELU", "1.0507 · ELU(x) with alpha 1.6733", formulas.selu, formulas.selu_slope,
        "ELU with two constants chosen so that mean 0 and variance 1 keep themselves from layer to layer.",
        "Klambauer et al. 2017, Self-Normalizing Neural Networks", "selu(x)", kinks=(0.0,),
    ),
    Activation(
        "gelu", "GELU", "x · Φ(x), Φ the normal distribution function", formulas.gelu, formulas.gelu_slope,
        "Each value times the chance that a normal number is smaller: a ReLU with a soft corner.",
        "Hendrycks and Gimpel 2016, Gaussian Error Linear Units", "gelu(x)",
    ),
    Activation(
        "gelu_tanh", "GELU, tanh form", "x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³)))", formulas.gelu_tanh,
        formulas.gelu_tanh_slope, "An approximation of GELU without the error function.",
        "Hendrycks and Gimpel 2016, Gaussian Error Linear Units", 'gelu(x, approximate="tanh")',
    ),
    Activation(
        "silu", "SiLU, Swish", "x · sigmoid(beta · x)", formulas.swish, formulas.swish_slope,
        "Each value times its own sigmoid. With beta 1 it is SiLU; EfficientNet uses it.",
        "Elfwing et al. 2017, Sigmoid-Weighted Linear Units; Ramachandran et al. 2017, Searching for Activation "
        "Functions", "sigmoid({beta} * x) * x", settings=(_BETA,),
    ),
    Activation(
        "hard_swish", "Hard-swish", "x · min(max(0, x + 3), 6) / 6", formulas.hard_swish, formulas.hard_swish_slope,
        "Swish from straight pieces, without an exponential. MobileNet v3 uses it.",
        "Howard et al. 2019, Searching for MobileNetV3", "hardswish(x)", kinks=(-3.0, 3.0),
    ),
    Activation(
        "tanh", "tanh", "(eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)", formulas.tanh, formulas.tanh_slope,
        "Every value goes between −1 and 1. Its derivative is 1 at 0 and less elsewhere.",
        "LeCun et al. 1998, Efficient BackProp", "tanh(x)",
    ),
    Activation(
        "sigmoid", "Sigmoid", "1 / (1 + e⁻ˣ)", formulas.sigmoid, formulas.sigmoid_slope,
        "Every value goes between 0 and 1. Its derivative is never above 1/4.",
        "Rumelhart, Hinton and Williams 1986, Learning representations by back-propagating errors", "sigmoid(x)",
    ),
    Activation(
        "identity", "Identity", "x", formulas.identity, formulas.identity_slope,
        "Nothing happens: layers without a function between them are together one linear layer.",
        "The linear case, for comparison", "threshold(x, float('-inf'), 0.0)",
    ),
)  # fmt: skip

ACTIVATIONS: Mapping[str, Activation] = MappingProxyType({entry.name: entry for entry in _ENTRIES})
"""All activation functions by name."""
