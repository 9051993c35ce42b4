"""Which layers can a network be built from, and what can be set of each?

One frozen record for each kind of layer. A setting's metadata say all that a form, a link and a check need to know of
it, so that a new kind of layer is one record here, its size in :mod:`cnnviz.network.specs_sizes` and its name in torch
in :mod:`cnnviz.network.builder_calls`. What arrives (channels, features) follows from the layer before and is no
setting. Pairs are (height, width).
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, ClassVar, Literal, cast

from cnnviz.errors import SettingsError

Pair = tuple[int, int]
SettingKind = Literal["count", "pair", "padding", "real", "flag", "choice"]

MOST_CHANNELS = 4096
MOST_LAYERS = 64
MODES = ("zeros", "reflect", "replicate", "circular")
FUNCTIONS = (
    "relu", "relu6", "gelu", "silu", "elu", "prelu", "sigmoid", "tanh", "softplus", "hardswish", "mish", "softmax",
)  # fmt: skip


@dataclass(frozen=True)
class LayerSetting:
    """One setting of a layer: `letter` names it in a link; `low` and `high` bound each of its numbers."""

    name: str
    letter: str
    title: str
    kind: SettingKind
    default: Any
    low: float = 0
    high: float = 0
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class LayerSpec:
    """One layer of a stack. `code` names its kind in a link, `title` on the screen, `group` where one looks for it."""

    code: ClassVar[str]
    title: ClassVar[str]
    group: ClassVar[str]

    def __post_init__(self) -> None:
        for setting in settings_of(type(self)):
            _check(self.title, setting, getattr(self, setting.name))


def settings_of(kind: type[LayerSpec]) -> tuple[LayerSetting, ...]:
    """All settings of a kind of layer, in the order in which torch has them."""
    of: Any = kind  # a class is hashable, which mypy does not see
    return _settings_of(of)


@cache
def _settings_of(kind: Any) -> tuple[LayerSetting, ...]:
    return tuple(LayerSetting(name=one.name, default=one.default, **one.metadata["setting"]) for one in fields(kind))


def _about(letter: str, title: str, kind: SettingKind, low: float = 0, high: float = 0, options: Any = ()) -> Any:
    """What a setting's metadata say of it, see :class:`LayerSetting`."""
    return {
        "setting": {"letter": letter, "title": title, "kind": kind, "low": low, "high": high, "options": tuple(options)}
    }


def _channels(title: str = "Channels") -> Any:
    return _about("n", title, "count", 1, MOST_CHANNELS)


_KERNEL = _about("k", "Kernel", "pair", 1, 63)
_STRIDE = _about("s", "Stride", "pair", 1, 16)


@dataclass(frozen=True)
class Convolution(LayerSpec):
    """``nn.Conv2d``. `padding` may be "same"."""

    code, title, group = "c", "Convolution", "Layers"
    out_channels: int = field(default=16, metadata=_channels())
    kernel: Pair = field(default=(3, 3), metadata=_KERNEL)
    stride: Pair = field(default=(1, 1), metadata=_STRIDE)
    padding: Pair | Literal["same"] = field(default=(0, 0), metadata=_about("p", "Padding", "padding", 0, 63))
    dilation: Pair = field(default=(1, 1), metadata=_about("d", "Dilation", "pair", 1, 16))
    groups: int = field(default=1, metadata=_about("g", "Groups", "count", 1, MOST_CHANNELS))
    bias: bool = field(default=True, metadata=_about("b", "Bias", "flag"))
    padding_mode: str = field(default="zeros", metadata=_about("m", "Padding with", "choice", options=MODES))


@dataclass(frozen=True)
class TransposedConvolution(LayerSpec):
    """``nn.ConvTranspose2d``."""

    code, title, group = "t", "Transposed convolution", "Layers"
    out_channels: int = field(default=16, metadata=_channels())
    kernel: Pair = field(default=(2, 2), metadata=_KERNEL)
    stride: Pair = field(default=(1, 1), metadata=_STRIDE)
    padding: Pair = field(default=(0, 0), metadata=_about("p", "Padding", "pair", 0, 63))
    output_padding: Pair = field(default=(0, 0), metadata=_about("o", "Output padding", "pair", 0, 15))
    groups: int = field(default=1, metadata=_about("g", "Groups", "count", 1, MOST_CHANNELS))
    bias: bool = field(default=True, metadata=_about("b", "Bias", "flag"))
    dilation: Pair = field(default=(1, 1), metadata=_about("d", "Dilation", "pair", 1, 16))


@dataclass(frozen=True)
class MaxPooling(LayerSpec):
    """``nn.MaxPool2d``."""

    code, title, group = "m", "Max pooling", "Layers"
    kernel: Pair = field(default=(2, 2), metadata=_KERNEL)
    stride: Pair = field(default=(2, 2), metadata=_STRIDE)
    padding: Pair = field(default=(0, 0), metadata=_about("p", "Padding", "pair", 0, 31))
    dilation: Pair = field(default=(1, 1), metadata=_about("d", "Dilation", "pair", 1, 16))
    round_up: bool = field(default=False, metadata=_about("u", "Round the size up", "flag"))


@dataclass(frozen=True)
class AveragePooling(LayerSpec):
    """``nn.AvgPool2d``. `count_padding`: zeros of the padding count in the mean."""

    code, title, group = "a", "Average pooling", "Layers"
    kernel: Pair = field(default=(2, 2), metadata=_KERNEL)
    stride: Pair = field(default=(2, 2), metadata=_STRIDE)
    padding: Pair = field(default=(0, 0), metadata=_about("p", "Padding", "pair", 0, 31))
    round_up: bool = field(default=False, metadata=_about("u", "Round the size up", "flag"))
    count_padding: bool = field(default=True, metadata=_about("z", "Count the padding", "flag"))


@dataclass(frozen=True)
class AdaptivePooling(LayerSpec):
    """``nn.AdaptiveAvgPool2d`` or ``nn.AdaptiveMaxPool2d``: a map of this size, whatever arrives."""

    code, title, group = "d", "Adaptive pooling", "Layers"
    size: Pair = field(default=(4, 4), metadata=_about("n", "Size", "pair", 1, 64))
    take: str = field(default="average", metadata=_about("f", "Take the", "choice", options=("average", "max")))


@dataclass(frozen=True)
class GlobalAveragePooling(LayerSpec):
    """``nn.AdaptiveAvgPool2d(1)``: the mean of each map."""

    code, title, group = "g", "Global average pooling", "Layers"


@dataclass(frozen=True)
class Activation(LayerSpec):
    """One function of every value, with torch's own settings."""

    code, title, group = "f", "Activation", "Layers"
    function: str = field(default="relu", metadata=_about("f", "Function", "choice", options=FUNCTIONS))


@dataclass(frozen=True)
class LeakyReLU(LayerSpec):
    """``nn.LeakyReLU``."""

    code, title, group = "y", "Leaky ReLU", "Layers"
    slope: float = field(default=0.01, metadata=_about("a", "Slope below 0", "real", -1, 1))


@dataclass(frozen=True)
class BatchNormalization(LayerSpec):
    """``nn.BatchNorm2d`` of maps, ``nn.BatchNorm1d`` of a list of numbers."""

    code, title, group = "b", "Batch normalization", "Layers"
    eps: float = field(default=1e-5, metadata=_about("e", "Added to the variance", "real", 1e-12, 1))
    momentum: float = field(default=0.1, metadata=_about("m", "Momentum", "real", 0, 1))
    affine: bool = field(default=True, metadata=_about("a", "Learned scale and shift", "flag"))


@dataclass(frozen=True)
class GroupNormalization(LayerSpec):
    """``nn.GroupNorm``."""

    code, title, group = "q", "Group normalization", "Layers"
    groups: int = field(default=4, metadata=_about("g", "Groups", "count", 1, MOST_CHANNELS))
    eps: float = field(default=1e-5, metadata=_about("e", "Added to the variance", "real", 1e-12, 1))
    affine: bool = field(default=True, metadata=_about("a", "Learned scale and shift", "flag"))


@dataclass(frozen=True)
class LayerNormalization(LayerSpec):
    """``nn.LayerNorm`` over everything of one picture."""

    code, title, group = "v", "Layer normalization", "Layers"
    eps: float = field(default=1e-5, metadata=_about("e", "Added to the variance", "real", 1e-12, 1))
    affine: bool = field(default=True, metadata=_about("a", "Learned scale and shift", "flag"))


@dataclass(frozen=True)
class InstanceNormalization(LayerSpec):
    """``nn.InstanceNorm2d``."""

    code, title, group = "i", "Instance normalization", "Layers"
    eps: float = field(default=1e-5, metadata=_about("e", "Added to the variance", "real", 1e-12, 1))
    affine: bool = field(default=False, metadata=_about("a", "Learned scale and shift", "flag"))


@dataclass(frozen=True)
class LocalResponseNormalization(LayerSpec):
    """``nn.LocalResponseNorm``, AlexNet's; torch divides alpha by the size."""

    code, title, group = "w", "Local response normalization", "Layers"
    size: int = field(default=5, metadata=_about("n", "Channels together", "count", 1, 255))
    alpha: float = field(default=1e-4, metadata=_about("a", "Alpha", "real", 0, 100))
    beta: float = field(default=0.75, metadata=_about("b", "Beta", "real", 0, 10))
    k: float = field(default=1.0, metadata=_about("k", "k", "real", 0, 100))


@dataclass(frozen=True)
class Dropout(LayerSpec):
    """``nn.Dropout``, or ``nn.Dropout2d`` for whole maps."""

    code, title, group = "o", "Dropout", "Layers"
    p: float = field(default=0.5, metadata=_about("p", "Share set to 0", "real", 0, 1))
    whole_maps: bool = field(default=False, metadata=_about("m", "Whole maps", "flag"))


@dataclass(frozen=True)
class Flatten(LayerSpec):
    """``nn.Flatten``: maps as one list of numbers."""

    code, title, group = "l", "Flatten", "Layers"


@dataclass(frozen=True)
class Linear(LayerSpec):
    """``nn.Linear``."""

    code, title, group = "h", "Linear", "Layers"
    out_features: int = field(default=10, metadata=_channels("Outputs"))
    bias: bool = field(default=True, metadata=_about("b", "Bias", "flag"))


@dataclass(frozen=True)
class ResidualBlock(LayerSpec):
    """ResNet's basic block (He and others, 2016): two 3 × 3 convolutions and a way round them."""

    code, title, group = "rb", "Residual block", "Blocks"
    out_channels: int = field(default=16, metadata=_channels())
    stride: int = field(default=1, metadata=_about("s", "Stride", "count", 1, 4))


@dataclass(frozen=True)
class BottleneckBlock(LayerSpec):
    """ResNet's bottleneck (He and others, 2016): 1 × 1 to a quarter of the channels, 3 × 3, 1 × 1 back."""

    code, title, group = "rn", "Bottleneck block", "Blocks"
    out_channels: int = field(default=64, metadata=_channels())
    stride: int = field(default=1, metadata=_about("s", "Stride", "count", 1, 4))


@dataclass(frozen=True)
class InceptionModule(LayerSpec):
    """GoogLeNet's module with reductions (Szegedy and others, 2015): four branches, put together."""

    code, title, group = "im", "Inception module", "Blocks"
    ones: int = field(default=16, metadata=_about("n", "1 × 1", "count", 1, MOST_CHANNELS))
    reduce_threes: int = field(default=16, metadata=_about("r", "1 × 1 before 3 × 3", "count", 1, MOST_CHANNELS))
    threes: int = field(default=24, metadata=_about("t", "3 × 3", "count", 1, MOST_CHANNELS))
    reduce_fives: int = field(default=4, metadata=_about("q", "1 × 1 before 5 × 5", "count", 1, MOST_CHANNELS))
    fives: int = field(default=8, metadata=_about("f", "5 × 5", "count", 1, MOST_CHANNELS))
    pooled: int = field(default=8, metadata=_about("p", "1 × 1 after pooling", "count", 1, MOST_CHANNELS))


@dataclass(frozen=True)
class DepthwiseSeparable(LayerSpec):
    """MobileNet's unit (Howard and others, 2017): each map by itself, then 1 × 1 across them."""

    code, title, group = "ds", "Depthwise separable", "Blocks"
    out_channels: int = field(default=32, metadata=_channels())
    kernel: int = field(default=3, metadata=_about("k", "Kernel", "count", 1, 15))
    stride: int = field(default=1, metadata=_about("s", "Stride", "count", 1, 4))


@dataclass(frozen=True)
class SqueezeExcite(LayerSpec):
    """SENet's gate (Hu and others, 2018): each map scaled by what all maps' means say."""

    code, title, group = "se", "Squeeze and excite", "Blocks"
    reduction: int = field(default=16, metadata=_about("r", "Reduction", "count", 1, 256))


@dataclass(frozen=True)
class DenseBlock(LayerSpec):
    """DenseNet's block (Huang and others, 2017): each layer reads all before it and adds `growth` maps."""

    code, title, group = "db", "Dense block", "Blocks"
    layers: int = field(default=3, metadata=_about("l", "Layers", "count", 1, 16))
    growth: int = field(default=12, metadata=_about("g", "Growth", "count", 1, 256))


KINDS: dict[str, type[LayerSpec]] = {
    kind.code: kind
    for kind in (
        Convolution, TransposedConvolution, MaxPooling, AveragePooling, AdaptivePooling, GlobalAveragePooling,
        Activation, LeakyReLU, BatchNormalization, GroupNormalization, LayerNormalization, InstanceNormalization,
        LocalResponseNormalization, Dropout, Flatten, Linear, ResidualBlock, BottleneckBlock, InceptionModule,
        DepthwiseSeparable, SqueezeExcite, DenseBlock,
    )
}  # fmt: skip
"""Every kind of layer by its code."""


def _check(title: str, setting: LayerSetting, value: Any) -> None:
    """Raise SettingsError where a value is not of the setting's kind or out of its range."""
    if setting.kind == "padding" and value == "same":
        return
    if setting.kind == "flag":
        if not isinstance(value, bool):
            raise SettingsError(f"{title}: {setting.title} is True or False, not {value!r}.")
    elif setting.kind == "choice":
        if value not in setting.options:
            raise SettingsError(f"{title}: {setting.title} is one of {', '.join(setting.options)}, not {value!r}.")
    elif not all(_within(setting, one) for one in _numbers(setting, value)):
        noun = {"real": "a number", "count": "a whole number"}.get(setting.kind, "two whole numbers, each")
        raise SettingsError(
            f"{title}: {setting.title} is {noun} from {setting.low:g} to {setting.high:g}, not {value!r}."
        )


def _numbers(setting: LayerSetting, value: Any) -> tuple[Any, ...]:
    """The numbers to be checked; one that cannot be right where their count is wrong."""
    if setting.kind in ("pair", "padding"):
        return cast(tuple[Any, ...], value) if isinstance(value, tuple) and len(value) == 2 else (None,)
    return (value,)


def _within(setting: LayerSetting, value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    whole = isinstance(value, int) or setting.kind == "real"
    return whole and setting.low <= value <= setting.high  # neither holds of what is no number
