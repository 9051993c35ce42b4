"""Every map stands whole in its place."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.errors import SettingsError
from cnnviz.image import GAP, colour_index, colourise, limits, mosaic, palette


def noise(count: int, height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(count, height, width)).astype(np.float32)


@given(
    st.integers(1, 20), st.integers(1, 5), st.integers(1, 5), st.none() | st.integers(1, 25), st.integers(0, 3),
    st.sampled_from(["signed", "magnitude", "grey"]),
)  # fmt: skip
def test_each_tile_is_its_map_and_all_else_is_gap(count, height, width, columns, gap, kind):
    maps = noise(count, height, width)
    sheet = mosaic(maps, kind, columns=columns, gap=gap)
    rest = sheet.index.copy()
    for number in range(count):
        top, left, bottom, right = sheet.box(number)
        pixels = sheet.pixels[top:bottom, left:right]
        assert np.array_equal(pixels, colourise(maps[number], kind))
        rest[top:bottom, left:right] = GAP
    assert (rest == GAP).all()
    assert sheet.size == (
        sheet.rows * (height + gap) - gap,
        sheet.columns * (width + gap) - gap,
    )
    assert (sheet.rows - 1) * sheet.columns < count <= sheet.rows * sheet.columns


def test_shared_limits_are_used_for_all():
    maps = noise(6, 3, 4) * np.arange(1, 7)[:, None, None]
    shared = limits(maps, "signed", "layer")
    sheet = mosaic(maps, limits=shared, columns=6, gap=0)
    assert np.array_equal(sheet.index, np.concatenate(list(colour_index(maps, shared)), axis=1))
    assert np.array_equal(sheet.limits, shared)


@pytest.mark.parametrize(("count", "height", "width"), [(64, 56, 56), (512, 7, 7), (100, 10, 40), (3, 200, 200)])
@pytest.mark.parametrize("aspect", [0.5, 1.0, 1.6])
def test_columns_are_chosen_for_the_aspect(count, height, width, aspect):
    sheet = mosaic(noise(count, height, width), aspect=aspect)
    rows, columns = sheet.size
    assert 0.5 < columns / rows / aspect < 2 or count < 4


def test_theme_changes_the_table_and_nothing_else():
    maps = noise(4, 3, 3)
    light, dark = mosaic(maps), mosaic(maps, theme="dark")
    assert np.array_equal(light.index, dark.index)
    assert np.array_equal(dark.palette, palette("signed", "dark"))


@pytest.mark.parametrize("settings", [{"columns": 0}, {"gap": -1}, {"aspect": 0.0}, {"limits": [[0, 1]]}])
def test_impossible_settings_are_refused(settings):
    with pytest.raises(SettingsError, match=r"\.$"):
        mosaic(noise(4, 3, 3), **settings)


def test_maps_that_are_not_there_have_no_box():
    with pytest.raises(SettingsError, match="maps 0 to 3"):
        mosaic(noise(4, 3, 3)).box(4)
