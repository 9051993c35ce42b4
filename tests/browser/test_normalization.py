"""Normalization in a real browser: who lights up together, and every number on the screen is torch's."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from urllib.parse import quote_plus

import pytest
import torch
from playwright.sync_api import Page, expect

from app.ui import normalization_maps as maps
from app.ui.normalization_form import Form
from app.ui.picture import sample_picture
from cnnviz.layer import local_response_norm, normalize, shared_sets
from cnnviz.network import Network, load_network
from tests.browser.actions import darkened, opened, redrawn, token

PAGE = "/normalization"
VIEW = ".norm-tiles"
GAP, SIDE, STEP = 4, 56, 2  # picture pixels between tiles, of a tile; every second value is drawn


@pytest.fixture(scope="module")
def network() -> Network:
    return load_network("efficientnet_lite0")


def pictures(names: tuple[str, ...]) -> tuple:
    return tuple(sample_picture(name) for name in ("chelsea", *names))


def point(page: Page, panel: int, tile: int, row: int, col: int) -> list[float]:
    """Move the mouse to a value of a tile; returns this value in every panel."""
    canvas = page.locator(f"figure[data-panel='{panel}'] canvas").first
    canvas.scroll_into_view_if_needed()
    height, width = canvas.evaluate("(c) => [c.height, c.width]")
    box = canvas.bounding_box()
    assert box is not None
    x = (tile % 8) * (SIDE + GAP) + col + 0.5
    y = (tile // 8) * (SIDE + GAP) + row + 0.5
    page.mouse.move(box["x"] + x * box["width"] / width, box["y"] + y * box["height"] / height)
    expect(page.locator(f"{VIEW} .sentence")).to_contain_text(f"[{STEP * row}, {STEP * col}]")
    return json.loads(page.locator(VIEW).get_attribute("data-values") or "[]")


def lit(page: Page) -> list[int]:
    return [int(number) for number in (page.locator(VIEW).get_attribute("data-shared") or "").split(",")]


@pytest.mark.parametrize("kind", ["batch", "layer", "instance", "group"])
def test_the_tiles_that_share_a_mean_light_up_and_the_values_are_torchs(
    page: Page, network: Network, kind: str
) -> None:
    opened(page, f"{PAGE}?norm_kind={kind.capitalize()}&norm_groups=4")
    form = Form(kind=kind, groups=4)  # type: ignore[arg-type]
    x = maps.batch(network, pictures(form.mates), 0).double()
    expected = normalize(x, form.kind, form.groups, form.eps).values
    sets = shared_sets(form.kind, 4, 8, 4).ravel()
    for tile, row, col in [(0, 0, 0), (11, 20, 33), (30, 55, 54)]:
        before, after = point(page, tile % 2, tile, row, col)
        there = (tile // 8, tile % 8, STEP * row, STEP * col)
        assert before == pytest.approx(x[there].item(), rel=1e-6)
        assert after == pytest.approx(expected[there].item(), rel=1e-4, abs=1e-5)
        assert lit(page) == [t for t in range(32) if sets[t] == sets[tile]]


@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
def test_other_company_changes_the_numbers_in_train_mode_only(page: Page, network: Network, training: bool) -> None:
    mode = quote_plus("Train mode" if training else "Eval mode")
    opened(page, f"{PAGE}?norm_see=Other+batch-mates&norm_mode={mode}")
    form = Form("company", training=training)
    done = [maps.in_company(network, pictures(())[0], names, form) for names in (form.mates, form.others)]
    for tile, row, col in [(1, 12, 20), (5, 40, 8)]:
        _, first, second, difference = point(page, 1, tile, row, col)
        for shown, company in zip((first, second), done, strict=True):
            wanted = company.values[0, tile, STEP * row, STEP * col].item()
            assert shown == pytest.approx(wanted, rel=1e-4, abs=1e-5)
        assert difference == pytest.approx(first - second, abs=1e-12)
        assert (difference == 0) is not training
    answer = maps.answer_in_company(network, pictures(())[0], form.mates, training)
    expect(page.get_by_text(f"“{answer.label}”").first).to_be_visible()


@pytest.mark.parametrize(("size", "alpha"), [(5, 0.0001), (4, 0.5), (1, 2.0)])
def test_local_response_is_torchs_and_names_its_neighbours(
    page: Page, network: Network, size: int, alpha: float
) -> None:
    opened(page, f"{PAGE}?norm_see=Neighbouring+channels&norm_size={size}&norm_alpha={alpha}")
    layer = maps.activated(network, pictures(())[0]).double()
    expected = local_response_norm(layer, size, 2.0, alpha, 0.75)
    theirs = torch.nn.LocalResponseNorm(size, alpha * size, 0.75, 2.0)(layer[None])[0]
    for tile, row, col in [(0, 5, 5), (17, 30, 12), (31, 50, 50)]:
        before, after = point(page, 1, tile, row, col)
        assert before == pytest.approx(layer[tile, STEP * row, STEP * col].item(), rel=1e-6)
        for wanted in (expected, theirs):
            assert after == pytest.approx(wanted[tile, STEP * row, STEP * col].item(), rel=1e-6)
        assert lit(page) == list(range(max(0, tile - size // 2), min(31, tile + (size - 1) // 2) + 1))


def test_keys_go_through_maps_and_pixels_and_choosing_a_kind_changes_view_and_link(page: Page) -> None:
    opened(page, PAGE)
    page.locator("figure[data-panel='0'] .frame").focus()
    sentence = page.locator(f"{VIEW} .sentence")
    expect(sentence).to_contain_text("channel 2, [44, 44]")
    page.keyboard.press("ArrowRight")
    expect(sentence).to_contain_text("channel 3, [44, 44]")
    page.keyboard.press("Shift+ArrowDown")
    expect(sentence).to_contain_text("channel 3, [46, 44]")
    page.keyboard.press("ArrowUp")
    expect(sentence).to_contain_text("Cup of coffee, channel 3")
    expect(sentence).to_contain_text("Pinned")
    page.keyboard.press("Escape")
    expect(sentence).not_to_contain_text("Pinned")

    before = token(page)
    page.locator(".st-key-norm_kind").get_by_text("Layer", exact=True).click()
    redrawn(page, before)
    page.wait_for_url(re.compile("norm_kind=Layer"))
    expect(page.get_by_text(re.compile("1 × 8 × 112 × 112 = 100,352 values"))).to_be_visible()


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1024, 768), (390, 844)])
def test_the_maps_are_on_the_first_screen(open_page: Callable[..., Page], width: int, height: int) -> None:
    page = opened(open_page(width, height), PAGE)
    for scheme in ("light", "dark"):
        if scheme == "dark":
            darkened(page)
        box = page.locator("figure[data-panel='0'] canvas").first.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < height
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
