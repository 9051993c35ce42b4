"""What comes out of a layer for what goes in, and if nothing can: why, and which settings nearest to these would fit?

A shape is (channels, height, width) for maps and (features,) for a list of numbers, without the batch axis. The
formulas are those of torch's documentation; no torch is needed for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import singledispatch
from typing import Any

from cnnviz.errors import SettingsError
from cnnviz.layer.windows import output_size
from cnnviz.network.specs import (
    AdaptivePooling,
    AveragePooling,
    BottleneckBlock,
    Convolution,
    DenseBlock,
    DepthwiseSeparable,
    Dropout,
    Flatten,
    GlobalAveragePooling,
    GroupNormalization,
    InceptionModule,
    InstanceNormalization,
    LayerSetting,
    LayerSpec,
    Linear,
    LocalResponseNormalization,
    MaxPooling,
    Pair,
    ResidualBlock,
    SqueezeExcite,
    TransposedConvolution,
    settings_of,
)

Shape = tuple[int, ...]
MOST_FIXES = 3
_FARTHEST = 256  # steps away from a setting that are tried
_MOST_VALUES = 2**28  # of one output


@dataclass(frozen=True)
class Fix:
    """What would fit: in `words`, and the layers that stand then in the place of the one that does not."""

    words: str
    specs: tuple[LayerSpec, ...]


def output_shape(spec: LayerSpec, shape: Shape) -> Shape:
    """What comes out of a layer when `shape` goes in; SettingsError says why nothing can."""
    found = _output(spec, shape)
    values = 1
    for length in found:
        values *= length
    if values > _MOST_VALUES:
        raise SettingsError(
            f"{spec.title} would put out {values:,} values for one picture; that is beyond any machine."
        )
    return found


def fixes(spec: LayerSpec, shape: Shape) -> tuple[Fix, ...]:
    """Nearest changes that make a layer possible for what arrives: one setting changed, or a layer put before it."""
    found = [*_with_flatten(spec, shape)]
    found += [fix for setting in settings_of(type(spec)) if (fix := _with_setting(spec, shape, setting)) is not None]
    return tuple(found[:MOST_FIXES]) or (Fix(f"Remove {spec.title.lower()}", ()),)


@singledispatch
def _output(spec: LayerSpec, shape: Shape) -> Shape:
    """Layers that keep the shape and take any."""
    return shape


@_output.register
def _(spec: Convolution, shape: Shape) -> Shape:
    channels, height, width = _maps(spec, shape)
    _divides(spec, "groups", spec.groups, channels, "channels that arrive")
    _divides(spec, "groups", spec.groups, spec.out_channels, "channels of its own")
    if spec.padding == "same":
        if spec.stride != (1, 1):
            raise SettingsError("Padding “same” keeps the size of the map, so the stride has to be 1.")
        reach = [d * (k - 1) for d, k in zip(spec.dilation, spec.kernel, strict=True)]
        sides = (max(r - r // 2 for r in reach[:1]), max(r - r // 2 for r in reach[1:]))
    else:
        sides = spec.padding
    _can_copy(spec.padding_mode, sides, (height, width))
    return (spec.out_channels, *output_size((height, width), spec.kernel, spec.stride, spec.padding, spec.dilation))


@_output.register
def _(spec: TransposedConvolution, shape: Shape) -> Shape:
    channels, *size = _maps(spec, shape)
    _divides(spec, "groups", spec.groups, channels, "channels that arrive")
    _divides(spec, "groups", spec.groups, spec.out_channels, "channels of its own")
    out = []
    for axis in (0, 1):
        if spec.output_padding[axis] >= max(spec.stride[axis], spec.dilation[axis]):
            raise SettingsError("The output padding has to be smaller than the stride or the dilation.")
        spread = (size[axis] - 1) * spec.stride[axis] + spec.dilation[axis] * (spec.kernel[axis] - 1) + 1
        out.append(spread - 2 * spec.padding[axis] + spec.output_padding[axis])
        if out[axis] < 1:
            raise SettingsError(
                f"The padding of {spec.padding[axis]} takes away all of the {spread} pixels that come out without it."
            )
    return (spec.out_channels, *out)


@_output.register
def _(spec: MaxPooling, shape: Shape) -> Shape:
    return _pooled(spec, shape, spec.dilation)


@_output.register
def _(spec: AveragePooling, shape: Shape) -> Shape:
    return _pooled(spec, shape, (1, 1))


@_output.register
def _(spec: AdaptivePooling, shape: Shape) -> Shape:
    return (_maps(spec, shape)[0], *spec.size)


@_output.register
def _(spec: GlobalAveragePooling, shape: Shape) -> Shape:
    return (_maps(spec, shape)[0], 1, 1)


@_output.register
def _(spec: GroupNormalization, shape: Shape) -> Shape:
    _divides(spec, "groups", spec.groups, shape[0], "channels that arrive")
    return shape


@_output.register
def _(spec: InstanceNormalization, shape: Shape) -> Shape:
    _, height, width = _maps(spec, shape)
    if height * width == 1:
        raise SettingsError("Instance normalization of a map of 1 × 1 leaves nothing: a lone value is its own mean.")
    return shape


@_output.register(LocalResponseNormalization)
@_output.register(SqueezeExcite)
def _(spec: LayerSpec, shape: Shape) -> Shape:
    return _maps(spec, shape)


@_output.register
def _(spec: Dropout, shape: Shape) -> Shape:
    return _maps(spec, shape) if spec.whole_maps else shape


@_output.register
def _(spec: Flatten, shape: Shape) -> Shape:
    features = 1
    for length in shape:
        features *= length
    return (features,)


@_output.register
def _(spec: Linear, shape: Shape) -> Shape:
    if len(shape) != 1:
        channels, height, width = shape
        raise SettingsError(
            f"A linear layer takes a list of numbers, but {channels} maps of {height} × {width} arrive."
        )
    return (spec.out_features,)


@_output.register(ResidualBlock)
@_output.register(BottleneckBlock)
def _(spec: ResidualBlock | BottleneckBlock, shape: Shape) -> Shape:
    _, height, width = _maps(spec, shape)
    if isinstance(spec, BottleneckBlock):
        _divides(spec, "its four parts", 4, spec.out_channels, "channels of its own")
    return (spec.out_channels, *output_size((height, width), 3, spec.stride, 1))


@_output.register
def _(spec: DepthwiseSeparable, shape: Shape) -> Shape:
    _, height, width = _maps(spec, shape)
    return (spec.out_channels, *output_size((height, width), spec.kernel, spec.stride, spec.kernel // 2))


@_output.register
def _(spec: InceptionModule, shape: Shape) -> Shape:
    _, height, width = _maps(spec, shape)
    return (spec.ones + spec.threes + spec.fives + spec.pooled, height, width)


@_output.register
def _(spec: DenseBlock, shape: Shape) -> Shape:
    channels, height, width = _maps(spec, shape)
    return (channels + spec.layers * spec.growth, height, width)


def _pooled(spec: MaxPooling | AveragePooling, shape: Shape, dilation: Pair) -> Shape:
    """torch's sizes of pooling: rounded up, a last window may hang over, but has to begin inside."""
    channels, *size = _maps(spec, shape)
    for axis in (0, 1):
        if 2 * spec.padding[axis] > spec.kernel[axis]:
            raise SettingsError(
                f"The padding of {spec.padding[axis]} is more than half of the kernel of {spec.kernel[axis]}, "
                f"so that some windows would hold nothing else."
            )
    fitting = output_size((size[0], size[1]), spec.kernel, spec.stride, spec.padding, dilation)
    if not spec.round_up:
        return (channels, *fitting)
    out = []
    for axis in (0, 1):
        padded = size[axis] + 2 * spec.padding[axis]
        rest = padded - dilation[axis] * (spec.kernel[axis] - 1) - 1
        windows = -(-rest // spec.stride[axis]) + 1
        begins = (windows - 1) * spec.stride[axis]
        out.append(windows - 1 if begins >= size[axis] + spec.padding[axis] else windows)
    return (channels, *out)


def _maps(spec: LayerSpec, shape: Shape) -> tuple[int, int, int]:
    if len(shape) != 3:
        raise SettingsError(
            f"{spec.title} takes maps with rows and columns, but a list of {shape[0]:,} numbers arrives."
        )
    return shape[0], shape[1], shape[2]


def _divides(spec: LayerSpec, what: str, divisor: int, number: int, of: str) -> None:
    if number % divisor:
        raise SettingsError(f"{spec.title}: {what} ({divisor}) have to divide the {number} {of}.")


def _can_copy(mode: str, sides: Pair, size: Pair) -> None:
    """A mirror does not repeat the border pixel, so it lends at most size − 1; a wrap lends the whole map."""
    spare = {"reflect": 1, "circular": 0}.get(mode)
    if spare is None:
        return
    for side, length in zip(sides, size, strict=True):
        if side > length - spare:
            raise SettingsError(f"Padding “{mode}” of {side} takes more than a map of {length} pixels can lend.")


def _with_flatten(spec: LayerSpec, shape: Shape) -> Iterator[Fix]:
    if isinstance(spec, Linear) and len(shape) == 3:
        yield Fix("Put Flatten before it", (Flatten(), spec))
        yield Fix("Put global average pooling and Flatten before it", (GlobalAveragePooling(), Flatten(), spec))


def _with_setting(spec: LayerSpec, shape: Shape, setting: LayerSetting) -> Fix | None:
    """The nearest value of one setting with which the layer is possible."""
    for value in _nearest(setting, getattr(spec, setting.name)):
        changed = replace(spec, **{setting.name: value})
        if possible(changed, shape):
            return Fix(f"{setting.title} {value_words(value)}", (changed,))
    return None


def possible(spec: LayerSpec, shape: Shape) -> bool:
    """Whether something comes out."""
    try:
        output_shape(spec, shape)
    except SettingsError:
        return False
    return True


def value_words(value: Any) -> str:
    """A setting's value on the screen: 3 × 3, 0.5, reflect."""
    if isinstance(value, tuple):
        return f"{value[0]} × {value[1]}"
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _nearest(setting: LayerSetting, value: Any) -> Iterator[Any]:
    """Other values of a setting, the nearest first."""
    low, high = int(setting.low), int(setting.high)
    if setting.kind == "flag":
        yield not value
    elif setting.kind == "choice":
        yield from (option for option in setting.options if option != value)
    elif setting.kind in ("pair", "padding", "count"):
        start = (0, 0) if value == "same" else value
        for step in range(1, min(_FARTHEST, high - low) + 1):
            for signed in (-step, step):
                if setting.kind == "count":
                    if low <= value + signed <= high:
                        yield value + signed
                    continue
                moved = tuple(min(high, max(low, one + signed)) for one in start)
                if moved != start:
                    yield moved
