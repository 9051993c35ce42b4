"""What do the layers of an untrained stack make of the picture? One pass, of each layer a few small maps."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, ImageOps

from app.ui.byte_cache import ByteCache
from app.ui.feature_maps_passes import kept
from app.ui.picture import ChosenPicture
from app.ui.shelf import PICTURES
from cnnviz.analysis import LayerReport
from cnnviz.compute import at_work, one_thread
from cnnviz.image import Kind, colour_index, limits, to_picture, to_tensor
from cnnviz.network import build, spell_specs

MOST_MAPS = 8
SIDE = 32
"""Rows and columns at most of a map that is sent; larger ones are thinned."""
LISTED = 256
"""Values at most of a list that is sent."""
MOST_PARAMETERS = 30_000_000
MOST_MULTIPLY_ADDS = 3_000_000_000
MOST_BYTES = 300_000_000
_SMALL = 200_000_000  # multiply-adds; below that, threads wait for one another longer than they work

_RUNS: ByteCache[tuple[LayerMaps, ...]] = ByteCache(48_000_000)
PICTURES.drop_from(_RUNS)


@dataclass(frozen=True, eq=False)
class LayerMaps:
    """Some of what a layer put out, as entries of its colour table (count, height, width) uint8.

    `low`, `high`: the values of the table's ends, over the whole layer; `of`: how many maps there are, or values.
    """

    index: npt.NDArray[np.uint8]
    kind: Kind
    low: float
    high: float
    of: int


def too_large(reports: Sequence[LayerReport]) -> str:
    """Why the picture does not run through here; empty where it does."""
    parameters = sum(report.parameters for report in reports)
    if parameters > MOST_PARAMETERS:
        return f"{parameters:,} parameters are too many to run here: at most {MOST_PARAMETERS:,}."
    multiply_adds = sum(report.multiply_adds for report in reports)
    if multiply_adds > MOST_MULTIPLY_ADDS:
        return f"{multiply_adds:,} multiply-adds are too many to run here: at most {MOST_MULTIPLY_ADDS:,}."
    if sum(report.activation_bytes for report in reports) > MOST_BYTES:
        return f"The activations take more than {MOST_BYTES // 1_000_000} MB, too much to run here."
    return ""


def input_picture(picture: Image.Image, input_shape: tuple[int, int, int]) -> torch.Tensor:
    """The middle of the picture as the stack's input (channels, height, width), 0 to 1."""
    channels, height, width = input_shape
    small = ImageOps.fit(picture, (width, height), Image.Resampling.BILINEAR)
    return to_tensor(small, "grey" if channels == 1 else "colour")


def input_pixels(chosen: ChosenPicture, input_shape: tuple[int, int, int]) -> npt.NDArray[np.uint8]:
    """What the stack is given, as pixels (height, width, 3)."""
    return np.asarray(to_picture(input_picture(chosen.picture, input_shape)))


def layer_maps(
    reports: Sequence[LayerReport], input_shape: tuple[int, int, int], chosen: ChosenPicture
) -> tuple[LayerMaps, ...]:
    """What the layers that are possible put out, in order."""
    specs = tuple(report.spec for report in reports if report.output_shape is not None)

    def make() -> tuple[tuple[LayerMaps, ...], int]:
        network = build(specs, input_shape).eval()
        values = input_picture(chosen.picture, input_shape)[None]
        found = []
        small = sum(report.multiply_adds for report in reports) < _SMALL
        with torch.inference_mode(), at_work(), one_thread() if small else nullcontext():
            for layer in network:
                values = layer(values)
                found.append(_small(values[0]))
        return tuple(found), sum(maps.index.nbytes for maps in found)

    return kept(_RUNS, (spell_specs(specs), str(input_shape), chosen.key), chosen, make)


def _small(values: torch.Tensor) -> LayerMaps:
    """A few maps of a layer, thinned, on one scale."""
    array = values.numpy()
    if array.ndim == 1:
        shown = array[None, None, :LISTED]
    else:
        step = max(1, -(-max(array.shape[1:]) // SIDE))
        shown = array[:MOST_MAPS, ::step, ::step]
    kind: Kind = "signed" if float(array.min()) < 0 else "magnitude"
    ends = limits(array.reshape(1, 1, -1), kind)
    index = colour_index(shown, np.repeat(ends, len(shown), axis=0))
    return LayerMaps(index, kind, float(ends[0, 0]), float(ends[0, 1]), array.shape[0])
