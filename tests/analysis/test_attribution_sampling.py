"""Occlusion is Captum's in every value; RISE is what a loop over its masks gives."""

import pytest
import torch
from captum.attr import Occlusion
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from cnnviz.analysis import attribute
from cnnviz.analysis.attribution_sampling import random_masks


def small_network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(16, 3)
    ).eval()


def noise(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(3))


@settings(max_examples=10)
@given(st.data())
def test_occlusion_equals_captums_own_call(data):
    height, width = (data.draw(st.integers(5, 24)) for _ in range(2))
    window = data.draw(st.integers(1, 5))
    stride = data.draw(st.integers(1, window))
    if window == 1 and height * width > 200:
        window = stride = 5
    module, picture = small_network(), noise(1, 3, height, width)
    found = attribute(module, picture, 1, "occlusion", window=window, stride=stride)
    theirs = Occlusion(module).attribute(
        picture, (3, window, window), (3, stride, stride), target=1, perturbations_per_eval=16
    )
    torch.testing.assert_close(found.map, theirs[0, 0].detach(), rtol=1e-4, atol=1e-5)


def test_occlusion_shows_a_coarse_picture_after_a_tenth():
    told = []
    found = attribute(
        small_network(), noise(1, 3, 56, 56), 1, "occlusion", window=8, stride=4, progress=lambda *x: told.append(x)
    )
    with_picture = [(done / total, so_far) for done, total, so_far in told if so_far is not None]
    assert with_picture[0][0] <= 0.1
    errors = [float((so_far - found.map).abs().mean()) for _, so_far in with_picture]
    assert errors[-1] == 0 and errors[0] < float(found.map.abs().mean())
    halves = errors[0], errors[len(errors) // 2], errors[-1]
    assert halves == tuple(sorted(halves, reverse=True))


def test_occlusion_finds_the_only_pixel_that_counts():
    class OnePixel(nn.Module):
        def forward(self, x):
            return torch.stack([x[:, 0, 5, 9], -x[:, 0, 5, 9]], 1)

    found = attribute(OnePixel(), torch.ones(1, 3, 12, 16), 0, "occlusion", window=1, stride=1)
    expected = torch.zeros(12, 16)
    expected[5, 9] = 1
    assert torch.equal(found.map, expected)
    assert torch.equal(
        attribute(OnePixel(), torch.ones(1, 3, 12, 16), 1, "occlusion", window=1, stride=1).map, -expected
    )


def test_rise_equals_a_loop_over_its_masks():
    module, picture = small_network(), noise(1, 3, 20, 24)
    found = attribute(module, picture, 2, "rise", masks=30, cells=4, visible=0.4, seed=5)
    generator = torch.Generator().manual_seed(5)
    total = torch.zeros(20, 24)
    for count in (8, 8, 8, 6):
        for mask in random_masks(count, (20, 24), 4, 0.4, generator):
            with torch.no_grad():
                total += module(picture * mask).softmax(1)[0, 2] * mask
    torch.testing.assert_close(found.map, total / (30 * 0.4), rtol=1e-4, atol=1e-6)
    assert found.evaluations == 30


def test_rise_against_another_class_takes_the_share_of_the_two():
    module, picture = small_network(), noise(1, 3, 20, 24)
    both = [attribute(module, picture, *pair, against=other, masks=40).map
            for pair, other in (((2, "rise"), 0), ((0, "rise"), 2))]  # fmt: skip
    generator = torch.Generator().manual_seed(0)
    masks = torch.cat([random_masks(8, (20, 24), 7, 0.5, generator) for _ in range(5)])
    torch.testing.assert_close(both[0] + both[1], masks.sum(0) / (40 * 0.5), rtol=1e-4, atol=1e-5)


@settings(max_examples=8)
@given(st.integers(5, 40), st.integers(5, 40), st.integers(2, 8), st.floats(0.2, 0.8))
def test_masks_leave_the_share_visible_that_is_asked_for(height, width, cells, visible):
    masks = random_masks(400, (height, width), cells, visible, torch.Generator().manual_seed(0))
    assert masks.shape == (400, height, width)
    assert masks.min() >= 0 and masks.max() <= 1 + 1e-6
    assert abs(float(masks.mean()) - visible) < 0.05


def test_same_seed_gives_the_same_map_and_another_seed_another():
    module, picture = small_network(), noise(1, 3, 20, 20)
    one, same, other = (attribute(module, picture, 0, "rise", masks=20, seed=seed).map for seed in (1, 1, 2))
    assert torch.equal(one, same) and not torch.equal(one, other)


def test_rise_tells_a_map_so_far():
    told = []
    attribute(small_network(), noise(1, 3, 20, 20), 0, "rise", masks=20, progress=lambda *step: told.append(step))
    assert [done for done, _, _ in told] == [0, 8, 16, 20]
    assert all(so_far.shape == (20, 20) for _, _, so_far in told[1:])


@pytest.mark.parametrize("name", ["occlusion", "rise"])
def test_hidden_pixels_are_those_of_the_baseline(name):
    """Beside itself, blurred or not, a picture of one colour is the same: nothing can change."""
    picture = torch.full((1, 3, 16, 16), 0.7)
    small = {"window": 4, "stride": 4} if name == "occlusion" else {"masks": 40}
    same = attribute(small_network(), picture, 0, name, baseline="blurred", **small).map
    other = attribute(small_network(), picture, 0, name, baseline="zero", **small).map
    if name == "occlusion":
        torch.testing.assert_close(same, torch.zeros(16, 16), atol=1e-5, rtol=0)
    assert not torch.allclose(same, other, atol=1e-4)
