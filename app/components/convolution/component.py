"""A convolution, number by number: checks and packs what the view draws; it computes and answers in the browser."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.components import view
from app.components.blob import pack
from app.components.colour_bar import colour_bar
from cnnviz.image import Theme

_render = view("convolution")


@dataclass(frozen=True)
class Convolution:
    """One layer on one input.

    `values` is (C, H, W), float32 or float64, or uint8 (a picture, shown and computed as 0..1). `settings` are those of
    arithmetic.js: kernel, stride, padding, dilation as [height, width]; mode, flip, groups, maps, transposed; weights
    (maps × C / groups × kernel height × kernel width) and biases as flat lists; fill, how the weights came about.
    `low` and `high` are the ends of the input's colours.
    """

    values: np.ndarray
    names: Sequence[str]
    settings: dict[str, Any]
    low: float = 0.0
    high: float = 1.0
    theme: Theme = "light"


def convolution_view(key: str, shown: Convolution, echo: int | None, on_settings: Callable[[], None]) -> None:
    """Mount the view. The callback reads `state[key].settings`: what the learner set, with its `revision`.

    `echo` is the revision of the settings when they are the view's own; None when they come from elsewhere.
    """
    bars = {kind: colour_bar(kind, 0, 1, shown.theme).stops for kind in ("signed", "grey")}
    header = {
        "names": list(shown.names),
        "settings": shown.settings,
        "echo": echo,
        "divisor": 255 if shown.values.dtype == np.uint8 else 1,
        "low": shown.low,
        "high": shown.high,
        "stops": bars,
    }
    _render(key=key, data=pack(header, input=shown.values), on_settings_change=on_settings)
