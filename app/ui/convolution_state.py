"""Which layer stands on the Convolution page, on which input? All of it, and its text in the link.

The text is a preset's name, then what differs from it: ``leftover;stride=3;padding=1``. Weights are a flat list, maps ×
channels of a group × kernel height × kernel width.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from cnnviz.errors import SettingsError

INPUTS = {"numbers": "Numbers", "point": "One point", "grey": "Picture, grey", "colour": "Picture, colour"}
NUMBER_SIDES = (3, 4, 5, 6, 7, 8, 9, 10, 12)
PICTURE_SIDES = (12, 16, 24, 32, 48, 64, 128, 256, 512)
FILLS = ("own", "edges", "mean", "bell", "centre", "random")
MODES = ("zeros", "reflect", "replicate", "circular")
MOST_MAPS = 4
_LEAST_AND_MOST = {"kernel": (1, 11), "stride": (1, 8), "padding": (0, 10), "dilation": (1, 5)}
_LARGEST = 1e6  # of a weight or a bias

Pair = tuple[int, int]


@dataclass(frozen=True)
class Layer:
    """One convolution and its input; pairs are (height, width). Raises SettingsError for what the page cannot show.

    Settings that are each in their range but leave no output together are let through: the view says what would help.
    """

    kernel: Pair = (3, 3)
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)
    mode: str = "zeros"
    flip: bool = False
    groups: int = 1
    maps: int = 1
    transposed: bool = False
    weights: tuple[float, ...] = ()
    bias: tuple[float, ...] = (0.0,)
    fill: str = "own"
    input: str = "numbers"
    side: int = 8

    def __post_init__(self) -> None:
        for name, (least, most) in _LEAST_AND_MOST.items():
            if not all(least <= value <= most for value in getattr(self, name)):
                raise SettingsError(f"The {name} has to be from {least} to {most} here.")
        if self.input not in INPUTS or self.side not in sides(self.input):
            raise SettingsError(f"There is no input “{self.input}” of {self.side} × {self.side} here.")
        if self.mode not in MODES or self.fill not in FILLS:
            raise SettingsError(f"There is no padding mode “{self.mode}” or no way “{self.fill}” to fill a kernel.")
        if not (1 <= self.maps <= MOST_MAPS and 1 <= self.groups <= self.channels):
            raise SettingsError(f"Use 1 to {MOST_MAPS} kernels and 1 to {self.channels} groups.")
        wanted = self.maps * max(1, self.channels // self.groups) * self.kernel[0] * self.kernel[1]
        if len(self.weights) != wanted or len(self.bias) != self.maps:
            raise SettingsError(f"This layer has {wanted} weights and {self.maps} biases.")
        if not all(math.isfinite(number) and abs(number) <= _LARGEST for number in (*self.weights, *self.bias)):
            raise SettingsError("Weights and biases have to be numbers up to a million.")

    @property
    def channels(self) -> int:
        """How many channels the input has."""
        return 3 if self.input == "colour" else 1

    def view_settings(self) -> dict[str, Any]:
        """What the view computes with, as JSON has it."""
        return {
            field.name: _as_list(getattr(self, field.name)) for field in fields(self) if field.name not in _OF_INPUT
        }

    def with_view_settings(self, told: Mapping[str, Any]) -> Layer:
        """The layer that the view tells of, on the same input."""
        try:
            pairs = {name: (int(told[name][0]), int(told[name][1])) for name in _LEAST_AND_MOST}
            lists = {name: tuple(float(value) for value in told[name]) for name in ("weights", "bias")}
            counts = {name: int(told[name]) for name in ("groups", "maps")}
            words = {name: str(told[name]) for name in ("mode", "fill")}
            switches = {name: bool(told[name]) for name in ("flip", "transposed")}
        except (KeyError, TypeError, ValueError, IndexError):
            raise SettingsError("These settings are not those of a convolution.") from None
        return replace(self, **pairs, **lists, **counts, **words, **switches)  # type: ignore[arg-type]

    def on(self, kind: str, side: int) -> Layer:
        """The same layer on another input; kernels for one channel are repeated for three, of three the first stays."""
        channels = 3 if kind == "colour" else 1
        side = min(sides(kind), key=lambda known: abs(known - side))
        if channels == self.channels:
            return replace(self, input=kind, side=side)
        area = self.kernel[0] * self.kernel[1]
        read = max(1, self.channels // self.groups)
        firsts = [self.weights[map_ * read * area : map_ * read * area + area] for map_ in range(self.maps)]
        weights = tuple(value for first in firsts for value in first * channels)
        return replace(self, input=kind, side=side, groups=1, weights=weights)


_OF_INPUT = ("input", "side")


def sides(kind: str) -> tuple[int, ...]:
    """The sizes that an input comes in."""
    return NUMBER_SIDES if kind in ("numbers", "point") else PICTURE_SIDES


def parse_layer(text: str, presets: Mapping[str, Layer]) -> tuple[str, Layer]:
    """The preset's name and the layer that `text` describes.

    Raises
    ------
    SettingsError
        When the text is not of that form or names what there is not.
    """
    name, *changes = text.split(";")
    if name not in presets:
        raise SettingsError(f"There is no preset named “{name[:40]}”.")
    layer = presets[name]
    readers = {field.name: _READ[type(getattr(layer, field.name))] for field in fields(Layer)}
    readers |= dict.fromkeys(("weights", "bias"), _read_list)
    read: dict[str, Any] = {}
    for change in changes:
        key, _, value = change.partition("=")
        if key not in readers:
            raise SettingsError(f"A convolution has no setting “{key[:40]}”.")
        try:
            read[key] = readers[key](value)
        except (ValueError, ZeroDivisionError):
            raise SettingsError(f"“{value[:40]}” cannot be the {key} of a convolution.") from None
    return name, replace(layer, **read)


def format_layer(name: str, layer: Layer, presets: Mapping[str, Layer]) -> str:
    """The preset's name, then every setting that differs from it."""
    changes = [
        f"{field.name}={_write(getattr(layer, field.name))}"
        for field in fields(Layer)
        if getattr(layer, field.name) != getattr(presets[name], field.name)
    ]
    return ";".join((name, *changes))


def _as_list(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _write(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple) and len(value) == 2 and all(isinstance(part, int) for part in value):
        return f"{value[0]}x{value[1]}"
    if isinstance(value, tuple):
        return ",".join(map(write_number, value))
    return str(value)


def write_number(value: float) -> str:
    """As short as it stays exact: 2, 0.25, 1/9."""
    if float(value).is_integer():
        return str(int(value))
    if len(repr(float(value))) > 6 and 1e-3 <= abs(value) < 0.6:
        share = round(1 / value)
        if 1 / share == value:
            return f"{'-' if share < 0 else ''}1/{abs(share)}"
    return repr(float(value))


def _read_pair(text: str) -> Pair:
    match = re.fullmatch(r"(\d+)x(\d+)", text)
    if match is None:
        raise ValueError(text)
    return int(match[1]), int(match[2])


def _read_list(text: str) -> tuple[float, ...]:
    return tuple(_read_number(part) for part in text.split(","))


def _read_number(text: str) -> float:
    above, _, below = text.partition("/")
    return float(above) / float(below or 1)


def _read_switch(text: str) -> bool:
    if text not in ("yes", "no"):
        raise ValueError(text)
    return text == "yes"


_READ: dict[type, Any] = {tuple: _read_pair, int: int, str: str, bool: _read_switch}
