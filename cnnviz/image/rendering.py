"""How do numbers become pixels that a screen can show?

Values become colours in ``colour``, layers become mosaics in ``mosaics``; here both are laid over pictures, enlarged
and encoded. All of it is NumPy look-up, exact to the pixel. The names of the three modules can be had from this one.
"""

from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from cnnviz.errors import SettingsError
from cnnviz.image.colour import (
    CENTRE,
    GAP,
    INVALID,
    LEVELS,
    Kind,
    Per,
    Theme,
    as_array,
    colour_index,
    colourise,
    limits,
    palette,
)
from cnnviz.image.mosaics import Mosaic, mosaic

__all__ = [
    "CENTRE", "GAP", "INVALID", "LEVELS", "Kind", "Mosaic", "Per", "Theme", "colour_index", "colourise", "encode_jpeg",
    "encode_png", "enlarge", "limits", "mosaic", "overlay", "palette",
]  # fmt: skip


def overlay(
    picture: Image.Image,
    values: Any,
    kind: Kind = "signed",
    opacity: float = 0.6,
    *,
    limits: tuple[float, float] | None = None,
    theme: Theme = "light",
) -> Image.Image:
    """Lay the map ``values`` (H, W) over ``picture``, stretched to exactly its size, each value a block of one colour.

    ``opacity`` runs from 0, the picture alone, to 1, the map alone. The map covers the whole picture whatever the shape
    of either; a map of a network's input that was cropped has to be laid over the picture cropped alike.
    """
    array = as_array(values)
    if array.ndim != 2 or array.size == 0:
        raise SettingsError(f"A map to lay over a picture needs the shape (H, W), not {array.shape}.")
    if not 0 <= opacity <= 1:
        raise SettingsError(f"Opacity lies between 0 and 1, not at {opacity:g}.")
    down, across = _under(picture.height, array.shape[0]), _under(picture.width, array.shape[1])
    cover = colourise(array, kind, limits, theme).take(down, axis=0).take(across, axis=1)
    return Image.blend(picture.convert("RGB"), Image.fromarray(cover), opacity)


def _under(pixels: int, cells: int) -> npt.NDArray[np.intp]:
    """For each of so many pixels, the cell that its middle lies in; in whole numbers, so no rounding moves an edge."""
    return (2 * np.arange(pixels) + 1) * cells // (2 * pixels)


def enlarge(pixels: npt.NDArray[np.uint8], factor: int) -> npt.NDArray[np.uint8]:
    """Repeat each pixel of (H, W) or (H, W, 3) ``factor`` times in both directions, so that pixels stay pixels."""
    if factor < 1:
        raise SettingsError(f"Pixels are enlarged by a whole number of 1 or more, not by {factor}.")
    return pixels.repeat(factor, axis=0).repeat(factor, axis=1) if factor > 1 else pixels


def encode_png(pixels: Mosaic | Image.Image | npt.NDArray[np.uint8], factor: int = 1) -> bytes:
    """Encode exactly, as PNG, enlarged ``factor`` times.

    A mosaic keeps its indices and its table, a third of the bytes of RGB; an array is uint8, RGB (H, W, 3) or grey
    (H, W).
    """
    if isinstance(pixels, Mosaic):
        picture = Image.fromarray(enlarge(pixels.index, factor))
        picture.putpalette(pixels.palette.tobytes())
    elif isinstance(pixels, Image.Image):
        picture = Image.fromarray(enlarge(np.asarray(pixels.convert("RGB")), factor))
    else:
        picture = Image.fromarray(enlarge(_checked(pixels), factor))
    return _saved(picture, "PNG", compress_level=1)


def encode_jpeg(pixels: Image.Image | npt.NDArray[np.uint8], quality: int = 90) -> bytes:
    """Encode a photo as JPEG with its colour at full resolution (4:4:4), so that thin coloured edges stay sharp."""
    picture = pixels.convert("RGB") if isinstance(pixels, Image.Image) else Image.fromarray(_checked(pixels))
    return _saved(picture, "JPEG", quality=quality, subsampling=0)


def _checked(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    if pixels.dtype != np.uint8 or not (pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] == 3)):
        raise SettingsError(f"Pixels are uint8 in (H, W, 3) or (H, W), not {pixels.dtype} in {pixels.shape}.")
    return pixels


def _saved(picture: Image.Image, name: str, **settings: int) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, name, **settings)
    return buffer.getvalue()
