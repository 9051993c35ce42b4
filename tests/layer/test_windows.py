"""Sizes: the formula equals torch's shapes, and what no window reaches is found by looking."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.errors import SettingsError
from cnnviz.layer import output_size, unread

pairs = st.tuples(st.integers(1, 11), st.integers(1, 11))


@given(
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    kernel=pairs,
    stride=pairs,
    padding=st.tuples(st.integers(0, 10), st.integers(0, 10)),
    dilation=st.tuples(st.integers(1, 5), st.integers(1, 5)),
)
def test_output_size_equals_torchs_shape(
    size: tuple[int, int],
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int],
    dilation: tuple[int, int],
) -> None:
    try:
        shape = F.conv2d(torch.ones(1, 1, *size), torch.ones(1, 1, *kernel), None, stride, padding, dilation).shape[2:]
    except RuntimeError:
        with pytest.raises(SettingsError):
            output_size(size, kernel, stride, padding, dilation)
        return
    assert output_size(size, kernel, stride, padding, dilation) == tuple(shape)


@given(size=pairs, kernel=pairs, dilation=st.integers(1, 4))
def test_same_padding_keeps_the_size(size: tuple[int, int], kernel: tuple[int, int], dilation: int) -> None:
    assert output_size(size, kernel, padding="same", dilation=dilation) == size


def test_one_number_means_both_sides() -> None:
    assert output_size(227, 11, stride=4) == (55, 55)  # AlexNet's first layer
    assert output_size((227, 100), 11, stride=4) == (55, 23)


@given(
    size=st.integers(1, 30),
    kernel=st.integers(1, 7),
    stride=st.integers(1, 9),
    padding=st.integers(0, 5),
    dilation=st.integers(1, 4),
)
def test_unread_pixels_are_those_without_influence(
    size: int, kernel: int, stride: int, padding: int, dilation: int
) -> None:
    if size + 2 * padding < dilation * (kernel - 1) + 1:
        with pytest.raises(SettingsError):
            unread(size, kernel, stride, padding, dilation)
        return
    image = torch.zeros(1, 1, size, size, requires_grad=True)
    F.conv2d(image, torch.ones(1, 1, kernel, kernel), None, stride, padding, dilation).sum().backward()
    assert image.grad is not None
    found = unread(size, kernel, stride, padding, dilation)
    touched = image.grad[0, 0].numpy() > 0
    assert np.array_equal(touched, np.outer(~found.rows, ~found.cols))


def test_stride_leaves_last_column_unread() -> None:
    assert unread((5, 6), 3, stride=2).cols.tolist() == [False] * 5 + [True]
    assert not unread((5, 6), 3, stride=2).rows.any()


def test_stride_above_the_kernel_leaves_holes() -> None:
    assert unread(8, 2, stride=3).rows.tolist() == [False, False, True, False, False, True, False, False]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            {"size": (8, 30), "kernel": 7, "dilation": 2},
            "A 7×7 kernel with dilation 2 spans 13 pixels but the input is only 8 high: use padding of at least 3, "
            "a kernel of at most 4, or dilation 1.",
        ),
        (
            {"size": (30, 3), "kernel": (3, 7), "padding": 1},
            "A 3×7 kernel spans 7 pixels but the padded input is only 5 wide: use padding of at least 2 or "
            "a kernel of at most 5.",
        ),
        (
            {"size": 20, "kernel": 9, "dilation": 4},
            "A 9×9 kernel with dilation 4 spans 33 pixels but the input is only 20 high: use padding of at least 7, "
            "a kernel of at most 5, or dilation of at most 2.",
        ),
    ],
)
def test_a_window_that_does_not_fit_names_what_would(arguments: dict[str, int], sentence: str) -> None:
    with pytest.raises(SettingsError) as refused:
        output_size(**arguments)
    assert str(refused.value) == sentence


@given(size=st.integers(1, 12), kernel=st.integers(1, 11), padding=st.integers(0, 3), dilation=st.integers(1, 5))
def test_the_padding_and_kernel_advised_do_work(size: int, kernel: int, padding: int, dilation: int) -> None:
    try:
        output_size(size, kernel, 1, padding, dilation)
    except SettingsError as refused:
        words = str(refused).replace(",", "").split()
        numbers = [int(words[i + 2]) for i, word in enumerate(words[:-2]) if words[i : i + 2] in (["at", "least"],)]
        least = numbers[0]
        most = int(str(refused).split("a kernel of at most ")[1].split(",")[0].split(" ")[0].rstrip("."))
        assert output_size(size, kernel, 1, least, dilation)
        assert output_size(size, most, 1, padding, dilation)
        with pytest.raises(SettingsError):
            output_size(size, kernel, 1, least - 1, dilation)
        with pytest.raises(SettingsError):
            output_size(size, most + 1, 1, padding, dilation)


@pytest.mark.parametrize("bad", [0, -1, 2.5, "3", True, (1, 2, 3), None])
def test_sizes_that_are_not_whole_numbers_are_refused(bad: object) -> None:
    with pytest.raises(SettingsError):
        output_size(bad, 3)  # type: ignore[arg-type]
