"""Pooling equals torch's own operations; a trace holds exactly what its value was made of."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cnnviz.errors import SettingsError
from cnnviz.layer import POOL_KINDS, blur_pool, pool, pool_readers, pool_trace, pooled_size, shift_curve

SETTINGS = st.fixed_dictionaries(
    {
        "window": st.tuples(st.integers(1, 5), st.integers(1, 5)),
        "stride": st.none() | st.tuples(st.integers(1, 6), st.integers(1, 6)),
        "padding": st.tuples(st.integers(0, 2), st.integers(0, 2)),
        "ceil_mode": st.booleans(),
    }
)
SIZES = st.tuples(st.integers(1, 12), st.integers(1, 12))


def maps(size: tuple[int, int], seed: int, whole: bool = False) -> torch.Tensor:
    values = torch.randn(2, *size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return values.mul(2).round() if whole else values


def assume_possible(size: tuple[int, int], how: dict) -> None:
    for axis in (0, 1):
        assume(2 * how["padding"][axis] <= how["window"][axis])
        assume(size[axis] + 2 * how["padding"][axis] >= how["window"][axis])


@settings(max_examples=150, deadline=None)
@given(SIZES, SETTINGS, st.integers(0, 99), st.booleans())
def test_every_kind_equals_torch(size: tuple[int, int], how: dict, seed: int, include: bool) -> None:
    assume_possible(size, how)
    image = maps(size, seed)
    k, s, p, ceil = how["window"], how["stride"], how["padding"], how["ceil_mode"]
    module = torch.nn.MaxPool2d(k, s, p, ceil_mode=ceil)
    torch.testing.assert_close(pool(image, "max", **how), module(image), rtol=0, atol=0)
    mean = torch.nn.AvgPool2d(k, s, p, ceil, include)(image)
    torch.testing.assert_close(pool(image, "average", **how, count_include_pad=include), mean, rtol=0, atol=0)
    padded = F.pad(image, (p[1], p[1], p[0], p[0]))
    unpadded = {**how, "padding": 0}
    if not ceil:
        norm = F.lp_pool2d(padded[None], 2.0, k, s, ceil)[0]
        torch.testing.assert_close(pool(image, "lp", **how), norm)
        ones = F.conv2d(padded[:, None], torch.ones(1, 1, *k, dtype=padded.dtype), stride=s or k)[:, 0]
        torch.testing.assert_close(pool(image, "sum", **how), ones)
    elif min(size[0] - k[0], size[1] - k[1]) >= 0:
        norm = F.lp_pool2d(image.abs()[None], 3.0, k, s, ceil)[0]
        torch.testing.assert_close(pool(image, "lp", **unpadded, p=3.0), norm)
    assert pooled_size(size, **how) == tuple(module(image).shape[1:])


@settings(max_examples=80, deadline=None)
@given(SIZES, SETTINGS, st.integers(0, 99), st.sampled_from(POOL_KINDS), st.booleans(), st.data())
def test_a_trace_adds_up_to_the_pooled_value(
    size: tuple[int, int], how: dict, seed: int, kind: str, include: bool, data: st.DataObject
) -> None:
    assume_possible(size, how)
    image = maps(size, seed, whole=True)
    pooled = pool(image, kind, **how, p=1.5, count_include_pad=include)
    row = data.draw(st.integers(0, pooled.shape[1] - 1))
    col = data.draw(st.integers(0, pooled.shape[2] - 1))
    found = pool_trace(image, row, col, 1, kind=kind, **how, p=1.5, count_include_pad=include)
    assert found.value == pytest.approx(pooled[1, row, col].item(), rel=1e-12, abs=1e-12)
    assert bool(found.winners) == (kind == "max")
    if kind == "max":
        first = F.max_pool2d(
            image[None], how["window"], how["stride"], how["padding"], ceil_mode=how["ceil_mode"], return_indices=True
        )[1][0, 1, row, col].item()
        assert found.winners[0] == divmod(first, size[1])
        assert all(image[1, r, c].item() == found.value for r, c in found.winners)
    inside = image[1].numpy()[np.ix_([r for r in found.rows if 0 <= r < size[0]],
                                     [c for c in found.cols if 0 <= c < size[1]])]  # fmt: skip
    np.testing.assert_array_equal(found.patch[~found.padded], inside.ravel())


@settings(max_examples=60, deadline=None)
@given(SIZES, SETTINGS, st.data())
def test_readers_are_the_windows_that_hold_the_cell(size: tuple[int, int], how: dict, data: st.DataObject) -> None:
    assume_possible(size, how)
    row, col = data.draw(st.integers(0, size[0] - 1)), data.draw(st.integers(0, size[1] - 1))
    image = maps(size, 0)
    places = pooled_size(size, **how)
    holding = {
        (i, j)
        for i in range(places[0])
        for j in range(places[1])
        if row in (t := pool_trace(image, i, j, **how)).rows and col in t.cols
    }
    rows, cols = pool_readers(size, row, col, **how)
    assert {(i, j) for i in rows for j in cols} == holding


def test_global_average_is_one_number_a_map() -> None:
    image = maps((5, 7), 3)
    torch.testing.assert_close(pool(image, "global average"), F.adaptive_avg_pool2d(image, 1))
    assert pool_trace(image, 0, 0, 1, kind="global average").divisor == 35


def test_padding_pulls_an_average_down_unless_it_is_not_counted() -> None:
    ones = torch.ones(1, 4, 4)
    assert pool(ones, "average", 2, 2, 1)[0, 0, 0].item() == 0.25
    assert pool(ones, "average", 2, 2, 1, count_include_pad=False)[0, 0, 0].item() == 1


def test_padding_never_wins_a_maximum() -> None:
    assert pool(-torch.ones(1, 4, 4), "max", 2, 2, 1).max().item() == -1


def test_ceil_mode_keeps_the_last_column() -> None:
    assert pooled_size(5, 2, 2) == (2, 2)
    assert pooled_size(5, 2, 2, ceil_mode=True) == (3, 3)


def test_two_by_two_with_stride_two_keeps_a_quarter() -> None:
    height, width = pooled_size((64, 96), 2)
    assert height * width / (64 * 96) == 0.25


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"window": 2, "padding": 2}, "at most 1"),
        ({"window": 9}, "kernel of at most"),
        ({"window": 0}, "at least 1"),
        ({"kind": "median"}, "use one of max"),
        ({"kind": "lp", "p": 0.0}, "above 0"),
    ],
)
def test_what_cannot_be_is_said_with_what_would_work(how: dict, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        pool(torch.zeros(1, 6, 6), **how)


def test_a_place_that_is_not_there_is_named() -> None:
    with pytest.raises(SettingsError, match="no column 3"):
        pool_trace(torch.zeros(1, 6, 6), 0, 3)


@pytest.mark.parametrize("taps", [1, 2, 3, 4, 5, 7])
def test_blur_pool_is_a_binomial_filter_then_a_stride(taps: int) -> None:
    image = maps((16, 18), 1)
    row = np.array([1.0])
    for _ in range(taps - 1):
        row = np.convolve(row, [0.5, 0.5])
    padded = np.pad(image.numpy(), ((0, 0), *[((taps - 1) // 2, taps // 2)] * 2), mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (taps, taps), (1, 2))[:, ::2, ::2]
    expected = np.einsum("chwij,i,j->chw", windows, row, row)
    np.testing.assert_allclose(blur_pool(image, taps).numpy(), expected, atol=1e-12)


def test_a_shift_by_the_stride_moves_the_pooled_map_along_exactly() -> None:
    image = maps((40, 60), 5)
    curve = shift_curve(image, lambda x: pool(x, "max", 2), stride=2, most=8)
    assert curve.against_still[0] == 0
    assert [n for n in range(9) if curve.against_moved[n] == 0] == [0, 2, 4, 6, 8]


def test_without_a_stride_pooling_moves_along_at_every_shift_and_is_still_not_invariant() -> None:
    curve = shift_curve(maps((40, 60), 5), lambda x: pool(x, "max", 3, 1), stride=1, most=4)
    assert curve.against_moved == (0, 0, 0, 0, 0)
    assert min(curve.against_still[1:]) > 0.1


def test_blurring_before_the_stride_makes_the_map_steadier() -> None:
    image = maps((64, 80), 5)
    plain = shift_curve(image, lambda x: pool(x, "max", 2), stride=2, most=1)
    smooth = shift_curve(image, lambda x: blur_pool(pool(x, "max", 2, 1), 3), stride=2, most=1)
    assert smooth.against_moved[1] < 0.7 * plain.against_moved[1]


def test_a_map_too_small_for_the_shift_test_is_said() -> None:
    with pytest.raises(SettingsError, match="larger part"):
        shift_curve(maps((4, 12), 0), lambda x: pool(x, "max", 2), stride=2, most=8)
