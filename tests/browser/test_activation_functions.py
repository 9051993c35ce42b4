"""Activation functions in a real browser: one x through curves, maps and histogram; numbers are the library's."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from playwright.sync_api import Page, expect

from cnnviz.analysis import capture
from cnnviz.image import load_sample
from cnnviz.layer import ACTIVATIONS
from cnnviz.network import load_network
from tests.browser.actions import opened, redrawn, token
from tests.browser.waiting import settled

PAGE = "/activation_functions"
VIEW = ".activation-view"


@pytest.fixture(scope="module")
def maps() -> torch.Tensor:
    """What the first batch normalization puts out for the sample, (32, 112, 112)."""
    return capture(load_network("efficientnet_lite0"), load_sample("chelsea"), layers=["bn1.drop"])["bn1.drop"]


def point(page: Page, role: str, across: float, down: float) -> None:
    """Move the mouse to a place in a part, as shares of its width and height."""
    box = page.locator(f"{VIEW} figure[data-role={role}] canvas").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"])


def shown(page: Page) -> tuple[float, float, float]:
    """x, f(x) and the slope that the view says are pointed at."""
    root = page.locator(VIEW)
    x, value, slope = (float(root.get_attribute(f"data-{name}") or "nan") for name in ("x", "value", "slope"))
    return x, value, slope


@pytest.mark.parametrize(("title", "name"), [("ReLU", "relu"), ("GELU", "gelu"), ("Hard-swish", "hard_swish")])
def test_a_map_value_and_its_slope_are_torchs(page: Page, maps: torch.Tensor, title: str, name: str) -> None:
    opened(page, f"{PAGE}?function={title}&map_channel=7")
    for row, col in [(0, 0), (50, 60), (111, 3), (80, 111)]:
        point(page, "before", (col + 0.5) / 112, (row + 0.5) / 112)
        expect(page.locator(f"{VIEW} .sentence")).to_contain_text(f"[{row}, {col}]")
        x = maps[7, row, col].clone().requires_grad_()
        ACTIVATIONS[name].function(x).backward()
        at = float(x.detach())
        assert shown(page) == pytest.approx(
            (at, float(ACTIVATIONS[name](x.detach())), float(x.grad)), rel=1e-4, abs=1e-5
        )


def test_pointing_at_the_curve_marks_x_in_all_parts(page: Page, maps: torch.Tensor) -> None:
    opened(page, f"{PAGE}?function=Sigmoid&map_channel=7")
    point(page, "curve", 0.5, 0.5)
    sentence = page.locator(f"{VIEW} .sentence")
    expect(sentence).to_contain_text("Sigmoid: f(")
    x, value, slope = shown(page)
    assert x == round(x, 2)
    at = torch.tensor(x, dtype=torch.float64)
    assert value == pytest.approx(float(torch.sigmoid(at)), abs=1e-6)
    assert slope == pytest.approx(float(ACTIVATIONS["sigmoid"].slope(at)), abs=1e-6)
    marked = page.locator(f"{VIEW} figure[data-role=before] canvas.marks").evaluate(
        "(c) => [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data].filter((v, i) => i % 4 === 3 && v)"
        ".length / (c.width * c.height)"
    )
    values = maps[7].numpy()
    both = np.concatenate([values.ravel(), 1 / (1 + np.exp(-values.ravel()))])
    half = (both.max() - both.min()) / 120
    assert marked == pytest.approx((np.abs(values - x) <= half).mean(), abs=0.02)


def test_keys_alone_move_the_point_and_pin_it(page: Page) -> None:
    opened(page, PAGE)
    page.locator(f"{VIEW} figure[data-role=slope] .frame").focus()
    before = shown(page)[0]
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator(VIEW)).to_have_attribute("data-x", str(round(round(before, 2) + 0.1, 2)))
    page.keyboard.press("Enter")
    sentence = page.locator(f"{VIEW} .sentence")
    expect(sentence).to_contain_text("Pinned")
    held = sentence.inner_text()
    point(page, "before", 0.9, 0.1)
    assert sentence.inner_text() == held
    page.locator(f"{VIEW} figure[data-role=after] .frame").focus()
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowDown")
    expect(sentence).to_contain_text("Map value [")


def test_another_function_redraws_and_keeps_the_point(page: Page) -> None:
    opened(page, f"{PAGE}?map_channel=7")
    point(page, "before", 60.5 / 112, 50.5 / 112)
    expect(page.locator(f"{VIEW} .sentence")).to_contain_text("[50, 60]")
    old = token(page)
    page.get_by_role("combobox", name="Function").fill("ELU")
    page.get_by_role("option", name="ELU", exact=True).click()
    redrawn(page, old)
    expect(page.locator(f"{VIEW} figure[data-role=after] figcaption")).to_contain_text("After ELU (alpha 1)")
    expect(page.locator(f"{VIEW} .sentence")).to_contain_text("Map value [50, 60]")


@pytest.mark.parametrize(("width", "height", "scheme"), [(1440, 900, "dark"), (1024, 768, "light"), (390, 844, "dark")])
def test_no_part_is_wider_than_its_place(open_page: Callable[..., Page], width: int, height: int, scheme: str) -> None:
    page = opened(open_page(width, height, color_scheme=scheme), f"{PAGE}?function=GELU, tanh form")
    settled(page)
    too_wide = page.locator(VIEW).evaluate(
        "(root) => [...root.querySelectorAll('figure, table, canvas')]"
        ".filter((node) => node.getBoundingClientRect().right > root.getBoundingClientRect().right + 1)"
        ".map((node) => node.className || node.tagName)"
    )
    assert too_wide == []
