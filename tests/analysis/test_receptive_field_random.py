"""Random networks with branches, dilation, uneven padding and more: every unit against its gradient."""

import pytest
import torch
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from cnnviz.analysis import receptive_fields
from tests.analysis.field_oracle import true_extents

SHAPE = (1, 17, 14)
LONGEST = 70  # units along a map: the truth takes a copy of the picture for each

kernels = st.tuples(st.integers(1, 4), st.integers(1, 3))


class UnevenPad(nn.Module):
    def __init__(self, pads):
        super().__init__()
        self.pads = pads

    def forward(self, x):
        return F.pad(x, self.pads)


class Joined(nn.Module):
    """Two branches on maps of one size, cut to the smaller one and added or concatenated."""

    def __init__(self, left, right, add):
        super().__init__()
        self.left, self.right, self.add = left, right, add

    def forward(self, x):
        one, other = self.left(x), self.right(x)
        height, width = (min(a, b) for a, b in zip(one.shape[2:], other.shape[2:], strict=True))
        one, other = one[..., :height, :width], other[..., :height, :width]
        return one + other if self.add else torch.cat([one, other], 1)


convolutions = st.builds(
    lambda k, s, p, d: nn.LazyConv2d(1, k, s, p, d), kernels, st.integers(1, 2), st.integers(0, 3), st.integers(1, 3)
)
poolings = st.builds(
    lambda s, ceil, top: (nn.MaxPool2d if top else nn.AvgPool2d)(3, s, 1, ceil_mode=ceil),
    st.integers(1, 3), st.booleans(), st.booleans(),
)  # fmt: skip
pads = st.builds(UnevenPad, st.tuples(*[st.integers(0, 3)] * 4))
enlarging = st.one_of(
    st.builds(lambda mode: nn.Upsample(scale_factor=2, mode=mode), st.sampled_from(("nearest", "bilinear"))),
    st.builds(
        lambda k, s, p: nn.LazyConvTranspose2d(1, k, s, p), st.integers(2, 4), st.integers(1, 3), st.integers(0, 1)
    ),
)
plain = st.one_of(convolutions, convolutions, poolings, pads, enlarging)
branches = st.lists(plain, min_size=0, max_size=2).map(lambda parts: nn.Sequential(*parts))
parts = st.one_of(plain, plain, st.builds(Joined, branches, branches, st.booleans()))


@settings(max_examples=90, deadline=None)
@given(st.lists(parts, min_size=1, max_size=4))
def test_every_unit_of_a_random_network_sees_exactly_what_a_gradient_reaches(layers):
    module = nn.Sequential(*layers).eval()
    try:
        with torch.no_grad():
            module(torch.zeros(1, *SHAPE))
    except RuntimeError:  # a kernel larger than the map
        reject()
    fields = receptive_fields(module, SHAPE)
    assert fields and not any(field.probed for field in fields.values())
    longest = max(max(field.map_size) for field in fields.values())
    if longest > LONGEST:
        reject()
    for axis, name, length in ((0, "seen_rows", SHAPE[1]), (1, "seen_columns", SHAPE[2])):
        truth = true_extents(module, fields, SHAPE, lambda n: tuple(min(i, n - 1) for i in range(longest)), axis=axis)
        for path, units in truth.items():
            field = fields[path]
            intervals = getattr(field, name)
            for unit, first, end in units:
                if field.corners:  # boxes of different shape, parts of them in the padding: their hull holds the truth
                    assert first == end or intervals[unit][0] <= first < end <= intervals[unit][1], (path, unit)
                    continue
                assert _same(tuple(intervals[unit]), (first, end)), (path, unit)
                start = unit * field.stride[axis] - field.padding[axis]
                if field.regular and start >= 0 and start + field.size[axis] <= length:
                    assert (start, start + field.size[axis]) == (first, end)


def _same(one, other):
    """Intervals that are equal, or both empty."""
    return tuple(map(int, one)) == other or (one[0] == one[1] and other[0] == other[1])


def test_a_branch_whose_rows_all_lie_in_the_padding_reads_no_column():
    enlarged = nn.Sequential(nn.Upsample(scale_factor=2), nn.Upsample(scale_factor=2))
    halved = nn.AvgPool2d(3, 2, 1)
    module = nn.Sequential(UnevenPad((0, 0, 3, 0)), Joined(halved, enlarged, add=False)).eval()
    # Of the enlarged map the first 12 rows remain, all made of the three rows of padding.
    field = receptive_fields(module, (1, 21, 18))["1"]
    assert tuple(field.seen_columns[1]) == (1, 4)


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
def test_padding_that_copies_reads_the_pixels_it_copies(mode):
    module = nn.Sequential(nn.Conv2d(1, 1, 3, padding=2, dilation=2, padding_mode=mode), nn.Conv2d(1, 1, 2)).eval()
    fields = receptive_fields(module, (1, 9, 9))
    truth = true_extents(module, fields, (1, 9, 9), lambda n: tuple(min(i, n - 1) for i in range(9)))
    for path, units in truth.items():
        assert [tuple(rows) for rows in fields[path].seen_rows[: len(units)]] == [
            unit[1:] for unit in units[: len(fields[path].seen_rows)]
        ], path
