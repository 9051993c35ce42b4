"""Arms on the page Transfer learning in a real browser: begun, watched, cancelled, found again; cells open pictures."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.waiting import settled

# Two pictures of each class, so that all is done in a moment on any machine.
PAGE = "/transfer_learning?tr_per_class=2&tr_arms=frozen,everything&tr_everything=epochs:60&tr_also=none"
LINES, CONFUSION = "[class*=st-key-tr_line]", ".confusion-view"


def test_arms_are_begun_cancelled_found_again_and_answer(page: Page) -> None:
    page.goto(PAGE)
    page.locator(".st-key-tr_start button").click()
    frozen, everything = page.locator(LINES).nth(0), page.locator(LINES).nth(1)
    expect(everything).to_contain_text(re.compile("Computes|Learns|Tests|Waits"))
    everything.get_by_role("button", name="Cancel").click()
    expect(everything).to_contain_text("Stopped")
    expect(frozen).to_contain_text("Done.")
    expect(page.locator(".st-key-tr_curves .legend").filter(has_text="Frozen backbone")).to_have_count(1)
    expect(page.get_by_role("row").filter(has_text="Frozen backbone")).to_contain_text("±")

    view = page.locator(CONFUSION)
    expect(view.locator("tbody td")).to_have_count(16)
    view.locator("#cell-3-3").hover()
    expect(view.locator(".sentence")).to_contain_text("of mammal were recognised")
    view.locator("#cell-3-3").click()
    expect(view).to_have_attribute("data-open", "3,3")
    expect(view.locator(".tiles canvas").first).to_be_visible()
    expect(view.locator(".opened figcaption")).to_contain_text("mammal, recognised")
    view.locator("table").focus()
    page.keyboard.press("ArrowUp")
    expect(view.locator(".sentence")).to_contain_text("food were taken for mammal")
    page.keyboard.press("Enter")
    expect(view).to_have_attribute("data-open", "2,3")

    expect(page).to_have_url(re.compile("runs="))
    second = page.context.new_page()
    second.goto(page.url)  # the address alone finds the runs
    expect(second.locator(LINES)).to_have_count(2)
    expect(second.locator(LINES).nth(0)).to_contain_text("Done.")
    expect(second.locator(LINES).nth(1)).to_contain_text("Stopped")
    expect(second.locator(CONFUSION)).to_have_attribute("data-open", "2,3")
    second.close()

    page.get_by_test_id("stRadioGroup").get_by_text("Take it home").click()
    page.locator(".st-key-tr_pack button").click()
    with page.expect_download() as download:
        page.locator(".st-key-tr_download a").click()
    with zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes())) as file:
        assert {"README.txt", "model.safetensors", "model.json", "predict.py", "predict.ipynb", "teach.py"} <= set(
            file.namelist()
        )
    settled(page)
