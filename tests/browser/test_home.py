"""Does *Home* open with the recorded results, go live by itself, and lead everywhere with the learner's picture?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from cnnviz.image import GAP, LEVELS, palette
from scripts.serve import running
from tests.browser.waiting import settled

LIVE = ".journey[data-source=live]"
TOP = ".journey .answers li:first-child .label"
# For each place that must not move: left, top, width, height.
BOXES = """() => {
    const root = [...document.querySelectorAll('[data-testid=stBidiComponentIsolated]')]
        .map(host => host.shadowRoot.querySelector('.journey')).find(Boolean);
    return [...root.querySelectorAll('.frame, .go, .remark')].map(node => {
        const box = node.getBoundingClientRect();
        return [box.left, box.top, box.width, box.height].map(Math.round);
    });
}"""


@pytest.fixture(scope="module")
def fresh() -> Iterator[str]:
    """A server of this module's own that nobody has visited: torch is not in."""
    with running() as served:
        yield served.address


def test_recorded_results_come_first_and_turn_live_in_their_place(fresh: str, open_page: Callable[..., Page]) -> None:
    page = open_page(cold=True)
    page.goto(fresh)
    page.locator(".journey[data-source=recorded]").wait_for()
    recorded, before = page.locator(".journey .answers").inner_text(), page.evaluate(BOXES)
    expect(page.locator(".journey .remark")).to_contain_text("Recorded.")
    page.locator(LIVE).wait_for(timeout=90_000)
    expect(page.locator(".journey .remark")).to_contain_text("Live.")
    assert page.locator(".journey .answers").inner_text() == recorded
    assert page.evaluate(BOXES) == before


def test_polling_ends_with_the_live_results(fresh: str, open_page: Callable[..., Page]) -> None:
    page = open_page(cold=True)
    sent: list[object] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    page.goto(fresh)
    page.locator(LIVE).wait_for(timeout=90_000)
    settled(page)
    already = len(sent)
    page.wait_for_timeout(2500)
    assert len(sent) == already


def test_another_picture_travels_too(page: Page) -> None:
    page.goto("/?picture=coffee")
    page.locator(LIVE).wait_for(timeout=90_000)
    expect(page.locator(TOP)).to_have_text("espresso")
    expect(page.locator(".journey canvas").first).to_have_attribute("aria-label", re.compile("middle square"))


def test_own_picture_travels_too(page: Page, root: Path) -> None:
    page.goto("/")
    page.locator(LIVE).wait_for(timeout=90_000)
    page.get_by_role("link", name="Another picture").click()
    page.get_by_role("radiogroup").get_by_text("Upload or paste").click()
    page.locator('input[type="file"]').set_input_files(root / "assets" / "images" / "coffee.webp")
    expect(page.locator(TOP)).to_have_text("espresso")
    assert "picture=" not in page.url


def test_stations_lead_to_their_pages_with_the_picture_and_the_list_to_each(page: Page) -> None:
    page.goto("/?picture=coffee")
    for station, title in ((2, "Classic kernels"), (3, "Feature maps"), (4, "Feature maps")):
        link = page.locator(f".journey .station:nth-of-type({station}) a.go")
        link.wait_for()
        settled(page)
        link.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
        expect(page).to_have_url(re.compile("picture=coffee"))
        page.get_by_test_id("stSidebarNavLink").filter(has_text="Home").click()
    page.locator(".journey[data-source]").wait_for()
    page.locator(".st-key-pages").get_by_role("link", name="Classic kernels").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Classic kernels")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_maps_stand_on_the_ground_of_the_page(open_page: Callable[..., Page], scheme: str) -> None:
    page = open_page(color_scheme=scheme)
    page.goto("/")
    page.locator(".journey[data-source]").wait_for()
    table = palette("signed", scheme)  # type: ignore[arg-type]
    drawn = page.locator(".journey .station[data-kind=maps] canvas").last.evaluate(
        "canvas => [...canvas.getContext('2d').getImageData(113, 10, 1, 1).data].slice(0, 3)"
    )
    assert drawn == table[GAP].tolist(), "between two maps lies the page's ground"


@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_nothing_is_cut_off(open_page: Callable[..., Page], width: int) -> None:
    page = open_page(width=width, height=844)
    page.goto("/?picture=coffee")
    page.locator(LIVE).wait_for(timeout=90_000)
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    cut = page.locator(".journey .frame, .journey .answers").evaluate_all(
        "nodes => nodes.filter(n => n.scrollHeight > n.clientHeight + 1 || n.scrollWidth > n.clientWidth + 1).length"
    )
    assert cut == 0


def test_colours_of_the_browser_are_the_palette_of_the_library(bare: Page) -> None:
    tables = {theme: palette("signed", theme) for theme in ("light", "dark")}  # type: ignore[arg-type]
    found = bare.evaluate(
        """async ([light, dark]) => {
            const { colourised, groundOf, nearest, percent, stops, table }
                = await import('/components/journey/colouring.js');
            const rgba = Uint8ClampedArray.from([0, 0, 0, 255, 126, 126, 126, 255, 252, 252, 252, 255]);
            colourised(rgba, light);
            return { rgba: [...rgba], dark: nearest(groundOf('rgb(20, 22, 30)'), [light, dark]) === dark,
                light: nearest(groundOf('#ffffff'), [light, dark]) === light, stops: stops(light),
                percents: [0.40718, 0.0001, 0, 1].map(percent), table: table([['a "b", c', 0.5]]) };
        }""",
        [tables["light"].ravel().tolist(), tables["dark"].ravel().tolist()],
    )
    ends = [tables["light"][i].tolist() for i in (0, 126, LEVELS - 1)]
    assert found["rgba"] == [value for colour in ends for value in (*colour, 255)]
    assert found["dark"] and found["light"]
    assert [found["stops"][i] for i in (0, 4, 8)] == ["rgb({} {} {})".format(*colour) for colour in ends]
    assert found["percents"] == ["40.7 %", "< 0.1 %", "0.0 %", "100.0 %"]
    assert found["table"] == 'label,probability\n"a ""b"", c",0.5\n'
