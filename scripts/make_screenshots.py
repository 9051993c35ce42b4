"""The pictures of the pages in the README: `python -m scripts.make_screenshots` takes them anew in a real browser."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from app.ui.pages import HOME, PAGES
from scripts.browser import find_browser
from scripts.serve import running

FOLDER = Path(__file__).parent.parent / "docs" / "images"
# What each page is shown in; those not named here open as they are.
STATES = {
    "architectures": "?arch_open_a=stage-1,inception3a,inception3a.branch2",
    "classic_kernels": "?stages=sobel_x&colours=grey&show=signed",
}
UNDER_WAY = re.compile("Computing …|pictures so far")  # what views say while they wait for numbers
RUNNING = '[data-status="running"]'  # a map that comes bit by bit
HOME_IS_LIVE = '[data-source="live"]'


def main() -> None:
    """Every page at 1440×900 in the light theme, as lossless WebP."""
    with running() as app, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox"])
        for entry in PAGES:
            name, home = entry.address, entry == HOME
            page = browser.new_page(viewport={"width": 1440, "height": 900}, base_url=app.address, color_scheme="light")
            page.goto("/" if home else f"/{name}{STATES.get(name, '')}")
            page.locator(f"[data-cnnviz-drawn]{HOME_IS_LIVE if home else ''}").first.wait_for(timeout=120_000)
            page.wait_for_load_state("networkidle")
            for under_way in (page.get_by_text(UNDER_WAY), page.locator(RUNNING)):
                under_way.first.wait_for(state="hidden", timeout=120_000)
            shot = Image.open(BytesIO(page.screenshot())).convert("RGB")
            FOLDER.mkdir(parents=True, exist_ok=True)
            shot.save(FOLDER / f"{name}.webp", lossless=True, quality=100, method=6)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
