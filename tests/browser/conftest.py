"""A real browser on the real app. A test fails if its pages log an error, ask another host, or show an exception.

def test_home_names_the_picture(page):
    settled(page.goto("/") and page)
    expect(page.get_by_role("heading", level=1)).to_be_visible()

Every test comes as a new visitor, without cookies and stored settings, but to a seat where others sat before: the
browser has read the app's scripts already, which takes three quarters of the work of opening a page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, expect, sync_playwright

from scripts.browser import find_browser
from scripts.serve import Served, running

HERE = Path(__file__).parent
HEALTH = "/_stcore/health"
# How long a test waits for what it expects before it fails: the workers share the cores with their own servers.
PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)
LOCAL_HOSTS = ("127.0.0.1", "localhost")
# Nothing but this machine has an address: a page that needs another host fails here as it would without internet.
ARGUMENTS = ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"]

# On a link to a page Streamlit's frontend first looks for the server below the page's own path; the 404 is its answer.
_BASE_PATH_PROBE = re.compile(r"/\w+/_stcore/(health|host-config)$")


@dataclass
class Watch:
    """What went wrong on the pages of one test, and what was expected to."""

    problems: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def expect(self, pattern: str) -> None:
        """Let problems whose text matches the regular expression pass: for tests that provoke them."""
        self.expected.append(pattern)

    def unexpected(self) -> list[str]:
        """The problems that no one expected."""
        return [text for text in self.problems if not any(re.search(pattern, text) for pattern in self.expected)]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder carries the mark `browser`."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def served() -> Iterator[Served]:
    """The real app, served for the whole session."""
    with running() as app:
        yield app


@pytest.fixture(scope="session")
def base_url(served: Served) -> str:
    """The address of the app."""
    return served.address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The Chromium or Chrome of this machine."""
    path = find_browser()
    if path is None:
        pytest.fail(
            "There is no Chromium or Chrome for the browser tests: `make get-browser` finds or installs one.",
            pytrace=False,
        )
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def watch() -> Watch:
    """The record of what went wrong on this test's pages."""
    return Watch()


@dataclass
class Seat:
    """A page with its context, kept from test to test for one visitor after another."""

    page: Page
    watch: Watch
    taken: bool = True

    def receive(self, watch: Watch, width: int, height: int, color_scheme: str, reduced_motion: str) -> Page:
        """Give the page to a new visitor."""
        self.watch, self.taken = watch, True
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.emulate_media(color_scheme=color_scheme, reduced_motion=reduced_motion)  # type: ignore[arg-type]
        return self.page

    def clear(self) -> bool:
        """Wipe out every trace of the visitor; False if the seat is of no more use."""
        context = self.page.context
        try:
            for other in context.pages:
                if other is not self.page:
                    other.close()
            self.page.unroute_all()
            context.unroute_all()
            # A few bytes from the app's own host, so that what is stored can be removed. The browser asks for an icon
            # there, and the answer brings a cookie, late perhaps: the visitor's own must be gone before, or it returns.
            here = self.page.url
            self.page.goto("about:blank")
            context.clear_cookies()
            self.page.goto(urljoin(here, HEALTH))
            self.page.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
            context.clear_cookies()
        except Error:  # the page is closed, or its server is gone
            return False
        self.taken = False
        return True


@pytest.fixture(scope="session")
def seats() -> list[Seat]:
    """The seats of this session, taken and free."""
    return []


@pytest.fixture
def open_page(browser: Browser, base_url: str, watch: Watch, seats: list[Seat]) -> Iterator[Callable[..., Page]]:
    """A function that opens a page as a new visitor: `open_page(width=390, height=844, color_scheme="dark")`.

    `cold=True` for a browser that was never here and has nothing of the app in its cache.
    """
    mine: list[Seat] = []
    passing: list[BrowserContext] = []

    def open_one(
        width: int = 1440,
        height: int = 900,
        color_scheme: str = "light",
        reduced_motion: str = "no-preference",
        cold: bool = False,
    ) -> Page:
        seat = None if cold else next((seat for seat in seats if not seat.taken), None)
        if seat is None:
            context = browser.new_context(base_url=base_url, locale="en-GB")
            context.set_default_timeout(PATIENCE_MS)
            seat = Seat(context.new_page(), watch)
            _listen(seat)
            (passing.append(context) if cold else seats.append(seat))
        mine.append(seat)
        return seat.receive(watch, width, height, color_scheme, reduced_motion)

    yield open_one
    for seat in mine:
        for page in seat.page.context.pages:
            _look_for_exceptions(page, watch)
        if seat.page.context in passing or not seat.clear():
            seat.page.context.close()
            seats[:] = [other for other in seats if other is not seat]
    assert not watch.unexpected(), "The pages of this test had problems:\n" + "\n".join(watch.unexpected())


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    """A page at 1440×900, as a visitor who was never here."""
    return open_page()


@pytest.fixture
def bare(page: Page) -> Page:
    """A page of the app's own server without the app, so that modules can be imported: for arithmetic alone."""
    page.goto("/components/shared/view.css")
    return page


def _listen(seat: Seat) -> None:
    """Write down what goes wrong in the seat's context, in the record of whoever sits there then."""

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and not _BASE_PATH_PROBE.search(message.location.get("url", "")):
            seat.watch.problems.append(f"console: {message.text} ({message.location.get('url', '')})")

    def note_host(url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname not in LOCAL_HOSTS:
            seat.watch.problems.append(f"another host was asked: {url}")

    context = seat.page.context
    context.on("console", note)
    context.on("weberror", lambda error: seat.watch.problems.append(f"script error: {error.error}"))
    context.on("request", lambda request: note_host(request.url))
    seat.page.on("websocket", lambda socket: note_host(socket.url))
    context.on("page", lambda page: page.on("websocket", lambda socket: note_host(socket.url)))


def _look_for_exceptions(page: Page, watch: Watch) -> None:
    if page.is_closed():
        return
    for box in page.locator('[data-testid="stException"]').all():
        watch.problems.append(f"an exception stands on the page {page.url}: {box.inner_text()[:500]}")
