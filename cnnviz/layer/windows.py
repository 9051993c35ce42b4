"""Where does a sliding window stand, and which pixels does it never reach?

Sizes are ``(height, width)``. A kernel of K taps with dilation D spans D(K − 1) + 1 pixels. Over an input of H pixels
with P pixels of padding at either end it takes floor((H + 2P − D(K − 1) − 1) / S) + 1 places with stride S (Dumoulin
and Visin, *A guide to convolution arithmetic for deep learning*, 2016; the formula of ``torch.nn.Conv2d``).
"same" pads D(K − 1) pixels in all, so that the output is as large as the input; where that is odd, the extra pixel
goes to the bottom and the right, as in PyTorch.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cnnviz.errors import SettingsError

Pair = int | tuple[int, int]
Padding = Pair | Literal["same", "valid"]

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


@dataclass(frozen=True)
class Window:
    """A window's settings, checked, each as (height, width); ``padding`` as ((top, bottom), (left, right))."""

    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[tuple[int, int], tuple[int, int]]
    dilation: tuple[int, int]

    def unpadded(self) -> Window:
        """The same window over a picture that has its padding already."""
        return replace(self, padding=((0, 0), (0, 0)))

    @property
    def span(self) -> tuple[int, int]:
        """How many pixels the window covers from its first tap to its last."""
        return (self.dilation[0] * (self.kernel[0] - 1) + 1, self.dilation[1] * (self.kernel[1] - 1) + 1)


@dataclass(frozen=True)
class Unread:
    """Which input rows (H,) and columns (W,) no window reads; True where unread."""

    rows: NDArray[np.bool_]
    cols: NDArray[np.bool_]


def output_size(
    size: Pair, kernel: Pair, stride: Pair = 1, padding: Padding = 0, dilation: Pair = 1
) -> tuple[int, int]:
    """(height, width) of the output for an input of ``size``; every argument is one int or a (height, width) pair.

    ``padding`` may also be "same" or "valid". Raises SettingsError where no window fits.
    """
    return placed(size, window(kernel, stride, padding, dilation))


def unread(size: Pair, kernel: Pair, stride: Pair = 1, padding: Padding = 0, dilation: Pair = 1) -> Unread:
    """The input rows and columns that no window reads: left over at the end, or between windows that stand apart.

    Padding that copies the picture (reflect, replicate, circular) is not counted as reading it.
    """
    view = window(kernel, stride, padding, dilation)
    size = pair("The input size", size, least=1)
    places = placed(size, view)
    rows, cols = (
        _never_read(size[axis], places[axis], view.kernel[axis], view.stride[axis], view.padding[axis][0],
                    view.dilation[axis])
        for axis in (0, 1)
    )  # fmt: skip
    return Unread(rows, cols)


def window(kernel: Pair, stride: Pair = 1, padding: Padding = 0, dilation: Pair = 1) -> Window:
    """The settings as a checked Window; raises SettingsError for values that no layer can have."""
    kernel = pair("The kernel size", kernel, least=1)
    stride = pair("The stride", stride, least=1)
    dilation = pair("The dilation", dilation, least=1)
    if isinstance(padding, str):
        return Window(kernel, stride, _named_padding(padding, kernel, stride, dilation), dilation)
    top, left = pair("The padding", padding, least=0)
    return Window(kernel, stride, ((top, top), (left, left)), dilation)


def placed(size: Pair, view: Window) -> tuple[int, int]:
    """How many places the window takes down and across an input of ``size``."""
    size = pair("The input size", size, least=1)
    for axis in (0, 1):
        if size[axis] + sum(view.padding[axis]) < view.span[axis]:
            raise SettingsError(_too_small(size, view, axis))
    height, width = (
        (size[axis] + sum(view.padding[axis]) - view.span[axis]) // view.stride[axis] + 1 for axis in (0, 1)
    )
    return height, width


def check_padding_mode(size: tuple[int, int], view: Window, mode: str) -> None:
    """Raise SettingsError where ``mode`` is unknown or the picture is too small to be mirrored or wrapped so far."""
    if mode not in PADDING_MODES:
        raise SettingsError(f"Padding mode {mode!r} does not exist: use one of {', '.join(PADDING_MODES)}.")
    # A mirror does not repeat the border pixel, so it can lend at most size − 1; a wrap can lend the whole picture.
    spare = {"reflect": 1, "circular": 0}.get(mode)
    if spare is None:
        return
    for axis, (length, side) in enumerate(zip(size, ("high", "wide"), strict=True)):
        most, wanted = length - spare, max(view.padding[axis])
        if wanted > most:
            raise SettingsError(
                f"Padding mode {mode} cannot add {pixels(wanted)} at a side of a picture {pixels(length)} {side}: "
                f"use padding of at most {most}, or padding mode zeros or replicate."
            )


def pair(what: str, value: Any, least: int) -> tuple[int, int]:
    """One int or a pair of ints as (height, width), each at least ``least``; else a SettingsError that begins with
    ``what``."""
    values = tuple(value) if isinstance(value, (tuple, list, np.ndarray)) else (value, value)
    try:
        if len(values) != 2 or any(isinstance(v, (bool, np.bool_)) for v in values):
            raise TypeError
        height, width = (operator.index(v) for v in values)
    except TypeError:
        raise SettingsError(
            f"{what} is {value!r}: use one whole number or a pair of whole numbers (height, width)."
        ) from None
    if min(height, width) < least:
        shown = value if not isinstance(value, (tuple, list)) else f"({height}, {width})"
        raise SettingsError(f"{what} is {shown}: it has to be at least {least}.")
    return height, width


def pixels(count: int) -> str:
    """'1 pixel', '2 pixels'."""
    return f"{count} pixel" if count == 1 else f"{count} pixels"


def _named_padding(
    name: str, kernel: tuple[int, int], stride: tuple[int, int], dilation: tuple[int, int]
) -> tuple[tuple[int, int], tuple[int, int]]:
    if name == "valid":
        return (0, 0), (0, 0)
    if name != "same":
        raise SettingsError(f"Padding {name!r} does not exist: use 'same', 'valid', a whole number or a pair of them.")
    if max(stride) > 1:
        largest = tuple(d * (k - 1) // 2 for k, d in zip(kernel, dilation, strict=True))
        advice = largest[0] if largest[0] == largest[1] else largest
        raise SettingsError(
            f"Padding 'same' needs stride 1, because stride {max(stride)} makes the output smaller than the input: "
            f"use stride 1, or padding {advice} as a number."
        )
    vertical, horizontal = (d * (k - 1) for k, d in zip(kernel, dilation, strict=True))
    return (vertical // 2, vertical - vertical // 2), (horizontal // 2, horizontal - horizontal // 2)


def _never_read(size: int, places: int, kernel: int, stride: int, before: int, dilation: int) -> NDArray[np.bool_]:
    starts = np.arange(places) * stride - before
    positions = (starts[:, None] + np.arange(kernel)[None, :] * dilation).ravel()
    never = np.ones(size, dtype=bool)
    never[positions[(positions >= 0) & (positions < size)]] = False
    return never


def _too_small(size: tuple[int, int], view: Window, axis: int) -> str:
    """What stands in the way along ``axis``, and each single change that would let one window fit."""
    kernel, dilation, span = view.kernel[axis], view.dilation[axis], view.span[axis]
    padded = size[axis] + sum(view.padding[axis])
    spread = f" with dilation {dilation}" if dilation > 1 else ""
    input_name = "padded input" if sum(view.padding[axis]) else "input"
    ways = [f"padding of at least {-(-(span - size[axis]) // 2)}"]
    ways.append(f"a kernel of at most {(padded - 1) // dilation + 1}")
    largest = (padded - 1) // (kernel - 1)
    if dilation > 1 and largest >= 1:
        ways.append("dilation 1" if largest == 1 else f"dilation of at most {largest}")
    listed = f"{', '.join(ways[:-1])}{',' if len(ways) > 2 else ''} or {ways[-1]}"
    return (
        f"A {view.kernel[0]}×{view.kernel[1]} kernel{spread} spans {span} pixels but the {input_name} is only {padded} "
        f"{('high', 'wide')[axis]}: use {listed}."
    )
