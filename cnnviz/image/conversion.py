"""How does a decoded picture, whatever its mode, depth, profile and transparency, become plain 8-bit sRGB?"""

from io import BytesIO

import numpy as np
from PIL import Image, ImageCms

_GREY = {"1", "L", "LA", "La"}
_MATCHING_SPACE = {"RGB": "RGB ", "L": "GRAY", "CMYK": "CMYK", "LAB": "Lab "}


def to_srgb(picture: Image.Image) -> Image.Image:
    """Return ``picture`` (decoded, any Pillow mode) in mode ``"RGB"``: sRGB, 8 bits, transparency over white.

    A grey picture comes out with three equal channels. A profile that is broken or of another colour space than the
    pixels is passed over.
    """
    profile = picture.info.get("icc_profile")
    if picture.mode.startswith(("I", "F")):
        colour, alpha = _deep_grey(picture)
    else:
        colour, alpha = _split_alpha(picture)
    return _over_white(_by_profile(colour, profile), alpha)


def _deep_grey(picture: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """One channel of 16 or 32 bits, scaled to 8; exact multiples of 257 map back to the byte they came from."""
    values = np.asarray(picture)
    key = picture.info.get("transparency")
    alpha = Image.fromarray(np.where(values == key, 0, 255).astype(np.uint8)) if isinstance(key, int) else None
    if picture.mode.startswith("I;16"):
        scaled = (values.astype(np.uint32) + 128) // 257
    else:
        scaled = np.rint(_unit(values.astype(np.float32)) * 255)
    return Image.fromarray(scaled.astype(np.uint8)), alpha


def _unit(values: np.ndarray) -> np.ndarray:
    """Values as 0 to 1: as they are where all lie there, else stretched from least to greatest; not-a-number is 0."""
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    if (low < 0 or high > 1) and high > low:
        half = high / 2 - low / 2  # Halved first: the distance between the largest numbers is beyond float32.
        values = (values / 2 - low / 2) / half
    return np.nan_to_num(np.clip(values, 0.0, 1.0), nan=0.0)


def _split_alpha(picture: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Split into the colour (mode L, RGB, CMYK or LAB) and its transparency (mode L), None where there is none."""
    grey = picture.mode in _GREY
    if picture.has_transparency_data:
        _key_to_8_bit(picture)
        full = picture.convert("RGBA")
        alpha = full.getchannel("A")
        return (full.getchannel("G") if grey else full.convert("RGB")), alpha
    if picture.mode in ("L", "RGB", "CMYK", "LAB"):
        return picture, None
    return picture.convert("L" if grey else "RGB"), None


def _key_to_8_bit(picture: Image.Image) -> None:
    """A 16-bit RGB file names its transparent colour in 16 bits, but Pillow decodes such a file to 8."""
    key = picture.info.get("transparency")
    if isinstance(key, tuple) and max(key) > 255:
        picture.info["transparency"] = tuple(value >> 8 for value in key)


def _by_profile(colour: Image.Image, profile: bytes | None) -> Image.Image:
    """``colour`` in sRGB, mode RGB, by its profile where that is usable, else by Pillow's plain conversion."""
    if colour.mode == "LAB":
        return _transform(ImageCms.createProfile("LAB"), "LAB").apply(colour)
    converted = _try_profile(colour, profile) if profile else None
    if converted is None:
        return colour.convert("RGB")
    return Image.merge("RGB", [converted.getchannel("G")] * 3) if colour.mode == "L" else converted


def _try_profile(colour: Image.Image, profile: bytes) -> Image.Image | None:
    try:
        opened = ImageCms.getOpenProfile(BytesIO(profile))
        if opened.profile.xcolor_space != _MATCHING_SPACE[colour.mode]:
            return None
        transform = _transform(opened, colour.mode)
        return None if _changes_nothing(transform, colour.mode) else transform.apply(colour)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def _transform(profile: ImageCms.ImageCmsProfile | ImageCms.core.CmsProfile, mode: str) -> ImageCms.ImageCmsTransform:
    return ImageCms.buildTransform(
        profile, ImageCms.createProfile("sRGB"), mode, "RGB", ImageCms.Intent.RELATIVE_COLORIMETRIC,
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )  # fmt: skip


def _changes_nothing(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Most profiles are sRGB itself; then the pixels stay exactly as they are instead of rounding twice."""
    if mode != "RGB":
        return False
    steps = np.linspace(0, 255, 9).round().astype(np.uint8)
    cube = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(27, 27, 3)
    moved = np.asarray(transform.apply(Image.fromarray(cube)))
    return int(np.abs(moved.astype(int) - cube).max()) <= 1


def _over_white(colour: Image.Image, alpha: Image.Image | None) -> Image.Image:
    if alpha is None or alpha.getextrema() == (255, 255):
        return colour.copy()
    white = Image.new("RGB", colour.size, (255, 255, 255))
    white.paste(colour, mask=alpha)
    return white
