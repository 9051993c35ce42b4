"""A value's colour says where it lies on its scale, exactly."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cnnviz.errors import SettingsError
from cnnviz.image import CENTRE, GAP, INVALID, LEVELS, colour_index, colourise, limits, palette

FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)
MAPS = arrays(np.float32, st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(1, 5)), elements=FLOATS)
KINDS = st.sampled_from(["signed", "magnitude", "grey"])
THEMES = ("light", "dark")


@given(MAPS, KINDS, st.sampled_from(["map", "layer"]))
def test_limits_hold_every_value(maps, kind, per):
    pairs = limits(maps, kind, per)
    assert pairs.shape == (len(maps), 2)
    assert pairs.dtype == np.float32
    assert (pairs[:, 0] < pairs[:, 1]).all()
    assert (maps >= pairs[:, 0, None, None]).all()
    assert (maps <= pairs[:, 1, None, None]).all()
    if per == "layer":
        assert (pairs == pairs[0]).all()
    if kind == "signed":
        assert np.array_equal(pairs[:, 0], -pairs[:, 1])


def test_limits_of_each_kind_by_hand():
    maps = np.array([[[-1.0, 3.0]], [[2.0, 5.0]]])
    assert limits(maps, "signed").tolist() == [[-3, 3], [-5, 5]]
    assert limits(maps, "magnitude").tolist() == [[-1, 3], [0, 5]]
    assert limits(maps, "grey").tolist() == [[-1, 3], [2, 5]]
    assert limits(maps, "signed", "layer").tolist() == [[-5, 5], [-5, 5]]
    assert limits(maps, "grey", "layer").tolist() == [[-1, 5], [-1, 5]]
    assert limits(maps, "grey", fixed=(0, 1)).tolist() == [[0, 1], [0, 1]]


def test_constant_maps_get_a_scale_that_shows_them():
    zero, six = np.zeros((1, 2, 2)), np.full((1, 2, 2), 6.0)
    expected = {"signed": (CENTRE, LEVELS - 1), "magnitude": (0, LEVELS - 1), "grey": (CENTRE, CENTRE)}
    for kind, indices in expected.items():
        found = [int(colour_index(maps, limits(maps, kind))[0, 0, 0]) for maps in (zero, six)]
        assert found == list(indices), kind


@given(MAPS)
def test_zero_of_a_signed_scale_is_the_centre_whatever_the_rest(maps):
    maps[:, 0, 0] = 0
    assert (colour_index(maps, limits(maps))[:, 0, 0] == CENTRE).all()


@given(MAPS, KINDS)
def test_index_grows_with_the_value(maps, kind):
    for index, values in zip(colour_index(maps, limits(maps, kind)), maps, strict=True):
        order = np.argsort(values, axis=None)
        assert (np.diff(index.ravel()[order].astype(int)) >= 0).all()


@given(arrays(np.float32, (1, 8, 8), elements=st.floats(-1000, 1000, width=32)), KINDS)
def test_index_is_the_nearest_level(maps, kind):
    (low, high), *_ = limits(maps, kind).astype(np.float64)
    exact = (maps.astype(np.float64) - low) / (high - low) * (LEVELS - 1)
    assert np.abs(colour_index(maps, [[low, high]]) - exact).max() <= 0.5 + 1e-3


def test_values_outside_fixed_limits_are_held_at_the_ends():
    maps = np.array([[[-9.0, -1.0, 0.0, 1.0, 9.0]]])
    assert colour_index(maps, [[-1, 1]])[0, 0].tolist() == [0, 0, CENTRE, LEVELS - 1, LEVELS - 1]


@pytest.mark.parametrize("kind", ["signed", "magnitude", "grey"])
def test_not_a_number_and_infinity_are_drawn_but_not_counted(kind):
    maps = np.array([[[np.nan, -1.0, 2.0, np.inf, -np.inf]], [[np.nan] * 5]])
    pairs = limits(maps, kind)
    assert np.array_equal(pairs[:1], limits(maps[:1, :, 1:3], kind))
    index = colour_index(maps, pairs)
    assert (index[0, 0] == INVALID).tolist() == [True, False, False, True, True]
    assert (index[1] == INVALID).all()


def test_largest_and_smallest_numbers_have_colours():
    for size in (3.4e38, 1e-44):
        maps = np.array([[[-size, 0, size]]], dtype=np.float32)
        index = colour_index(maps, limits(maps))[0, 0].astype(int)
        assert index[0] <= index[1] == CENTRE <= index[2]
    huge = np.array([[[-3.4e38, 3.4e38]]], dtype=np.float32)
    assert colour_index(huge, limits(huge)).ravel().tolist() == [0, LEVELS - 1]


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16", "float64", "int64", "uint8"])
def test_tensors_of_every_type_are_taken(dtype):
    maps = torch.tensor([[[0, 1], [2, 4]]], dtype=getattr(torch, dtype))
    assert limits(maps, "grey").tolist() == [[0, 4]]
    assert colour_index(maps, [[0, 4]]).tolist() == [[[0, 63], [CENTRE, LEVELS - 1]]]


def test_input_is_left_as_it_was():
    maps = np.linspace(-1, 1, 12, dtype=np.float32).reshape(1, 3, 4)
    before = maps.copy()
    colourise(maps)
    colour_index(maps, limits(maps))
    assert np.array_equal(maps, before)


def test_colourise_keeps_the_shape_and_looks_up_the_palette():
    values = np.array([[-2.0, 0.0], [1.0, 2.0]])
    pixels = colourise(values, "signed")
    table = palette("signed")
    assert pixels.shape == (2, 2, 3)
    assert np.array_equal(pixels, table[[[0, CENTRE], [189, LEVELS - 1]]])
    assert colourise(0.5, "grey", (0, 1)).shape == (3,)
    assert np.array_equal(colourise(np.zeros((2, 3, 4, 5))), np.full((2, 3, 4, 5, 3), 255))


@pytest.mark.parametrize(
    "call",
    [
        lambda: limits(np.zeros((2, 2))),
        lambda: limits(np.zeros((0, 2, 2))),
        lambda: limits(np.zeros((1, 2, 2)), "jet"),
        lambda: limits(np.zeros((1, 2, 2)), per="pixel"),
        lambda: limits(np.zeros((1, 2, 2)), fixed=(1, 1)),
        lambda: limits(np.zeros((1, 2, 2)), fixed=(0, np.nan)),
        lambda: colour_index(np.zeros((2, 2, 2)), [[0, 1]]),
        lambda: palette("signed", "sepia"),
    ],
)
def test_impossible_settings_are_refused_in_one_sentence(call):
    with pytest.raises(SettingsError, match=r"^[^\n]+\.$"):
        call()


def linear(colours: np.ndarray) -> np.ndarray:
    unit = colours / 255
    return np.where(unit <= 0.04045, unit / 12.92, ((unit + 0.055) / 1.055) ** 2.4)


def lab(rgb_linear: np.ndarray) -> np.ndarray:
    """CIE L*a*b* under D65: a judge independent of the space that the tables are made in."""
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    ratio = rgb_linear @ to_xyz.T / [0.9505, 1.0, 1.089]
    f = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1)


# Machado, Oliveira, Fernandes, "A physiologically-based model for simulation of color vision deficiency", 2009,
# at full severity.
BLINDNESS = {
    "none": np.eye(3),
    "protan": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deutan": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritan": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}


def seen(table: np.ndarray, blindness: str) -> np.ndarray:
    return lab(np.clip(linear(table[:LEVELS].astype(float)) @ BLINDNESS[blindness].T, 0, 1))


def test_zero_is_exactly_the_ground_of_the_page():
    assert palette("signed", "light")[CENTRE].tolist() == [255, 255, 255]
    assert palette("signed", "dark")[CENTRE].tolist() == [15, 17, 22]
    for theme in THEMES:
        for kind in ("signed", "magnitude", "grey"):
            assert np.array_equal(palette(kind, theme)[GAP], palette("signed", theme)[CENTRE])


@pytest.mark.parametrize("theme", THEMES)
def test_negative_is_red_and_positive_blue(theme):
    red, _, blue = palette("signed", theme)[[20, CENTRE, LEVELS - 21]].astype(int)
    assert red[0] > red[1:].max() + 60
    assert blue[2] > blue[:2].max() + 30


@pytest.mark.parametrize("blindness", list(BLINDNESS))
@pytest.mark.parametrize("theme", THEMES)
def test_signs_are_told_apart_by_every_eye(theme, blindness):
    colours = seen(palette("signed", theme), blindness)
    negative, positive = colours[:CENTRE][::-1], colours[CENTRE + 1 :]
    distance = np.linalg.norm(negative - positive, axis=1)
    assert distance[40:].min() > 20
    assert (np.diff(np.linalg.norm(colours[: CENTRE + 1] - colours[CENTRE], axis=1)) <= 0.6).all()


@pytest.mark.parametrize("theme", THEMES)
def test_lightness_falls_evenly_from_zero_and_alike_on_both_sides(theme):
    lightness = seen(palette("signed", theme), "none")[:, 0]
    away = lightness[CENTRE:] if theme == "dark" else -lightness[CENTRE:]
    other = lightness[CENTRE::-1] if theme == "dark" else -lightness[CENTRE::-1]
    for side in (away, other):
        assert (np.diff(side) > -0.35).all()
        assert np.ptp(side) > 50
    assert np.abs(away - other).max() < 10


@pytest.mark.parametrize("blindness", list(BLINDNESS))
def test_magnitude_is_lighter_for_more_in_even_steps(blindness):
    colours = seen(palette("magnitude"), blindness)
    assert (np.diff(colours[:, 0]) > -0.1).all()
    if blindness == "none":
        steps = np.linalg.norm(np.diff(colours[::12], axis=0), axis=1)
        assert steps.max() < 3 * steps.min()


def test_magnitude_is_viridis():
    # Five entries of matplotlib's table, at 0, 64, 128, 192 and 255 of 255.
    published = [(68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37)]
    found = palette("magnitude")[[0, 63, CENTRE, 189, LEVELS - 1]].astype(int)
    assert np.abs(found - published).max() <= 3


def test_colour_of_not_a_number_is_in_no_scale():
    for theme in THEMES:
        for kind in ("signed", "magnitude", "grey"):
            table = lab(linear(palette(kind, theme).astype(float)))
            assert np.linalg.norm(table[:LEVELS] - table[INVALID], axis=1).min() > 40


def test_palettes_cannot_be_spoilt_by_a_page():
    with pytest.raises(ValueError, match="read-only"):
        palette("signed")[0] = 0
