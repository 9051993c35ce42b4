"""Filters in a real browser: a filter is clicked, weights are pointed at and saved; every number is torch's."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from cnnviz import network
from tests.browser.actions import opened

VIEW = ".filters-view"


def test_a_filter_is_opened_pointed_at_and_saved(page: Page) -> None:
    opened(page, "/feature_maps?view=layer")
    stem = network.load_network("efficientnet_lite0").module.get_submodule("conv_stem").weight.detach()
    view = page.locator(VIEW)
    expect(view).to_have_attribute("data-layer", "conv_stem")
    gallery = view.locator(".sheet").first
    gallery.focus()
    page.keyboard.press("Home")
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    expect(view.locator(".sentence")).to_contain_text("Filter 5 of conv_stem makes channel 5")
    page.keyboard.press("Enter")  # its map opens, and its slices
    expect(page.locator(".map-mosaic .large")).to_contain_text("Channel 5", timeout=30_000)
    by_norm = stem[5].flatten(1).norm(dim=1).argsort(descending=True).tolist()
    strongest = int(stem[5, by_norm[0]].abs().argmax())
    expect(view).to_have_attribute("data-cell", f"{by_norm[0]},{strongest // 3},{strongest % 3}", timeout=30_000)

    slices = view.locator(".sheet").last
    box = slices.locator("canvas").first.bounding_box()
    assert box is not None
    expect(view.locator(".names small")).to_have_text([("red", "green", "blue")[place] for place in by_norm])
    # The middle weight of the middle one of three slices side by side.
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(view).to_have_attribute("data-cell", f"{by_norm[1]},1,1")
    assert float(view.get_attribute("data-weight") or "nan") == float(stem[5, by_norm[1], 1, 1])
    slices.focus()
    for _ in range(3):  # over the edge of the slice into the one before
        page.keyboard.press("ArrowLeft")
    expect(view).to_have_attribute("data-cell", f"{by_norm[0]},1,1")

    view.get_by_role("button", name="By index").click()
    expect(view.locator(".names small")).to_have_text(["red", "green", "blue"])
    expect(page).to_have_url(re.compile("slices=index"), timeout=30_000)
    with page.expect_download() as download:
        view.get_by_role("button", name="CSV").click()
    rows = list(csv.DictReader(Path(download.value.path()).read_text().splitlines()))
    assert [float(row["weight"]) for row in rows] == stem[5].flatten().tolist()
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
