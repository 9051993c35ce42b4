"""Why this answer in a real browser: pointing, looks, slow maps that come bit by bit and are stopped, the tests."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO

import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect

from cnnviz import analysis, network
from cnnviz.image import load_sample
from tests.browser.actions import opened, redrawn, token, upload

PAGE = "/why_this_answer"
MAPS = ".why-view:has(figure[data-tile=picture])"


def tile(page: Page, name: str) -> str:
    return f'.why-view figure[data-tile="{name}"]'


def ready(page: Page, name: str) -> None:
    expect(page.locator(tile(page, name)).first).to_have_attribute("data-status", "done", timeout=90_000)


def point(page: Page, name: str, row: int, col: int) -> None:
    """Move the mouse to the middle of a pixel of a map."""
    frame = page.locator(f"{tile(page, name)} .frame").first
    frame.scroll_into_view_if_needed()
    box = frame.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + (col + 0.5) * box["width"] / 224, box["y"] + (row + 0.5) * box["height"] / 224)
    expect(page.locator(MAPS).first).to_have_attribute("data-cell", f"{row},{col}")


def value(page: Page, name: str) -> float:
    return float(page.locator(tile(page, name)).first.get_attribute("data-value") or "nan")


def two_frames(page: Page) -> None:
    """Wait until what a gesture asked for is drawn."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def colours(page: Page, name: str) -> np.ndarray:
    """The pixels of a tile as it stands on the screen, at 56 × 56 places."""
    two_frames(page)
    found = page.locator(f"{tile(page, name)} canvas").first.evaluate(
        """(c) => {
            const { data } = c.getContext("2d").getImageData(0, 0, c.width, c.height);
            return Array.from({ length: 56 * 56 }, (_, i) => {
                const [row, col] = [Math.floor(i / 56), i % 56];
                const place = (cell, size) => Math.floor((cell + 0.5) * size / 56);
                const at = 4 * (place(row, c.height) * c.width + place(col, c.width));
                return [data[at], data[at + 1], data[at + 2]];
            });
        }"""
    )
    return np.array(found).reshape(56, 56, 3)


def test_maps_are_pointed_at_and_laid_over_the_picture(page: Page) -> None:
    opened(page, f"{PAGE}?why_methods=saliency,grad_cam")
    net, picture = network.load_network("efficientnet_lite0"), load_sample("chelsea")
    found = {name: analysis.attribute(net, picture, None, name).map for name in ("saliency", "grad_cam")}
    for name in found:
        ready(page, name)
    for row, col in [(0, 0), (120, 33), (223, 200)]:
        point(page, "grad_cam", row, col)
        for name, map in found.items():  # one pixel, marked and told on all maps
            assert abs(value(page, name) - float(map[row, col])) < 0.02 * float(map.max())
    expect(page.locator(f"{MAPS} .sentence")).to_contain_text("Row 223, column 200")
    shares = {name: float(map[223, 200] / map.abs().mean()) for name, map in found.items()}
    said = page.locator(f"{MAPS} .sentence").inner_text()
    told = [float(text) for text in re.findall(r"\(([\d.]+) ×\)", said)]
    np.testing.assert_allclose(told, list(shares.values()), rtol=0.05)
    page.locator(f"{tile(page, 'saliency')} .frame").focus()
    page.keyboard.press("Shift+ArrowUp")
    expect(page.locator(f"{MAPS} .sentence")).to_contain_text("Row 213, column 200")

    slider = page.locator(f"{MAPS} input[type=range]")
    slider.fill("0")
    assert np.abs(colours(page, "grad_cam") - colours(page, "picture")).max() <= 2
    slider.fill("100")
    assert np.abs(colours(page, "grad_cam") - colours(page, "picture")).mean() > 30
    page.locator(f"{MAPS} [data-look=mask]").click()
    slider.fill("30")
    expect(page).to_have_url(re.compile("why_view_look=mask"))
    expect(page).to_have_url(re.compile("why_view_share=30"))
    kept = np.abs(colours(page, "grad_cam") - colours(page, "picture")).max(axis=2) <= 24  # smoothed in another way
    strong = (found["grad_cam"] >= found["grad_cam"].quantile(0.7)).numpy()[2::4, 2::4]
    assert (kept == strong).mean() > 0.9

    before = token(page)
    content = BytesIO()
    load_sample("coffee").save(content, "PNG")
    upload(page, "cup.png", content.getvalue(), "image/png")
    redrawn(page, before)
    expect(page.locator(f"{MAPS} .head b")).to_have_text("espresso")
    ready(page, "grad_cam")
    assert "cup" not in page.url
    with page.expect_download() as download:
        page.locator(f"{tile(page, 'grad_cam')} button").first.click()
    with Image.open(download.value.path()) as saved:
        assert saved.size[0] == saved.size[1] > 100


def test_slow_maps_come_bit_by_bit_and_are_stopped_and_started(page: Page) -> None:
    opened(page, f"{PAGE}?why_methods=occlusion&why_occlusion_stride=4")
    slow = page.locator(tile(page, "occlusion"))
    expect(slow.locator("progress")).to_be_visible()
    expect(slow).not_to_have_attribute("data-value", "")  # the coarse map is there before the end
    expect(slow).to_have_attribute("data-status", "running")
    page.locator(".st-key-why_target_widget input").click()
    page.get_by_role("option", name="tiger cat").click()
    expect(page.locator(f"{MAPS} .head b")).to_have_text("tiger cat")
    expect(slow).to_have_attribute("data-value", "")  # the map for the other class answers another question
    slow.get_by_role("button", name="Stop").click()
    expect(slow).to_have_attribute("data-status", "stopped")
    slow.get_by_role("button", name="Start again").click()
    expect(slow).to_have_attribute("data-status", "running")
    slow.get_by_role("button", name="Stop").click()
    expect(slow).to_have_attribute("data-status", "stopped")


def test_trust_is_tested_by_pixels_and_by_weights(open_page: Callable[..., Page]) -> None:
    page = open_page()
    opened(page, f"{PAGE}?why_methods=grad_cam&why_test=cut")
    tests = page.locator(".why-view").nth(1)
    cut = tests.locator('figure[data-tile="grad_cam"]')
    expect(cut).to_have_attribute("data-status", "done", timeout=120_000)
    expect(page.locator(".js-plotly-plot")).to_be_visible()
    net, picture = network.load_network("efficientnet_lite0"), load_sample("chelsea")
    heat = analysis.attribute(net, picture, None, "grad_cam").map
    deletion = analysis.deletion_curve(net, picture, None, heat, steps=28)
    expect(cut.locator("small")).to_contain_text(f"deletion {deletion.area:.2f}")
    tests.locator("input[type=range]").fill("50")
    two_frames(page)
    half = 100 * deletion.probabilities[14]
    said = float((cut.locator(".bar").inner_text()).split()[0])
    assert abs(said - half) < 1
    tests.locator("[data-look=insert]").click()
    expect(tests.locator("p.note")).to_contain_text("On the blurred picture")
    expect(page).to_have_url(re.compile("why_test_view_look=insert"))

    page.get_by_role("radio", name="Forget").click()
    first = tests.locator('figure[data-tile="grad_cam/1"]')
    expect(first).to_have_attribute("data-status", "done", timeout=120_000)
    expect(first.locator("figcaption")).to_contain_text("random down to classifier")
    expect(first.locator("small")).to_contain_text("rank −0.2")
    point(page, "grad_cam", 100, 50)
    expect(tests).to_have_attribute("data-cell", "100,50")  # the views point together
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
