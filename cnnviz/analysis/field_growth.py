"""How does the receptive field grow along a plain stack of layers, one formula a layer?

A unit of layer l reads k units of the layer below, ``dilation`` apart; each of those lies ``jump`` pixels of the
picture from the next. So its field is larger by (k − 1) · dilation · jump, and the stride multiplies the jump for all
layers that follow:

    size_l = size_(l−1) + (k_l − 1) · dilation_l · jump_(l−1)        jump_l = jump_(l−1) · stride_l

(Araujo, Norris, Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019.) The same holds for
rows and for columns, so kernels here are square.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from cnnviz.errors import SettingsError

Kind = Literal["conv", "pool"]

MOST_LAYERS = 24
MOST_PIXELS = 20_000
"""The largest field and the largest jump that a stack may come to."""
LIMITS = {"kernel": 31, "stride": 8, "dilation": 16}
"""The largest of each setting; the least is 1."""

_LETTERS: dict[str, Kind] = {"c": "conv", "p": "pool"}
_LAYER = re.compile(r"([cp])(\d{1,2})(?:s(\d{1,2}))?(?:d(\d{1,2}))?")


@dataclass(frozen=True)
class FieldSpec:
    """One layer of a stack: a convolution, or a pooling, with a square kernel.

    Raises SettingsError where a setting is below 1 or above its limit.
    """

    kind: Kind
    kernel: int
    stride: int = 1
    dilation: int = 1

    def __post_init__(self) -> None:
        for name, most in LIMITS.items():
            value = getattr(self, name)
            if not 1 <= value <= most:
                raise SettingsError(f"A {name} of {value} is not possible here; take 1 to {most}.")

    @property
    def padding(self) -> int:
        """What a convolution is padded with so that stride 1 keeps the size (odd kernels); pooling is not padded."""
        return self.dilation * (self.kernel - 1) // 2 if self.kind == "conv" else 0


@dataclass(frozen=True)
class FieldStep:
    """One layer with what its units see of the picture, along one axis.

    Attributes:
        spec: the layer.
        previous: field of the units that it reads, in pixels; 1 for the picture's own pixels.
        jump_before: pixels between neighbouring units that it reads.
        size: field of its own units, in pixels.
        jump: pixels between the fields of neighbouring units; the effective stride.
        padding: unit i sees pixels i · jump − padding … i · jump − padding + size − 1; the effective padding.
        read: how many of the ``size`` pixels the unit reads; fewer where dilation or stride leaves holes.
        weights: of a convolution with as many channels in as out, without biases; 0 for pooling.
    """

    spec: FieldSpec
    previous: int
    jump_before: int
    size: int
    jump: int
    padding: int
    read: int
    weights: int

    @property
    def formula(self) -> str:
        """How the size comes about, in numbers: 3 + (3 − 1) · 2 = 7."""
        return growth_formula(self.previous, self.spec.kernel, self.spec.dilation, self.jump_before, self.size)

    @property
    def jump_formula(self) -> str:
        """How the jump comes about: 2 · 2 = 4."""
        return f"{self.jump_before} · {self.spec.stride} = {self.jump}"

    @property
    def non_linear(self) -> bool:
        """Whether a non-linearity follows, as it does a convolution."""
        return self.spec.kind == "conv"


def grow(specs: Sequence[FieldSpec], channels: int = 1) -> tuple[FieldStep, ...]:
    """The field layer by layer, the one at the picture first.

    ``channels`` is the number C of channels of every map, for the count of weights: C · C · k · k a convolution.

    Raises:
        SettingsError: more than 24 layers, a field beyond 20,000 pixels, or fewer than one channel.
    """
    if channels < 1:
        raise SettingsError(f"{channels} channels cannot be; take at least 1.")
    checked = _checked(specs)
    steps: list[FieldStep] = []
    size, jump, padding = 1, 1, 0
    for number, spec in enumerate(checked, start=1):
        previous, jump_before = size, jump
        size += (spec.kernel - 1) * spec.dilation * jump
        padding += spec.padding * jump
        jump *= spec.stride
        read = len(read_below(checked[:number])[0])
        weights = channels * channels * spec.kernel * spec.kernel if spec.kind == "conv" else 0
        steps.append(FieldStep(spec, previous, jump_before, size, jump, padding, read, weights))
    return tuple(steps)


def read_below(specs: Sequence[FieldSpec]) -> tuple[npt.NDArray[np.int64], ...]:
    """Which units of each level the first unit at the top reads, along one axis, the picture's pixels first.

    Element l holds the sorted positions in level l, counted from the first one that is read; the last element is the
    unit itself, [0].
    """
    levels = [np.zeros(1, dtype=np.int64)]
    for spec in reversed(_checked(specs)):
        taps = np.arange(spec.kernel, dtype=np.int64) * spec.dilation
        levels.append(np.unique(levels[-1][:, None] * spec.stride + taps))
    return tuple(reversed(levels))


def paths(specs: Sequence[FieldSpec]) -> npt.NDArray[np.float64]:
    """How many ways lead from each pixel of the field to the unit, along one axis: (size,), 0 for holes.

    With all weights alike this is the effective field, up to a factor: boxes convolved with boxes, so the middle counts
    for most however sharp the field's edge is (Luo et al. 2016). In two dimensions rows and columns multiply.
    """
    ways = np.ones(1)
    for spec in reversed(_checked(specs)):
        spread = np.zeros((len(ways) - 1) * spec.stride + 1)
        spread[:: spec.stride] = ways
        taps = np.zeros((spec.kernel - 1) * spec.dilation + 1)
        taps[:: spec.dilation] = 1
        ways = np.convolve(spread, taps)
    return ways


def growth_formula(previous: int, kernel: int, dilation: int, jump: int, size: int) -> str:
    """The growth at one layer in numbers; the dilation stands in it only where it is not 1."""
    factors = " · ".join(str(factor) for factor in ((dilation, jump) if dilation != 1 else (jump,)))
    return f"{previous} + ({kernel} − 1) · {factors} = {size}"


def parse_stack(text: str) -> tuple[FieldSpec, ...]:
    """A stack from its short form, layers apart by spaces: ``c3 c3s2 p2 c3d2``.

    ``c`` is a convolution and ``p`` a pooling, with its kernel; ``s`` the stride, ``d`` the dilation. Without ``s`` a
    convolution has stride 1, a pooling the stride of its kernel. Empty text is the empty stack.

    Raises:
        SettingsError: a word that is no layer, a setting out of its range, more than 24 layers, or too large a field.
    """
    return _checked([_parse_layer(word) for word in text.split()])


def spell_stack(specs: Sequence[FieldSpec]) -> str:
    """The short form of a stack, as :func:`parse_stack` reads it."""
    words = []
    for spec in specs:
        usual = 1 if spec.kind == "conv" else spec.kernel
        stride = f"s{spec.stride}" if spec.stride != usual else ""
        dilation = f"d{spec.dilation}" if spec.dilation != 1 else ""
        words.append(f"{spec.kind[0]}{spec.kernel}{stride}{dilation}")
    return " ".join(words)


def _parse_layer(word: str) -> FieldSpec:
    found = _LAYER.fullmatch(word)
    if found is None:
        raise SettingsError(f'"{word[:20]}" is no layer; write layers like c3, c3s2, c3d2 or p2.')
    kind, kernel = _LETTERS[found[1]], int(found[2])
    usual = 1 if kind == "conv" else min(kernel, LIMITS["stride"])
    return FieldSpec(kind, kernel, int(found[3]) if found[3] else usual, int(found[4]) if found[4] else 1)


def _checked(specs: Sequence[FieldSpec]) -> tuple[FieldSpec, ...]:
    if len(specs) > MOST_LAYERS:
        raise SettingsError(f"A stack of {len(specs)} layers is too high here; take at most {MOST_LAYERS}.")
    size, jump = 1, 1
    for spec in specs:
        size, jump = size + (spec.kernel - 1) * spec.dilation * jump, jump * spec.stride
        if max(size, jump) > MOST_PIXELS:
            raise SettingsError(f"The field would pass {MOST_PIXELS:,} pixels; take smaller strides or fewer layers.")
    return tuple(specs)
