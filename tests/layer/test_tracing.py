"""A trace holds every number that makes one output value."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.errors import SettingsError
from cnnviz.layer import KERNELS, PADDING_MODES, convolve, output_size, trace


@settings(max_examples=200)
@given(
    size=st.tuples(st.integers(4, 9), st.integers(4, 9)),
    kernel=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    lead=st.sampled_from([(), (3,), (2, 3)]),
    stride=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    padding=st.integers(0, 3),
    padding_mode=st.sampled_from(PADDING_MODES),
    flip=st.booleans(),
    data=st.data(),
)
def test_a_trace_adds_up_to_the_output_value(
    size: tuple[int, int],
    kernel: tuple[int, int],
    lead: tuple[int, ...],
    stride: tuple[int, int],
    padding: int,
    padding_mode: str,
    flip: bool,
    data: st.DataObject,
) -> None:
    rng = np.random.default_rng(0)
    image, weights = rng.normal(size=(3, *size)), rng.normal(size=(*lead, *kernel))
    shared: dict[str, Any] = {
        "stride": stride, "padding": padding, "padding_mode": padding_mode, "flip": flip, "bias": 0.25
    }  # fmt: skip
    output = convolve(image, weights, **shared)
    channel, row, col = (data.draw(st.integers(0, length - 1)) for length in output.shape)
    found = trace(image, weights, row, col, channel, **shared)
    assert found.value == pytest.approx(float(output[channel, row, col]), rel=1e-12, abs=1e-12)
    assert found.value == pytest.approx(found.products.sum() + found.bias)
    np.testing.assert_allclose(found.channel_sums, (found.patch * found.weights).sum(axis=(1, 2)))
    assert found.inputs == ((channel,) if not lead else (0, 1, 2))


def test_a_corner_shows_which_taps_are_padding() -> None:
    image = torch.arange(1.0, 10.0).reshape(1, 3, 3)
    found = trace(image, KERNELS["box_blur"].matrix, 0, 0)
    assert found.padded.tolist() == [[True, True, True], [True, False, False], [True, False, False]]
    assert found.patch[0].tolist() == [[0, 0, 0], [0, 1, 2], [0, 4, 5]]
    assert found.rows.tolist() == [-1, 0, 1]
    assert found.source_rows.tolist() == [-1, 0, 1]


@pytest.mark.parametrize(
    ("mode", "sources"), [("reflect", [1, 0, 1]), ("replicate", [0, 0, 1]), ("circular", [2, 0, 1])]
)
def test_copied_padding_tells_where_its_pixels_come_from(mode: str, sources: list[int]) -> None:
    found = trace(torch.rand(1, 3, 3), np.ones((3, 3)), 0, 1, padding_mode=mode)
    assert found.rows.tolist() == [-1, 0, 1]
    assert found.source_rows.tolist() == sources
    assert found.padded[0].all()


def test_places_outside_the_output_are_refused() -> None:
    image, kernel = torch.rand(1, 5, 5), np.ones((3, 3))
    height, width = output_size((5, 5), 3)
    for row, col, channel in [(height, 0, 0), (0, width, 0), (-1, 0, 0), (0, 0, 1)]:
        with pytest.raises(SettingsError, match="The output has no"):
            trace(image, kernel, row, col, channel, padding="valid")
