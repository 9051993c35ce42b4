"""How does a picture from outside become an upright RGB picture, or a clear refusal?

This is the only door: nothing else in cnnviz opens a file that somebody else made. What is refused is refused from the
header, before memory is spent on pixels.
"""

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from os import PathLike
from pathlib import Path
from typing import BinaryIO

from PIL import ExifTags, Image

from cnnviz.errors import ImageError
from cnnviz.image import signatures
from cnnviz.image.conversion import to_srgb

#: Largest file that is read, in bytes: 25 MB.
MAX_BYTES: int = 25_000_000
#: Largest picture that is decoded, in pixels: 64 megapixels.
MAX_PIXELS: int = 64_000_000

Source = str | PathLike[str] | bytes | bytearray | memoryview | BinaryIO

_TURN = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# Python's warning filters belong to the whole process, so only one thread at a time may change them.
_QUIET = threading.Lock()


def load_image(source: Source) -> Image.Image:
    """Read one picture from a path, bytes or a binary file object (read from its start).

    JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF and HEIC are read; of an animation, the first frame. The result is upright
    (EXIF), in sRGB (ICC profiles and CMYK converted), with transparency laid over white. 16-bit values are scaled to 8
    bits; floats from 0 to 1 are scaled likewise, and other floats and 32-bit integers, which have no agreed white, are
    stretched from their least to their greatest value. A broken profile or broken EXIF is passed over.

    Returns:
        A picture in mode ``"RGB"`` with an empty ``info``: no EXIF, no profile, no place where it was taken.

    Raises:
        ImageError: the file is missing, empty, over ``MAX_BYTES`` or ``MAX_PIXELS``, truncated, damaged, or no picture.
    """
    data = _read(source)
    name = signatures.picture_format(data)
    picture = _open(data, name)
    try:
        picture.load()
        orientation = _orientation(picture)
        upright = to_srgb(picture)
        if orientation in _TURN:
            upright = upright.transpose(_TURN[orientation])
    except Exception as error:  # Decoders raise whatever their format's code raises; to a learner it is one thing.
        cut_off = "truncated" in str(error).lower()
        raise ImageError(signatures.truncated(name) if cut_off else signatures.damaged(name)) from error
    finally:
        picture.close()
    upright.info.clear()
    return upright


def fit(picture: Image.Image, longest: int = 512) -> Image.Image:
    """Return ``picture`` with its longer side at most ``longest`` pixels: smaller with antialiasing, never larger."""
    if max(picture.size) <= longest:
        return picture
    scale = longest / max(picture.size)
    width, height = (max(1, round(side * scale)) for side in picture.size)
    return picture.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)


def _read(source: Source) -> bytes:
    """At most ``MAX_BYTES`` of ``source``; one byte more is enough to know that it is too large."""
    if isinstance(source, str | PathLike):
        return _read_path(Path(source))
    data = source if isinstance(source, bytes | bytearray | memoryview) else _read_file(source)
    if memoryview(data).nbytes > MAX_BYTES:
        raise ImageError(_too_many_bytes())
    return bytes(data)


def _read_path(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ImageError(_too_many_bytes())
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise ImageError(f"The file {path.name!r} cannot be opened; check its name and that it may be read.") from error


def _read_file(file: BinaryIO) -> bytes:
    if not hasattr(file, "read"):
        raise ImageError(f"A picture is read from a path, bytes or a binary file, not from {type(file).__name__}.")
    try:
        if file.seekable():
            file.seek(0)
        data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise ImageError("This file cannot be read; open it again, with open(path, 'rb').") from error
    if not isinstance(data, bytes):
        raise ImageError("This file was opened as text; open it in binary mode, with open(path, 'rb').")
    return data


def _too_many_bytes() -> str:
    return f"This file is larger than {MAX_BYTES // 1_000_000} MB; make the picture smaller or save it as JPEG."


def _open(data: bytes, name: str) -> Image.Image:
    """Read the header only, and refuse by it."""
    if name == "HEIF":
        from pillow_heif import register_heif_opener

        register_heif_opener()
    try:
        with _no_warnings():
            picture = Image.open(BytesIO(data), formats=[name])
    except Image.DecompressionBombError as error:
        raise ImageError(_too_many_pixels()) from error
    except Exception as error:  # As above: header parsers raise OSError, SyntaxError, struct.error and more.
        raise ImageError(signatures.damaged(name)) from error
    if picture.width * picture.height > MAX_PIXELS:
        picture.close()
        raise ImageError(_too_many_pixels())
    return picture


def _too_many_pixels() -> str:
    return f"This picture has more than {MAX_PIXELS // 1_000_000} megapixels; make it smaller and try again."


def _orientation(picture: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1, upright, where there is none or it cannot be read."""
    try:
        with _no_warnings():
            return int(picture.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # EXIF is written by any camera in any shape; none of it may sink the picture.
        return 1


@contextmanager
def _no_warnings() -> Iterator[None]:
    """Pillow warns of odd headers on the console; here a header is either good enough or refused in a sentence."""
    with _QUIET, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
