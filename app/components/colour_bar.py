"""A colour bar for the views: the numbers at both ends of a scale and its colours from low to high."""

from __future__ import annotations

from dataclasses import dataclass

from cnnviz.image import LEVELS, Kind, Theme, palette

_STOPS = 9


@dataclass(frozen=True)
class ColourBar:
    """`stops` are CSS colours, evenly spaced from `low` to `high`. Drawn by shared/bar.js."""

    low: float
    high: float
    stops: tuple[str, ...]


def colour_bar(kind: Kind, low: float, high: float, theme: Theme) -> ColourBar:
    """The bar of a scale of `kind` that runs from `low` to `high`."""
    table = palette(kind, theme)
    colours = (table[round(i * (LEVELS - 1) / (_STOPS - 1))] for i in range(_STOPS))
    return ColourBar(float(low), float(high), tuple("#{:02x}{:02x}{:02x}".format(*colour) for colour in colours))
