"""The growth of the field along a stack of one's own: what the formula says is what gradients find."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from cnnviz.analysis import FieldSpec, grow, parse_stack, paths, read_below, spell_stack
from cnnviz.errors import SettingsError

specs = st.builds(FieldSpec, st.sampled_from(["conv", "pool"]), st.integers(1, 5), st.integers(1, 3), st.integers(1, 3))
stacks = st.lists(specs, max_size=5).map(tuple)


def gradient_of_first_unit(stack: tuple[FieldSpec, ...], size: int) -> np.ndarray:
    """What reaches each pixel when all weights are 1: unpadded layers over a line as long as the field."""
    line = torch.zeros(1, 1, size, dtype=torch.float64, requires_grad=True)
    values = line
    for spec in stack:
        layer = nn.Conv1d(1, 1, spec.kernel, spec.stride, dilation=spec.dilation, bias=False, dtype=torch.float64)
        nn.init.ones_(layer.weight)
        values = layer(values)
    assert values.shape[-1] == 1  # the field holds exactly what one unit needs
    values.sum().backward()
    assert line.grad is not None
    return line.grad[0, 0].numpy()


@given(stacks)
def test_the_field_is_what_a_gradient_reaches_holes_and_number_of_paths_included(stack: tuple[FieldSpec, ...]) -> None:
    steps = grow(stack)
    size = steps[-1].size if steps else 1
    truth = gradient_of_first_unit(stack, size)
    assert truth[0] > 0
    assert truth[-1] > 0
    np.testing.assert_array_equal(paths(stack), truth)
    np.testing.assert_array_equal(read_below(stack)[0], np.flatnonzero(truth))
    if steps:
        assert steps[-1].read == np.count_nonzero(truth)


@given(stacks)
def test_neighbouring_units_see_a_jump_apart_and_the_padding_is_where_the_first_begins(
    stack: tuple[FieldSpec, ...],
) -> None:
    line = torch.zeros(1, 1, 2000, dtype=torch.float64, requires_grad=True)
    values = line
    for spec in stack:
        values = nn.functional.pad(values, (spec.padding, spec.padding))
        weight = torch.ones(1, 1, spec.kernel, dtype=torch.float64)
        values = nn.functional.conv1d(values, weight, stride=spec.stride, dilation=spec.dilation)
    unit = values.shape[-1] // 2
    (reached,) = torch.autograd.grad(values[0, 0, unit], line)
    found = np.flatnonzero(reached[0, 0].numpy())
    size, jump, padding = (grow(stack)[-1].size, grow(stack)[-1].jump, grow(stack)[-1].padding) if stack else (1, 1, 0)
    assert (found[0], found[-1]) == (unit * jump - padding, unit * jump - padding + size - 1)


@given(stacks)
def test_each_formula_is_right_as_it_stands(stack: tuple[FieldSpec, ...]) -> None:
    for step in grow(stack):
        for formula, result in ((step.formula, step.size), (step.jump_formula, step.jump)):
            left, right = formula.replace("−", "-").replace("·", "*").split(" = ")
            assert eval(left) == int(right) == result


def test_the_formula_names_the_dilation_only_where_there_is_one() -> None:
    plain, dilated = grow(parse_stack("c3s2 c3d2"))
    assert plain.formula == "1 + (3 − 1) · 1 = 3"
    assert dilated.formula == "3 + (3 − 1) · 2 · 2 = 11"


@pytest.mark.parametrize(
    ("small", "large", "size", "weights", "non_linear"),
    [("c3 c3", "c5", 5, (18, 25), (2, 1)), ("c3 c3 c3", "c7", 7, (27, 49), (3, 1))],
)
def test_small_kernels_see_as_much_with_fewer_weights_and_more_non_linearities(
    small: str, large: str, size: int, weights: tuple[int, int], non_linear: tuple[int, int]
) -> None:
    found = [grow(parse_stack(text), channels=64) for text in (small, large)]
    assert [steps[-1].size for steps in found] == [size, size]
    assert tuple(sum(step.weights for step in steps) for steps in found) == tuple(64 * 64 * n for n in weights)
    assert tuple(sum(step.non_linear for step in steps) for steps in found) == non_linear


def test_weights_are_those_of_torchs_convolution() -> None:
    (step,) = grow(parse_stack("c5"), channels=6)
    assert step.weights == nn.Conv2d(6, 6, 5, bias=False).weight.numel()


@given(stacks)
def test_the_short_form_comes_back_as_the_same_stack(stack: tuple[FieldSpec, ...]) -> None:
    assert parse_stack(spell_stack(stack)) == stack


def test_pooling_strides_by_its_kernel_unless_told() -> None:
    assert parse_stack("p2 p3s2") == (FieldSpec("pool", 2, 2), FieldSpec("pool", 3, 2))
    assert spell_stack(parse_stack("p2s2 c3s1d1")) == "p2 c3"


def test_pooling_wider_than_the_largest_stride_still_has_a_short_form() -> None:
    assert parse_stack(spell_stack((FieldSpec("pool", 20, 8), FieldSpec("pool", 20, 1)))) == (
        FieldSpec("pool", 20, 8),
        FieldSpec("pool", 20, 1),
    )


@pytest.mark.parametrize("text", ["x3", "c", "c3k2", "c0", "c99", "c3s9", "p2d17", "c3 " * 25, "p8 " * 6, "c3,c3"])
def test_what_is_no_stack_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(SettingsError, match=r"\.$"):
        parse_stack(text)


def test_no_channels_are_refused() -> None:
    with pytest.raises(SettingsError, match="at least 1"):
        grow(parse_stack("c3"), channels=0)
