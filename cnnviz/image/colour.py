"""Which colour stands for a number?

A value becomes an index into a table of 256 colours, by the limits of its scale: ``limits`` finds these,
``colour_index`` looks up, ``palette`` gives the table, ``colourise`` does all three.

Entries 0 to 252 of a table are its levels, an odd number, so that a zero of a signed scale has one level of its own:
``CENTRE``. Entry ``INVALID`` (magenta, in no scale) draws what is not a number or infinite; ``GAP`` is the page's
ground.
"""

from functools import lru_cache
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from cnnviz.errors import SettingsError

Kind = Literal["signed", "magnitude", "grey"]
Theme = Literal["light", "dark"]
Per = Literal["map", "layer"]

LEVELS = 253
CENTRE = 126
INVALID = 254
GAP = 255

# Signed: negative end, halfway, zero, halfway, positive end. Red against blue is told apart in every common form of
# colour blindness; lightness changes evenly from zero and equally on both sides.
_SIGNED = {
    "light": ("#9b0d1e", "#e3705c", "#ffffff", "#5f9be0", "#0b3f94"),
    "dark": ("#ff9d8c", "#a83a33", "#0f1116", "#2563ad", "#7fc0ff"),
}
# Nine entries of viridis (Nathaniel Smith and Stéfan van der Walt, 2015, CC0): even to the eye, lighter is more.
_MAGNITUDE = ("#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30", "#fde725")
_GROUND = {"light": (255, 255, 255), "dark": (15, 17, 22)}
_INVALID_COLOUR = (255, 0, 255)


def colourise(
    values: Any,
    kind: Kind = "signed",
    limits: tuple[float, float] | None = None,
    theme: Theme = "light",
) -> npt.NDArray[np.uint8]:
    """Return numbers of any shape (...) as RGB pixels (..., 3), all on one scale.

    ``limits`` are the values of the first and the last colour; None takes them from the values, as ``limits()`` does.
    """
    array = as_array(values)
    flat = array.reshape(1, 1, -1)
    scale = _limits(flat, kind, "layer", limits)
    # np.take is several times as fast as indexing here.
    return np.take(palette(kind, theme), colour_index(flat, scale), axis=0).reshape(*array.shape, 3)


def limits(
    maps: Any,
    kind: Kind = "signed",
    per: Per = "map",
    fixed: tuple[float, float] | None = None,
) -> npt.NDArray[np.float32]:
    """Return the value of the first and the last colour for each of the maps (C, H, W), as (C, 2).

    Signed scales reach equally far on both sides of 0; magnitudes include 0; grey goes from least to greatest. ``per``
    gives each map its own scale or all maps of the layer one; ``fixed`` gives all of them these two. Not-a-number and
    infinities are left out of account. Maps that are constant get a scale that shows them: 0 at the centre of a signed
    scale and at the foot of a magnitude, a constant grey in the middle.

    Raises:
        SettingsError: unknown ``kind`` or ``per``, a wrong shape, or ``fixed`` limits not ascending and finite.
    """
    return _limits(as_array(maps), kind, per, fixed)


def colour_index(maps: Any, limits: npt.ArrayLike) -> npt.NDArray[np.uint8]:
    """Return the level, 0 to 252, of each value of the maps (C, H, W) between its map's ``limits`` (C, 2).

    Values are rounded to the nearest level and held at the ends; the middle of the limits, 0 on a signed scale, is
    exactly ``CENTRE``. Not-a-number and infinities become ``INVALID``.
    """
    array = as_array(maps)
    pairs = np.asarray(limits, dtype=np.float64)
    if array.ndim != 3 or pairs.shape != (array.shape[0], 2):
        raise SettingsError(f"Maps (C, H, W) need limits (C, 2), but the shapes are {array.shape} and {pairs.shape}.")
    low, high = pairs[:, 0, None, None], pairs[:, 1, None, None]
    middle = ((low + high) / 2).astype(np.float32)
    half = np.maximum((high - low) / 2, 1e-45).astype(np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        level = array - middle if middle.any() else array.copy()
        level /= half  # Not times its inverse, which overflows for the smallest numbers.
        level *= np.float32(CENTRE)
        level += np.float32(CENTRE + 0.5)  # The half makes the cast to integers below round instead of cut.
        np.clip(level, 0, LEVELS - 1, out=level)
        index = level.astype(np.uint8)
    finite = np.isfinite(array)
    if not finite.all():
        index[~finite] = INVALID
    return index


@lru_cache
def palette(kind: Kind, theme: Theme = "light") -> npt.NDArray[np.uint8]:
    """Return the table of colours (256, 3) of a kind of scale, read-only; see the module for what its entries mean.

    ``signed`` runs from red (negative) over the page's ground (0) to blue (positive); ``magnitude`` is viridis, light
    for much; ``grey`` goes from black to white.
    """
    _check_kind(kind)
    if theme not in get_args(Theme):
        raise SettingsError(f"The theme is 'light' or 'dark', not {theme!r}.")
    table = np.empty((256, 3), dtype=np.uint8)
    if kind == "grey":
        table[:LEVELS] = np.rint(np.linspace(0, 255, LEVELS))[:, None]
    else:
        table[:LEVELS] = _ramp(_SIGNED[theme] if kind == "signed" else _MAGNITUDE)
    table[LEVELS:INVALID] = table[LEVELS - 1]
    table[INVALID] = _INVALID_COLOUR
    table[GAP] = _GROUND[theme]
    table.flags.writeable = False
    return table


def as_array(values: Any) -> npt.NDArray[np.float32]:
    """Return a tensor from any device, or anything NumPy understands, as float32 without changing its shape."""
    if hasattr(values, "detach"):
        values = values.detach().cpu()
        values = (values.float() if not values.is_floating_point() or values.element_size() < 4 else values).numpy()
    with np.errstate(over="ignore"):
        return np.asarray(values).astype(np.float32, copy=False)


def _limits(maps: np.ndarray, kind: Kind, per: Per, fixed: tuple[float, float] | None) -> npt.NDArray[np.float32]:
    _check_kind(kind)
    if per not in get_args(Per):
        raise SettingsError(f"Scales are per 'map' or per 'layer', not {per!r}.")
    if maps.ndim != 3 or 0 in maps.shape:
        raise SettingsError(f"Maps need the shape (C, H, W) with at least one value, not {maps.shape}.")
    count = maps.shape[0]
    if fixed is not None:
        low, high = float(fixed[0]), float(fixed[1])
        if not (np.isfinite([low, high]).all() and low < high):
            raise SettingsError(f"Fixed limits are two finite numbers, the lower first, not {low:g} and {high:g}.")
        return np.tile(np.array([low, high], dtype=np.float32), (count, 1))
    least, greatest = _extremes(maps if per == "map" else maps.reshape(1, -1, maps.shape[2]))
    pairs = _widen(least, greatest, kind)
    return np.ascontiguousarray(np.broadcast_to(pairs, (count, 2)), dtype=np.float32)


def _check_kind(kind: str) -> None:
    if kind not in get_args(Kind):
        raise SettingsError(f"A scale is one of {', '.join(get_args(Kind))}, not {kind!r}.")


def _extremes(maps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least and greatest finite value of each map; 0 and 0 for a map that has none."""
    flat = maps.reshape(maps.shape[0], -1)
    least, greatest = flat.min(axis=1), flat.max(axis=1)
    if np.isfinite(least).all() and np.isfinite(greatest).all():
        return least, greatest
    finite = np.isfinite(flat)
    empty = ~finite.any(axis=1)
    least = np.where(finite, flat, np.inf).min(axis=1)
    greatest = np.where(finite, flat, -np.inf).max(axis=1)
    return np.where(empty, 0, least), np.where(empty, 0, greatest)


def _widen(least: np.ndarray, greatest: np.ndarray, kind: Kind) -> np.ndarray:
    """Limits of each kind from the extremes (C,), never of zero width."""
    if kind == "signed":
        reach = np.maximum(np.abs(least), np.abs(greatest))
        reach = np.where(reach == 0, 1, reach)
        return np.stack([-reach, reach], axis=1)
    if kind == "magnitude":
        least, greatest = np.minimum(least, 0), np.maximum(greatest, 0)
        return np.stack([least, np.where(greatest == least, 1, greatest)], axis=1)
    half = np.where(least == greatest, np.maximum(np.abs(least), 1) / 2, 0)
    return np.stack([least - half, greatest + half], axis=1)


def _ramp(anchors: tuple[str, ...]) -> npt.NDArray[np.uint8]:
    """LEVELS colours through evenly spaced anchors, interpolated in OKLab, where equal steps look equal."""
    lab = _oklab(np.array([[int(a[i : i + 2], 16) for i in (1, 3, 5)] for a in anchors]) / 255)
    at = np.linspace(0, len(anchors) - 1, LEVELS)
    between = np.stack([np.interp(at, np.arange(len(anchors)), lab[:, i]) for i in range(3)], axis=1)
    return np.rint(np.clip(_from_oklab(between), 0, 1) * 255).astype(np.uint8)


# OKLab: Björn Ottosson, "A perceptual color space for image processing", 2020; linear sRGB to cone responses, and on.
_TO_CONES = np.array(
    [[0.4122214708, 0.5363325363, 0.0514459929],
     [0.2119034982, 0.6806995451, 0.1073969566],
     [0.0883024619, 0.2817188376, 0.6299787005]]
)  # fmt: skip
_TO_LAB = np.array(
    [[0.2104542553, 0.7936177850, -0.0040720468],
     [1.9779984951, -2.4285922050, 0.4505937099],
     [0.0259040371, 0.7827717662, -0.8086757660]]
)  # fmt: skip


def _oklab(srgb: np.ndarray) -> np.ndarray:
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    return np.cbrt(linear @ _TO_CONES.T) @ _TO_LAB.T


def _from_oklab(lab: np.ndarray) -> np.ndarray:
    linear = (lab @ np.linalg.inv(_TO_LAB).T) ** 3 @ np.linalg.inv(_TO_CONES).T
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
