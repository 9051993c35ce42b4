"""A convolution's map moves with the picture; a fully connected unit's answer changes."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.errors import SettingsError
from cnnviz.layer import shift_answer


@settings(max_examples=60, deadline=None)
@given(
    dy=st.integers(-5, 5), dx=st.integers(-5, 5), kh=st.integers(1, 5), kw=st.integers(1, 5), seed=st.integers(0, 99)
)
def test_where_comparable_the_map_of_the_moved_picture_is_the_moved_map(
    dy: int, dx: int, kh: int, kw: int, seed: int
) -> None:
    source = torch.Generator().manual_seed(seed)
    picture = torch.rand(2, 14, 17, generator=source, dtype=torch.float64)
    kernel = torch.randn(kh, kw, generator=source, dtype=torch.float64)
    answer = shift_answer(picture, kernel, dy, dx)
    expected = F.conv2d(answer.shifted.mean(0)[None, None], kernel[None, None], padding="same")[0, 0]
    torch.testing.assert_close(answer.after, expected)
    assert answer.difference < 1e-12
    places = answer.comparable.nonzero().tolist()
    for row, col in places:
        assert answer.moved[row, col] == answer.before[row - dy, col - dx]
        assert 0 <= row - dy < 14
        assert 0 <= col - dx < 17
    # Exactly the places whose window sees only what came along, by trying each.
    top, left = (kh - 1) // 2, (kw - 1) // 2
    for row in range(14):
        for col in range(17):
            reads = [(r - dy, c - dx, r, c) for r in range(row - top, row - top + kh)
                     for c in range(col - left, col - left + kw)]  # fmt: skip
            fits = all(0 <= a < 14 and 0 <= b < 17 and 0 <= r < 14 and 0 <= c < 17 for a, b, r, c in reads)
            assert fits == ([row, col] in places)


def test_the_template_answers_1_where_the_picture_stood_and_less_after_a_move() -> None:
    picture = torch.rand(3, 20, 20, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    answer = shift_answer(picture, [[1.0]], 2, 3)
    assert answer.full_before == pytest.approx(1)
    assert abs(answer.full_after) < 0.5
    assert answer.full_after == pytest.approx(float((answer.template * answer.shifted).sum()))
    still = shift_answer(picture, [[1.0]], 0, 0)
    assert still.full_after == pytest.approx(1)
    assert still.changed == 0


def test_a_flat_picture_and_impossible_moves() -> None:
    assert shift_answer(torch.ones(1, 8, 8), [[1.0]], 1, 1).full_after == 0
    with pytest.raises(SettingsError, match="move it less"):
        shift_answer(torch.ones(1, 8, 8), [[1.0]], 8, 0)
    with pytest.raises(SettingsError, match="3 × 3 has no place in a picture of 1 × 128: take a larger picture"):
        shift_answer(torch.zeros(3, 1, 128), torch.ones(3, 3), 0, 0)
    with pytest.raises(SettingsError, match="channels, height, width"):
        shift_answer(torch.ones(8, 8), [[1.0]], 0, 0)
