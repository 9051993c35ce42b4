"""Lecture numbers in a real browser: filter, search, open by mouse and by keyboard, come back, answer a question."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from cnnviz.analysis import lecture_figures
from tests.browser.actions import opened


def test_figures_are_filtered_searched_opened_and_found_again(page: Page) -> None:
    figures = lecture_figures()
    differing = [figure for figure in figures if not figure.agrees]
    opened(page, "/lecture_numbers")
    view = page.locator(".lecture-list")
    expect(view).to_have_attribute("data-shown", str(len(differing)))
    expect(view.locator(".sentence")).to_contain_text(f"{len(differing)} of the {len(figures)} figures")
    expect(view.locator(".details")).to_contain_text("13 × 13 × 256 × 3 × 3 × 384 = 149,520,384")

    view.get_by_role("button", name="All", exact=True).click()
    expect(view).to_have_attribute("data-shown", str(len(figures)))
    view.get_by_role("searchbox").fill("resnet weight DECAY")
    (decay,) = [figure for figure in figures if figure.given == "1e-5"]
    expect(view).to_have_attribute("data-shown", "1")
    view.locator(".row").click()
    expect(view.locator(".details")).to_contain_text("ten times as much")
    expect(page).to_have_url(re.compile(f"ln_open={decay.number}"), timeout=30_000)
    view.get_by_role("searchbox").fill("no such words")
    expect(view.locator(".none")).to_be_visible()
    view.get_by_role("searchbox").fill("conv4")
    rows = view.locator(".row")
    rows.first.focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowUp")
    expect(rows.nth(rows.count() - 2)).to_be_focused()
    expect(view.locator(".sentence")).to_contain_text("the notes say")
    page.keyboard.press("Enter")
    number = rows.nth(rows.count() - 2).get_attribute("data-number")
    expect(view).to_have_attribute("data-opened", number or "")
    expect(page).to_have_url(re.compile(rf"ln_open={number}(?!\d)"), timeout=30_000)
    expect(page).to_have_url(re.compile("ln_search=conv4"), timeout=30_000)

    page.set_viewport_size({"width": 390, "height": 844})
    page.reload()
    expect(view).to_have_attribute("data-opened", number or "", timeout=30_000)
    expect(view.get_by_role("searchbox")).to_have_value("conv4")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390

    page.get_by_role("tab", name="Predict, then look").click()
    page.get_by_test_id("stRadio").get_by_text("conv2", exact=True).click()
    commit = page.get_by_role("button", name="Commit and look").nth(1)
    expect(commit).to_be_enabled(timeout=30_000)
    commit.click()
    (conv2,) = [f for f in figures if (f.topic, f.what) == ("AlexNet's table: conv2", "multiply-adds, millions")]
    expect(view).to_have_attribute("data-opened", str(conv2.number), timeout=30_000)
    expect(view.locator(".details")).to_contain_text("27 × 27 × 192 × 5 × 5 × 64 = 223,948,800")
