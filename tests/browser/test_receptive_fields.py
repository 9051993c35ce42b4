"""Receptive fields in a real browser: pointing, the nudge, padding, keys, the depth slider; boxes are the library's."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from cnnviz import analysis, image, network
from tests.browser.actions import opened, redrawn, token

PAGE = "/receptive_fields"
VIEW = ".field-view"
LAYER = "blocks.2.1.conv_dw"


# One step deeper; then the share of the map's canvas that is painted, in the next frame but one.
MOVED = """async (slider) => {
    slider.value = Number(slider.value) + 1;
    slider.dispatchEvent(new Event("input"));
    for (let i = 0; i < 3; i += 1) await new Promise(requestAnimationFrame);
    const canvas = slider.getRootNode().querySelector(".field-view figure[data-role=map] canvas");
    const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let opaque = 0;
    for (let i = 3; i < data.length; i += 4) opaque += data[i] === 255;
    return opaque / (data.length / 4);
}"""


@pytest.fixture(scope="module")
def field() -> analysis.ReceptiveField:
    return analysis.receptive_fields(network.load_network("efficientnet_lite0"))[LAYER]


def frame(page: Page, role: str) -> Locator:
    return page.locator(f"{VIEW} figure[data-role={role}] .frame")


def place(page: Page, role: str, row: float, col: float, size: int, margin: int = 0) -> tuple[float, float]:
    """The middle of a cell of the panel, in page pixels; `margin` cells stand around its `size` × `size`.

    Whole numbers, since a click has no others: a fraction would be cut off, and point at the cell before.
    """
    box = frame(page, role).bounding_box()
    assert box is not None
    cells = size + 2 * margin
    across, down = (col + margin + 0.5) / cells, (row + margin + 0.5) / cells
    return round(box["x"] + across * box["width"]), round(box["y"] + down * box["height"])


def margin(page: Page) -> int:
    return int(page.locator(VIEW).get_attribute("data-margin") or 0)


def sentence(page: Page) -> Locator:
    return page.locator(f"{VIEW} .sentence")


def test_pointing_both_ways_and_what_lies_in_the_padding(page: Page, field: analysis.ReceptiveField) -> None:
    outputs = analysis.capture(network.load_network("efficientnet_lite0"), image.load_sample("chelsea"))
    means = outputs[LAYER].abs().mean(0).numpy()
    opened(page, PAGE)
    view = page.locator(VIEW)
    for row, col in [(5, 20), (27, 0), (0, 3)]:
        box = field.region(row, col, clip=False)
        page.mouse.move(*place(page, "map", row, col, 28))
        expect(view).to_have_attribute("data-box", f"{box.top},{box.left},{box.bottom},{box.right}")
        expect(sentence(page)).to_contain_text(f"Unit (row {row}, column {col}) of {LAYER}")
        expect(sentence(page)).to_contain_text(f"Mean size there: {means[row, col]:.3g}.")
    # A click near the border: the part in the padding is counted, hatched, and kept in the link.
    page.mouse.click(*place(page, "map", 0, 3, 28))
    page.wait_for_url(re.compile("rf_unit=0%2C3"))
    box, seen = field.region(0, 3, clip=False), field.region(0, 3)
    outside = (box.height - seen.height, box.width - seen.width)
    assert min(outside) > 0
    expect(view).to_have_attribute("data-padding", f"{outside[0]},{outside[1]}")
    expect(sentence(page)).to_contain_text(f"{outside[0]} rows and {outside[1]} columns of them in the padding")
    share = seen.height * seen.width / (box.height * box.width)
    assert painted(page) == pytest.approx(share, abs=0.03), "as much of the crop is picture as of the box"
    # From a pixel to the units whose field holds it.
    holding = sum(field.region(row, col).contains(90, 30) for row in range(28) for col in range(28))
    page.mouse.move(*place(page, "picture", 90, 30, 224, margin(page)))
    expect(view).to_have_attribute("data-lit", str(holding))
    expect(sentence(page)).to_contain_text(f"Pixel (row 90, column 30) lies in the field of {holding} of the 784 units")


def painted(page: Page) -> float:
    """The share of opaque pixels of the crop: the picture is opaque, hatched padding mostly not."""
    return page.locator(f"{VIEW} figure[data-role=crop] canvas").first.evaluate(
        """(canvas) => {
            const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            let opaque = 0;
            for (let i = 3; i < data.length; i += 4) opaque += data[i] === 255;
            return opaque / (data.length / 4);
        }"""
    )


def test_a_nudged_pixel_changes_only_units_whose_field_holds_it(page: Page, field: analysis.ReceptiveField) -> None:
    opened(page, f"{PAGE}?rf_mode=nudge")
    before = token(page)
    page.mouse.click(*place(page, "picture", 20, 200, 224, margin(page)))
    redrawn(page, before)
    page.wait_for_url(re.compile("rf_pixel=20%2C200"))
    allowed = {(row, col) for row in range(28) for col in range(28) if field.region(row, col).contains(20, 200)}
    view = page.locator(VIEW)
    changed = {tuple(map(int, unit.split(","))) for unit in (view.get_attribute("data-changed") or "").split()}
    assert changed and changed <= allowed
    expect(sentence(page)).to_contain_text(f"{len(changed)} of the 784 units of {LAYER} changed")
    expect(sentence(page)).to_contain_text(f"the field of {len(allowed)} holds it")
    expect(sentence(page)).to_contain_text("None outside changed")


def test_keys_alone_move_the_unit_and_step_through_the_depth(page: Page) -> None:
    opened(page, f"{PAGE}?rf_heat=off")
    view = page.locator(VIEW)
    frame(page, "map").focus()
    for key, unit in [("ArrowUp", "9,12"), ("Shift+ArrowRight", "9,22"), ("Shift+ArrowUp", "0,22")]:
        page.keyboard.press(key)
        expect(view).to_have_attribute("data-unit", unit)
    page.wait_for_url(re.compile("rf_unit=0%2C22"))
    frame(page, "picture").focus()
    page.keyboard.press("ArrowDown")
    expect(sentence(page)).to_contain_text("Pixel (row")
    page.keyboard.press("Escape")
    expect(sentence(page)).to_contain_text("Unit (row 0, column 22)")
    page.locator(f"{VIEW} .depth input").focus()
    painted = page.locator(f"{VIEW} .depth input").evaluate(MOVED)
    assert painted == 1, "the map of the next step is there before the server has said anything"
    # The box grows at once, too; the layer's exact map follows.
    expect(view).to_have_attribute("data-layer", "blocks.3.0.conv_dw")
    expect(view).to_have_attribute("data-unit", "0,11")
    page.wait_for_url(re.compile("rf_layer=blocks.3.0.conv_dw&rf_unit=0%2C11"))
    listed = page.locator(".st-key-rf_layer_widget").get_by_role("combobox")
    expect(listed).to_have_value(re.compile(r"blocks\.3\.0\.conv_dw"))


def test_a_unit_without_heat_says_why_and_pushes_nothing_away(page: Page) -> None:
    opened(page, f"{PAGE}?rf_layer=bn1.act&rf_channel=29&rf_unit=5,5")
    expect(sentence(page)).to_contain_text("No heat here: This unit of bn1.act does not answer to these pictures")
    for role in ("picture", "map", "crop"):
        box = frame(page, role).bounding_box()
        assert box is not None and box["width"] > 100
        assert box["x"] + box["width"] <= page.evaluate("window.innerWidth")
    # A box that is larger than the frame shows at the frame's border that it goes on.
    slider = page.locator(f"{VIEW} .depth input")
    slider.focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(VIEW)).to_have_attribute("data-layer", "blocks.6.0.conv_dw")
    dashed = page.locator(f"{VIEW} figure[data-role=picture] .marks").evaluate(
        """(canvas) => {
            const {data} = canvas.getContext("2d").getImageData(0, 0, 6, canvas.height);
            return data.filter((value, i) => i % 4 === 3 && value).length / (6 * canvas.height);
        }"""
    )
    assert 0.1 < dashed < 0.9


def test_pointing_is_drawn_within_a_frame_and_large_type_cuts_no_caption(page: Page) -> None:
    """The script's own time for one move of the hand: well within the 16.7 ms of a frame.

    Of many moves the median of the quicker half: the clock goes on while other tests have the cores, and only adds.
    """
    opened(page, f"{PAGE}?large=true")
    captions = page.locator(f"{VIEW} figcaption > span")
    assert captions.evaluate_all("(spans) => spans.map((span) => span.scrollWidth <= span.clientWidth)") == [True] * 3
    took = frame(page, "map").evaluate(
        """async (frame) => {
            const box = frame.getBoundingClientRect();
            const times = [];
            for (let i = 0; i < 40; i += 1) {
                const at = {clientX: box.left + box.width * (i + 0.5) / 40, clientY: box.top + box.height * 0.3};
                let start;
                requestAnimationFrame(() => { start = performance.now(); }); // before the view's own drawing
                frame.dispatchEvent(new PointerEvent("pointermove", at));
                times.push(await new Promise((done) => requestAnimationFrame(() => done(performance.now() - start))));
            }
            return times.sort((a, b) => a - b)[10];
        }"""
    )
    assert took < 16.7


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1024, 768), (390, 844)])
def test_picture_and_map_are_on_the_first_screen(open_page: Callable[..., Page], width: int, height: int) -> None:
    page = opened(open_page(width, height, color_scheme="dark"), PAGE)
    for role in ("picture", "map") if width > 640 else ("picture",):
        box = frame(page, role).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < height
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
