"""Feature space on the page Transfer learning in a browser: pointed at, by keys too, held, saved, laid out anew."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.actions import fits_at_all_sizes

# The arms are recorded, so nothing is taught here.
PAGE = "/transfer_learning?tr_view=space&tr_look=Frozen+backbone"
VIEW = ".feature-space"
NEXT_BY_HAND = """async () => {
    const { between, next, placed, under } = await import(location.origin + "/components/feature_space/geometry.js");
    const points = Float32Array.from({ length: 80 }, (_, i) => Math.sin(7 * i * i + i));
    const places = placed(points, 300, 200);
    const numbers = [...Array(40).keys()];
    const x = (at) => places[2 * at], y = (at) => places[2 * at + 1];
    const wrong = [];
    const check = (holds, ...what) => { if (!holds) wrong.push(what); };
    for (const at of numbers) {
        const right = next("ArrowRight", at, places), up = next("ArrowUp", at, places);
        check(x(at) >= 0 && x(at) <= 300 && y(at) >= 0 && y(at) <= 200, "outside", at);
        check(under(places, x(at), y(at), 5) !== null, "under", at);
        check(right === at ? numbers.every((i) => x(i) <= x(at)) : x(right) > x(at), "right", at);
        check(up === at ? numbers.every((i) => y(i) >= y(at)) : y(up) < y(at), "up", at);
    }
    const apart = (from, i, j) => Math.hypot(from[2 * i] - from[2 * j], from[2 * i + 1] - from[2 * j + 1]);
    const [one, other] = [[0, 1], [5, 9]].map(([i, j]) => apart(places, i, j) / apart(points, i, j));
    check(Math.abs(one / other - 1) < 1e-3, "scale", one, other);
    check(under(places, -500, -500, 22) === null, "nothing there");
    const start = places.map(() => 7), half = between(start, places, 0.5);
    check(numbers.every((i) => Math.abs(half[i] - (7 + places[i]) / 2) < 1e-3), "half-way");
    check(between(start, places, 1) === places && between(undefined, places, 0) === places, "there");
    check(between(start, places, 0)[5] === 7 && between(start.slice(2), places, 0) === places, "begun");
    check(next("Home", 3, places) === 0 && next("End", 3, places) === 39 && next("x", 3, places) === null, "keys");
    return wrong;
}"""


def test_pictures_are_pointed_at_before_and_after(page: Page) -> None:
    page.goto(PAGE)
    view, buttons = page.locator(VIEW), page.get_by_test_id("stButtonGroup")
    for name, panes in (("Last block", "2"), ("Frozen backbone", "1"), ("Last block", "2")):
        buttons.get_by_text(name).click(timeout=60_000)
        expect(view).to_have_attribute("data-panes", panes, timeout=60_000)
    expect(view.locator(".sentence")).to_contain_text("% (Last block): measured in all")
    assert page.evaluate(NEXT_BY_HAND) == []
    before, after = view.locator(".frame").nth(0), view.locator(".frame").nth(1)
    before.focus()
    page.keyboard.press("End")
    expect(view).to_have_attribute("data-lit", re.compile(r"^[1-9]\d+$"))
    page.keyboard.press("Home")
    expect(view).to_have_attribute("data-lit", "0")
    page.keyboard.press("ArrowRight")
    expect(view).not_to_have_attribute("data-lit", "0")
    lit = view.get_attribute("data-lit") or ""
    expect(view.locator(".sentence")).to_contain_text("after")
    expect(view.locator(".detail figure")).to_have_count(3)
    page.keyboard.press("Enter")
    expect(view).to_have_attribute("data-held", lit)
    expect(page).to_have_url(re.compile(f"tr_point={lit}(&|$)"))

    after.hover(position={"x": 2, "y": 2})
    view.get_by_role("button", name="Pictures").click()
    expect(view).to_have_attribute("data-pictures", "true")
    expect(page).to_have_url(re.compile("tr_pictures=1"))
    expect(view).to_have_attribute("data-held", lit)  # what is held stays, whatever else is told
    view.get_by_role("button", name="bird").click()
    expect(view.get_by_role("button", name="bird")).to_have_attribute("aria-pressed", "true")
    with page.expect_download() as download:
        view.get_by_role("button", name="CSV").click()
    with Path(download.value.path()).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["part"] for row in rows} == {"test", "training"} and len({row["class"] for row in rows}) == 4
    assert all(row["taken for"] for row in rows if row["part"] == "test")
    with page.expect_download() as picture:
        view.get_by_role("button", name="PNG").click()
    assert Path(picture.value.path()).read_bytes().startswith(b"\x89PNG")
    buttons.get_by_text("t-SNE").click()
    expect(view).to_have_attribute("data-layout", "map", timeout=60_000)
    expect(page).to_have_url(re.compile("tr_plane=tsne"))
    expect(view).to_have_attribute("data-held", lit)
    expect(view.locator(".panes figcaption").nth(1)).to_contain_text("of the 5 nearest")
    fits_at_all_sizes(page)
