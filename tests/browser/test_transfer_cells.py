"""The notes' table in the browser: bars told by pointer and keyboard, saved as CSV, and the page's pictures in it."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from cnnviz.learn import CELLS, measured_cells
from tests.browser.waiting import settled


def test_the_measured_table_is_pointed_at_walked_through_and_saved(page: Page) -> None:
    page.goto("/transfer_learning?tr_view=cells&tr_per_class=5")
    view = page.locator(".cells-view[data-cnnviz-drawn]")
    expect(view).to_be_visible(timeout=120_000)
    expect(view.locator(".cell")).to_have_count(4)
    expect(view.locator(".cell.here h4")).to_contain_text("Similar pictures, few")
    expect(view).to_have_attribute("data-own", "4")

    digits = view.locator(".set").filter(has_text="Digits, 5 of each class")
    first = digits.locator(".row").first
    first.hover()
    sentence = view.locator(".sentence")
    expect(sentence).to_contain_text("Different pictures, few, Head on earlier layers:")
    expect(sentence).to_contain_text("The notes advise it.")
    first.focus()
    page.keyboard.press("Tab")
    expect(sentence).to_contain_text("Frozen backbone")
    expect(digits.locator(".row.pointed .name")).to_have_text("Frozen backbone")

    with page.expect_download() as download:
        view.get_by_role("button", name="Save").click()
    lines = Path(download.value.path()).read_text(encoding="utf-8").splitlines()
    arms = sum(len(measured_cells().cells[cell.name].arms) for cell in CELLS)
    assert len(lines) == 1 + arms + 4  # a heading, the table, the recorded arms of the pictures on the page
    settled(page)
