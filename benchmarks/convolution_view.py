"""What does the convolution view cost the browser's main thread, and does it keep 60 frames a second?

CPU seconds of the main thread, as Chromium counts them, for a gesture a frame; beside them the same page on which the
same gesture only clears a canvas as large as the view's.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable

from playwright.sync_api import CDPSession, Page, sync_playwright

from benchmarks.harness import Row, in_turns
from scripts.browser import get_browser
from scripts.serve import APP, running

VIEW = ".convolution[data-cnnviz-drawn]"
GRID = "convolution?conv_layer=maps"  # 64×64, two kernels, two maps
FRAMES = 120
REPEATS = 5
PLAY_S = 10
LONG_FRAME_MS = 32
POINT_MOST = 4e-3
SETTING_MOST = 16e-3
SERVER_MOST = 150e-3
EMPTY_LIMIT = 2.0
CNN_EXPLAINER_POINT = 186e-3  # measured on such a machine beside other work, its 64×64 first layer

# One gesture a frame, for as many frames; what it is stands in window.gesture.
DRIVE = """(frames) => new Promise((done) => {
    let left = frames;
    const tick = () => { if (left === 0) return done(); left -= 1; window.gesture(left); requestAnimationFrame(tick); };
    requestAnimationFrame(tick);
})"""

DEEP = """const deep = (root, selector) => root.querySelector(selector) ?? [...root.querySelectorAll('*')].reduce(
    (found, node) => found ?? (node.shadowRoot && deep(node.shadowRoot, selector)), null);"""

POINT = f"""() => {{
    {DEEP}
    const frame = deep(document, 'figure[data-role=output] .frame');
    window.gesture = (i) => {{
        const box = frame.getBoundingClientRect();
        const [x, y] = [(i * 37) % 61 / 64 + 0.02, (i * 23) % 59 / 64 + 0.02];
        const place = {{ clientX: box.left + x * box.width, clientY: box.top + y * box.height }};
        frame.dispatchEvent(new PointerEvent('pointermove', place));
    }};
}}"""

SIZE = f"""() => {{
    {DEEP}
    const slider = deep(document, 'input[aria-label="Kernel size"]');
    window.gesture = (i) => {{ slider.value = 1 + i % 11; slider.dispatchEvent(new Event('input')); }};
}}"""

EMPTY = """() => {
    const canvas = document.body.appendChild(document.createElement('canvas'));
    Object.assign(canvas, { width: 900, height: 320 });
    canvas.style.cssText = 'position: fixed; inset: 200px 0 0 300px; z-index: 9';
    const context = canvas.getContext('2d');
    const draw = (x) => { context.clearRect(0, 0, 900, 320); context.strokeRect(x, 9, 9, 9); };
    let asked = false;
    canvas.onpointermove = (event) => {
        if (asked) return;
        asked = true;
        requestAnimationFrame(() => { asked = false; draw(event.clientX); });
    };
    window.gesture = (i) => canvas.dispatchEvent(new PointerEvent('pointermove', { clientX: i }));
}"""

# Milliseconds between frames while the view plays.
GAPS = """(seconds) => new Promise((done) => {
    const gaps = [];
    let last = null;
    const tick = (now) => {
        if (last !== null) gaps.push(now - last);
        last = now;
        if (gaps.reduce((sum, gap) => sum + gap, 0) < seconds * 1000) requestAnimationFrame(tick); else done(gaps);
    };
    requestAnimationFrame(tick);
})"""

# Milliseconds from a changed setting until the server has answered and the view has drawn what it says.
ROUND = f"""() => new Promise((done) => {{
    {DEEP}
    const root = deep(document, '.convolution');
    const slider = deep(document, 'input[aria-label="Kernel size"]');
    const [before, start] = [root.dataset.cnnvizDrawn, performance.now()];
    slider.value = slider.value === '5' ? 3 : 5;
    slider.dispatchEvent(new Event('input'));
    const look = () => {{
        if (root.dataset.cnnvizDrawn === before) requestAnimationFrame(look);
        else done(performance.now() - start);
    }};
    requestAnimationFrame(look);
}})"""


def rows() -> list[Row]:
    """Pointing, a setting without and with the server, playing."""
    with running(APP) as served, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=get_browser(), args=["--no-sandbox"])
        page, bare = (browser.new_page(viewport={"width": 1440, "height": 900}) for _ in range(2))
        page.goto(f"{served.address}/{GRID}")
        page.locator(VIEW).wait_for(timeout=120_000)
        bare.goto(f"{served.address}/{GRID}")
        bare.locator(VIEW).wait_for(timeout=120_000)
        bare.evaluate(EMPTY)
        found = [_point(page, bare), _setting(page, bare), _server(page), _play(page, bare)]
        browser.close()
    return found


def _point(page: Page, bare: Page) -> Row:
    page.evaluate(POINT)
    ours, empty = in_turns(_cpu_of(page), _cpu_of(bare), REPEATS, warm_up=1)
    note = f"CNN Explainer: {CNN_EXPLAINER_POINT * 1e3:.0f} ms"
    what = "point at an output cell of 64×64, main-thread CPU"
    return Row(what, "an empty canvas redrawn", ours, empty, ours / empty, EMPTY_LIMIT, POINT_MOST, note=note)


def _setting(page: Page, bare: Page) -> Row:
    page.evaluate(SIZE)
    ours, empty = in_turns(_cpu_of(page), _cpu_of(bare), REPEATS, warm_up=1)
    what = "change the kernel size, all views, main-thread CPU"
    return Row(what, "an empty canvas redrawn", ours, empty, ours / empty, None, SETTING_MOST)


def _server(page: Page) -> Row:
    page.reload()
    page.locator(VIEW).wait_for(timeout=120_000)
    taken = statistics.median([page.evaluate(ROUND) / 1e3 for _ in range(12)][2:])
    return Row(
        "change the kernel size, with the server's part",
        "the figure",
        taken,
        SERVER_MOST,
        taken / SERVER_MOST,
        None,
        SERVER_MOST,
    )


def _play(page: Page, bare: Page) -> Row:
    """The longest frame; every frame over 32 ms more than the page at rest has in the same time is a failure."""
    page.get_by_label("Speed, positions a second").fill("6")
    page.get_by_role("button", name="Play", exact=True).click()
    gaps = page.evaluate(GAPS, PLAY_S)
    page.get_by_role("button", name="Pause", exact=True).click()
    still = bare.evaluate(GAPS, PLAY_S)
    long, others = (sum(gap > LONG_FRAME_MS for gap in measured) for measured in (gaps, still))
    ours, empty = max(gaps) / 1e3, max(still) / 1e3
    note = f"{long} of {len(gaps)} frames over {LONG_FRAME_MS} ms; else {others} of {len(still)}"
    return Row("playing for 10 s, longest frame", "the same page, nothing moving", ours, empty, ours / empty, None,
               failures=max(0, long - others), note=note)  # fmt: skip


def _cpu_of(page: Page) -> Callable[[], float]:
    """A function that drives the page for some frames and returns the main thread's CPU seconds for each of them."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def drive() -> float:
        page.bring_to_front()
        before = _task_seconds(session)
        page.evaluate(DRIVE, FRAMES)
        return (_task_seconds(session) - before) / FRAMES

    return drive


def _task_seconds(session: CDPSession) -> float:
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration"))
