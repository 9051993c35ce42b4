"""Build a network in a real browser: LeNet clicked together from nothing, the picture run, taken home, opened again."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from app.ui.build_state import DEFAULT
from cnnviz.network import parse_source
from tests.browser.actions import opened

# Each layer of LeNet-5 as one clicks it together: what is added, and the settings typed then.
CLICKED: tuple[tuple[str, dict[str, str]], ...] = (
    ("Convolution", {"Channels": "6", "Kernel": "5", "Padding": "0"}), ("Activation", {"Function": "tanh"}),
    ("Average pooling", {}),
    ("Convolution", {"Kernel": "5", "Padding": "0"}), ("Activation", {"Function": "tanh"}), ("Average pooling", {}),
    ("Convolution", {"Channels": "120", "Kernel": "5", "Padding": "0"}), ("Activation", {"Function": "tanh"}),
    ("Flatten", {}), ("Linear", {"Outputs": "84"}), ("Activation", {"Function": "tanh"}), ("Linear", {}),
)  # fmt: skip


def test_lenet_is_built_from_nothing_run_taken_home_and_opened_again(page: Page, tmp_path: Path) -> None:
    opened(page, "/build_a_network")
    view = page.locator(".stack-builder")
    page.get_by_role("button", name="Nothing").click()
    _stands(view, "1x32x32")
    _click_lenet_together(view)
    _stands(view, DEFAULT)
    expect(view.locator(".sentence")).to_contain_text("61,706 parameters; 416,520 multiply-adds")

    # The picture runs through it: every layer has its maps, and pointing at one shows what it sees.
    expect(view.locator("li.row canvas:visible")).to_have_count(12)
    view.locator("li.row").nth(3).hover()
    expect(view).to_have_attribute("data-pointed", "4")
    expect(view.locator(".sentence")).to_contain_text("Its units see 14 × 14 pixels")

    with page.expect_download() as taking:
        page.get_by_role("button", name="Take home").click()
    program = tmp_path / "network.py"
    taking.value.save_as(program)
    assert parse_source(program.read_text()).specs

    _edit_by_hand(page, view)
    page.get_by_role("button", name="Small VGG").click()
    expect(view).to_have_attribute("data-layers", "26")
    page.get_by_role("button", name="Paste or open").click()
    page.locator("input[type=file]").set_input_files(program)
    _stands(view, DEFAULT)

    # What can be taken back outlives the page.
    page.reload()
    _stands(view, DEFAULT)
    view.get_by_role("button", name="Undo").click()
    expect(view).to_have_attribute("data-layers", "26")


def _click_lenet_together(view: Locator) -> None:
    view.get_by_role("button", name="Add a layer").click()
    for number, (kind, settings) in enumerate(CLICKED, start=1):
        view.locator(".palette").get_by_role("button", name=kind, exact=True).click()
        expect(view).to_have_attribute("data-layers", str(number))
        for title, value in settings.items():
            field = view.locator(".form").get_by_label(title, exact=True)
            if kind == "Activation":
                field.select_option(value)
            else:
                field.fill(value)
                field.press("Enter")
    view.get_by_role("button", name="Add a layer").click()


def _edit_by_hand(page: Page, view: Locator) -> None:
    """Keys and the mouse change the order; an impossible layer says what fits; everything is taken back."""
    rows = view.locator("li.row")
    words = DEFAULT.split()
    rows.nth(0).click()
    kernel = view.locator(".form").get_by_label("Kernel", exact=True)
    kernel.fill("99")
    kernel.press("Enter")
    expect(view.locator(".form .refused")).to_contain_text("Kernel: “99” cannot be; what can: 3 or 3x5, 1 to 63.")
    _stands(view, DEFAULT)
    rows.nth(1).click()
    page.keyboard.press("Alt+ArrowDown")
    _stands(view, " ".join([words[0], words[1], words[3], words[2], *words[4:]]))
    page.keyboard.press("Control+z")
    _stands(view, DEFAULT)

    # Dragged below Flatten, a convolution finds a list of numbers.
    rows.nth(6).scroll_into_view_if_needed()
    start, end = rows.nth(6).locator(".handle").bounding_box(), rows.nth(8).bounding_box()
    assert start is not None and end is not None
    page.mouse.move(start["x"] + 3, start["y"] + 6)
    page.mouse.down()
    page.mouse.move(start["x"] + 3, start["y"] + 30)
    page.mouse.move(start["x"] + 3, end["y"] + end["height"] - 2)
    page.mouse.up()
    _stands(view, " ".join([*words[:7], words[8], words[9], words[7], *words[10:]]))
    expect(rows.nth(8)).to_have_attribute("data-state", "impossible")
    expect(rows.nth(9)).to_have_attribute("data-state", "waiting")
    view.locator(".fix", has_text="Remove").click()
    expect(view).to_have_attribute("data-layers", "11")
    view.get_by_role("button", name="Undo").click()
    view.get_by_role("button", name="Undo").click()
    _stands(view, DEFAULT)


def _stands(view: Locator, text: str) -> None:
    """Wait until this stack has its numbers on the screen."""
    expect(view).to_have_attribute("data-stack", text)
    expect(view).to_have_attribute("data-answered", "true")
