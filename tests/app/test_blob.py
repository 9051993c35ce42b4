"""Blobs for the views: what goes in comes out, aligned, and nothing that JSON lacks slips through."""

import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from app.components.blob import pack


def unpack(blob: bytes) -> tuple[dict, bytes]:
    (length,) = struct.unpack_from("<I", blob)
    return json.loads(blob[4 : 4 + length]), blob[4 + length :]


ARRAYS = st.sampled_from([np.uint8, np.int32, np.float32, np.float64]).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(max_dims=3, max_side=5))
)


@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), ARRAYS, max_size=4), st.text(max_size=20))
def test_arrays_come_back_bit_by_bit_on_8_byte_boundaries(arrays: dict[str, np.ndarray], words: str) -> None:
    blob = pack({"words": words}, **arrays)
    header, body = unpack(blob)
    assert header["words"] == words
    assert (len(blob) - len(body)) % 8 == 0
    for name, array in arrays.items():
        entry = header["arrays"][name]
        assert entry["offset"] % 8 == 0
        raw = body[entry["offset"] : entry["offset"] + entry["nbytes"]]
        back = np.frombuffer(raw, entry["dtype"]).reshape(entry["shape"])
        assert back.tobytes() == array.tobytes()


def test_numbers_that_json_lacks_become_null() -> None:
    header, _ = unpack(pack({"values": [float("nan"), float("inf"), np.float32(0.5), np.int64(3)]}))
    assert header["values"] == [None, None, 0.5, 3]


def test_a_type_that_no_view_reads_is_refused() -> None:
    with pytest.raises(TypeError, match="int64"):
        pack({}, numbers=np.arange(3))


def test_the_token_names_the_content() -> None:
    def token(value: int, pixels: bytes) -> str:
        return unpack(pack({"value": value}, pixels=pixels))[0]["token"]

    assert token(1, b"abc") == token(1, b"abc")
    assert len({token(1, b"abc"), token(2, b"abc"), token(1, b"abd")}) == 3
