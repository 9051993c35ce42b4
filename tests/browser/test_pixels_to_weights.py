"""Pixels to weights in a real browser: digits, connections and the shift test are the picture's own numbers."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from app.ui.weights_form import GRID
from app.ui.weights_units import connections
from cnnviz.image import fit, load_sample, to_tensor
from cnnviz.layer import KERNELS, shift_answer
from tests.browser.actions import opened
from tests.browser.waiting import settled

PAGE = "/pixels_to_weights"
ZOOM, UNITS, SHIFT = ".weights-zoom", ".weights-units", ".weights-shift"
VIEWS = (ZOOM, UNITS, SHIFT)


def standing(page: Page, address: str = PAGE) -> Page:
    """Open the page and wait until all three views stand."""
    opened(page, address)
    for view in VIEWS:
        page.locator(f"{view}[data-cnnviz-drawn]").wait_for()
    return settled(page)


def point(page: Page, selector: str, across: float, down: float) -> None:
    """Move the mouse to a place in a part, as shares of its width and height."""
    part = page.locator(selector).first
    part.scroll_into_view_if_needed()
    box = part.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"])


def test_the_pixel_pointed_at_says_the_pictures_own_numbers(page: Page) -> None:
    standing(page)
    pixels = np.asarray(fit(load_sample("chelsea"), 512))
    height, width = pixels.shape[:2]
    expect(page.locator(ZOOM)).to_have_attribute("data-digits", "true")
    for row, col in [(10, 20), (150, 225), (290, 440)]:
        point(page, f"{ZOOM} .overview canvas", (col + 0.5) / width, (row + 0.5) / height)
        root = page.locator(ZOOM)
        # A pixel of the small picture is finer than the mouse: it may land beside it.
        expect(root).to_have_attribute(
            "data-row", re.compile(rf"^({'|'.join(str(row + by) for by in (-2, -1, 0, 1, 2))})$")
        )
        expect(root).to_have_attribute(
            "data-col", re.compile(rf"^({'|'.join(str(col + by) for by in (-2, -1, 0, 1, 2))})$")
        )
        at = int(root.get_attribute("data-row") or -1), int(root.get_attribute("data-col") or -1)
        expect(root).to_have_attribute("data-value", ",".join(map(str, pixels[at])))


def test_grey_is_one_number_a_pixel(page: Page) -> None:
    standing(page, f"{PAGE}?weights_colours=Grey")
    root = page.locator(ZOOM)
    at = int(root.get_attribute("data-row") or -1), int(root.get_attribute("data-col") or -1)
    grey = 255 * float(to_tensor(fit(load_sample("chelsea"), 512), "grey")[0][at])
    assert float(root.get_attribute("data-value") or "nan") == pytest.approx(grey, rel=1e-6)
    expect(root.locator(".sentence")).to_contain_text(f"is one number: grey {grey:.3g} = 0.299 · ")
    painted = page.locator(f"{ZOOM} .overview canvas").first.evaluate(
        "(c, [row, col]) => [...c.getContext('2d').getImageData(col, row, 1, 1).data]", list(at)
    )
    assert painted == [round(grey)] * 3 + [255]


def test_wheel_keys_and_buttons_zoom_until_digits_appear_and_go(page: Page) -> None:
    standing(page)
    root = page.locator(ZOOM)
    point(page, f"{ZOOM} .detail", 0.5, 0.5)
    page.mouse.wheel(0, 1200)
    expect(root).to_have_attribute("data-digits", "false")
    page.locator(f"{ZOOM} .detail").focus()
    for _ in range(16):
        page.keyboard.press("+")
    expect(root).to_have_attribute("data-digits", "true")
    for _ in range(8):
        page.get_by_role("button", name="Zoom out").click()
    expect(root).to_have_attribute("data-digits", "false")
    row = int(root.get_attribute("data-row") or -1)
    page.locator(f"{ZOOM} .overview").focus()
    page.keyboard.press("Shift+ArrowDown")
    expect(root).to_have_attribute("data-row", str(row + 10))


@pytest.mark.parametrize("window", [3, 5])
def test_a_unit_reads_what_its_connection_says_both_ways(page: Page, window: int) -> None:
    standing(page, f"{PAGE}?window={window}")
    read = {name: ~np.isnan(connections(name, GRID, window)) for name in ("full", "local", "conv")}
    part = (1 - 0.18) / 2
    for row, col in [(0, 0), (4, 6)]:
        unit = row * GRID + col
        down = (row + 0.5) / GRID
        point(page, f"{UNITS} canvas", 1 - part + part * (col + 0.5) / GRID, down)
        counts = [int(table[unit].sum()) for table in read.values()]
        expect(page.locator(UNITS)).to_have_attribute("data-reads", ",".join(map(str, counts)))
        point(page, f"{UNITS} canvas", part * (col + 0.5) / GRID, down)
        expect(page.locator(f"{UNITS} .sentence")).to_contain_text(f"input [{row}, {col}] is read by")
        readers = [int(table[:, unit].sum()) for table in read.values()]
        expect(page.locator(UNITS)).to_have_attribute("data-reads", ",".join(map(str, readers)))


def test_after_the_move_the_same_thing_has_the_same_value_at_its_new_place(page: Page) -> None:
    standing(page, f"{PAGE}?down=5&right=-7")
    picture = fit(load_sample("chelsea"), 128)
    found = shift_answer(to_tensor(picture), KERNELS["sobel_x"].matrix, 5, -7)
    row, col = 40, 60
    point(page, f"{SHIFT} figure[data-role=after] canvas", (col + 0.5) / picture.width, (row + 0.5) / picture.height)
    root = page.locator(SHIFT)
    expect(root).to_have_attribute("data-row", str(row - 5))
    expect(root).to_have_attribute("data-col", str(col + 7))
    shown = [float(root.get_attribute(f"data-{name}") or "nan") for name in ("before", "after")]
    assert shown[0] == pytest.approx(float(found.before[row - 5, col + 7]), rel=1e-6)
    assert shown[1] == pytest.approx(float(found.after[row, col]), rel=1e-6)
    assert shown[0] == pytest.approx(shown[1], rel=1e-6)


@pytest.mark.parametrize(("width", "height", "scheme"), [(1024, 768, "light"), (390, 844, "dark")])
def test_no_part_is_wider_than_its_place(open_page: Callable[..., Page], width: int, height: int, scheme: str) -> None:
    page = standing(open_page(width, height, color_scheme=scheme))
    for view in VIEWS:
        too_wide = page.locator(view).evaluate(
            "(root) => [...root.querySelectorAll('figure, p, .frame')]"
            ".filter((node) => node.getBoundingClientRect().right > root.getBoundingClientRect().right + 1)"
            ".map((node) => node.className || node.tagName)"
        )
        assert too_wide == []
