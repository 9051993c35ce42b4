"""Stacks of one's own in a real browser: the tree tells what a unit reads, and it is what the library says."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from cnnviz.analysis import grow, parse_stack, read_below
from tests.browser.actions import opened
from tests.browser.waiting import settled

A, B = "c3 p2 c3d2", "c3d3 c3d3"


def test_the_tree_tells_what_a_unit_reads_and_who_reads_a_pixel(page: Page) -> None:
    opened(page, f"/receptive_fields?rf_stack_a={A.replace(' ', '+')}&rf_stack_b={B.replace(' ', '+')}")
    page.get_by_role("tab", name="Stacks of your own").click()
    view = page.locator(".stack-view")
    expect(view).to_have_attribute("data-stack", "A")
    sentence, trees = view.locator(".sentence"), view.locator(".frame.tree")
    for number, text in enumerate((A, B)):
        steps, levels = grow(parse_stack(text)), read_below(parse_stack(text))
        trees.nth(number).focus()
        expect(view).to_have_attribute("data-stack", "AB"[number])
        expect(view).to_have_attribute("data-pixels", str(len(levels[0])))  # the unit at the top
        assert len(levels[0]) == steps[-1].read
        for level in range(len(steps) - 1, -1, -1):
            page.keyboard.press("ArrowDown")
            expect(view).to_have_attribute("data-level", str(level))
            expect(view).to_have_attribute("data-unit", "0")
        page.keyboard.press("ArrowRight")
        expect(view).to_have_attribute("data-unit", str(levels[0][1]))
    expect(sentence).to_contain_text(f"pixel {levels[0][1]} of the field's {steps[-1].size}")

    # The pointer at the top of the second tree, in its middle, is at its one unit; the picture lies below.
    trees.nth(1).scroll_into_view_if_needed()
    box = trees.nth(1).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.55)
    expect(view).to_have_attribute("data-level", "1")
    expect(sentence).to_contain_text("this unit reads 3 pixels of a row")

    page.get_by_role("button", name="Two 3 × 3 or one 5 × 5").click()
    settled(page)
    expect(view.locator("figcaption").first).to_contain_text("A: field 5 × 5, jump 1")
