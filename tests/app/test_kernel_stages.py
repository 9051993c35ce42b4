"""The chain of kernels: its text in the link, resizing, normalising, and what a broken link gives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ui.kernel_stages import MAX_STAGES, OPERATIONS, Stage, format_stages, parse_stages
from cnnviz.errors import SettingsError
from cnnviz.layer import KERNELS

WEIGHTS = st.floats(-1e6, 1e6, allow_nan=False)


@st.composite
def stages(draw: st.DrawFn) -> Stage:
    bias = round(draw(st.floats(-2, 2)), 2)
    if draw(st.booleans()):
        rows, cols = draw(st.integers(1, 15)), draw(st.integers(1, 4))
        matrix = [[draw(WEIGHTS) for _ in range(cols)] for _ in range(rows)]
        return Stage(None, bias=bias).with_matrix(matrix)
    if draw(st.integers(0, 3)) == 0:
        return Stage(draw(st.sampled_from(sorted(OPERATIONS))))
    kernel = KERNELS[draw(st.sampled_from(sorted(KERNELS)))]
    settings = {}
    for setting in kernel.settings:
        steps = draw(st.integers(0, round((setting.maximum - setting.minimum) / setting.step)))
        settings[setting.name] = setting.checked(min(setting.maximum, setting.minimum + steps * setting.step))
    return Stage(kernel.name, settings, bias=bias)


@given(st.lists(stages(), min_size=1, max_size=MAX_STAGES))
def test_the_link_brings_back_every_chain_exactly(chain: list[Stage]) -> None:
    back = parse_stages(format_stages(chain))
    assert len(back) == len(chain)
    for one, other in zip(chain, back, strict=True):
        assert one.kernel == other.kernel
        assert one.bias == other.bias
        np.testing.assert_array_equal(one.matrix, other.matrix)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no_such_kernel",
        "gaussian(size=4)",
        "gaussian(width=3)",
        "gaussian(size=x)",
        "[1,2;3]",
        "[]",
        "[nan]",
        "[1e999]",
        "sharpen+1e999",
        "sharpen+2.5",
        "relu+0.5",
        "max_pool(size=3)",
        ">".join(["sharpen"] * (MAX_STAGES + 1)),
        "[" + ";".join(["0"] * 16) + "]",
        "__import__('os')",
    ],
)
def test_a_broken_link_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(SettingsError) as refused:
        parse_stages(text)
    assert str(refused.value).endswith(".")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("size", range(1, 16))
def test_growing_a_kernel_keeps_what_it_does(size: int) -> None:
    from cnnviz.image import load_sample, to_tensor
    from cnnviz.layer import convolve

    stage = Stage("sharpen")
    grown = stage.resized(size)
    assert grown.matrix.shape == (size, size)
    if size >= 3:
        picture = to_tensor(load_sample("chelsea"), "grey")[:, :40, :50]
        np.testing.assert_allclose(convolve(picture, grown.matrix), convolve(picture, stage.matrix), atol=1e-6)


def test_normalising_makes_the_sum_one_and_refuses_a_sum_of_zero() -> None:
    assert Stage("gaussian_blur").with_matrix([[1, 2], [3, 4]]).normalised().matrix.sum() == pytest.approx(1)
    with pytest.raises(SettingsError, match="sum to 0"):
        Stage("sobel_x").normalised()
