"""Normalization equals torch's own modules; the sets that share statistics are what the papers say."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from cnnviz.errors import SettingsError
from cnnviz.layer import NORMALIZATIONS, local_response_norm, normalize, shared_axes, shared_sets, torch_alpha

SHAPES = st.tuples(st.integers(1, 4), st.sampled_from([1, 2, 4, 6]), st.integers(2, 6), st.integers(2, 6))


def tensor(shape: tuple[int, ...], seed: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) * 3 + 1


@settings(max_examples=80, deadline=None)
@given(SHAPES, st.integers(0, 99), st.sampled_from([1e-5, 1e-3, 0.1]), st.booleans())
def test_every_kind_equals_torch(shape: tuple[int, int, int, int], seed: int, eps: float, affine: bool) -> None:
    x, channels = tensor(shape, seed), shape[1]
    gamma, beta = (tensor((channels,), seed + n) if affine else None for n in (1, 2))
    modules = {
        "batch": nn.BatchNorm2d(channels, eps, affine=affine),
        "instance": nn.InstanceNorm2d(channels, eps, affine=affine),
        "group": nn.GroupNorm(2 if channels > 1 else 1, channels, eps, affine=affine),
        "layer": nn.GroupNorm(1, channels, eps, affine=affine),
    }
    for kind, module in modules.items():
        if gamma is not None and beta is not None:
            module.weight.data, module.bias.data = gamma, beta
        groups = module.num_groups if isinstance(module, nn.GroupNorm) else 1
        ours = normalize(x, kind, groups, eps, gamma, beta).values
        torch.testing.assert_close(ours, module.double()(x), rtol=1e-9, atol=1e-9)
    plain = normalize(x, "layer", eps=eps).values
    torch.testing.assert_close(plain, nn.LayerNorm(shape[1:], eps, elementwise_affine=False)(x), rtol=1e-9, atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(SHAPES, st.integers(0, 99))
def test_running_statistics_are_what_evaluation_uses(shape: tuple[int, int, int, int], seed: int) -> None:
    module = nn.BatchNorm2d(shape[1]).double()
    module(tensor(shape, seed + 1))  # one step of training fills the running statistics
    module.eval()
    x = tensor(shape, seed)
    ours = normalize(x, "batch", running=(module.running_mean, module.running_var)).values
    torch.testing.assert_close(ours, module(x))


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(st.integers(1, 9), st.integers(1, 4), st.integers(1, 4)), st.integers(1, 11), st.floats(0.5, 3),
    st.floats(1e-5, 1), st.floats(0.1, 2), st.integers(0, 99),
)  # fmt: skip
def test_local_response_equals_torch_in_both_conventions(
    shape: tuple[int, int, int], size: int, k: float, alpha: float, beta: float, seed: int
) -> None:
    x = tensor(shape, seed)
    theirs = nn.LocalResponseNorm(size, alpha, beta, k)(x[None])[0]
    torch.testing.assert_close(local_response_norm(x, size, k, alpha, beta, "torch"), theirs)
    theirs = nn.LocalResponseNorm(size, torch_alpha(alpha, size), beta, k)(x[None])[0]
    torch.testing.assert_close(local_response_norm(x, size, k, alpha, beta), theirs)


def test_the_papers_formula_term_by_term() -> None:
    x = tensor((7, 2, 3), 4)
    b = torch.zeros_like(x)
    for i in range(7):
        near = x[max(0, i - 2) : min(6, i + 2) + 1].square().sum(0)
        b[i] = x[i] / (2 + 1e-4 * near) ** 0.75
    torch.testing.assert_close(local_response_norm(x), b)
    assert torch_alpha(1e-4, 5) == pytest.approx(5e-4)


@settings(max_examples=40, deadline=None)
@given(SHAPES, st.sampled_from(list(NORMALIZATIONS)), st.integers(0, 9))
def test_every_set_has_mean_0_and_variance_1_afterwards(shape: tuple[int, int, int, int], kind: str, seed: int) -> None:
    groups = 2 if kind == "group" and shape[1] > 1 else 1
    done = normalize(tensor(shape, seed), kind, groups, eps=0.0)
    sets = shared_sets(kind, shape[0], shape[1], groups)
    for number in np.unique(sets):
        together = done.values[torch.from_numpy(sets == number)]
        assert together.mean().item() == pytest.approx(0, abs=1e-9)
        assert together.var(correction=0).item() == pytest.approx(1)
        assert len(done.mean[torch.from_numpy(sets == number)].unique()) == 1


def test_the_sets_of_two_pictures_and_four_channels() -> None:
    assert shared_sets("batch", 2, 4).tolist() == [[0, 1, 2, 3], [0, 1, 2, 3]]
    assert shared_sets("layer", 2, 4).tolist() == [[0, 0, 0, 0], [1, 1, 1, 1]]
    assert shared_sets("instance", 2, 4).tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert shared_sets("group", 2, 4, 2).tolist() == [[0, 0, 1, 1], [2, 2, 3, 3]]
    assert [shared_axes(kind).axes for kind in NORMALIZATIONS] == [(0, 2, 3), (1, 2, 3), (2, 3), (1, 2, 3)]


def test_batch_mates_change_a_picture_in_training_and_not_in_evaluation() -> None:
    x, others, more = (tensor((n, 3, 4, 4), n) for n in (1, 2, 3))
    first, second = (normalize(torch.cat([x, mates])).values[0] for mates in (others, 2 * more))
    assert (first - second).abs().max() > 0.1
    running = (torch.zeros(3), torch.ones(3))
    first, second = (normalize(torch.cat([x, m]), running=running).values[0] for m in (others, more))
    torch.testing.assert_close(first, second, rtol=0, atol=0)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"kind": "group", "groups": 3}, "use one of 1, 2, 4"),
        ({"kind": "weight"}, "use one of batch"),
        ({"eps": -1.0}, "Epsilon"),
        ({"kind": "layer", "running": (0.0, 1.0)}, "Only batch"),
    ],
)
def test_what_cannot_be_is_said(how: dict, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        normalize(torch.zeros(2, 4, 3, 3), **how)
