"""How soon do all numbers of a stack of 20 layers stand after one of its layers was edited?

A real browser on the real app. The edit is the dearest there is: the channels of the first layer, so that what arrives
at the others changes too, and the picture runs through all of them anew. No stack comes twice, so none is remembered.
"""

from __future__ import annotations

from contextlib import ExitStack

from benchmarks.harness import Row, in_turns
from benchmarks.web import LEAST_APPS, LEAST_PICTURE, LEAST_SLIDER, LIMIT, Gesture, browser_at_work, drawn, page_of
from cnnviz.network.specs_text import parse_specs
from scripts.serve import APP

VIEW = ".stack-builder"
CONVOLUTIONS = " ".join(f"c_n{n}_p1 b f c_n{n}_p1 b f m" for n in (16, 32))
STACK = f"{CONVOLUTIONS} c_n64_p1 b f g l h"
LAYERS = 20
REPEATS = 12
WARM_UP = 3


def rows() -> list[Row]:
    """One more channel, against the least app's slider."""
    assert len(parse_specs(STACK)) == LAYERS
    with browser_at_work() as browser, ExitStack() as pages:
        page = pages.enter_context(page_of(browser, APP, f"build_a_network?bn_stack=3x32x32+{STACK.replace(' ', '+')}"))
        drawn(page, VIEW)
        page.locator(f"{VIEW} .form").get_by_label("Channels", exact=True).focus()
        ours = Gesture(page, "keydown", lambda: page.keyboard.press("ArrowUp"), VIEW)
        other = pages.enter_context(page_of(browser, LEAST_APPS / "jpeg_slider.py"))
        other.locator(LEAST_PICTURE).wait_for()
        other.get_by_role("slider", name=LEAST_SLIDER).focus()
        peer = Gesture(other, "keydown", lambda: other.keyboard.press("ArrowRight"), LEAST_PICTURE, is_image=True)
        seconds, least = in_turns(ours.seconds, peer.seconds, REPEATS, WARM_UP)
        what = f"an edit in a stack of {LAYERS} layers, until all numbers"
        return [Row(what, "the least app with a ready JPEG on a slider", seconds, least, seconds / least, LIMIT)]
