"""How soon does the graph of ResNet-152 stand, its blocks closed, after one has chosen it?

A real browser on the real app, with another network on the page. The time runs from the click in the list until the
frame after the graph has been drawn. Each time the server is new, so that it knows nothing of ResNet-152 beforehand.
"""

from __future__ import annotations

import statistics

from playwright.sync_api import Browser, Page, expect

from benchmarks.harness import Row
from benchmarks.web import Gesture, browser_at_work, drawn, page_of
from scripts.serve import APP

VIEW = ".network-graph"
PAGE = "architectures?arch_network_a=resnet18"
TITLE = "ResNet-152"
MOST = 1.0  # seconds
REPEATS = 3


def rows() -> list[Row]:
    """ResNet-152, closed; then all of its blocks opened."""
    with browser_at_work() as browser:
        chosen, opened = zip(*(_once(browser) for _ in range(REPEATS)), strict=True)
    closed, everything = statistics.median(chosen), statistics.median(opened)
    return [
        Row(f"graph of {TITLE}, closed, after it is chosen", "its limit", closed, MOST, closed / MOST, None, MOST),
        Row(f"all blocks of {TITLE} opened", "its limit", everything, MOST, everything / MOST, None, MOST),
    ]


def _once(browser: Browser) -> tuple[float, float]:
    with page_of(browser, APP, PAGE) as page:
        drawn(page, VIEW)
        return _choose(page).seconds(), _open_all(page)


def _choose(page: Page) -> Gesture:
    """The click on the network in the list."""
    page.get_by_role("combobox").first.click()
    option = page.get_by_role("option", name=TITLE).first
    page.get_by_role("combobox").first.fill(TITLE)
    option.wait_for()
    page.locator('[data-test-script-state="notRunning"]').wait_for()
    return Gesture(page, "click", option.click, VIEW)


def _open_all(page: Page) -> float:
    """Seconds from the click until the frame after every block stands open; the view does it by itself."""
    view = page.locator(VIEW)
    expect(view.locator("b").first).to_have_text(TITLE)
    taken: float = view.evaluate(
        """(root) => new Promise((done) => {
            const start = performance.now();
            [...root.querySelectorAll('button')].find((one) => one.textContent === 'Open all').click();
            requestAnimationFrame(() => requestAnimationFrame(() => done((performance.now() - start) / 1e3)));
        })"""
    )
    return taken
