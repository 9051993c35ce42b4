"""How long does a learner wait, from the gesture until the picture is on the screen, beside the least Streamlit app?

A real browser on the real app. Times within a page are taken in the page: from the event of the key or the click
until the frame after the new picture has been drawn. Ours and the least app are asked in turns, with the same settings.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.harness import Row, in_turns
from scripts.browser import get_browser
from scripts.serve import APP, is_healthy, running

LEAST_APPS = Path(__file__).parent / "least_apps"
LIMIT = 1.5
REPEATS = 10
WARM_UP = 3
WINDOW = {"width": 1440, "height": 900}
PATIENCE_S = 120

# Where everything is. A view writes a new token into `data-cnnviz-drawn` once it has drawn.
HOME_DRAWN = ".journey[data-cnnviz-drawn]"
ONE_LINE_DRAWN = '[data-testid="stMarkdownContainer"] p'
KERNELS = "classic_kernels?picture=astronaut&stages=gaussian(size=9)"  # astronaut is 512×512
KERNELS_SLIDER = "Sigma"
KERNELS_VIEW = ".kernel-view"
MAPS = "feature_maps?view=layer&picture=astronaut&network=resnet18&weights=none"
MAPS_VIEW = ".map-mosaic"
MAPS_LAYER = '.block[data-id="{}"]'
# All of 64 maps of 56×56; each is opened once, so that no answer can come from a cache of pictures.
MAPS_LAYERS = [
    "maxpool",
    *(f"layer1.{block}.{part}" for block in (0, 1) for part in ("conv1", "bn1", "relu", "conv2", "bn2", "relu:1")),
]
LEAST_SLIDER = "Step"
LEAST_PICTURE = '[data-testid="stImage"] img'

# Resolves with the milliseconds from the event until the frame after the change. `deep` looks into open shadow roots.
WATCH = """([event, selector, isImage]) => {
    const deep = root => root.querySelector(selector) ?? [...root.querySelectorAll('*')].reduce(
        (found, node) => found ?? (node.shadowRoot && deep(node.shadowRoot)), null);
    const state = () => {
        const node = deep(document);
        if (!node) return null;
        if (!isImage) return node.dataset.cnnvizDrawn ?? null;
        return node.complete && node.naturalWidth > 0 ? node.currentSrc : null;
    };
    const before = state();
    window.measured = new Promise(resolve => {
        window.addEventListener(event, start => {
            const look = () => {
                const now = state();
                if (now === null || now === before) return requestAnimationFrame(look);
                const decoded = isImage ? deep(document).decode() : Promise.resolve();
                decoded.then(() => requestAnimationFrame(() => resolve(performance.now() - start.timeStamp)));
            };
            requestAnimationFrame(look);
        }, {capture: true, once: true});
    });
}"""


@dataclass(frozen=True)
class Gesture:
    """What is done to a page: an event, the gesture that causes it, and where the new picture appears."""

    page: Page
    event: str
    make: Callable[[], None]
    selector: str
    is_image: bool = False

    def seconds(self) -> float:
        """Make the gesture once; seconds until the new picture is on the screen."""
        self.page.evaluate(WATCH, [self.event, self.selector, self.is_image])
        self.make()
        return float(self.page.evaluate("() => window.measured")) / 1e3


def rows() -> list[Row]:
    """First page, slider, mosaic."""
    with browser_at_work() as browser:
        return [first_page(browser), kernel_slider(browser), mosaic(browser)]


def first_page(browser: Browser) -> Row:
    """From the start of the server's process until the first page is visible in a browser that already runs."""
    ours, peer = in_turns(
        lambda: _seconds_to_first_page(browser, APP, HOME_DRAWN),
        lambda: _seconds_to_first_page(browser, LEAST_APPS / "one_line.py", ONE_LINE_DRAWN),
        repeats=7,
        warm_up=1,
    )
    return Row("first page drawn after `streamlit run`", "a one-line Streamlit app", ours, peer, ours / peer, LIMIT)


def kernel_slider(browser: Browser) -> Row:
    """A step of a slider on Classic kernels, against a slider that changes a ready-made JPEG."""
    with ExitStack() as pages:
        page = pages.enter_context(page_of(browser, APP, KERNELS))
        drawn(page, KERNELS_VIEW)
        ours = _slider(page, KERNELS_SLIDER, KERNELS_VIEW)
        peer = _least(pages.enter_context(page_of(browser, LEAST_APPS / "jpeg_slider.py")))
        return _row("a slider on Classic kernels, 512×512 colour, until on screen", ours, peer)


def mosaic(browser: Browser) -> Row:
    """Another layer on Feature maps, 64 maps of 56×56, against the same least app."""
    with ExitStack() as pages:
        page = pages.enter_context(page_of(browser, APP, MAPS))
        drawn(page, MAPS_VIEW)
        layers = iter(MAPS_LAYERS)
        ours = Gesture(page, "click", lambda: page.locator(MAPS_LAYER.format(next(layers))).click(), MAPS_VIEW)
        peer = _least(pages.enter_context(page_of(browser, LEAST_APPS / "jpeg_slider.py")))
        return _row("mosaic of 64 maps 56×56, until on screen", ours, peer)


def _row(what: str, ours: Gesture, peer: Gesture) -> Row:
    seconds, least = in_turns(ours.seconds, peer.seconds, REPEATS, WARM_UP)
    return Row(what, "the least app with a ready JPEG on a slider", seconds, least, seconds / least, LIMIT)


def _least(page: Page) -> Gesture:
    page.locator(LEAST_PICTURE).wait_for()
    return _slider(page, LEAST_SLIDER, LEAST_PICTURE, is_image=True)


def _slider(page: Page, label: str, selector: str, is_image: bool = False) -> Gesture:
    """A press of the right arrow key on the slider with this label."""
    thumb = page.get_by_role("slider", name=label)
    thumb.focus()
    return Gesture(page, "keydown", lambda: page.keyboard.press("ArrowRight"), selector, is_image)


def drawn(page: Page, view: str) -> None:
    """Wait until a view stands."""
    page.locator(f"{view}[data-cnnviz-drawn]").wait_for()


def _seconds_to_first_page(browser: Browser, script: str | Path, selector: str) -> float:
    context = browser.new_context(viewport=WINDOW)  # type: ignore[arg-type]
    page = context.new_page()
    start = time.perf_counter()
    with running(script, wait=False) as served:
        while not is_healthy(served.address):
            if time.perf_counter() - start > PATIENCE_S:
                raise TimeoutError(f"{script} does not come up: {served.log.read_text(encoding='utf-8')[-1000:]}")
            time.sleep(0.01)
        page.goto(served.address, wait_until="commit")
        page.locator(selector).first.wait_for(timeout=PATIENCE_S * 1e3)
        taken = time.perf_counter() - start
        context.close()
    return taken


@contextmanager
def page_of(browser: Browser, script: str | Path, address: str = "") -> Iterator[Page]:
    """A page of an app that is served for it alone."""
    with running(script) as served:
        context = browser.new_context(viewport=WINDOW)  # type: ignore[arg-type]
        page = context.new_page()
        page.set_default_timeout(PATIENCE_S * 1e3)
        page.goto(f"{served.address}/{address}")
        yield page
        context.close()


@contextmanager
def browser_at_work() -> Iterator[Browser]:
    """A browser that already runs."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=get_browser(), args=["--no-sandbox"])
        yield browser
        browser.close()
