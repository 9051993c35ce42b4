"""Small pictures and the files that hold them, for the tests of loading."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

# Four quarters, each of one colour, not square, so that any turn or swap shows.
RED, GREEN, BLUE, YELLOW = (220, 30, 30), (30, 180, 60), (40, 60, 210), (230, 210, 40)
SIZE = (48, 32)


def quarters(size: tuple[int, int] = SIZE) -> Image.Image:
    width, height = size
    picture = Image.new("RGB", size, RED)
    picture.paste(GREEN, (width // 2, 0, width, height // 2))
    picture.paste(BLUE, (0, height // 2, width // 2, height))
    picture.paste(YELLOW, (width // 2, height // 2, width, height))
    return picture


def saved(picture: Image.Image, name: str, **settings: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, name, **settings)
    return buffer.getvalue()


def heic(picture: Image.Image, **settings: object) -> bytes:
    from pillow_heif import from_pillow

    buffer = io.BytesIO()
    from_pillow(picture).save(buffer, quality=95, **settings)
    return buffer.getvalue()


def png(width: int, height: int, depth: int, colour: int, rows: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG by hand: Pillow writes neither 16-bit RGB nor a 16-bit transparent colour."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def png_rows(values: np.ndarray) -> bytes:
    big_endian = values.astype(">u2") if values.dtype == np.uint16 else values
    return b"".join(b"\0" + row.tobytes() for row in big_endian)


def assert_quarters(picture: Image.Image, tolerance: int = 12) -> None:
    assert (picture.mode, picture.size, picture.info) == ("RGB", SIZE, {})
    found = [picture.getpixel((x, y)) for y in (8, 24) for x in (12, 36)]
    assert np.abs(np.array(found) - [RED, GREEN, BLUE, YELLOW]).max() <= tolerance, found
