"""Convolution in a real browser: pointing both ways, keys, play, settings, the link; what cannot be is said."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from app.ui.convolution_input import number_grid
from app.ui.convolution_presets import LAYERS
from app.web.routes import COMPONENTS
from cnnviz.layer import trace
from tests.browser.actions import opened, redrawn, token

PAGE = "/convolution"
VIEW = ".convolution"


def frame(page: Page, role: str, index: int = 0) -> Locator:
    return page.locator(f"{VIEW} figure[data-role={role}] .frame").nth(index)


def point(page: Page, role: str, row: int, col: int, cells: tuple[int, int], index: int = 0) -> None:
    """Move the mouse to the middle of a cell of a plane of `cells`, padding counted in."""
    box = frame(page, role, index).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + (col + 0.5) * box["width"] / cells[1], box["y"] + (row + 0.5) * box["height"] / cells[0])


def sentence(page: Page) -> Locator:
    return page.locator(f"{VIEW} .sentence")


def slide(page: Page, label: str, value: int) -> None:
    page.locator(VIEW).get_by_label(label, exact=True).fill(str(value))


def test_pointing_at_an_output_takes_it_apart_and_a_setting_is_answered_at_once_and_reaches_the_link(
    page: Page,
) -> None:
    opened(page, f"{PAGE}?conv_layer=same")
    kernel = np.reshape(LAYERS["same"].weights, (3, 3))
    for row, col in [(0, 0), (3, 4), (7, 7)]:
        expected = trace(number_grid(8)[None], kernel[None], row, col, padding=1)
        point(page, "output", row, col, (8, 8))
        expect(sentence(page)).to_contain_text(f"out[{row}, {col}] = {expected.value:.3g} is the sum of 9 products.")
        shown = page.locator(VIEW).evaluate("(root) => root.shown.traced")
        np.testing.assert_allclose(shown["terms"][0]["products"], expected.products[0].ravel(), rtol=1e-12)
        assert shown["padded"] == expected.padded.ravel().tolist()
    expect(sentence(page)).to_contain_text("5 of the window's 9 cells lie in the padding (zeros).")

    before = token(page)
    slide(page, "Stride", 3)
    expect(page.locator(f"{VIEW} figure[data-role=output] small")).to_have_text("3 × 3")
    page.wait_for_url(re.compile(r"stride(=|%3D)3x3"))
    redrawn(page, before)
    slide(page, "Kernel size", 5)
    expect(page.locator(f"{VIEW} figure[data-role=output] small")).to_have_text("2 × 2")
    page.wait_for_url(re.compile(r"kernel(=|%3D)5x5"))
    page.reload()
    page.locator(f"{VIEW}[data-cnnviz-drawn]").wait_for()
    expect(page.locator(f"{VIEW} figure[data-role=output] small")).to_have_text("2 × 2")


def test_pointing_at_an_input_lights_its_readers_a_click_pins_and_fast_sliding_ends_on_the_last_setting(
    page: Page,
) -> None:
    opened(page, f"{PAGE}?conv_layer=shrinks")
    point(page, "input", 4, 4, (8, 8))
    expect(sentence(page)).to_contain_text("is read by 9 output values, through 9 weights.")
    point(page, "input", 0, 0, (8, 8))
    expect(sentence(page)).to_contain_text("in[0, 0] = 0 is read by 1 output value through the weight 1.")
    assert page.locator(VIEW).evaluate("(root) => root.shown.readers.map(({row, col}) => [row, col])") == [[0, 0]]

    point(page, "output", 2, 2, (6, 6))
    page.mouse.down()
    page.mouse.up()
    point(page, "output", 3, 3, (6, 6))
    expect(sentence(page)).to_contain_text("out[2, 2] = ")
    page.mouse.down()
    page.mouse.up()
    point(page, "output", 1, 1, (6, 6))
    expect(sentence(page)).to_contain_text("out[1, 1] = ")

    slider = page.locator(VIEW).get_by_label("Padding", exact=True)
    slider.focus()
    for _ in range(7):
        page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile(r"padding(=|%3D)7x7"))
    expect(slider).to_have_value("7")
    expect(page.locator(f"{VIEW} figure[data-role=output] small")).to_have_text("20 × 20")


def test_what_cannot_be_says_what_would_help_and_stride_two_leaves_a_row_and_a_column_unread(page: Page) -> None:
    opened(page, f"{PAGE}?conv_layer=leftover")
    slide(page, "Kernel size", 9)
    expect(sentence(page)).to_have_text(
        "A 9×9 kernel spans 9 pixels but the input is only 6 high: use padding of at least 2 or a kernel of at most 6."
    )
    slide(page, "Padding", 2)
    expect(sentence(page)).to_contain_text("out[0, 0] = ")
    expect(page.locator(f"{VIEW} figure[data-role=output] small")).to_have_text("1 × 1")
    slide(page, "Padding", 0)
    slide(page, "Kernel size", 3)

    expect(page.locator(f"{VIEW} figure[data-role=output] small")).to_have_text("2 × 2")
    formula = page.locator(f"{VIEW} .formula")
    expect(formula).to_contain_text("⌊(6 + 2·0 − 1·(3 − 1) − 1) / 2⌋ + 1 = ⌊3 / 2⌋ + 1 = 2, remainder 1")
    expect(formula).to_contain_text("Never read (hatched): 1 row and 1 column, 11 of 36 cells.")
    point(page, "input", 5, 2, (6, 6))
    expect(sentence(page)).to_contain_text("is never read: with stride 2 no window reaches it.")
    hatched = page.locator(f"{VIEW} figure[data-role=input] canvas").first.evaluate(HATCHED)
    assert hatched == [[row == 5 or col == 5 for col in range(6)] for row in range(6)]


# A plain cell has one colour along a line that its digits do not touch; a hatched one has several.
HATCHED = """(canvas) => {
    const cell = canvas.width / 6;
    const context = canvas.getContext('2d');
    return Array.from({ length: 6 }, (_, row) => Array.from({ length: 6 }, (_, col) => {
        const { data } = context.getImageData(col * cell + 3, row * cell + 6, cell - 6, 1);
        const tones = Array.from({ length: data.length / 4 }, (_, i) => data[4 * i]);
        return Math.max(...tones) - Math.min(...tones) > 40;
    }));
}"""


def test_keys_alone_reach_every_place_pin_and_let_go(page: Page) -> None:
    opened(page, f"{PAGE}?conv_layer=shrinks")
    output = frame(page, "output")
    output.focus()
    page.keyboard.press("Home")
    expect(sentence(page)).to_contain_text("out[0, 0] = ")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(sentence(page)).to_contain_text("out[1, 2] = ")
    expect(sentence(page)).to_contain_text("Pinned")
    point(page, "output", 5, 5, (6, 6))
    expect(sentence(page)).to_contain_text("out[1, 2] = ")
    page.keyboard.press("Escape")
    point(page, "output", 4, 4, (6, 6))
    expect(sentence(page)).to_contain_text("out[4, 4] = ")
    frame(page, "input").focus()
    page.keyboard.press("End")
    expect(sentence(page)).to_contain_text("in[7, 7] = ")
    expect(sentence(page)).to_have_attribute("aria-live", "polite")


def test_play_walks_to_the_end_and_pointing_pauses_it(page: Page) -> None:
    opened(page, f"{PAGE}?conv_layer=leftover")
    where = page.locator(f"{VIEW} .where")
    slide(page, "Speed, positions a second", 6)
    page.get_by_role("button", name="Play", exact=True).click()
    expect(where).to_have_text("4 of 4")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    page.get_by_role("button", name="One step back").click()
    expect(where).to_have_text("3 of 4")
    expect(sentence(page)).to_contain_text("out[1, 0] = ")
    slide(page, "Position", 1)
    expect(sentence(page)).to_contain_text("out[0, 1] = ")
    slide(page, "Speed, positions a second", 0)
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    point(page, "output", 0, 0, (2, 2))
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    expect(sentence(page)).to_contain_text("out[0, 0] = ")


def test_nothing_moves_by_itself_and_play_is_slow_where_less_motion_is_asked_for(
    open_page: Callable[..., Page],
) -> None:
    page = opened(open_page(reduced_motion="reduce"), f"{PAGE}?conv_layer=leftover")
    expect(page.get_by_label("Speed, positions a second")).to_have_value("0")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()


def test_a_weight_is_typed_or_dragged_and_the_output_follows(page: Page) -> None:
    opened(page, f"{PAGE}?conv_layer=shrinks")
    kernel = page.locator(f"{VIEW} .kernel")
    kernel.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("-")
    page.keyboard.type("1/4")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"weights(=|%3D)1(,|%2C)-0.25"))
    weights = [1, -0.25, 1, 0, 1, 0, 1, 0, 1]
    expected = trace(number_grid(8)[None], np.reshape(weights, (1, 3, 3)), 2, 3, padding=0).value
    point(page, "output", 2, 3, (6, 6))
    expect(sentence(page)).to_contain_text(f"out[2, 3] = {expected:.3g} ")

    # Dragged up, it becomes larger.
    box = page.locator(f"{VIEW} .kernel canvas").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2 - 50, steps=5)
    page.mouse.up()
    page.wait_for_url(re.compile(r"weights(=|%3D)1(,|%2C)-0.25(,|%2C)1(,|%2C)0(,|%2C)2"))
    assert page.locator(VIEW).evaluate("(root) => root.shown.traced.terms[0].weights[4]") == 2


def test_the_same_layer_transposed_stamps_the_kernel(page: Page) -> None:
    opened(page, f"{PAGE}?conv_layer=transposed")
    expect(page.locator(f"{VIEW} figure[data-role=output] small")).to_have_text("9 × 9")
    point(page, "input", 1, 1, (4, 4))
    value = int(number_grid(4)[1, 1])
    expect(sentence(page)).to_contain_text(
        f"in[1, 1] = {value} stamps the kernel, times {value}, onto 9 output values."
    )


def test_an_own_setting_after_a_preset_is_kept_and_a_preset_chosen_after_it_wins(page: Page) -> None:
    opened(page, f"{PAGE}?conv_layer=same")
    before = token(page)
    page.locator(".st-key-conv_again button").wait_for()
    slide(page, "Dilation", 2)
    page.wait_for_url(re.compile(r"dilation"))
    redrawn(page, before)
    expect(page.locator(VIEW).get_by_label("Dilation", exact=True)).to_have_value("2")
    page.locator(".st-key-conv_again button").click()
    expect(page.locator(VIEW).get_by_label("Dilation", exact=True)).to_have_value("1")
    expect(page).not_to_have_url(re.compile(r"dilation"))

    slide(page, "Stride", 2)
    page.wait_for_url(re.compile(r"stride"))
    before = token(page)
    page.locator(".st-key-conv_show").get_by_role("combobox").click()
    page.get_by_role("option", name="Depthwise: channels apart").click()
    redrawn(page, before)
    expect(page.locator(f"{VIEW} figure[data-role=output]")).to_have_count(3)
    point(page, "output", 5, 6, (32, 32), index=1)
    expect(sentence(page)).to_contain_text("Map 1 reads channel 1 alone of 3.")


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1024, 768), (390, 844)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pointing_at_the_output_and_its_sum_are_seen_together(
    open_page: Callable[..., Page], width: int, height: int, scheme: str
) -> None:
    """On the first screen, but on a phone, where one scrolls to the output."""
    page = open_page(width, height, color_scheme=scheme)
    for preset in ("channels", "maps") if scheme == "light" else ("depthwise",):
        opened(page, f"{PAGE}?conv_layer={preset}")
        output = page.locator(f"{VIEW} figure[data-role=output] .frame").last
        if width < 640:
            output.scroll_into_view_if_needed()
        terms = page.locator(f"{VIEW} .term:not(.unread)").all()
        for part in (frame(page, "output"), *terms, page.locator(f"{VIEW} .total")):
            box = part.bounding_box()
            assert box is not None
            assert box["y"] >= 0, (preset, part)
            assert box["y"] + box["height"] <= height, (preset, part)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        inner = page.locator(VIEW).evaluate("(root) => [root.scrollWidth, root.clientWidth]")
        assert inner[0] <= inner[1]


# Whether anything is painted on a canvas.
INK = """(canvas) => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some(Boolean)"""


def test_what_is_painted_while_one_points_is_said_when_the_hand_rests(page: Page) -> None:
    opened(page, f"{PAGE}?conv_layer=channels")
    point(page, "output", 7, 9, (48, 48))
    expect(sentence(page)).to_contain_text("out[7, 9] = ")
    painted = page.locator(VIEW).evaluate("(root) => root.shown.painted")
    expect(sentence(page)).to_have_text(painted["sentence"])
    expect(page.locator(f"{VIEW} .total")).to_have_text(painted["total"])
    expect(page.locator(f"{VIEW} .sum")).to_have_text(painted["sums"])
    for text in page.locator(f"{VIEW} .live canvas").all():
        assert text.evaluate(INK)


def test_the_view_loads_at_most_60_kilobytes(open_page: Callable[..., Page]) -> None:
    """Its modules as they travel, and its style sheet, which travels with the page."""
    page = open_page(cold=True)
    loaded = []
    page.on("requestfinished", lambda request: loaded.append(request) if "/components/" in request.url else None)
    opened(page, PAGE)
    mine = [request for request in loaded if "/convolution/" in request.url or "/shared/" in request.url]
    assert len(mine) > 15
    style = (COMPONENTS / "convolution" / "view.css").stat().st_size + (
        COMPONENTS / "shared" / "view.css"
    ).stat().st_size
    assert sum(request.sizes()["responseBodySize"] for request in mine) + style <= 60_000


def test_a_picture_of_512_pixels_is_shown_without_digits(page: Page) -> None:
    opened(page, f"{PAGE}?conv_layer=maps;side=512")
    expect(page.locator(f"{VIEW} figure[data-role=output] small").first).to_have_text(re.compile(r"\d{3} × \d{3}"))
    shape = page.locator(VIEW).evaluate("(root) => root.shown.traced.terms[0].patch.length")
    assert shape == 9
