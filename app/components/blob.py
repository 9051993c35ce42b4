"""How do numbers and pictures travel to a view? As one bytes blob: a JSON header, then arrays on 8-byte boundaries.

Layout: 4 bytes little-endian header length, the UTF-8 JSON header, padding, then each array's bytes, each padded.
The header's ``arrays`` say where each array lies: ``{name: {dtype, shape, offset, nbytes}}``.
"""

from __future__ import annotations

import hashlib
import json
import math
import struct
from typing import Any

import numpy as np

_ALIGN = 8


def pack(header: dict[str, Any], aside: dict[str, Any] | None = None, /, **arrays: np.ndarray | bytes) -> bytes:
    """One blob from a JSON-able header (NaN and infinity become null) and named arrays or raw bytes.

    The header gets a ``token``, the same for the same content: a view reports by it what stands on the screen. Entries
    of ``aside`` stand in the header as well and are no content: what the view itself said last, for one.
    """
    entries: dict[str, dict[str, Any]] = {}
    chunks: list[bytes] = []
    offset = 0
    for name, value in arrays.items():
        content, dtype, shape = _raw(value)
        entries[name] = {"dtype": dtype, "shape": shape, "offset": offset, "nbytes": len(content)}
        padding = -len(content) % _ALIGN
        chunks.append(content + bytes(padding))
        offset += len(content) + padding
    plain = _plain({**header, "arrays": entries})
    digest = hashlib.blake2b(json.dumps(plain, sort_keys=True).encode(), digest_size=8)
    for chunk in chunks:
        digest.update(chunk)
    plain |= {"token": digest.hexdigest(), **_plain(aside or {})}
    head = json.dumps(plain, allow_nan=False, separators=(",", ":")).encode()
    head += b" " * (-(4 + len(head)) % _ALIGN)
    return struct.pack("<I", len(head)) + head + b"".join(chunks)


def _raw(value: np.ndarray | bytes) -> tuple[bytes, str, list[int]]:
    if isinstance(value, bytes | bytearray):
        return bytes(value), "uint8", [len(value)]
    array = np.ascontiguousarray(value)
    if array.dtype.name not in {"uint8", "int32", "float32", "float64"}:
        raise TypeError(f"A view takes uint8, int32, float32 or float64 arrays, not {array.dtype.name}.")
    return array.tobytes(), array.dtype.name, list(array.shape)


def _plain(value: Any) -> Any:
    """JSON-able copy: NumPy scalars as Python numbers, values that JSON lacks as null."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
