"""What can be looked at on the Convolution page? Layers that each show one thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.ui.convolution_state import Layer

_SOBEL_X = (-1, 0, 1, -2, 0, 2, -1, 0, 1)
_SOBEL_Y = (-1, -2, -1, 0, 0, 0, 1, 2, 1)
_LAPLACE = (0, -1, 0, -1, 4, -1, 0, -1, 0)
_MEAN = (1 / 9,) * 9
_CROSS = (1, 0, 1, 0, 1, 0, 1, 0, 1)
_CORNER = (0, 1, 2, 0, 0, 1, 0, 0, 0)


@dataclass(frozen=True)
class Preset:
    """One thing to see: its title, what to look for, the layer that shows it."""

    title: str
    look: str
    layer: Layer


def _weights(*kernels: Sequence[float]) -> tuple[float, ...]:
    return tuple(float(value) for kernel in kernels for value in kernel)


PRESETS = {
    "channels": Preset(
        "Three channels into one",
        "Each input channel has a kernel of its own. The three sums collapse into one number, so one map comes out.",
        Layer(
            weights=_weights(_SOBEL_X, (0, 0, 0, 0, 1, 0, 0, 0, 0), (1, 0, -1, 2, 0, -2, 1, 0, -1)),
            padding=(1, 1), mode="replicate", bias=(-0.5,), input="colour", side=48,
        ),
    ),
    "shrinks": Preset(
        "No padding: the map shrinks",
        "The window has to stay inside, so its centre never stands on the rim: 8 × 8 becomes 6 × 6.",
        Layer(weights=_weights(_CROSS), side=8),
    ),
    "same": Preset(
        "Padding keeps the size",
        "One ring of zeros, and 8 × 8 stays 8 × 8. Point at a corner of the output: 5 of its 9 values are padding.",
        Layer(weights=_weights(_MEAN), padding=(1, 1), fill="mean", side=8),
    ),
    "leftover": Preset(
        "Stride 2 leaves a column over",
        "3 does not divide by 2 without remainder: the last row and column (hatched) are never read.",
        Layer(weights=_weights(_CROSS), stride=(2, 2), side=6),
    ),
    "dilation": Preset(
        "Dilation sees further",
        "The same nine weights, taken two cells apart, reach over 5 × 5.",
        Layer(weights=_weights(_SOBEL_X), dilation=(2, 2), fill="edges", side=9),
    ),
    "maps": Preset(
        "Two kernels, two maps",
        "Both kernels read the same window. One answers to upright edges, the other to level ones.",
        Layer(weights=_weights(_SOBEL_X, _SOBEL_Y), maps=2, bias=(0.0, 0.0), padding=(1, 1), mode="replicate",
              fill="edges", input="grey", side=64),
    ),
    "one": Preset(
        "1 × 1: channels mixed",
        "No neighbours at all: each output is a weighted sum of the channels of one pixel. Here it makes colour grey.",
        Layer(kernel=(1, 1), weights=(0.299, 0.587, 0.114), input="colour", side=32),
    ),
    "depthwise": Preset(
        "Depthwise: channels apart",
        "As many groups as channels: each map reads one channel alone, and nothing is summed over channels.",
        Layer(weights=_weights(_LAPLACE, _SOBEL_X, _SOBEL_Y), groups=3, maps=3, bias=(0.0,) * 3, padding=(1, 1),
              mode="replicate", input="colour", side=32),
    ),
    "flip": Preset(
        "Flipped or not",
        "One bright point comes out as the kernel turned by 180°. Flip the kernel, and it comes out as it is: that is "
        "convolution in the sense of mathematics. Networks do not flip.",
        Layer(weights=_weights(_CORNER), padding=(1, 1), input="point", side=7),
    ),
    "transposed": Preset(
        "Transposed: values stamp the kernel",
        "Each input value stamps the kernel, times itself, two cells apart; where stamps overlap, they add.",
        Layer(weights=_weights((1, 2, 1, 2, 4, 2, 1, 2, 1)), stride=(2, 2), transposed=True, side=4),
    ),
}  # fmt: skip

LAYERS = {name: preset.layer for name, preset in PRESETS.items()}
DEFAULT = "channels"
