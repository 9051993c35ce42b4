"""How soon does the map of a network stand after a new picture, and does pointing at it keep up with the screen?

A real browser on the real app, EfficientNet-Lite0 with all stages open. The time of a picture runs from the click on it
until the frame after the map has been drawn; none of them has been seen by the server before.
"""

from __future__ import annotations

import statistics
from contextlib import ExitStack

from playwright.sync_api import Page

from benchmarks.harness import Row
from benchmarks.web import Gesture, browser_at_work, drawn, page_of
from cnnviz.image import SAMPLES
from scripts.serve import APP

VIEW = ".network-map"
ALL_OPEN = "feature_maps?open=" + ".".join(str(stage) for stage in range(12))
FIRST = ("chelsea", "brick")  # the page's own, and one more to warm up on
LEAST_MAPS = 300
MOST = 0.8  # seconds
EXPLAINER = 1.16  # seconds that CNN Explainer takes for 103 maps of 64×64
FRAME = 0.016  # seconds
MOVES = 60

# Moves the pointer along a path over the map, frame by frame; milliseconds of work on the page in each frame.
POINT = """async ([moves]) => {
    const deep = root => root.querySelector('.network-map .scroll') ?? [...root.querySelectorAll('*')].reduce(
        (found, node) => found ?? (node.shadowRoot && deep(node.shadowRoot)), null);
    const scroll = deep(document);
    const at = scroll.getBoundingClientRect();
    const taken = [];
    for (let i = 0; i < moves; i += 1) {
        const start = performance.now();
        const place = { clientX: at.left + 60 + (i * 37) % (at.width - 80), clientY: at.top + 100 + (i * 53) % 300 };
        scroll.dispatchEvent(new PointerEvent('pointermove', { ...place, bubbles: true }));
        const handled = performance.now() - start;
        const drawing = await new Promise((done) => requestAnimationFrame((began) => done(performance.now() - began)));
        taken.push(handled + drawing);
    }
    return taken;
}"""


def rows() -> list[Row]:
    """A new picture, and pointing."""
    with browser_at_work() as browser, ExitStack() as pages:
        page = pages.enter_context(page_of(browser, APP, ALL_OPEN))
        drawn(page, VIEW)
        return [_new_picture(page), _pointing(page)]


def _new_picture(page: Page) -> Row:
    choose(page, SAMPLES[FIRST[1]].title).seconds()
    times = [choose(page, SAMPLES[name].title).seconds() for name in SAMPLES if name not in FIRST]
    maps = int(page.locator(VIEW).get_attribute("data-maps") or 0)
    middle = statistics.median(times)
    what = f"map of EfficientNet-Lite0 after a new picture, {maps} maps"
    return Row(
        what,
        "CNN Explainer, 103 maps of 64×64",
        middle,
        EXPLAINER,
        middle / EXPLAINER,
        None,
        MOST,
        failures=int(maps < LEAST_MAPS),
    )


def choose(page: Page, title: str) -> Gesture:
    """A click on a sample in the picture dialog, which is open from here on."""
    page.locator(".st-key-choose_picture button").first.click()
    sample = page.get_by_role("dialog").get_by_role("button", name=title)
    sample.wait_for()
    page.locator('[data-test-script-state="notRunning"]').wait_for()  # what the dialog asked for is not the picture's
    return Gesture(page, "click", sample.click, VIEW)


def _pointing(page: Page) -> Row:
    page.locator(f"{VIEW}[data-ready]").wait_for()
    page.evaluate(POINT, [MOVES])  # what feeds the columns is fetched once
    taken = sorted(page.evaluate(POINT, [MOVES]))
    worst, middle = taken[int(0.95 * MOVES)] / 1e3, statistics.median(taken) / 1e3
    return Row("pointing in the map: 95 of 100 moves within", "the median", worst, middle, worst / middle, None, FRAME)
