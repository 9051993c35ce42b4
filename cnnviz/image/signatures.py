"""What kind of file are these bytes, and is all of it there?

Both questions are answered from the file's own structure, before a single pixel is decoded.
"""

import re

from cnnviz.errors import ImageError

READABLE = "JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF or HEIC"

_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
_AVIF_BRANDS = {b"avif", b"avis"}
#: Far more parts than any camera or program writes; a file made to keep us counting is turned away.
_MOST_PARTS = 100_000
#: In a JPEG scan, 0xFF is followed by 0x00 (stuffing), a restart marker or fill bytes; anything else ends the scan.
_END_OF_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]", re.DOTALL)


def picture_format(data: bytes) -> str:
    """Return Pillow's name of the format of ``data``.

    Raises:
        ImageError: the bytes are empty, an SVG or PDF, a truncated file, or no picture that can be read.
    """
    if not data:
        raise ImageError(f"This file is empty; choose a picture in {READABLE}.")
    name = _raster_format(data)
    if name is None:
        raise ImageError(_why_not_a_picture(data))
    if _ends_early(name, data):
        raise ImageError(truncated(name))
    return name


def truncated(name: str) -> str:
    """The sentence for a file of format ``name`` whose end is missing."""
    return f"This {_spoken(name)} file is cut off before its end; copy or download it again in full."


def damaged(name: str) -> str:
    """The sentence for a file of format ``name`` that cannot be decoded."""
    return f"This {_spoken(name)} file is damaged or of an unusual kind; open it elsewhere and save it as PNG or JPEG."


def _spoken(name: str) -> str:
    return {"WEBP": "WebP", "HEIF": "HEIC"}.get(name, name)


def _raster_format(data: bytes) -> str | None:
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return "GIF"
    if data[:4] in (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"):
        return "TIFF"
    if data[4:8] == b"ftyp":
        return _iso_media_format(data)
    if data[:2] == b"BM":
        return "BMP"
    return None


def _iso_media_format(data: bytes) -> str | None:
    """AVIF and HEIC share their container with films; the brands in its first box tell them apart."""
    length = min(int.from_bytes(data[:4], "big"), 256)
    brands = {data[8:12]} | {data[i : i + 4] for i in range(16, length, 4)}
    if brands & _AVIF_BRANDS:
        return "AVIF"
    return "HEIF" if brands & _HEIF_BRANDS else None


def _why_not_a_picture(data: bytes) -> str:
    head = data[:4096].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").replace(b"\x00", b"").lower()
    if data[:2] == b"\x1f\x8b" or b"<svg" in head:
        kind = "an SVG drawing, which has no pixels" if b"<svg" in head else "a compressed file, not a picture"
        advice = "export it as PNG" if b"<svg" in head else "unpack it first"
        return f"This is {kind}; {advice} and choose that file."
    if b"%pdf-" in head[:1024]:
        return "This is a PDF document, not a picture; export the page as PNG or JPEG and choose that file."
    return f"This is not a picture that can be read, whatever its name says; choose one in {READABLE}."


def _ends_early(name: str, data: bytes) -> bool:
    if name == "JPEG":
        return not _jpeg_is_whole(data)
    if name == "PNG":
        return not _png_is_whole(data)
    if name == "WEBP":
        return len(data) < 8 + int.from_bytes(data[4:8], "little")
    return False


def _jpeg_is_whole(data: bytes) -> bool:
    """Walk the segments to the end-of-image marker; what follows it (a film in a motion photo) does not matter."""
    at = 2
    for _ in range(_MOST_PARTS):
        if data[at : at + 2] == b"\xff\xd9":
            return True
        if at + 4 > len(data):
            return False
        if data[at] != 0xFF:
            return True  # Not a segment where one should be: damaged rather than cut off, which decoding will tell.
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == 0xDA:
            found = _END_OF_SCAN.search(data, at)
            if found is None:
                return False
            at = found.start()
    raise ImageError(damaged("JPEG"))


def _png_is_whole(data: bytes) -> bool:
    at = 8
    for _ in range(_MOST_PARTS):
        if at + 12 > len(data):
            return False
        if data[at + 4 : at + 8] == b"IEND":
            return True
        at += 12 + int.from_bytes(data[at : at + 4], "big")
    raise ImageError(damaged("PNG"))
