"""How soon do all numbers of a stack of 20 layers stand after one of its layers was edited?

A real browser on the real app. The first layer is edited: its channels, so that what arrives at the others changes too,
or its kernel, so that every layer's shape, cost and receptive field does. The picture runs through all of them anew. No
stack comes twice, so none is remembered.
"""

from __future__ import annotations

from playwright.sync_api import Browser

from benchmarks.harness import Row, in_turns
from benchmarks.web import LEAST_APPS, LEAST_PICTURE, LEAST_SLIDER, LIMIT, Gesture, browser_at_work, drawn, page_of
from cnnviz.network.specs_text import parse_specs
from scripts.serve import APP

VIEW = ".stack-builder"
CONVOLUTIONS = " ".join(f"c_n{n}_p1 b f c_n{n}_p1 b f m" for n in (16, 32))
STACK = f"{CONVOLUTIONS} c_n64_p1 b f g l h"
LAYERS = 20
REPEATS = 10
WARM_UP = 3


def rows() -> list[Row]:
    """One more channel, and a larger kernel, against the least app's slider."""
    assert len(parse_specs(STACK)) == LAYERS
    with browser_at_work() as browser:
        return [_edit(browser, "Channels"), _edit(browser, "Kernel")]


def _edit(browser: Browser, setting: str) -> Row:
    address = f"build_a_network?bn_stack=3x32x32+{STACK.replace(' ', '+')}"
    with page_of(browser, APP, address) as page, page_of(browser, LEAST_APPS / "jpeg_slider.py") as other:
        drawn(page, VIEW)
        page.locator(f"{VIEW} .form").get_by_label(setting, exact=True).focus()
        ours = Gesture(page, "keydown", lambda: page.keyboard.press("ArrowUp"), VIEW)
        other.locator(LEAST_PICTURE).wait_for()
        other.get_by_role("slider", name=LEAST_SLIDER).focus()
        peer = Gesture(other, "keydown", lambda: other.keyboard.press("ArrowRight"), LEAST_PICTURE, is_image=True)
        seconds, least = in_turns(ours.seconds, peer.seconds, REPEATS, WARM_UP)
    what = f"a stack of {LAYERS} layers after an edit: {setting.lower()}"
    return Row(what, "the least app with a ready JPEG on a slider", seconds, least, seconds / least, LIMIT)
