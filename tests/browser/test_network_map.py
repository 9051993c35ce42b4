"""The map of the network in a real browser: open a stage, point, walk, pin, another picture, two pictures, a phone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from cnnviz import analysis, network
from cnnviz.image import load_sample
from tests.browser.actions import darkened, opened, pinch, redrawn, token

PAGE = "/feature_maps?by=mean"
VIEW = ".network-map"
SENTENCE = f"{VIEW} .sentence"
MAP = f"{VIEW} .scroll"
# Where the view itself drew a channel, in the coordinates of the window; the plan is what it points by.
PLACE = """async ([address, name, row]) => {
    const deep = (root, selector) => root.querySelector(selector) ?? [...root.querySelectorAll('*')].reduce(
        (found, node) => found ?? (node.shadowRoot && deep(node.shadowRoot, selector)), null);
    const { planOf } = await import(address);
    const plan = planOf(deep(document, '.network-map'));
    const scroll = deep(document, '.network-map .scroll');
    const box = plan.boxes.find((one) => one.name === name);
    const tile = row < 0 ? plan.stages.find((one) => one.name === name) : box.tiles[row];
    scroll.scrollLeft = Math.max(0, tile.x - 200);
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const at = scroll.getBoundingClientRect();
    const y = row < 0 ? 12 : tile.y - scroll.scrollTop + tile.height / 2;
    return { x: at.left + tile.x - scroll.scrollLeft + (row < 0 ? 25 : tile.width / 2), y: at.top + y,
             channel: row < 0 ? null : tile.channel, column: box?.column };
}"""

HEIGHT = "(node) => node.scrollHeight"


def place(page: Page, name: str, row: int = 0) -> dict[str, float]:
    """The middle of the tile in this row of the column `name`; with row −1 of a stage's header."""
    return page.evaluate(PLACE, ["/components/network_map/view.js", name, row])


def point(page: Page, name: str, row: int = 0) -> int:
    """Move the mouse to a channel; returns which it is."""
    at = place(page, name, row)
    page.mouse.move(at["x"], at["y"])
    expect(page.locator(VIEW)).to_have_attribute("data-pointed", f"{name}/{at['channel']:.0f}")
    return int(at["channel"])


def fed(page: Page) -> dict[tuple[int, int], float]:
    """The strongest channels that feed what is pointed at, as the view has them: {(column, channel): share}."""
    view = page.locator(VIEW)
    expect(view).to_have_attribute("data-fed", re.compile(r"\d"), timeout=30_000)
    parts = [re.split("[.=]", one, maxsplit=2) for one in (view.get_attribute("data-fed") or "").split()]
    return {(int(column), int(channel)): float(share) for column, channel, share in parts}


def stages_open(page: Page, stages: str) -> Locator:
    view = page.locator(VIEW)
    expect(view).to_have_attribute("data-open", stages, timeout=30_000)
    return view


def test_a_map_from_the_picture_to_the_answer(page: Page) -> None:
    opened(page, PAGE)
    view = stages_open(page, "")
    expect(page.locator(f"{VIEW} .answer li").first).to_contain_text("Egyptian cat")
    run = analysis.record_pass(network.load_network("efficientnet_lite0"), load_sample("chelsea"))
    chart = analysis.network_map(run, analysis.layer_table(network.load_network("efficientnet_lite0")))
    columns = {column.name: column.index for column in chart.columns}

    at = place(page, "blocks.1", -1)  # a click on a stage's header opens it, and the address knows
    page.mouse.click(at["x"], at["y"])
    stages_open(page, "3")
    page.wait_for_url("**open=3**")

    channel = point(page, "blocks.1.0.conv_dw", 2)  # an edge is weight × activation; they add up
    shares = fed(page)
    assert list(shares) == [(columns["blocks.1.0.conv_pw"], channel)]  # depthwise: one channel reads one
    channel = point(page, "blocks.1.0.conv_pwl", 1)
    expect(page.locator(VIEW)).to_have_attribute(
        "data-fed", re.compile(rf"^{columns['blocks.1.0.conv_dw']}\."), timeout=30_000
    )
    shown = chart.shown([3])
    (wanted,) = analysis.feeds(run, chart, columns["blocks.1.0.conv_pwl"], [channel], shown)
    for (column, source), share in fed(page).items():
        assert share == pytest.approx(wanted.shares[column][source], rel=1e-2, abs=1e-4)
    expect(page.locator(SENTENCE)).to_contain_text(f"averages {wanted.total:.3g}: ".replace("-", "−"))
    assert int(view.get_attribute("data-edges") or 0) >= 8

    page.locator(MAP).focus()  # keys: down a channel, a column on, pin it
    page.keyboard.press("ArrowDown")
    expect(view).not_to_have_attribute("data-pointed", f"blocks.1.0.conv_pwl/{channel}")
    page.keyboard.press("ArrowRight")
    expect(view).to_have_attribute("data-pointed", re.compile("^blocks.1.1.conv_pw/"))
    page.keyboard.press("Space")
    pinned = f"{columns['blocks.1.1.conv_pw']}."
    expect(view).to_have_attribute("data-pinned", re.compile(f"^{re.escape(pinned)}"))
    page.wait_for_url(re.compile(f"pin={re.escape(pinned)}"))
    page.mouse.move(5, 5)  # what is pinned stays lit, and its eight strongest feeders come in sight
    expect(view).to_have_attribute("data-edges", re.compile("^(8|9|1[0-6])$"), timeout=30_000)
    expect(view).to_have_attribute("data-hidden", "0")

    slider = page.locator(f"{VIEW} .answer input")  # the softmax gets hotter
    slider.fill("4")
    expect(page.locator(f"{VIEW} .answer")).to_have_attribute("data-temperature", "4")
    page.wait_for_url("**t=4**")
    expect(page.locator(f"{VIEW} .answer li").first).not_to_contain_text("40.7 %")

    before = view.get_attribute("data-cnnviz-drawn") or ""
    page.locator(".st-key-choose_picture button").first.click()  # another picture: what is open and pinned stays
    page.get_by_role("dialog").get_by_role("button", name="coffee", exact=False).first.click()
    expect(view).not_to_have_attribute("data-cnnviz-drawn", before, timeout=30_000)
    stages_open(page, "3")
    expect(view).to_have_attribute("data-pinned", re.compile(f"^{re.escape(pinned)}"))
    expect(page.locator(f"{VIEW} .answer li").first).to_contain_text("espresso")

    page.locator(MAP).focus()
    page.keyboard.press("Enter")  # the pinned channel, large
    expect(page.locator(".map-mosaic figcaption b")).to_have_text("blocks.1.1.bn1.act", timeout=30_000)
    page.get_by_role("radio", name="Map of the network").click()
    stages_open(page, "3")


@pytest.mark.parametrize("compare", ["side", "difference"])
def test_two_pictures_on_a_phone_without_scrolling_the_page_sideways(
    open_page: Callable[..., Page], compare: str
) -> None:
    scheme = "dark" if compare == "side" else "light"
    page = opened(open_page(390, 844, color_scheme=scheme), f"{PAGE}&against=coffee&compare={compare}")
    row = page.locator(f"{VIEW} .answer li").first
    expect(row.locator("b")).to_have_count(2)
    expect(row).to_contain_text("Egyptian cat")
    said = "left Chelsea the cat, right" if compare == "side" else "Chelsea the cat less"
    expect(page.locator(f"{VIEW} figcaption")).to_contain_text(said)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    at = place(page, "conv_stem", 1)
    page.mouse.click(at["x"], at["y"])
    expect(page.locator(SENTENCE)).to_contain_text("In “Cup of coffee” mean")
    view = page.locator(VIEW)
    expect(view).to_have_attribute("data-pinned", re.compile(r"^1\."))
    if compare == "difference":
        expect(page.locator(SENTENCE)).to_contain_text("“Chelsea the cat” less that in “Cup of coffee” is")
    else:  # the right half of a tile is the second picture's, with feeders of its own
        page.mouse.click(at["x"] + 10, at["y"])
        expect(view).to_have_attribute("data-side", "1")
        expect(page.locator(SENTENCE)).to_contain_text("In “Cup of coffee” its convolution")
        page.wait_for_url(re.compile(rf"pin=1\.{at['channel']:.0f}\.1"))
        page.reload()  # the link brings it back
        expect(view).to_have_attribute("data-pinned", f"1.{at['channel']:.0f}")
        expect(view).to_have_attribute("data-side", "1")
    height = page.locator(MAP).evaluate(HEIGHT)
    pinch(page.locator(MAP), 2)
    assert page.locator(MAP).evaluate(HEIGHT) > 1.5 * height


def test_shares_at_a_temperature_are_those_of_the_softmax_and_a_page_that_turns_dark_is_drawn_anew(page: Page) -> None:
    opened(page, PAGE)
    found = page.evaluate(
        """async (address) => {
            const { softmax } = await import(address);
            return [...softmax(Float32Array.from([1, 2, 4, -1000]), 2)];
        }""",
        "/components/network_map/softmax.js",
    )
    powers = [2.718281828459045**half for half in (0.5, 1.0, 2.0)]
    assert found == pytest.approx([*(power / sum(powers) for power in powers), 0.0])

    before = token(page)
    redrawn(darkened(page), before)  # with the colour map whose zero is the page's ground
    corner = "(one) => [...one.getContext('2d').getImageData(2, 2, 1, 1).data].slice(0, 3)"
    assert sum(page.locator(f"{MAP} canvas").first.evaluate(corner)) < 3 * 64  # the headers' ground
