"""Separable kernels: two thin passes give what one wide pass gives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from cnnviz.layer import KERNELS, separate, two_pass_cost

SEPARABLE = [name for name, kernel in KERNELS.items() if kernel.separable]


def test_the_catalogue_knows_its_separable_kernels() -> None:
    ranks = {name: int(np.linalg.matrix_rank(kernel.matrix)) for name, kernel in KERNELS.items()}
    assert set(SEPARABLE) == {name for name, rank in ranks.items() if rank == 1}
    assert {"gaussian_blur", "sobel_x", "edge_corner"} <= set(SEPARABLE)


@pytest.mark.parametrize("name", SEPARABLE)
def test_a_column_pass_and_a_row_pass_equal_the_kernel(name: str) -> None:
    picture = np.random.default_rng(0).normal(size=(30, 31))
    factors = KERNELS[name].factors
    assert factors is not None
    whole = ndimage.correlate(picture, KERNELS[name].matrix, mode="constant")
    down = ndimage.correlate1d(picture, factors.column, axis=0, mode="constant")
    np.testing.assert_allclose(ndimage.correlate1d(down, factors.row, axis=1, mode="constant"), whole, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "column", "row"),
    [
        ("sobel_x", [1, 2, 1], [-1, 0, 1]),
        ("sobel_y", [-1, 0, 1], [1, 2, 1]),
        ("scharr_x", [3, 10, 3], [-1, 0, 1]),
        ("gaussian_blur", [0.25, 0.5, 0.25], [0.25, 0.5, 0.25]),
        ("box_blur", [1 / 3] * 3, [1 / 3] * 3),
        ("edge_corner", [-1, 0, 1], [-1, 0, 1]),
    ],
)
def test_factors_come_as_one_would_write_them(name: str, column: list[float], row: list[float]) -> None:
    factors = KERNELS[name].factors
    assert factors is not None
    assert factors.column.tolist() == column
    assert factors.row.tolist() == row


@given(
    column=st.lists(st.floats(-5, 5), min_size=1, max_size=7).filter(lambda v: max(map(abs, v)) > 0.1),
    row=st.lists(st.floats(-5, 5), min_size=1, max_size=7).filter(lambda v: max(map(abs, v)) > 0.1),
)
def test_any_outer_product_is_taken_apart(column: list[float], row: list[float]) -> None:
    matrix = np.outer(column, row)
    factors = separate(matrix)
    assert factors is not None
    np.testing.assert_allclose(np.outer(*factors), matrix, atol=1e-9)


def test_what_has_another_rank_is_not_separable() -> None:
    assert separate(np.eye(3)) is None
    assert separate(np.zeros((3, 3))) is None
    assert separate(np.outer([1, 2, 1], [1, 2, 1]) + 1e-3 * np.eye(3)) is None


def test_two_passes_cost_2k_against_k_squared() -> None:
    cost = two_pass_cost(7)
    assert (cost.one_pass, cost.two_pass) == (49, 14)
    assert two_pass_cost((3, 5)).one_pass == 15
    assert two_pass_cost((3, 5)).two_pass == 8
