"""How many weights does one output unit have, and how many a whole layer, by the way it is connected?

* full: a unit reads every value of the picture, each through a weight of its own.
* local: a unit reads a window of kernel × kernel pixels in all channels, each unit through weights of its own.
* conv: the same windows, but all units of a map share one set of weights.

A layer has one unit a place and map. Full and local have one bias a unit, conv one a map.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from cnnviz.errors import SettingsError
from cnnviz.layer.windows import Padding, Pair, output_size, pair

Connection = Literal["full", "local", "conv"]


@dataclass(frozen=True)
class UnitWeights:
    """``per_unit`` weights of one output unit and ``weights`` of the layer, biases not counted; ``units`` in the layer.

    ``formula`` is how ``weights`` comes about, with the numbers in it.
    """

    connection: Connection
    units: int
    per_unit: int
    weights: int
    biases: int
    formula: str

    @property
    def total(self) -> int:
        """Weights and biases together."""
        return self.weights + self.biases


def unit_weights(
    size: Pair,
    connection: Connection,
    channels: int = 1,
    maps: int = 1,
    kernel: Pair = 3,
    padding: Padding = "same",
    units: int | None = None,
) -> UnitWeights:
    """The weights of a layer on a picture of ``size`` (height, width) with ``channels``.

    ``units`` is for full only: how many, where they are not one a place and map. Raises SettingsError for an unknown
    connection, a count below 1, or a kernel that does not fit.
    """
    if connection not in get_args(Connection):
        raise SettingsError(f"There is no connection {connection!r}: use one of {', '.join(get_args(Connection))}.")
    if min(channels, maps, 1 if units is None else units) < 1:
        raise SettingsError("A layer has at least 1 channel, 1 map and 1 unit.")
    if units is not None and connection != "full":
        raise SettingsError("Only a fully connected layer has any number of units: leave `units` out.")
    height, width = pair("The picture's size", size, least=1)
    rows, cols = output_size((height, width), kernel, padding=padding)
    count = units or maps * rows * cols
    if connection == "full":
        per_unit = height * width * channels
        return _counted("full", count, per_unit, count, f"{height:,} × {width:,} × {channels:,}")
    taps = pair("The kernel size", kernel, least=1)
    per_unit = taps[0] * taps[1] * channels
    sets = count if connection == "local" else maps
    return _counted(connection, count, per_unit, sets, f"{taps[0]} × {taps[1]} × {channels:,}")


def _counted(connection: Connection, units: int, per_unit: int, sets: int, one: str) -> UnitWeights:
    """A layer with `sets` different sets of weights, one bias to each."""
    shared_by = "maps" if connection == "conv" else "units"
    formula = f"{sets:,} {shared_by if sets > 1 else shared_by[:-1]} × ({one} weights)"
    return UnitWeights(connection, units, per_unit, sets * per_unit, sets, formula)
