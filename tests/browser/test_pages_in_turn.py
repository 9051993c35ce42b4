"""Pages opened one after another by one visitor: none takes a setting of another for its own."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from app.ui.pages import HOME, PAGES
from tests.browser.actions import opened
from tests.browser.waiting import settled

ALERT = '[data-testid="stAlert"], [data-testid="stException"]'


@pytest.mark.parametrize("backwards", [False, True], ids=["first to last", "last to first"])
def test_no_page_complains_of_what_another_left_behind(page: Page, backwards: bool) -> None:
    walk = [entry for entry in PAGES if entry != HOME]
    if backwards:
        walk.reverse()
    opened(page, "/")
    for entry in walk:
        page.locator('[data-testid="stSidebarNavLink"]').filter(has_text=entry.title).click()
        expect(page.get_by_role("heading", level=1, name=entry.title)).to_be_visible()
        settled(page)
        expect(page.locator(ALERT), entry.title).to_have_count(0)  # "Loading a network" goes by itself


def test_what_is_set_on_one_page_stands_there_after_another(page: Page) -> None:
    opened(page, "/convolution?conv_layer=leftover")
    for title in ("Feature maps", "Convolution"):
        page.locator('[data-testid="stSidebarNavLink"]').filter(has_text=title).click()
        expect(page.get_by_role("heading", level=1, name=title)).to_be_visible()
        settled(page)
    assert "conv_layer=leftover" in page.url
