"""Picture → map → unit → ledger → channels off → the answer moves, in a real browser, on three networks."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from playwright.sync_api import Page, expect

from cnnviz import network
from cnnviz.analysis import Activations, capture
from cnnviz.image import SAMPLES, fit, load_image
from tests.browser.actions import fits_at_all_sizes, opened, redrawn, token, upload
from tests.browser.waiting import settled

PAGE = "/feature_maps?view=layer"
VIEW = ".map-mosaic"
LARGE = f"{VIEW} .large .frame"
LEDGER = ".ledger-view"
SWITCH = ".switch-view"
# Network, weights, the layer opened, the layer that its terms read, a cell.
JOURNEYS = [
    ("efficientnet_lite0", "auto", "blocks.2.0.conv_pw", "blocks.1.1", (4, 20, 30)),
    ("resnet18", "none", "layer1.0.conv2", "layer1.0.relu", (5, 11, 40)),
    ("vgg11", "none", "features.3", "features.2", (6, 50, 70)),
]


def click_cell(page: Page, row: int, col: int, height: int, width: int) -> None:
    box = page.locator(f"{LARGE} canvas").first.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + (col + 0.5) * box["width"] / width, box["y"] + (row + 0.5) * box["height"] / height)


def ledger_shows(page: Page, unit: str) -> None:
    expect(page.locator(LEDGER)).to_have_attribute("data-unit", unit)


def after_of(page: Page, line: int) -> float:
    return float(page.locator(f"{LEDGER} .line").nth(line).get_attribute("data-after") or "nan")


@pytest.fixture(params=JOURNEYS, ids=lambda journey: journey[0])
def journey(request: pytest.FixtureRequest) -> tuple[str, str, str, str, tuple[int, int, int]]:
    return request.param


def on_coffee(name: str, weights: str) -> tuple[network.Network, Activations]:
    net = network.load_network(name, weights)
    # as the app keeps an uploaded picture
    picture = fit(load_image(Path(SAMPLES["coffee"].path).read_bytes()), 2048)
    return net, capture(net, picture)


def test_from_an_own_picture_to_a_ledger_and_an_answer_that_moves(
    page: Page, journey: tuple[str, str, str, str, tuple[int, int, int]]
) -> None:
    name, weights, layer, source, (channel, row, col) = journey
    net, found = on_coffee(name, weights)
    opened(page, f"{PAGE}&network={name}&weights={weights}&layer={layer}&map={channel}&picture=chelsea")
    before = token(page)
    upload(page, "mine.jpg", Path(SAMPLES["coffee"].path).read_bytes())
    redrawn(page, before)

    height, width = found[layer].shape[1:]
    click_cell(page, row, col, height, width)
    ledger_shows(page, f"{layer}/{channel}.{row}.{col}")
    assert after_of(page, 0) == pytest.approx(float(found[layer][channel, row, col]), rel=1e-3, abs=1e-4)
    expect(page.locator(f"{LEDGER} .sentence")).to_contain_text("torch's own numbers are the same to within")
    page.wait_for_url(re.compile(f"unit={re.escape(layer)}"))
    settled(page)

    # The largest term first; from it on to the unit that it reads.
    rows = page.locator(f"{LEDGER} .rows").first.locator(".row")
    expect(rows).to_have_count(min(8, net.module.get_submodule(layer).in_channels))
    term = rows.first.locator(".to")
    expect(term).to_have_attribute("title", re.compile(re.escape(source)))
    term.click()
    expect(page.locator(LEDGER)).to_have_attribute("data-unit", re.compile(rf"^{re.escape(source)}/"))
    unit = page.locator(LEDGER).get_attribute("data-unit") or ""
    index = tuple(int(at) for at in unit.rpartition("/")[2].split("."))
    own = page.locator(f"{LEDGER} .line").filter(has=page.locator(".own"))
    line = own if own.count() else page.locator(f"{LEDGER} .line").first
    if source in {one.path for one in found.layers}:
        values = found.call(source, 0)
        assert float(line.get_attribute("data-after")) == pytest.approx(float(values[index]), rel=1e-3, abs=1e-4)
    page.locator(f"{LEDGER} button", has_text="Back").click()
    ledger_shows(page, f"{layer}/{channel}.{row}.{col}")
    expect(page.locator(f"{VIEW} figcaption b")).to_have_text(layer)
    settled(page)

    page.locator(f"{VIEW} .large button", has_text="Switch off").click()
    expect(page.locator(SWITCH)).to_have_attribute("data-off", str(channel))
    expect(page.locator(f"{VIEW} .note")).to_contain_text("1 channel off")
    after = _without(net, layer, channel)
    best = net.categories[int(after.argmax())]
    expect(page.locator(SWITCH)).to_have_attribute("data-answer", best)
    shown = page.locator(f"{SWITCH} .class .number").first.get_attribute("title") or ""
    assert float(shown.split("→")[0]) == pytest.approx(float(found.output.softmax(0).max()), rel=1e-3)
    assert float(shown.split("→")[1]) == pytest.approx(float(after[found.output.argmax()]), rel=1e-3)
    fits_at_all_sizes(page)  # own picture, large map, ledger and a channel off, all at once


def _without(net: network.Network, layer: str, channel: int) -> torch.Tensor:
    """The probabilities of the uploaded picture without this channel, by a hook."""

    def switch(module: torch.nn.Module, inputs: object, output: torch.Tensor) -> torch.Tensor:
        changed = output.clone()
        changed[:, channel] = 0
        return changed

    hook = net.module.get_submodule(layer).register_forward_hook(switch)
    try:
        picture = fit(load_image(Path(SAMPLES["coffee"].path).read_bytes()), 2048)
        with torch.no_grad():
            return net.module(net.batch(picture))[0].softmax(0)
    finally:
        hook.remove()


def test_ledger_and_switches_by_keyboard(page: Page) -> None:
    opened(page, f"{PAGE}&layer=conv_head&map=3")
    page.locator(LARGE).focus()
    page.keyboard.press("Enter")
    expect(page.locator(LEDGER)).to_have_attribute("data-unit", re.compile("^conv_head/3"))
    first = page.locator(LEDGER).get_attribute("data-unit")
    settled(page)
    # The terms are walked by keys, more of them are shown, normalisation is folded in.
    terms = page.locator(f"{LEDGER} [role=listbox]").first
    terms.focus()
    page.keyboard.press("ArrowDown")
    expect(terms.locator("[aria-selected=true]")).to_have_attribute("data-term", "1")
    page.locator(f"{LEDGER} button", has_text="Show 24 more").click()
    expect(terms.locator(".row")).to_have_count(32)
    expect(page.locator(f"{LEDGER} .rest")).to_contain_text("The other 288 add up to")
    page.locator(f"{LEDGER} button", has_text="Fold").click()
    expect(page.locator(f"{LEDGER} .line")).to_have_count(2)
    with page.expect_download() as download:
        page.locator(f"{LEDGER} button", has_text="Save").click()
    lines = Path(download.value.path()).read_text().splitlines()
    assert lines[0] == "line,term,source,input,weight,contribution,running total"
    assert len([line for line in lines if line.startswith("1,") and line.split(",")[1]]) == 320
    terms = page.locator(f"{LEDGER} [role=listbox]").first
    terms.focus()
    page.keyboard.press("Enter")
    expect(page.locator(LEDGER)).to_have_attribute("data-unit", re.compile("^blocks.6.0"))
    shown = page.locator(f"{VIEW} figcaption b")
    expect(shown).to_have_text(re.compile("^blocks.6.0"))
    page.keyboard.press("Backspace")
    ledger_shows(page, str(first))
    expect(shown).to_have_text("conv_head")
    page.locator(LARGE).focus()
    page.keyboard.press("Escape")
    expect(page.locator(LEDGER)).to_be_hidden()
    page.wait_for_url(lambda url: "unit=" not in url)
    # Two channels off by O and by the click that switches, on again by one button.
    page.locator(f"{VIEW} .mosaic").focus()
    page.keyboard.press("o")
    expect(page.locator(VIEW)).to_have_attribute("data-off", "3")
    expect(page.locator(f"{VIEW} .sentence")).to_contain_text("It is switched off.")
    expect(page.locator(SWITCH)).to_have_attribute("data-off", "3")
    page.locator(f"{VIEW} button", has_text="Switch off by click").click()
    page.locator(f"{VIEW} .mosaic canvas").first.click(position={"x": 4, "y": 4})
    expect(page.locator(SWITCH)).to_have_attribute("data-off", "0 3")
    page.locator(f"{SWITCH} button", has_text="All but these").click()
    said = "With channels 0 and 3 of conv_head alone (1278 of 1280 off)"
    expect(page.locator(f"{SWITCH} .sentence")).to_contain_text(said)
    page.locator(f"{SWITCH} button", has_text="All on").click()
    expect(page.locator(SWITCH)).to_have_attribute("data-off", "")


def test_an_answers_terms_are_compared_with_another_class_and_lists_are_asked_for(
    open_page: Callable[..., Page],
) -> None:
    page = opened(open_page(390, 844, color_scheme="dark"), f"{PAGE}&layer=classifier&unit=classifier/285")
    expect(page.locator(f"{LEDGER} .sentence")).to_contain_text("Egyptian cat")
    expect(page.locator(f"{LEDGER} .sentence")).to_contain_text("Softmax makes it 40.7 %")
    page.locator(f"{LEDGER} select").select_option("282")
    expect(page.locator(f"{LEDGER} .sentence")).to_contain_text("Egyptian cat is 0.223 ahead of tiger cat")
    page.wait_for_url("**less=282**")
    settled(page)
    page.locator(f"{SWITCH} button", has_text="Which matter most?").click()
    expect(page.locator(SWITCH)).to_have_attribute("data-ranked", "true")
    expect(page.locator(f"{SWITCH} .place")).to_have_count(16)
    expect(page.locator(f"{SWITCH} .place").first).to_contain_text("channel 285")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
